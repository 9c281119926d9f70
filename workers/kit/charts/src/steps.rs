//! Curves that stay until the next event, as survival curves do, with the band in which they are known.

use maud::{Markup, html};

use crate::figure::{Frame, Picture, Table, figure, plain, px};
use crate::plot::{Plane, look};
use crate::scale::{Scale, Unit, sound};

/// From `at` on, the value.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub at: f64,
    pub value: f64,
    pub interval: Option<(f64, f64)>,
}

/// Starts with the step at which it starts.
#[derive(Debug, Clone)]
pub struct Curve {
    pub name: String,
    pub steps: Vec<Step>,
}

impl Curve {
    /// What can be drawn, in order.
    fn drawn(&self) -> Vec<Step> {
        let whole = |step: &&Step| sound(step.at).is_some() && sound(step.value).is_some();
        let mut steps: Vec<Step> = self.steps.iter().filter(whole).copied().collect();
        steps.sort_by(|a, b| a.at.total_cmp(&b.at));
        for step in &mut steps {
            step.interval =
                step.interval.filter(|(low, high)| sound(*low).is_some() && sound(*high).is_some());
        }
        steps
    }
}

#[derive(Debug, Clone)]
pub struct Steps<'a> {
    pub over_name: &'a str,
    pub value_name: &'a str,
    pub unit: Unit,
    pub curves: Vec<Curve>,
}

pub fn steps(frame: &Frame<'_>, data: &Steps<'_>) -> Markup {
    let head = ["curve", data.over_name, data.value_name, "low", "high"].map(str::to_owned).to_vec();
    let row = |curve: &Curve, step: &Step| {
        let (low, high) = step.interval.unwrap_or((f64::NAN, f64::NAN));
        let mut row = vec![curve.name.clone(), Unit::Number.text(step.at)];
        row.extend([step.value, low, high].map(|value| data.unit.text(value)));
        row
    };
    let rows = data.curves.iter().flat_map(|curve| curve.steps.iter().map(move |step| row(curve, step)));
    figure(frame, picture(data), &Table { head, rows: rows.collect() })
}

fn picture(data: &Steps<'_>) -> Option<Picture> {
    let curves: Vec<Vec<Step>> = data.curves.iter().map(Curve::drawn).collect();
    let all = || curves.iter().flatten();
    let x = Scale::exact(all().map(|step| step.at), 1e-6, Plane::ACROSS);
    let x_ticks = x.as_ref().map(|x| x.number_ticks(Unit::Number, 8.0)).unwrap_or_default();
    let values = all().flat_map(|step| {
        let (low, high) = step.interval.unwrap_or((step.value, step.value));
        [step.value, low, high]
    });
    let plane = Plane::new(data.curves.iter().map(|curve| curve.name.as_str()), x, values, data.unit)?;
    let marks = html! {
        @for (n, curve) in curves.iter().enumerate() {
            g.(look(n).0) { path.chart-band d=(band(&plane, curve)) {} }
        }
        @for (n, (curve, named)) in curves.iter().zip(&data.curves).enumerate() {
            @let (class, dashes) = look(n);
            g.(class) {
                title { (plain(&named.name)) }
                path.chart-line.(class) stroke-dasharray=[dashes] d=(stairs(&plane, curve)) {}
                @if let [only] = curve.as_slice() {
                    circle.chart-dot cx=(px(plane.x.at(only.at))) cy=(px(plane.y.at(only.value))) r="3" {}
                }
            }
        }
    };
    Some(plane.picture((data.over_name, data.value_name), &x_ticks, &marks))
}

fn stairs(plane: &Plane, curve: &[Step]) -> String {
    let mut path = String::new();
    for (n, step) in curve.iter().enumerate() {
        let (x, y) = (plane.x.at(step.at), plane.y.at(step.value));
        path.push_str(&if n == 0 { format!("M{x:.1} {y:.1}") } else { format!("H{x:.1}V{y:.1}") });
    }
    path
}

/// A rectangle for each stretch whose interval is known.
fn band(plane: &Plane, curve: &[Step]) -> String {
    let mut path = String::new();
    for pair in curve.windows(2) {
        let ([from, to], Some((low, high))) = ([pair[0].at, pair[1].at], pair[0].interval) else { continue };
        let [from, to] = [from, to].map(|at| plane.x.at(at));
        let [low, high] = [low, high].map(|value| plane.y.at(value));
        path.push_str(&format!("M{from:.1} {low:.1}H{to:.1}V{high:.1}H{from:.1}Z"));
    }
    path
}
