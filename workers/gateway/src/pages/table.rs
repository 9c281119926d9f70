//! Tables that sort, filter and page on the server, by links and forms that work without a script.

use super::address::Address;
use super::words::number;
use crate::problem::Problem;
use maud::{Markup, html};

/// A column: its head, the word by which the server sorts, and what a row has there.
pub(crate) struct Column<'a, R> {
    head: &'static str,
    /// None: it does not sort.
    sort: Option<&'static str>,
    /// Whether the largest or the latest comes first when it sorts.
    descends: bool,
    number: bool,
    cell: &'a dyn Fn(&R) -> Markup,
}

/// A column of words.
pub(crate) fn words<'a, R>(head: &'static str, cell: &'a dyn Fn(&R) -> Markup) -> Column<'a, R> {
    Column { head, sort: None, descends: false, number: false, cell }
}

/// A column of numbers.
pub(crate) fn numbers<'a, R>(head: &'static str, cell: &'a dyn Fn(&R) -> Markup) -> Column<'a, R> {
    Column { number: true, ..words(head, cell) }
}

impl<R> Column<'_, R> {
    /// Sorts by this word: numbers with the largest first, words from A to Z.
    pub(crate) fn by(self, sort: &'static str) -> Self {
        Self { sort: Some(sort), descends: self.number, ..self }
    }

    /// Sorts by this word, the latest first.
    pub(crate) fn latest_by(self, sort: &'static str) -> Self {
        Self { sort: Some(sort), descends: true, ..self }
    }

    fn sorted(&self, address: &Address) -> Option<&'static str> {
        let (asked, sort) = (address.get("sort")?, self.sort?);
        let (asked, turned) = asked.strip_prefix('-').map_or((asked, false), |asked| (asked, true));
        (asked == sort).then_some(if self.descends == turned { "ascending" } else { "descending" })
    }
}

/// Rows under their heads. The word `sort` of the address is a column's, with `-` before it the other way round.
pub(crate) fn table<R>(caption: &str, address: &Address, columns: &[Column<'_, R>], rows: &[R]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption.hidden { (caption) }
                thead { tr {
                    @for column in columns {
                        th scope="col" class=[column.number.then_some("number")] aria-sort=[column.sorted(address)] {
                            @match column.sort {
                                Some(sort) => a href=(turned(address, sort).href()) { (column.head) },
                                None => (column.head),
                            }
                        }
                    }
                } }
                tbody {
                    @for row in rows {
                        tr { @for column in columns {
                            td class=[column.number.then_some("number")] { ((column.cell)(row)) }
                        } }
                    }
                }
            }
        }
    }
}

/// A click sorts by a column, the next one the other way round; from the first page on.
fn turned(address: &Address, sort: &str) -> Address {
    let other = if address.get("sort") == Some(sort) { format!("-{sort}") } else { sort.to_owned() };
    address.without(&["cursor", "offset"]).with("sort", other)
}

impl Address {
    /// How a list is to be sorted, and whether the other way round.
    pub(crate) fn sorting<T: Copy>(&self, ways: &[(&str, T)], default: T) -> Result<(T, bool), Problem> {
        let Some(asked) = self.get("sort") else { return Ok((default, false)) };
        let (name, turned) = asked.strip_prefix('-').map_or((asked, false), |name| (name, true));
        let way = ways.iter().find(|(own, _)| *own == name);
        way.map(|(_, way)| (*way, turned)).ok_or_else(|| {
            let names: Vec<&str> = ways.iter().map(|(name, _)| *name).collect();
            Problem::wrong(
                "sort",
                format!("use one of {}, with - before it for the other way round", names.join(", ")),
            )
        })
    }
}

/// Links to the pages of a list that is read from a cursor on.
pub(crate) fn onward(address: &Address, next: Option<&str>) -> Markup {
    let begun = address.get("cursor").is_some();
    html! {
        @if begun || next.is_some() {
            nav.pages aria-label="Parts of the list" {
                @if begun { a href=(address.without(&["cursor"]).href()) rel="first" { "From the beginning" } }
                @if let Some(next) = next { a href=(address.with("cursor", next).href()) rel="next" { "Next" } }
            }
        }
    }
}

impl Address {
    /// Links to the pages of a list of which it is known how long it is.
    pub(crate) fn parts(&self, total: usize, rows: usize) -> Markup {
        let offset = self.offset().unwrap_or_default();
        let to =
            |offset: usize| if offset == 0 { self.without(&["offset"]) } else { self.with("offset", offset) };
        html! {
            @if offset > 0 || total > rows {
                nav.pages aria-label="Parts of the list" {
                    @if offset > 0 { a href=(to(offset.saturating_sub(rows)).href()) rel="prev" { "Before" } }
                    span.muted { (number(offset as i128 + 1)) " to " (number(total.min(offset + rows) as i128)) " of " (number(total as i128)) }
                    @if offset + rows < total { a href=(to(offset + rows).href()) rel="next" { "Next" } }
                }
            }
        }
    }
}

/// A form that filters: what else the address says stays.
pub(crate) fn filter(address: &Address, names: &[&str], fields: &Markup) -> Markup {
    let mut left_out = names.to_vec();
    left_out.extend(["cursor", "offset"]);
    let others = address.without(&left_out);
    html! {
        form.filter method="get" action=(address.path()) role="search" {
            @for (name, value) in others.pairs() { input type="hidden" name=(name) value=(value); }
            (fields)
            button { "Show" }
            @if names.iter().any(|name| address.get(name).is_some()) { a href=(others.href()) { "Show all" } }
        }
    }
}

/// A choice of a filter; the first, without a value, is any.
pub(crate) fn choice(address: &Address, name: &str, label: &str, values: &[(&str, &str)]) -> Markup {
    choice_or(address, name, label, "any", values)
}

/// A choice of which the first, without a value, stands for something else.
pub(crate) fn choice_or(
    address: &Address,
    name: &str,
    label: &str,
    otherwise: &str,
    values: &[(&str, &str)],
) -> Markup {
    let chosen = address.get(name).unwrap_or_default();
    html! {
        label { (label) " "
            select name=(name) {
                option value="" { (otherwise) }
                @for (value, word) in values { option value=(value) selected[*value == chosen] { (word) } }
            }
        }
    }
}

/// A field of a filter for words to search for.
pub(crate) fn search(address: &Address, name: &str, label: &str) -> Markup {
    html! { label { (label) " " input type="search" name=(name) value=(address.get(name).unwrap_or_default()) maxlength="100"; } }
}
