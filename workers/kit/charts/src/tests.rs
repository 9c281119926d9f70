//! Whatever the data is: every mark is inside of its picture, text of others is text, and the table is whole.

use chrono::DateTime;
use maud::Markup;
use proptest::collection::vec;
use proptest::prelude::*;

use crate::*;

const TAGS: [&str; 21] = [
    "bdi",
    "circle",
    "desc",
    "details",
    "div",
    "figcaption",
    "figure",
    "g",
    "p",
    "path",
    "rect",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "th",
    "thead",
    "title",
    "tr",
];

fn value() -> impl Strategy<Value = f64> {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 5e-324, 1e15, -1e15, f64::MAX];
    prop_oneof![any::<f64>(), -1e3..1e3, 0.0..1.0, proptest::sample::select(odd.to_vec())]
}

fn text() -> impl Strategy<Value = String> {
    let odd =
        ["<script>alert(1)</script>", "\" onload=\"x", "</title></svg>", "\u{202e}\u{fdfd}", "&lt;", "\0\n"];
    prop_oneof![".{0,60}", "[ -~]{0,60}", proptest::sample::select(odd.to_vec()).prop_map(str::to_owned)]
}

fn frame(title: &str) -> Frame<'_> {
    Frame { id: "a", title, about: title, empty: "Nothing is known." }
}

/// Name and attributes of each tag; closing tags have a slash before their name.
fn tags(markup: &str) -> impl Iterator<Item = (&str, Vec<(&str, &str)>)> {
    markup.split('<').skip(1).map(tag)
}

fn tag(text: &str) -> (&str, Vec<(&str, &str)>) {
    let text = text.split_once('>').unwrap().0;
    let (name, mut rest) = text.split_once(' ').unwrap_or((text, ""));
    let mut attributes = Vec::new();
    while let Some((key, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"').unwrap();
        attributes.push((key.trim(), value));
        rest = after;
    }
    assert_eq!(rest.trim(), "", "{text}");
    (name, attributes)
}

#[track_caller]
fn check(markup: &Markup, rows: usize) {
    let markup = &markup.0;
    // The size of the picture, and of a label inside of it.
    let mut pictures: Vec<(f64, f64)> = Vec::new();
    for (name, attributes) in tags(markup) {
        assert!(TAGS.contains(&name.trim_start_matches('/')), "{name} in {markup}");
        let get = |key: &str| attributes.iter().find(|(name, _)| *name == key).map(|(_, value)| *value);
        let number = |key: &str| get(key).map_or(0.0, |value| value.parse::<f64>().unwrap());
        let inside = |(x, y): (f64, f64), (wide, deep): (f64, f64)| {
            let fits = -0.1 <= x && x <= wide + 0.1 && -0.1 <= y && y <= deep + 0.1;
            assert!(fits, "{name} at {x} {y} is outside of {wide} by {deep}: {markup}");
        };
        for (key, value) in &attributes {
            assert!(*key != "style" && !key.starts_with("on"), "{key} in {markup}");
            let classes = value.split(' ').filter(|_| *key == "class");
            classes.for_each(|class| assert!(CSS.contains(&format!(".{class}")), "{class} has no style"));
        }
        let corner = (number("x") + number("cx"), number("y") + number("cy"));
        let size = (number("width"), number("height"));
        match name {
            "svg" if let Some(size) = get("viewBox") => {
                let (wide, deep) = size.strip_prefix("0 0 ").unwrap().split_once(' ').unwrap();
                pictures.push((wide.parse().unwrap(), deep.parse().unwrap()));
            }
            "/svg" => drop(pictures.pop()),
            "svg" | "rect" | "circle" | "text" => {
                inside(corner, *pictures.last().unwrap());
                inside((corner.0 + size.0, corner.1 + size.1), *pictures.last().unwrap());
                assert!(size.0 >= 0.0 && size.1 >= 0.0, "{name} of {size:?}: {markup}");
                if name == "svg" {
                    pictures.push(size);
                }
            }
            "path" => {
                walk(get("d").unwrap()).into_iter().for_each(|at| inside(at, *pictures.last().unwrap()))
            }
            _ => {}
        }
    }
    let body = markup.split("<tbody>").nth(1).unwrap_or_default();
    assert_eq!(body.matches("<tr>").count(), rows, "{markup}");
}

/// All places that a path names.
fn walk(d: &str) -> Vec<(f64, f64)> {
    let (mut at, mut places) = ((0.0, 0.0), Vec::new());
    let starts = d.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()).map(|(n, _)| n);
    let ends = starts.clone().skip(1).chain([d.len()]);
    for (start, end) in starts.zip(ends) {
        let numbers: Vec<f64> = d[start + 1..end].split_whitespace().map(|n| n.parse().unwrap()).collect();
        let steps: Vec<(f64, f64)> = match &d[start..=start] {
            "H" => vec![(numbers[0], at.1)],
            "V" => vec![(at.0, numbers[0])],
            "h" => vec![(at.0 + numbers[0], at.1)],
            "v" => vec![(at.0, at.1 + numbers[0])],
            "m" | "l" => vec![(at.0 + numbers[0], at.1 + numbers[1])],
            "M" | "L" | "C" => numbers.chunks(2).map(|pair| (pair[0], pair[1])).collect(),
            "z" | "Z" => vec![at],
            other => panic!("{other} in {d}"),
        };
        places.extend(&steps);
        at = *steps.last().unwrap();
    }
    places
}

