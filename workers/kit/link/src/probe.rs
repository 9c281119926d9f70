//! Finds the few right rows that may name the same organisation as one left record.

use crate::Record;
use crate::build::{Index, keys};
use crate::details::{Brief, Details};
use crate::lexicon::is_generic;
use crate::normalise::Words;
use crate::points::word_similarity;

/// A left record in the terms of an index.
pub(crate) struct Query {
    /// Heaviest first, each once.
    pub(crate) words: Vec<QueryWord>,
    pub(crate) norm: f32,
    pub(crate) details: Option<Details>,
    brief: Option<Brief>,
}

pub(crate) struct QueryWord {
    pub(crate) text: String,
    pub(crate) id: Option<u32>,
    pub(crate) weight: f32,
    pub(crate) distinctive: bool,
}

/// Two words at least this near are taken for one, mistyped.
pub(crate) const NEAR: f32 = 0.88;

/// A list of rows longer than this is read only where it meets that of another word of the name.
const LONG: usize = 512;
/// How far the rows of a chain are read: those of its one distinctive word, or of two together.
const CHAIN: usize = 4096;
/// A name similarity that one shared rare word must be able to reach, else the next word is looked up too.
const REACH: f32 = 0.6;
/// Below this the words are looked up again as typing errors.
const SATISFIED: f32 = 0.85;

impl Query {
    pub(crate) fn read(index: &Index, record: &Record<'_>, words: &mut Words) -> Query {
        words.read(record.name);
        let details = Details::read(record);
        let brief = details.as_ref().map(Brief::of);
        let mut query = Query { words: Vec::with_capacity(8), norm: 0.0, details, brief };
        for word in words.iter() {
            if query.words.iter().any(|w| w.text == word) {
                continue;
            }
            let id = index.words.id(word);
            let weight = id.map_or_else(|| index.novel_weight(word), |id| index.weights[id as usize]);
            let distinctive = id.map_or_else(|| !is_generic(word), |id| index.distinctive[id as usize]);
            query.words.push(QueryWord { text: word.to_owned(), id, weight, distinctive });
        }
        query.words.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.id.cmp(&b.id)));
        query.norm = query.words.iter().map(|w| w.weight.powi(2)).sum::<f32>().sqrt();
        query
    }
}

/// The best rows seen so far, by a quick estimate of their points.
pub(crate) struct Shortlist {
    pub(crate) rows: Vec<(f32, u32)>,
    keep: usize,
    best_name: f32,
}

impl Shortlist {
    fn offer(&mut self, points: f32, row: u32) {
        if self.rows.len() == self.keep && self.rows.last().is_some_and(|(least, _)| *least >= points) {
            return;
        }
        if self.rows.iter().any(|(_, r)| *r == row) {
            return;
        }
        let at = self.rows.partition_point(|(p, _)| *p >= points);
        self.rows.insert(at, (points, row));
        self.rows.truncate(self.keep);
    }
}

/// A right word that stands for a word of the query, and what a row that has it gains.
type Known = (u32, f32);

impl Index {
    pub(crate) fn shortlist(&self, query: &Query, keep: usize, thorough: bool) -> Shortlist {
        let mut list = Shortlist { rows: Vec::with_capacity(keep.min(64) + 1), keep, best_name: 0.0 };
        let mut known: Vec<Known> =
            query.words.iter().filter_map(|w| w.id.map(|id| (id, w.weight * w.weight))).collect();
        self.probe_words(query, &known, &mut list);
        if thorough || list.best_name < SATISFIED {
            self.probe_typos(query, &mut known, &mut list);
        }
        for key in query.details.iter().flat_map(keys) {
            self.keyed(key).take(CHAIN).for_each(|row| self.consider(row, query, &known, &mut list));
        }
        list
    }

