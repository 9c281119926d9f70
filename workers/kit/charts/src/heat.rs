//! How high a value is by two things, as by day and hour.

use maud::{Markup, html};

use crate::figure::{Anchor, Frame, Picture, Table, WIDTH, breadth_of, figure, label, plain, px};
use crate::scale::{Unit, bounds, sound};

const TOP: f64 = 22.0;
const LEFT: f64 = 92.0;
const DEEP: f64 = 26.0;
/// Shades that the style knows, from the faintest.
const SHADES: usize = 6;

#[derive(Debug, Clone)]
pub struct Heat<'a> {
    /// What the rows are.
    pub row_name: &'a str,
    pub unit: Unit,
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    /// By row and column; where nothing can be told, none.
    pub cells: Vec<Vec<Option<f64>>>,
}

impl Heat<'_> {
    fn at(&self, row: usize, column: usize) -> Option<f64> {
        self.cells.get(row)?.get(column).copied().flatten().and_then(sound)
    }
}

pub fn heat(frame: &Frame<'_>, data: &Heat<'_>) -> Markup {
    let head = std::iter::once(data.row_name.to_owned()).chain(data.columns.iter().cloned());
    let row = |(n, name): (usize, &String)| {
        let values = (0..data.columns.len()).map(|c| data.unit.text(data.at(n, c).unwrap_or(f64::NAN)));
        std::iter::once(name.clone()).chain(values).collect()
    };
    let table = Table { head: head.collect(), rows: data.rows.iter().enumerate().map(row).collect() };
    figure(frame, picture(data), &table)
}

fn picture(data: &Heat<'_>) -> Option<Picture> {
    let places = || (0..data.rows.len()).flat_map(|r| (0..data.columns.len()).map(move |c| (r, c)));
    let (low, high) = bounds(places().filter_map(|(r, c)| data.at(r, c)))?;
    let shade = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.5 };
        ((share * SHADES as f64) as usize).min(SHADES - 1) + 1
    };
    let wide = (WIDTH - LEFT) / data.columns.len() as f64;
    let corner = |r: usize, c: usize| (LEFT + c as f64 * wide, TOP + r as f64 * DEEP);
    let gap = (wide / 4.0).min(2.0);
    // Column names need some 40 pixels.
    let every = (40.0 / wide).ceil() as usize;
    let bottom = TOP + data.rows.len() as f64 * DEEP;
    let unknown: String = places()
        .filter(|(r, c)| data.at(*r, *c).is_none())
        .map(|(r, c)| hatch(corner(r, c), wide - gap, DEEP - 2.0))
        .collect();
    let inside = html! {
        @for (c, name) in data.columns.iter().enumerate().step_by(every) {
            @let x = corner(0, c).0;
            (label(name, Anchor::Start, x, TOP - 7.0, (wide * every as f64 - gap).min(WIDTH - x)))
        }
        @for (r, name) in data.rows.iter().enumerate() {
            (label(name, Anchor::End, 0.0, corner(r, 0).1 + 16.0, LEFT - 8.0))
        }
        @for (r, c) in places() {
            @let (x, y) = corner(r, c);
            @let value = data.at(r, c);
            rect.(value.map_or("chart-unknown".to_owned(), |value| format!("chart-heat-{}", shade(value))))
                x=(px(x)) y=(px(y)) width=(px(wide - gap)) height=(DEEP - 2.0) {
                title {
                    (plain(&data.rows[r])) ", " (plain(&data.columns[c])) ": "
                    (data.unit.text(value.unwrap_or(f64::NAN)))
                }
            }
        }
        path.chart-hatch d=(unknown) {}
        (key(data.unit, low, high, bottom + 12.0))
        @if !unknown.is_empty() { (key_of_unknown(bottom + 12.0)) }
    };
    Some(Picture { width: WIDTH, height: bottom + 40.0, inside })
}

/// What the shades mean.
fn key(unit: Unit, low: f64, high: f64, y: f64) -> Markup {
    let shades = if high > low { 1..=SHADES } else { 4..=4 };
    let left = LEFT + breadth_of(&unit.text(low)) + 10.0;
    let right = left + shades.clone().count() as f64 * 22.0;
    html! {
        text.chart-tick x=(LEFT) y=(px(y + 12.0)) { (unit.text(low)) }
        @for (n, shade) in shades.enumerate() {
            rect.{ "chart-heat-" (shade) } x=(px(left + n as f64 * 22.0)) y=(px(y)) width="20" height="16" {}
        }
        @if high > low { text.chart-tick x=(px(right + 6.0)) y=(px(y + 12.0)) { (unit.text(high)) } }
    }
}

fn key_of_unknown(y: f64) -> Markup {
    html! {
        rect.chart-unknown x="420" y=(px(y)) width="20" height="16" {}
        path.chart-hatch d=(hatch((420.0, y), 20.0, 16.0)) {}
        text.chart-tick x="448" y=(px(y + 12.0)) { "cannot be told" }
    }
}

/// Three strokes from the lower left to the upper right of a box.
fn hatch((x, y): (f64, f64), wide: f64, deep: f64) -> String {
    let [x2, y2] = [x + wide, y + deep];
    let [x1, y1] = [x + wide / 2.0, y + deep / 2.0];
    format!("M{x:.1} {y1:.1}L{x1:.1} {y:.1}M{x:.1} {y2:.1}L{x2:.1} {y:.1}M{x1:.1} {y2:.1}L{x2:.1} {y1:.1}")
}
