//! Several series over time or a number; and a line that fits into a cell.

use chrono::{NaiveDateTime, Timelike};
use maud::{Markup, html};

use crate::figure::{Frame, Picture, Table, figure, plain, px};
use crate::plot::{Plane, look};
use crate::scale::{DAY, Scale, Ticks, Unit, bounds, sound};

/// What the series are drawn over.
#[derive(Debug, Clone)]
pub enum Over {
    /// Marked as given: as on the clock of whoever looks.
    Time(Vec<NaiveDateTime>),
    Number(Vec<f64>, Unit),
}

impl Over {
    fn values(&self) -> Vec<f64> {
        match self {
            Over::Time(times) => times.iter().map(|time| time.and_utc().timestamp() as f64).collect(),
            Over::Number(values, _) => values.clone(),
        }
    }

    fn scale(&self) -> Option<(Scale, Ticks)> {
        let least = match self {
            // A day or two have no hours.
            Over::Time(times) if are_days(times) => 6.0 * DAY,
            Over::Time(_) => 60.0,
            Over::Number(..) => 1e-6,
        };
        let scale = Scale::exact(self.values().into_iter(), least, Plane::ACROSS)?;
        let ticks = match self {
            Over::Time(_) => scale.time_ticks(6.0),
            Over::Number(_, unit) => scale.number_ticks(*unit, 6.0),
        };
        Some((scale, ticks))
    }

    fn texts(&self) -> Vec<String> {
        match self {
            Over::Time(times) => {
                let format = if are_days(times) { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" };
                times.iter().map(|time| time.format(format).to_string()).collect()
            }
            Over::Number(values, unit) => values.iter().map(|value| unit.text(*value)).collect(),
        }
    }
}

fn are_days(times: &[NaiveDateTime]) -> bool {
    times.iter().all(|time| time.num_seconds_from_midnight() == 0)
}

/// Values at the places of [`Lines::over`], in its order. A missing one interrupts the line.
#[derive(Debug, Clone)]
pub struct Series {
    pub name: String,
    pub values: Vec<Option<f64>>,
}

impl Series {
    fn at(&self, place: usize) -> Option<f64> {
        self.values.get(place).copied().flatten().and_then(sound)
    }
}

#[derive(Debug, Clone)]
pub struct Lines<'a> {
    pub over: Over,
    /// What the series are drawn over, as the name of that axis.
    pub over_name: &'a str,
    pub value_name: &'a str,
    pub unit: Unit,
    pub series: Vec<Series>,
}

pub fn lines(frame: &Frame<'_>, data: &Lines<'_>) -> Markup {
    let texts = data.over.texts();
    let head = std::iter::once(data.over_name.to_owned()).chain(data.series.iter().map(|s| s.name.clone()));
    let row = |(place, text): (usize, String)| {
        let values = data.series.iter().map(|s| data.unit.text(s.at(place).unwrap_or(f64::NAN)));
        std::iter::once(text).chain(values).collect()
    };
    let table = Table { head: head.collect(), rows: texts.into_iter().enumerate().map(row).collect() };
    figure(frame, picture(data), &table)
}

fn picture(data: &Lines<'_>) -> Option<Picture> {
    let mut places: Vec<(usize, f64)> = data.over.values().into_iter().enumerate().collect();
    places.retain(|(_, x)| sound(*x).is_some());
    places.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (x, x_ticks) = data.over.scale().unzip();
    let values =
        data.series.iter().flat_map(|series| places.iter().filter_map(|(place, _)| series.at(*place)));
    let plane = Plane::new(data.series.iter().map(|s| s.name.as_str()), x, values, data.unit)?;
    let marks = html! {
        @for (n, series) in data.series.iter().enumerate() {
            @let (class, dashes) = look(n);
            @let spots = places.iter().map(|(place, x)| Some((plane.x.at(*x), plane.y.at(series.at(*place)?))));
            @let (path, alone) = strokes(spots);
            g.(class) {
                title { (plain(&series.name)) }
                path.chart-line.(class) stroke-dasharray=[dashes] d=(path) {}
                @for (x, y) in alone { circle.chart-dot cx=(px(x)) cy=(px(y)) r="3" {} }
            }
        }
    };
    Some(plane.picture((data.over_name, data.value_name), &x_ticks.unwrap_or_default(), &marks))
}

/// A path through what is there, and the spots that have no neighbour to be joined to.
fn strokes(spots: impl Iterator<Item = Option<(f64, f64)>>) -> (String, Vec<(f64, f64)>) {
    let spots: Vec<_> = spots.collect();
    let (mut path, mut alone) = (String::new(), Vec::new());
    for stretch in spots.split(Option::is_none) {
        match stretch {
            [Some(spot)] => alone.push(*spot),
            _ => {
                for (place, (x, y)) in stretch.iter().flatten().enumerate() {
                    path.push_str(&format!("{}{x:.1} {y:.1}", if place == 0 { 'M' } else { 'L' }));
                }
            }
        }
    }
    (path, alone)
}

/// A line of 120 by 28 beside a number, without axes. It has no table: it is read inside of one.
pub fn spark(title: &str, unit: Unit, values: &[Option<f64>]) -> Markup {
    let sounds: Vec<_> = values.iter().map(|value| value.and_then(sound)).collect();
    let known = || sounds.iter().flatten().copied();
    let said = match (bounds(known()), known().next_back()) {
        (Some((low, high)), Some(last)) => {
            let [low, high, last] = [low, high, last].map(|value| unit.text(value));
            format!("{}: from {low} to {high}, {last} at last", plain(title))
        }
        _ => format!("{}: nothing known", plain(title)),
    };
    let across = Scale::exact([0.0, sounds.len() as f64 - 1.0].into_iter(), 1.0, (4.0, 116.0));
    let (path, alone) = match (across, Scale::exact(known(), 1e-6, (24.0, 4.0))) {
        (Some(x), Some(y)) => {
            strokes(sounds.iter().enumerate().map(|(n, value)| Some((x.at(n as f64), y.at((*value)?)))))
        }
        _ => ("M4 14H116".into(), Vec::new()),
    };
    html! {
        svg class=(if known().next().is_some() { "chart-spark" } else { "chart-spark chart-nothing" }) role="img" aria-label=(said) viewBox="0 0 120 28" {
            title { (said) }
            path.chart-line.chart-series-1 d=(path) {}
            g.chart-series-1 { @for (x, y) in alone { circle.chart-dot cx=(px(x)) cy=(px(y)) r="2" {} } }
        }
    }
}
