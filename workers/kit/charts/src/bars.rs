//! Rates or amounts beside each other, with how well each is known and what can be told of it.

use maud::{Markup, html};

use crate::figure::{Anchor, Frame, Picture, Table, WIDTH, figure, label, px};
use crate::scale::{Scale, Unit, sound};

const ROW: f64 = 28.0;
const TOP: f64 = 24.0;
const LEFT: f64 = 168.0;

/// What can be told of a row beside the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Better,
    Worse,
    /// Enough was seen, but nothing sets it apart.
    Unclear,
    TooFew,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Unclear => "unclear",
            Verdict::TooFew => "too few",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Bar {
    pub label: String,
    pub value: f64,
    pub interval: Option<(f64, f64)>,
    /// Of how many the value is.
    pub n: Option<u64>,
    /// None where rows are not compared.
    pub verdict: Option<Verdict>,
}

impl Bar {
    fn interval(&self) -> Option<(f64, f64)> {
        let (low, high) = self.interval?;
        sound(low).zip(sound(high)).map(|(low, high)| (low.min(high), low.max(high)))
    }
}

/// A value that all rows are seen against, as the rate of all.
#[derive(Debug, Clone)]
pub struct Reference {
    pub label: String,
    pub value: f64,
}

#[derive(Debug, Clone)]
pub struct Bars<'a> {
    /// What the labels are.
    pub label_name: &'a str,
    pub value_name: &'a str,
    pub unit: Unit,
    pub reference: Option<Reference>,
    pub rows: Vec<Bar>,
}

/// Which columns any row has something in.
struct Columns {
    interval: bool,
    n: bool,
    verdict: bool,
}

pub fn bars(frame: &Frame<'_>, data: &Bars<'_>) -> Markup {
    let has = |there: fn(&Bar) -> bool| data.rows.iter().any(there);
    let columns = Columns {
        interval: has(|row| row.interval.is_some()),
        n: has(|row| row.n.is_some()),
        verdict: has(|row| row.verdict.is_some()),
    };
    figure(frame, picture(data, &columns), &table(data, &columns))
}

fn table(data: &Bars<'_>, columns: &Columns) -> Table {
    let mut head = vec![data.label_name, data.value_name];
    head.extend(columns.interval.then_some(["low", "high"]).into_iter().flatten());
    head.extend(columns.n.then_some("n"));
    head.extend(columns.verdict.then_some("verdict"));
    let row = |row: &Bar| {
        let mut cells = vec![row.label.clone(), data.unit.text(row.value)];
        if columns.interval {
            let (low, high) = row.interval().unwrap_or((f64::NAN, f64::NAN));
            cells.extend([low, high].map(|value| data.unit.text(value)));
        }
        if columns.n {
            cells.push(row.n.map_or("–".into(), |n| Unit::Count.text(n as f64)));
        }
        if columns.verdict {
            cells.push(row.verdict.map_or("–", Verdict::name).to_owned());
        }
        cells
    };
    let mut rows: Vec<_> = data.rows.iter().map(row).collect();
    if let (Some(line), false) = (&data.reference, rows.is_empty()) {
        let mut cells = vec![line.label.clone(), data.unit.text(line.value)];
        cells.resize(head.len(), "–".into());
        rows.push(cells);
    }
    Table { head: head.into_iter().map(str::to_owned).collect(), rows }
}

