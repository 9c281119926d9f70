//! How many go from stage to stage: boxes from left to right, joined by ribbons as wide as the count.

use maud::{Markup, html};

use crate::figure::{Anchor, Frame, Picture, Table, WIDTH, figure, label, plain, px};
use crate::scale::Unit;

/// The highest column of boxes.
const DEEP: f64 = 200.0;
const BOX: f64 = 12.0;
/// A box with its name and count takes at least this much.
const SLOT: f64 = 38.0;
const TOP: f64 = 10.0;

#[derive(Debug, Clone)]
pub struct Stage {
    pub label: String,
    /// From the left, from 0.
    pub column: usize,
}

/// `from` and `to` are places in [`Flow::stages`]; drawn when it goes to the right.
#[derive(Debug, Clone, Copy)]
pub struct Ribbon {
    pub from: usize,
    pub to: usize,
    pub count: u64,
}

#[derive(Debug, Clone)]
pub struct Flow {
    pub stages: Vec<Stage>,
    pub ribbons: Vec<Ribbon>,
}

impl Flow {
    fn label(&self, stage: usize) -> &str {
        self.stages.get(stage).map_or("–", |stage| stage.label.as_str())
    }

    /// What leaves a stage, or enters one.
    fn sum(&self, of: impl Fn(&Ribbon) -> bool) -> f64 {
        self.ribbons.iter().filter(|ribbon| of(ribbon)).map(|ribbon| ribbon.count as f64).sum()
    }

    fn share(&self, ribbon: &Ribbon) -> String {
        Unit::Share.text(ribbon.count as f64 / self.sum(|other| other.from == ribbon.from))
    }

    fn goes_right(&self, ribbon: &Ribbon) -> bool {
        let column = |stage: usize| self.stages.get(stage).map(|stage| stage.column);
        column(ribbon.from).zip(column(ribbon.to)).is_some_and(|(from, to)| from < to) && ribbon.count > 0
    }
}

pub fn flow(frame: &Frame<'_>, data: &Flow) -> Markup {
    let head = ["from", "to", "count", "of those who leave"].map(str::to_owned).to_vec();
    let row = |ribbon: &Ribbon| {
        let [from, to] = [ribbon.from, ribbon.to].map(|stage| data.label(stage).to_owned());
        vec![from, to, Unit::Count.text(ribbon.count as f64), data.share(ribbon)]
    };
    figure(frame, picture(data), &Table { head, rows: data.ribbons.iter().map(row).collect() })
}

/// Where a box is; what has gone into it and out of it so far.
struct Placed {
    x: f64,
    y: f64,
    deep: f64,
    count: f64,
    entered: f64,
    left: f64,
}

fn picture(data: &Flow) -> Option<Picture> {
    let data = &Flow {
        stages: data.stages.clone(),
        ribbons: data.ribbons.iter().filter(|ribbon| data.goes_right(ribbon)).copied().collect(),
    };
    if data.ribbons.is_empty() {
        return None;
    }
    // Columns without a stage take no room.
    let mut columns: Vec<usize> = data.stages.iter().map(|stage| stage.column).collect();
    columns.sort_unstable();
    columns.dedup();
    let width = WIDTH.max(columns.len() as f64 * 120.0);
    let apart = width / columns.len() as f64;
    let (mut placed, height) = place(data, &columns, apart);
    let ribbons: Vec<_> = data.ribbons.iter().map(|ribbon| (ribbon, path(&mut placed, ribbon))).collect();
    let inside = html! {
        @for (ribbon, d) in &ribbons {
            path.chart-ribbon d=(d) {
                title {
                    (plain(data.label(ribbon.from))) " → " (plain(data.label(ribbon.to))) ": "
                    (Unit::Count.text(ribbon.count as f64)) " (" (data.share(ribbon)) ")"
                }
            }
        }
        @for (stage, at) in data.stages.iter().zip(&placed) {
            @let middle = at.y + at.deep / 2.0;
            @let room = apart - BOX - 14.0;
            rect.chart-stage x=(px(at.x)) y=(px(at.y)) width=(BOX) height=(px(at.deep)) {}
            (label(&stage.label, Anchor::Start, at.x + BOX + 6.0, middle - 3.0, room))
            text x=(px(at.x + BOX + 6.0)) y=(px(middle + 12.0)) { (Unit::Count.text(at.count)) }
        }
    };
    Some(Picture { width, height, inside })
}

/// Boxes one below the other, each column in the middle of the height.
fn place(data: &Flow, columns: &[usize], apart: f64) -> (Vec<Placed>, f64) {
    let count = |stage: usize| data.sum(|r| r.from == stage).max(data.sum(|r| r.to == stage));
    let members =
        |column: usize| (0..data.stages.len()).filter(move |stage| data.stages[*stage].column == column);
    let total = |column: &usize| members(*column).map(count).sum::<f64>();
    let scale = DEEP / columns.iter().map(total).fold(1.0, f64::max);
    let deep = |stage: usize| (count(stage) * scale).max(1.0);
    let slot = |stage: usize| (deep(stage) + 10.0).max(SLOT);
    let height = columns.iter().map(|column| members(*column).map(slot).sum::<f64>()).fold(0.0, f64::max);
    let mut placed: Vec<(usize, Placed)> = Vec::new();
    for (n, column) in columns.iter().enumerate() {
        let mut y = TOP + (height - members(*column).map(slot).sum::<f64>()) / 2.0;
        for stage in members(*column) {
            let at = Placed {
                x: n as f64 * apart,
                y: y + (slot(stage) - deep(stage)) / 2.0,
                deep: deep(stage),
                count: count(stage),
                entered: 0.0,
                left: 0.0,
            };
            placed.push((stage, at));
            y += slot(stage);
        }
    }
    placed.sort_by_key(|(stage, _)| *stage);
    (placed.into_iter().map(|(_, at)| at).collect(), height + 2.0 * TOP)
}

fn path(placed: &mut [Placed], ribbon: &Ribbon) -> String {
    let part = |at: &Placed| ribbon.count as f64 / at.count * at.deep;
    let from = &mut placed[ribbon.from];
    let (x1, y1, out) = (from.x + BOX, from.y + from.left, part(from));
    from.left += out;
    let to = &mut placed[ribbon.to];
    let (x2, y2, into) = (to.x, to.y + to.entered, part(to));
    to.entered += into;
    let middle = f64::midpoint(x1, x2);
    format!(
        "M{x1:.1} {y1:.1}C{middle:.1} {y1:.1} {middle:.1} {y2:.1} {x2:.1} {y2:.1}\
         v{into:.1}C{middle:.1} {:.1} {middle:.1} {:.1} {x1:.1} {:.1}Z",
        y2 + into,
        y1 + out,
        y1 + out,
    )
}