    fn probe_words(&self, query: &Query, known: &[Known], list: &mut Shortlist) {
        let posted: Vec<&[u32]> = query
            .words
            .iter()
            .filter(|w| w.distinctive)
            .filter_map(|w| w.id)
            .map(|id| self.postings(id))
            .collect();
        let mut rest = query.norm * query.norm;
        let mut probed = query.words.iter().filter(|w| w.distinctive && w.id.is_some());
        for (i, rows) in posted.iter().enumerate() {
            if rest.sqrt() < REACH * query.norm && !list.rows.is_empty() {
                break;
            }
            if rows.len() <= LONG {
                rows.iter().for_each(|row| self.consider(*row, query, known, list));
            } else if posted.len() == 1 {
                rows.iter().take(CHAIN).for_each(|row| self.consider(*row, query, known, list));
            } else {
                for other in &posted[i + 1..] {
                    let mut left = CHAIN;
                    intersect(rows, other, |row| {
                        self.consider(row, query, known, list);
                        left -= 1;
                        left > 0
                    });
                }
                if list.rows.is_empty() {
                    rows.iter().take(LONG).for_each(|row| self.consider(*row, query, known, list));
                }
            }
            rest -= probed.next().map_or(0.0, |w| w.weight * w.weight);
        }
    }

    fn probe_typos(&self, query: &Query, known: &mut Vec<Known>, list: &mut Shortlist) {
        let mut found: Vec<u32> = Vec::new();
        for word in query.words.iter().filter(|w| w.distinctive).take(4) {
            let exact = found.len();
            self.neighbours.each(&word.text, |id| {
                if Some(id) != word.id
                    && !found[exact..].contains(&id)
                    && word_similarity(&word.text, self.words.word(id)) >= NEAR
                {
                    found.push(id);
                }
            });
            self.split(&word.text, &mut found);
        }
        for pair in query.words.windows(2).take(6) {
            for joined in
                [format!("{}{}", pair[0].text, pair[1].text), format!("{}{}", pair[1].text, pair[0].text)]
            {
                found.extend(self.words.id(&joined));
            }
        }
        known.extend(found.iter().map(|id| (*id, 0.8 * self.weights[*id as usize].powi(2))));
        for id in found {
            let rows = self.postings(id);
            rows.iter().take(LONG).for_each(|row| self.consider(*row, query, known, list));
        }
    }

    /// The halves of a word that the right list writes as two.
    fn split(&self, word: &str, found: &mut Vec<u32>) {
        if !word.is_ascii() || word.len() < 6 {
            return;
        }
        for at in 3..word.len() - 2 {
            if let (Some(a), Some(b)) = (self.words.id(&word[..at]), self.words.id(&word[at..])) {
                found.extend([a, b]);
            }
        }
    }

    #[inline]
    fn consider(&self, row: u32, query: &Query, known: &[Known], list: &mut Shortlist) {
        let stored = &self.rows[row as usize];
        let mut shared = 0.0;
        for (id, gain) in known {
            let here = stored.heavy.iter().fold(false, |here, word| here | (word == id));
            shared += if here { *gain } else { 0.0 };
        }
        let similarity = shared / (query.norm * stored.norm).max(f32::MIN_POSITIVE);
        list.best_name = list.best_name.max(similarity);
        // Without the floor of the full points, so that the more similar of two poor names comes first.
        let mut points = 9.0 * similarity;
        if let (Some(left), Some(right)) = (&query.brief, self.briefs.get(row as usize)) {
            points += left.compare(right);
        }
        list.offer(points, row);
    }
}

/// Rows in both ascending lists, by steps that double in the longer one, until `found` has enough.
fn intersect(a: &[u32], b: &[u32], mut found: impl FnMut(u32) -> bool) {
    let (short, mut long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    for row in short {
        let mut step = 1;
        while step < long.len() && long[step] < *row {
            step *= 2;
        }
        let from = step / 2;
        let to = long.len().min(step + 1);
        let at = from + long[from.min(to)..to].partition_point(|r| r < row);
        long = &long[at.min(long.len())..];
        match long.first() {
            Some(first) if first == row => {
                if !found(*row) {
                    return;
                }
            }
            Some(_) => {}
            None => return,
        }
    }
}