fn picture(data: &Bars<'_>, columns: &Columns) -> Option<Picture> {
    let verdict_at = WIDTH - if columns.verdict { 74.0 } else { 0.0 };
    let n_end = verdict_at - 14.0;
    let value_end = n_end - if columns.n { 66.0 } else { 0.0 };
    let right = value_end - 60.0;
    // A reference alone is no chart.
    data.rows.iter().find(|row| sound(row.value).is_some())?;
    let reference = data.reference.as_ref().filter(|line| sound(line.value).is_some());
    let values = data.rows.iter().flat_map(|row| {
        let (low, high) = row.interval().unwrap_or((row.value, row.value));
        [row.value, low, high]
    });
    let values = values.chain(reference.map(|line| line.value));
    let (scale, ticks) = Scale::from_zero(values, data.unit, 6.0, (LEFT, right))?;
    let bottom = TOP + data.rows.len() as f64 * ROW + 4.0;
    let zero = scale.at(0.0);
    let inside = html! {
        @for (x, text) in &ticks {
            path.chart-grid d={ "M" (px(*x)) " " (TOP) "V" (px(bottom)) } {}
            text.chart-tick x=(px(*x)) y=(px(bottom + 16.0)) text-anchor="middle" { (text) }
        }
        (label(data.value_name, Anchor::End, LEFT, bottom + 34.0, right - LEFT))
        @if columns.n { text.chart-tick x=(n_end) y=(TOP - 8.0) text-anchor="end" { "n" } }
        @for (n, row) in data.rows.iter().enumerate() {
            @let middle = TOP + (n as f64 + 0.5) * ROW + 2.0;
            (label(&row.label, Anchor::End, 0.0, middle + 4.0, LEFT - 10.0))
            @if sound(row.value).is_some() { (bar(row, &scale, middle)) }
            text x=(px(value_end)) y=(px(middle + 4.0)) text-anchor="end" { (data.unit.text(row.value)) }
            @if let Some(n) = row.n {
                text.chart-tick x=(px(n_end)) y=(px(middle + 4.0)) text-anchor="end" { (Unit::Count.text(n as f64)) }
            }
            @if let Some(verdict) = row.verdict { (told(verdict, verdict_at, middle)) }
        }
        path.chart-axis d={ "M" (px(zero)) " " (TOP) "V" (px(bottom)) } {}
        @if let Some(line) = reference {
            @let x = scale.at(line.value);
            @let text = format!("{} {}", line.label, data.unit.text(line.value));
            path.chart-reference d={ "M" (px(x)) " " (TOP - 4.0) "V" (px(bottom)) } {}
            @if x < f64::midpoint(LEFT, right) {
                (label(&text, Anchor::Start, x, TOP - 8.0, right - x))
            } @else {
                (label(&text, Anchor::End, LEFT, TOP - 8.0, x - LEFT))
            }
        }
    };
    Some(Picture { width: WIDTH, height: bottom + 42.0, inside })
}

fn bar(row: &Bar, scale: &Scale, middle: f64) -> Markup {
    let (zero, end) = (scale.at(0.0), scale.at(row.value));
    html! {
        rect.(class(row.verdict)) x=(px(zero.min(end))) y=(px(middle - 7.0)) width=(px((end - zero).abs())) height="14" {}
        @if let Some((low, high)) = row.interval() {
            @let d = format!("M{0:.1} {2:.1}v8m0 -4H{1:.1}m0 -4v8", scale.at(low), scale.at(high), middle - 4.0);
            path.chart-whisker d=(d) {}
        }
    }
}

fn class(verdict: Option<Verdict>) -> &'static str {
    match verdict {
        None => "chart-plain",
        Some(Verdict::Better) => "chart-good",
        Some(Verdict::Worse) => "chart-bad",
        Some(Verdict::Unclear) => "chart-none",
        Some(Verdict::TooFew) => "chart-few",
    }
}

/// The verdict as a sign and a word: colour alone tells some people nothing.
fn told(verdict: Verdict, x: f64, middle: f64) -> Markup {
    let sign = match verdict {
        Verdict::Better => format!("M{:.1} {:.1}l5 -9l5 9z", x, middle + 4.0),
        Verdict::Worse => format!("M{:.1} {:.1}l5 9l5 -9z", x, middle - 4.0),
        Verdict::Unclear => format!("M{:.1} {:.1}h10v4h-10z", x, middle - 2.0),
        Verdict::TooFew => format!("M{:.1} {:.1}h8v8h-8z", x + 1.0, middle - 4.0),
    };
    html! {
        path.(class(Some(verdict))) d=(sign) {}
        text x=(px(x + 16.0)) y=(px(middle + 4.0)) { (verdict.name()) }
    }
}