fn bar() -> impl Strategy<Value = Bar> {
    let verdict =
        [None, Some(Verdict::Better), Some(Verdict::Worse), Some(Verdict::Unclear), Some(Verdict::TooFew)];
    let interval = proptest::option::of((value(), value()));
    (text(), value(), interval, any::<Option<u64>>(), proptest::sample::select(verdict.to_vec()))
        .prop_map(|(label, value, interval, n, verdict)| Bar { label, value, interval, n, verdict })
}

fn unit() -> impl Strategy<Value = Unit> {
    proptest::sample::select(vec![Unit::Count, Unit::Number, Unit::Share, Unit::Dollars])
}

fn over() -> impl Strategy<Value = Over> {
    let time = (i64::MIN..i64::MAX)
        .prop_map(|n| DateTime::from_timestamp(n % 8_000_000_000_000, 0).unwrap().naive_utc());
    let near = (0..4_000_000_000_i64).prop_map(|n| DateTime::from_timestamp(n, 0).unwrap().naive_utc());
    prop_oneof![
        vec(time, 0..9).prop_map(Over::Time),
        vec(near, 0..9).prop_map(Over::Time),
        (vec(value(), 0..9), unit()).prop_map(|(values, unit)| Over::Number(values, unit)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    (value(), value(), proptest::option::of((value(), value()))).prop_map(|(at, value, interval)| Step {
        at,
        value,
        interval,
    })
}

fn maybe(most: usize) -> impl Strategy<Value = Vec<Option<f64>>> {
    vec(proptest::option::of(value()), 0..most)
}

proptest! {
    #[test]
    fn bars_hold(rows in vec(bar(), 0..9), name in text(), unit in unit(), line in proptest::option::of((text(), value()))) {
        let reference = line.map(|(label, value)| Reference { label, value });
        let with_reference = if rows.is_empty() { 0 } else { rows.len() + usize::from(reference.is_some()) };
        let data = Bars { label_name: &name, value_name: &name, unit, reference, rows };
        check(&bars(&frame(&name), &data), with_reference);
    }

    #[test]
    fn lines_hold(over in over(), series in vec((text(), maybe(9)), 0..9), name in text(), unit in unit()) {
        let rows = match &over { Over::Time(times) => times.len(), Over::Number(values, _) => values.len() };
        let series = series.into_iter().map(|(name, values)| Series { name, values }).collect();
        check(&lines(&frame(&name), &Lines { over, over_name: &name, value_name: &name, unit, series }), rows);
    }

    #[test]
    fn sparks_hold(values in maybe(40), name in text(), unit in unit()) {
        check(&spark(&name, unit, &values), 0);
    }

    #[test]
    fn steps_hold(curves in vec((text(), vec(step(), 0..9)), 0..5), name in text(), unit in unit()) {
        let rows = curves.iter().map(|(_, steps)| steps.len()).sum();
        let curves = curves.into_iter().map(|(name, steps)| Curve { name, steps }).collect();
        check(&steps(&frame(&name), &Steps { over_name: &name, value_name: &name, unit, curves }), rows);
    }

    #[test]
    fn heat_holds(rows in vec(text(), 0..9), columns in vec(text(), 0..30), cells in vec(maybe(30), 0..9), unit in unit()) {
        let count = rows.len();
        check(&heat(&frame("x"), &Heat { row_name: "day", unit, rows, columns, cells }), count);
    }

    #[test]
    fn flow_holds(
        stages in vec((text(), prop_oneof![0..4_usize, any::<usize>()]), 0..12),
        ribbons in vec((0..13_usize, 0..13_usize, prop_oneof![0..2000_u64, any::<u64>()]), 0..20),
    ) {
        let stages = stages.into_iter().map(|(label, column)| Stage { label, column }).collect();
        let ribbons: Vec<_> = ribbons.into_iter().map(|(from, to, count)| Ribbon { from, to, count }).collect();
        let rows = ribbons.len();
        check(&flow(&frame("x"), &Flow { stages, ribbons }), rows);
    }
}

#[test]
fn nothing_to_draw_is_said_in_words() {
    let data = Bars {
        label_name: "Title",
        value_name: "Rate",
        unit: Unit::Share,
        reference: None,
        rows: Vec::new(),
    };
    let markup = bars(&frame("Who books"), &data).into_string();
    assert!(markup.contains("Nothing is known.") && !markup.contains("<svg"), "{markup}");
}

#[test]
fn a_shortened_label_keeps_its_whole_text() {
    let label = "a".repeat(300);
    let row = Bar { label: label.clone(), value: 1.0, interval: None, n: None, verdict: None };
    let data = Bars { label_name: "x", value_name: "y", unit: Unit::Count, reference: None, rows: vec![row] };
    let markup = bars(&frame("Names"), &data).into_string();
    assert!(markup.contains(&format!("<title>{label}</title>")) && markup.contains("aaa…<"), "{markup}");
}

#[test]
fn a_day_alone_has_no_hours() {
    for days in 1..4_i64 {
        let midnight = |day| DateTime::from_timestamp(1_700_006_400 + 86_400 * day, 0).unwrap().naive_utc();
        let over = Over::Time((0..days).map(midnight).collect());
        let series = vec![Series { name: "Replied".to_owned(), values: vec![Some(0.5); days as usize] }];
        let data = Lines { over, over_name: "Week", value_name: "Share", unit: Unit::Share, series };
        let drawn = lines(&frame("Weeks"), &data).into_string();
        assert!(drawn.contains(">Nov 15<") && !drawn.contains(":00"), "{drawn}");
    }
}
