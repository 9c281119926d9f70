//! Charts as SVG, rendered on the server, each with its table.
//!
//! A chart is a function from its [`Frame`] and its data to markup. Colours come from [`CSS`], which reads `--ink`,
//! `--muted`, `--line`, `--accent`, `--good`, `--bad`, `--none` and `--series-1` to `--series-6` of the page. There is
//! no style in the markup, so a strict content security policy holds. `--accent`, `--good`, `--bad` and `--none` need
//! 3 : 1 against the page and against `--ink`, which whiskers are drawn in; `examples/gallery.rs` has such a palette.

mod bars;
mod figure;
mod flow;
mod heat;
mod lines;
mod plot;
mod scale;
mod steps;
#[cfg(test)]
mod tests;

pub use bars::{Bar, Bars, Reference, Verdict, bars};
pub use figure::Frame;
pub use flow::{Flow, Ribbon, Stage, flow};
pub use heat::{Heat, heat};
pub use lines::{Lines, Over, Series, lines, spark};
pub use scale::Unit;
pub use steps::{Curve, Step, Steps, steps};

/// What the markup needs beside the page's own style.
pub const CSS: &str = include_str!("charts.css");
