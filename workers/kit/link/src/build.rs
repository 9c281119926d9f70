//! The right list, laid out so that a probe touches little memory.

use rayon::prelude::*;

use crate::details::{Brief, Details, local_phone};
use crate::lexicon::is_generic;
use crate::neighbours::Neighbours;
use crate::normalise::Words;
use crate::vocabulary::{Vocabulary, hash};
use crate::{Options, Record};

/// Built once, probed from any number of threads.
pub struct Index {
    pub(crate) options: Options,
    pub(crate) words: Vocabulary,
    /// Per word: the inverse document frequency, lowered for generic words.
    pub(crate) weights: Vec<f32>,
    /// Per word: generic and very common words link nothing.
    pub(crate) distinctive: Vec<bool>,
    /// Ordered by rarest word: rows that share it lie side by side.
    pub(crate) rows: Vec<Row>,
    pub(crate) overflow: Vec<u32>,
    /// Per row its number in the caller's list.
    pub(crate) numbers: Vec<u32>,
    /// Empty when the list has names only.
    pub(crate) details: Vec<Option<Box<Details>>>,
    /// The same for a quick look.
    pub(crate) briefs: Vec<Brief>,
    starts: Vec<u32>,
    postings: Vec<u32>,
    /// Hash of phone, domain or address in the upper half, row in the lower.
    keys: Vec<u64>,
    pub(crate) neighbours: Neighbours,
}

pub(crate) const NONE: u32 = u32::MAX;
pub(crate) const HEAVY: usize = 6;

/// Half a cache line: the six heaviest words of a name.
#[repr(align(32))]
#[derive(Clone, Copy)]
pub(crate) struct Row {
    pub(crate) heavy: [u32; HEAVY],
    pub(crate) norm: f32,
    /// Where in `overflow` the count and the words after the sixth stand.
    pub(crate) more: u32,
}

const CHUNK: usize = 1 << 16;
const BATCH: usize = 1 << 12;

impl Index {
    pub fn build<'a>(records: impl IntoIterator<Item = Record<'a>>, options: &Options) -> Index {
        let mut list = List::default();
        let mut records = records.into_iter();
        loop {
            let chunk: Vec<Record<'_>> = records.by_ref().take(CHUNK).collect();
            if chunk.is_empty() {
                break;
            }
            let batches: Vec<Batch> = chunk.par_chunks(BATCH).map(Batch::read).collect();
            batches.into_iter().for_each(|batch| list.add(batch));
        }
        list.index(options)
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn postings(&self, word: u32) -> &[u32] {
        &self.postings[self.starts[word as usize] as usize..self.starts[word as usize + 1] as usize]
    }

    /// The weight of a word no right name has: as rare as can be.
    pub(crate) fn novel_weight(&self, word: &str) -> f32 {
        weight(word, 1, self.rows.len())
    }

    pub(crate) fn keyed(&self, key: u32) -> impl Iterator<Item = u32> {
        let from = self.keys.partition_point(|k| (k >> 32) < u64::from(key));
        self.keys[from..].iter().take_while(move |k| (**k >> 32) == u64::from(key)).map(|k| *k as u32)
    }

    pub(crate) fn row_words(&self, row: u32) -> impl Iterator<Item = u32> {
        let row = &self.rows[row as usize];
        let more = match row.more {
            NONE => &[][..],
            at => &self.overflow[at as usize + 1..][..self.overflow[at as usize] as usize],
        };
        row.heavy.iter().take_while(|id| **id != NONE).chain(more).copied()
    }
}

/// Words that occur this seldom or less are distinctive however small the list is.
const RARE: usize = 20;

fn weight(word: &str, count: usize, rows: usize) -> f32 {
    let idf = (1.0 + rows as f32 / count.max(1) as f32).ln();
    if is_generic(word) { 0.3 * idf.min(4.0) } else { idf }
}

/// The keys under which a record is found whatever its name.
pub(crate) fn keys(details: &Details) -> impl Iterator<Item = u32> {
    let key = |text: String| (hash(&text) >> 32) as u32;
    let number = details.address.number;
    let streets = details
        .address
        .street
        .iter()
        .filter(move |_| number > 0)
        .map(move |word| key(format!("{number} {word}")));
    let phone = (details.phone > 0).then(|| key(format!("phone {}", local_phone(details.phone))));
    let domain = (!details.domain.is_empty()).then(|| key(format!("domain {}", details.domain)));
    streets.chain(phone).chain(domain)
}

/// Names read on one core, before their words have numbers.
#[derive(Default)]
struct Batch {
    text: String,
    words: Vec<(u32, u64)>,
    row_ends: Vec<u32>,
    details: Vec<Option<Box<Details>>>,
}

