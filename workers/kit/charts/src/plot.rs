//! What line charts and step curves share: the plane between two axes, dashes and the legend.

use maud::{Markup, html};

use crate::Unit;
use crate::figure::{Anchor, Picture, WIDTH, breadth_of, label, px};
use crate::scale::{Scale, Ticks};

const LEFT: f64 = 70.0;
const RIGHT: f64 = 606.0;
const DEEP: f64 = 200.0;
const ROW: f64 = 20.0;
/// Series are told apart by dashes as well as by colour.
const DASHES: [Option<&str>; 6] =
    [None, Some("7 4"), Some("2 3"), Some("10 3 2 3"), Some("14 5"), Some("5 2")];

/// The plane on which values are drawn.
pub(crate) struct Plane {
    pub(crate) x: Scale,
    pub(crate) y: Scale,
    y_ticks: Ticks,
    legend: Markup,
    top: f64,
}

impl Plane {
    pub(crate) fn new<'a>(
        names: impl Iterator<Item = &'a str>,
        x: Option<Scale>,
        y: impl Iterator<Item = f64>,
        unit: Unit,
    ) -> Option<Self> {
        let (legend, rows) = legend(names);
        let top = 30.0 + rows * ROW;
        let (y, y_ticks) = Scale::from_zero(y, unit, 5.0, (top + DEEP, top))?;
        Some(Self { x: x?, y, y_ticks, legend, top })
    }

    /// Where x goes.
    pub(crate) const ACROSS: (f64, f64) = (LEFT, RIGHT);

    pub(crate) fn picture(&self, (x_name, y_name): (&str, &str), x_ticks: &Ticks, marks: &Markup) -> Picture {
        let bottom = self.top + DEEP;
        let inside = html! {
            (self.legend)
            (label(y_name, Anchor::Start, 0.0, self.top - 14.0, 300.0))
            @for (y, text) in &self.y_ticks {
                path.chart-grid d={ "M" (LEFT) " " (px(*y)) "H" (RIGHT) } {}
                text.chart-tick x=(LEFT - 8.0) y=(px(y + 4.0)) text-anchor="end" { (text) }
            }
            path.chart-axis d={ "M" (LEFT) " " (px(self.y.at(0.0))) "H" (RIGHT) } {}
            @for (x, text) in x_ticks {
                path.chart-axis d={ "M" (px(*x)) " " (px(bottom)) "v4" } {}
                text.chart-tick x=(px(*x)) y=(px(bottom + 18.0)) text-anchor="middle" { (text) }
            }
            (label(x_name, Anchor::End, RIGHT - 300.0, bottom + 36.0, 300.0))
            (marks)
        };
        Picture { width: WIDTH, height: bottom + 44.0, inside }
    }
}

/// The class of a series' colour, and its dashes.
pub(crate) fn look(series: usize) -> (String, Option<&'static str>) {
    (format!("chart-series-{}", series % 6 + 1), DASHES[(series + series / 6) % 6])
}

/// Names of several series with their lines, and how many rows that takes.
fn legend<'a>(names: impl Iterator<Item = &'a str>) -> (Markup, f64) {
    let names: Vec<_> = names.collect();
    if names.len() < 2 {
        return (Markup::default(), 0.0);
    }
    let (mut x, mut row) = (0.0, 0.0);
    let placed: Vec<_> = names
        .iter()
        .enumerate()
        .map(|(series, name)| {
            let wide = breadth_of(name).clamp(20.0, 160.0) + 6.0;
            if x > 0.0 && x + 34.0 + wide > WIDTH {
                (x, row) = (0.0, row + 1.0);
            }
            let place = (look(series), *name, x, row * ROW + 14.0, wide);
            x += 34.0 + wide + 14.0;
            place
        })
        .collect();
    let markup = html! {
        @for ((class, dashes), name, x, y, wide) in placed {
            path.chart-line.(class) stroke-dasharray=[dashes] d={ "M" (px(x)) " " (px(y - 4.0)) "h28" } {}
            (label(name, Anchor::Start, x + 34.0, y, wide))
        }
    };
    (markup, row + 1.0)
}
