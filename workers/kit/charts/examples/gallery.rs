//! Writes a page with every chart, in light and dark, with ordinary, empty and hostile data: `gallery <file>`.

use std::io::Write;

use charts::*;
use chrono::{DateTime, Days, NaiveDateTime};
use maud::{DOCTYPE, Markup, html};

/// Text has 4.5 : 1 against the page, marks 3 : 1 against the page and against the whiskers on them.
const PALETTE: &str = "
.light { color-scheme: light; --ink: #1c2430; --muted: #566171; --line: #d3d9e0; --accent: #2b73c4; --good: #1b834d; --bad: #ca440d;
  --none: #69737f; --series-1: #2563a8; --series-2: #b4540a; --series-3: #1a7f4b; --series-4: #8b3fa8;
  --series-5: #a8273f; --series-6: #5a6472; background: #ffffff; color: var(--ink); }
.dark { color-scheme: dark; --ink: #e6eaf0; --muted: #a3adba; --line: #3a434f; --accent: #3384df; --good: #389265; --bad: #d85d12;
  --none: #788493; --series-1: #6aa5e8; --series-2: #e8a04b; --series-3: #45b37c; --series-4: #c792e0;
  --series-5: #f0808f; --series-6: #a8b2be; background: #14181e; color: var(--ink); }
body { margin: 0; font: 15px/1.45 system-ui, sans-serif; display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(36rem, 100%), 1fr)); }
section { padding: 1.5rem; min-width: 0; }
h2 { font-size: 1.1rem; margin: 0 0 1rem; }
";

const HOSTILE: [&str; 4] = [
    "</title><script>alert(1)</script><img src=x onerror=alert(1)>",
    "\u{202e}Owner\u{202c} מנהל קליניקה العيادة الكبيرة جدا",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "\u{fdfd}\u{fdfd}Z\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}a\u{30a}\u{30b}\u{30c}",
];

fn main() -> std::io::Result<()> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { "Charts" }
                style { (maud::PreEscaped(PALETTE)) (maud::PreEscaped(CSS)) }
            }
            body {
                @for theme in ["light", "dark"] { section.(theme) { (ordinary(theme)) (odd(theme)) } }
            }
        }
    };
    let path = std::env::args().nth(1).unwrap_or_else(|| "gallery.html".into());
    std::fs::File::create(path)?.write_all(page.into_string().as_bytes())
}

fn frame<'a>(id: &'a str, title: &'a str) -> Frame<'a> {
    Frame { id, title, about: "How it stands.", empty: "Nobody was contacted yet: 12 more are needed." }
}

fn bar(label: &str, value: f64, around: f64, n: u64, verdict: Verdict) -> Bar {
    let interval = Some(((value - around).max(0.0), value + around));
    Bar { label: label.into(), value, interval, n: Some(n), verdict: Some(verdict) }
}

fn rates() -> Bars<'static> {
    Bars {
        label_name: "Title",
        value_name: "Booking rate",
        unit: Unit::Share,
        reference: Some(Reference { label: "rate of all".into(), value: 0.041 }),
        rows: vec![
            bar("Owner", 0.092, 0.018, 1_204, Verdict::Better),
            bar("Director of Operations", 0.055, 0.021, 480, Verdict::Unclear),
            bar("Clinic Manager", 0.038, 0.012, 2_310, Verdict::Unclear),
            bar("Front Desk", 0.011, 0.007, 905, Verdict::Worse),
            bar("Chief Growth Officer", 0.12, 0.1, 9, Verdict::TooFew),
        ],
    }
}

fn times(days: u64) -> Vec<NaiveDateTime> {
    let start = DateTime::from_timestamp(1_772_409_600, 0).unwrap_or_default().naive_utc();
    (0..days).map(|day| start + Days::new(day)).collect()
}

fn week() -> Heat<'static> {
    let days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let cell = |day: usize, hour: usize| {
        let rate = 0.08 * (-((hour as f64 - 10.0 - day as f64 * 0.4) / 4.0).powi(2)).exp();
        (day < 5 && (6..21).contains(&hour)).then_some(rate)
    };
    Heat {
        row_name: "Day",
        unit: Unit::Share,
        rows: days.map(str::to_owned).to_vec(),
        columns: (0..24).map(|hour| format!("{hour:02}")).collect(),
        cells: (0..7).map(|day| (0..24).map(|hour| cell(day, hour)).collect()).collect(),
    }
}

fn funnel() -> Flow {
    let stages = [
        ("email", 0),
        ("LinkedIn", 0),
        ("phone", 0),
        ("replied", 1),
        ("no answer", 1),
        ("meeting booked", 2),
        ("declined", 2),
    ];
    let ribbons = [
        (0, 3, 240),
        (0, 4, 1_900),
        (1, 3, 310),
        (1, 4, 700),
        (2, 3, 12),
        (2, 4, 40),
        (3, 5, 160),
        (3, 6, 402),
    ];
    Flow {
        stages: stages.map(|(label, column)| Stage { label: label.into(), column }).to_vec(),
        ribbons: ribbons.map(|(from, to, count)| Ribbon { from, to, count }).to_vec(),
    }
}

