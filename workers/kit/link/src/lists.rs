//! Runs a whole left list against an index on all cores.

use rayon::prelude::*;

use crate::{Index, Link, Record, Verdict};

/// Records on the way at a time: the answers of a million need not be in memory at once.
const CHUNK: usize = 1 << 15;

/// The verdict on each left record, in order; `same_list` skips the record itself when both lists are one.
pub fn link_all<'a>(
    left: impl IntoIterator<Item = Record<'a>>,
    index: &Index,
    same_list: bool,
    each: impl FnMut(u32, Verdict),
) {
    run(left, |row, record| index.best_but(record, same_list.then_some(row)), each);
}

/// Every pair over the threshold, by left row and then best first; in one list each pair comes once, lower row left.
pub fn pairs<'a>(
    left: impl IntoIterator<Item = Record<'a>>,
    index: &Index,
    same_list: bool,
    mut each: impl FnMut(u32, Link),
) {
    run(
        left,
        |row, record| index.all_but(record, same_list.then_some(row)),
        |row, links: Vec<Link>| {
            links.into_iter().filter(|link| !same_list || row < link.right).for_each(|link| each(row, link));
        },
    );
}

fn run<'a, T: Send>(
    left: impl IntoIterator<Item = Record<'a>>,
    work: impl Fn(u32, &Record<'a>) -> T + Sync,
    mut each: impl FnMut(u32, T),
) {
    let mut left = left.into_iter();
    let mut first = 0u32;
    loop {
        let chunk: Vec<Record<'_>> = left.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            return;
        }
        let done: Vec<T> = chunk
            .par_iter()
            .enumerate()
            .with_min_len(64)
            .map(|(i, record)| work(first + i as u32, record))
            .collect();
        for (i, answer) in done.into_iter().enumerate() {
            each(first + i as u32, answer);
        }
        first += chunk.len() as u32;
    }
}