impl Batch {
    fn read(records: &[Record<'_>]) -> Batch {
        let mut batch = Batch::default();
        let mut words = Words::default();
        for record in records {
            words.read(record.name);
            for word in words.iter() {
                batch.text.push_str(word);
                batch.words.push((batch.text.len() as u32, hash(word)));
            }
            batch.row_ends.push(batch.words.len() as u32);
            batch.details.push(Details::read(record).map(Box::new));
        }
        batch
    }
}

#[derive(Default)]
struct List {
    words: Vocabulary,
    counts: Vec<u32>,
    ids: Vec<u32>,
    row_ends: Vec<u32>,
    details: Vec<Option<Box<Details>>>,
}

impl List {
    fn add(&mut self, batch: Batch) {
        let (mut at, mut text_at) = (0, 0);
        for row_end in &batch.row_ends {
            let row_start = self.ids.len();
            while at < *row_end as usize {
                let (text_end, hash) = batch.words[at];
                let id = self.words.intern(&batch.text[text_at..text_end as usize], hash);
                if !self.ids[row_start..].contains(&id) {
                    self.ids.push(id);
                    self.counts.resize(self.words.len(), 0);
                    self.counts[id as usize] += 1;
                }
                (at, text_at) = (at + 1, text_end as usize);
            }
            self.row_ends.push(self.ids.len() as u32);
        }
        let any = batch.details.iter().any(Option::is_some);
        if any || !self.details.is_empty() {
            self.details.resize_with(self.row_ends.len() - batch.row_ends.len(), || None);
            self.details.extend(batch.details);
        }
    }

    fn index(mut self, options: &Options) -> Index {
        let count = self.row_ends.len();
        let weigh = |(id, n): (usize, &u32)| weight(self.words.word(id as u32), *n as usize, count);
        let weights: Vec<f32> = self.counts.iter().enumerate().map(weigh).collect();
        let common = RARE.max(count / 20);
        let tell =
            |(id, n): (usize, &u32)| (*n as usize) <= common && !is_generic(self.words.word(id as u32));
        let distinctive: Vec<bool> = self.counts.iter().enumerate().map(tell).collect();

        let mut overflow = Vec::new();
        let mut rows = Vec::with_capacity(count);
        let mut start = 0;
        for (number, end) in self.row_ends.iter().enumerate() {
            let ids = &mut self.ids[start..*end as usize];
            start = *end as usize;
            ids.sort_unstable_by(|a, b| weights[*b as usize].total_cmp(&weights[*a as usize]).then(a.cmp(b)));
            let mut row = Row { heavy: [NONE; HEAVY], norm: 0.0, more: NONE };
            row.norm = ids.iter().map(|id| weights[*id as usize].powi(2)).sum::<f32>().sqrt();
            let kept = ids.len().min(HEAVY);
            row.heavy[..kept].copy_from_slice(&ids[..kept]);
            if ids.len() > HEAVY {
                row.more = overflow.len() as u32;
                overflow.push((ids.len() - HEAVY) as u32);
                overflow.extend_from_slice(&ids[HEAVY..]);
            }
            rows.push((row, number as u32));
        }
        drop((self.ids, self.row_ends, self.counts));
        rows.par_sort_unstable_by_key(|(row, number)| (row.heavy, *number));
        let (rows, numbers): (Vec<Row>, Vec<u32>) = rows.into_iter().unzip();

        self.details.resize_with(if self.details.is_empty() { 0 } else { count }, || None);
        let details: Vec<_> = match self.details.is_empty() {
            true => Vec::new(),
            false => numbers.iter().map(|n| self.details[*n as usize].take()).collect(),
        };
        let brief = |details: &Option<Box<Details>>| details.as_deref().map(Brief::of).unwrap_or_default();
        let briefs: Vec<Brief> = details.iter().map(brief).collect();
        let mut filed: Vec<u64> = Vec::new();
        for (row, details) in details.iter().enumerate() {
            filed.extend(details.iter().flat_map(|d| keys(d)).map(|key| (u64::from(key) << 32) | row as u64));
        }
        filed.par_sort_unstable();
        let neighbours = Neighbours::build(&self.words);
        let words = self.words;
        let (starts, postings) = (vec![0; words.len() + 2], Vec::new());
        let mut index = Index {
            options: *options,
            words,
            weights,
            distinctive,
            rows,
            overflow,
            numbers,
            details,
            briefs,
            starts,
            postings,
            keys: filed,
            neighbours,
        };
        index.post();
        index
    }
}

impl Index {
    /// Files each row under its distinctive words.
    fn post(&mut self) {
        let mut starts = vec![0u32; self.words.len() + 2];
        for row in 0..self.rows.len() as u32 {
            for id in self.row_words(row).filter(|id| self.distinctive[*id as usize]) {
                starts[id as usize + 2] += 1;
            }
        }
        for i in 1..starts.len() {
            starts[i] += starts[i - 1];
        }
        let mut postings = vec![0u32; starts[starts.len() - 1] as usize];
        for row in 0..self.rows.len() as u32 {
            for id in self.row_words(row).filter(|id| self.distinctive[*id as usize]) {
                let next = &mut starts[id as usize + 1];
                postings[*next as usize] = row;
                *next += 1;
            }
        }
        (self.starts, self.postings) = (starts, postings);
    }
}
