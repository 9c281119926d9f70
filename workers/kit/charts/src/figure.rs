//! The frame of a chart: caption, picture, and the same data as a table; and text of others inside a picture.

use maud::{Markup, html};

/// The width of most pictures, in the units of their coordinates.
pub(crate) const WIDTH: f64 = 640.0;

/// What surrounds a chart.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Starts every id inside: without spaces, and once on a page.
    pub id: &'a str,
    pub title: &'a str,
    /// The picture in one sentence, for those who do not see it.
    pub about: &'a str,
    /// Stands in place of the picture when there is nothing to draw: why that is so.
    pub empty: &'a str,
}

pub(crate) struct Picture {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) inside: Markup,
}

/// The first cell of a row is its header.
pub(crate) struct Table {
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

pub(crate) fn figure(frame: &Frame<'_>, picture: Option<Picture>, table: &Table) -> Markup {
    let id = |part: &str| format!("{}-{part}", frame.id);
    html! {
        figure.chart {
            figcaption id=(id("caption")) { bdi { (plain(frame.title)) } }
            @if let Some(picture) = picture {
                // It scrolls on narrow screens, also by keyboard.
                div.chart-box tabindex="0" role="group" aria-labelledby=(id("caption")) {
                    svg class=[(picture.width > WIDTH).then_some("chart-wide")] role="img"
                        aria-labelledby={ (id("title")) " " (id("about")) }
                        viewBox={ "0 0 " (picture.width) " " (picture.height.ceil()) } {
                        title id=(id("title")) { (plain(frame.title)) }
                        desc id=(id("about")) { (plain(frame.about)) }
                        (picture.inside)
                    }
                }
            } @else {
                p.chart-empty { (frame.empty) }
            }
            @if !table.rows.is_empty() {
                details {
                    summary { "Table" }
                    div.chart-box tabindex="0" role="group" aria-labelledby=(id("caption")) {
                        (in_rows(table, &id("caption")))
                    }
                }
            }
        }
    }
}

fn in_rows(table: &Table, caption: &str) -> Markup {
    html! {
        table aria-labelledby=(caption) {
            thead {
                tr { @for name in &table.head { th scope="col" { bdi { (plain(name)) } } } }
            }
            tbody {
                @for row in &table.rows {
                    tr {
                        @for (place, cell) in row.iter().enumerate() {
                            @if place == 0 {
                                th scope="row" { bdi { (plain(cell)) } }
                            } @else {
                                td { bdi { (plain(cell)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Without the characters that a page cannot hold.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// A coordinate.
pub(crate) fn px(place: f64) -> String {
    format!("{place:.1}")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    End,
}

/// Text of others on a line of its own: what is wider or higher than its place is cut off, whatever it is made of.
pub(crate) fn label(text: &str, anchor: Anchor, x: f64, baseline: f64, width: f64) -> Markup {
    let text = plain(text);
    let short = shortened(&text, width);
    let (name, place) = if anchor == Anchor::Start { ("start", 0.0) } else { ("end", width) };
    html! {
        svg x=(px(x)) y=(px(baseline - 13.0)) width=(px(width)) height="18" {
            text.chart-label x=(px(place)) y="13" text-anchor=(name) {
                @if short != text { title { (text) } }
                (short)
            }
        }
    }
}

/// As many characters as fit, with an ellipsis where some are missing.
fn shortened(text: &str, width: f64) -> String {
    if text.chars().map(breadth).sum::<f64>() <= width {
        return text.to_owned();
    }
    let mut left = width - breadth('…');
    let fits = |c: &char| {
        left -= breadth(*c);
        left >= 0.0
    };
    let mut short: String = text.chars().take_while(fits).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

/// About how wide a character is in the font of the charts: nothing measures text on the server.
fn breadth(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | '\'' | ' ' => 4.0,
        'm' | 'w' | 'M' | 'W' | '…' => 11.0,
        'A'..='Z' => 8.5,
        ..'\u{1100}' => 7.0,
        _ => 13.0,
    }
}

/// About how wide a text is drawn.
pub(crate) fn breadth_of(text: &str) -> f64 {
    text.chars().map(breadth).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, width: f64, expected: &str) {
        assert_eq!(shortened(text, width), expected);
    }

    #[test]
    fn long_text_ends_in_an_ellipsis() {
        check("Owner", 60.0, "Owner");
        check("Director of Operations", 66.0, "Director…");
        check("日本語の長い名前です", 60.0, "日本語…");
        check("", 60.0, "");
        check("Owner", 5.0, "…");
    }

    #[test]
    fn text_of_others_is_inert() {
        let markup = label("<script>alert(1)</script>\0", Anchor::Start, 0.0, 20.0, 500.0).into_string();
        assert!(markup.contains("&lt;script&gt;alert(1)&lt;/script&gt; <"), "{markup}");
    }
}