fn survival() -> Steps<'static> {
    let curve = |name: &str, falls: f64| {
        let step = |n: i32| {
            let value = (-falls * f64::from(n)).exp();
            let around = 0.02 + 0.004 * f64::from(n);
            Step {
                at: f64::from(n * n) / 3.0,
                value,
                interval: Some(((value - around).max(0.0), (value + around).min(1.0))),
            }
        };
        Curve { name: name.into(), steps: (0..16).map(step).collect() }
    };
    Steps {
        over_name: "Days since the first touch",
        value_name: "Not booked yet",
        unit: Unit::Share,
        curves: vec![curve("hot", 0.09), curve("warm", 0.04), curve("cold", 0.012)],
    }
}

fn ordinary(theme: &str) -> Markup {
    let id = |part: &str| format!("{theme}-{part}");
    let values = |seed: usize| -> Vec<Option<f64>> {
        (0..42)
            .map(|n| {
                (n % 17 != seed)
                    .then(|| (40 + seed * 30) as f64 + 14.0 * ((n * (seed + 2)) as f64 / 5.0).sin())
            })
            .collect()
    };
    let names = ["loader", "matchers", "scorer", "templater", "storer", "exporter"];
    let over = Lines {
        over: Over::Time(times(42)),
        over_name: "UTC",
        value_name: "Leads scored each day",
        unit: Unit::Count,
        series: names
            .iter()
            .enumerate()
            .map(|(n, name)| Series { name: (*name).into(), values: values(n) })
            .collect(),
    };
    let calibrated = Lines {
        over: Over::Number((1..=9).map(|n| f64::from(n) / 10.0).collect(), Unit::Share),
        over_name: "Foretold",
        value_name: "Came true",
        unit: Unit::Share,
        series: vec![
            Series {
                name: "as it would be if all came true".into(),
                values: (1..=9).map(|n| Some(f64::from(n) / 10.0)).collect(),
            },
            Series {
                name: "model".into(),
                values: (1..=9).map(|n| Some((f64::from(n) / 10.0).powf(1.3))).collect(),
            },
        ],
    };
    let parts = [("authority", 21.0), ("timing", 14.5), ("company fit", 9.0), ("decay", -6.0)];
    let score = Bars {
        label_name: "Part",
        value_name: "Points",
        unit: Unit::Number,
        reference: None,
        rows: parts
            .map(|(label, value)| Bar { label: label.into(), value, interval: None, n: None, verdict: None })
            .to_vec(),
    };
    html! {
        h2 { (theme) }
        (bars(&frame(&id("rates"), "Who books"), &rates()))
        (bars(&frame(&id("score"), "What the score is made of"), &score))
        (lines(&frame(&id("lines"), "Throughput"), &over))
        (lines(&frame(&id("calibration"), "Calibration"), &calibrated))
        p { "Last 42 days " (spark("Leads scored", Unit::Count, &values(1))) " 83; nothing " (spark("None", Unit::Count, &[])) }
        (steps(&frame(&id("steps"), "Time to booking"), &survival()))
        (heat(&frame(&id("heat"), "When people book"), &week()))
        (flow(&frame(&id("flow"), "From channel to meeting"), &funnel()))
    }
}

fn odd(theme: &str) -> Markup {
    let id = |part: &str| format!("{theme}-odd-{part}");
    let mut wild = rates();
    wild.value_name = HOSTILE[0];
    wild.reference = Some(Reference { label: HOSTILE[2].into(), value: 0.3 });
    for (row, label) in wild.rows.iter_mut().zip(HOSTILE) {
        row.label = label.into();
    }
    wild.rows[1].value = f64::NAN;
    wild.rows[2].interval = Some((f64::NEG_INFINITY, 0.2));
    wild.rows[3].n = Some(u64::MAX);
    let mut one = Lines {
        over: Over::Time(times(1)),
        over_name: HOSTILE[1],
        value_name: HOSTILE[3],
        unit: Unit::Dollars,
        series: Vec::new(),
    };
    one.series = HOSTILE
        .map(|name| Series { name: name.into(), values: vec![Some(-120.0 * name.len() as f64)] })
        .to_vec();
    let mut stages = funnel();
    for (stage, label) in stages.stages.iter_mut().zip(HOSTILE) {
        stage.label = label.into();
    }
    let mut hours = week();
    hours.rows = HOSTILE.map(str::to_owned).to_vec();
    hours.cells = hours.cells.iter().map(|row| row[8..12].to_vec()).collect();
    hours.cells[1][2] = Some(f64::NAN);
    hours.columns = HOSTILE.map(str::to_owned).to_vec();
    html! {
        (bars(&frame(&id("bars"), HOSTILE[0]), &wild))
        (lines(&frame(&id("lines"), HOSTILE[1]), &one))
        (heat(&frame(&id("heat"), HOSTILE[2]), &hours))
        (flow(&frame(&id("flow"), HOSTILE[3]), &stages))
        (bars(&frame(&id("zero"), "All zero"), &Bars { rows: vec![bar("Owner", 0.0, 0.0, 0, Verdict::TooFew)], ..rates() }))
        (bars(&frame(&id("none"), "No rows"), &Bars { rows: Vec::new(), ..rates() }))
    }
}
