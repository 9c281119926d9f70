//! Scores one pair in full and passes the verdict on one left record.

use std::cell::RefCell;

use crate::build::Index;
use crate::normalise::Words;
use crate::points::{self, Contribution, probability, word_similarity};
use crate::probe::{NEAR, Query};
use crate::{Link, Record, Verdict};

thread_local! {
    static WORDS: RefCell<Words> = RefCell::default();
}

/// How many candidates are scored in full for one verdict, with names only and with other fields.
const FEW: usize = 8;
const SOME: usize = 32;
/// How many for a list of all pairs.
const MANY: usize = 256;
/// A rival within the margin is no rival when the evidence for the best is e times stronger: near 1 probabilities crowd.
const CLEARLY: f32 = 1.0;
/// A candidate whose quick estimate is this far behind the best is not scored in full.
const HOPELESS: f32 = 3.5;

impl Index {
    /// The verdict on one left record: a link only when no second candidate comes close.
    pub fn best(&self, left: &Record<'_>) -> Verdict {
        self.best_but(left, None)
    }

    /// Every right row over the threshold, best first.
    pub fn all(&self, left: &Record<'_>) -> Vec<Link> {
        self.all_but(left, None)
    }

    pub(crate) fn best_but(&self, left: &Record<'_>, own: Option<u32>) -> Verdict {
        let scored = self.scored(left, own, false);
        let Some(best) = scored.first() else {
            return Verdict::Unlinked { nearest: None };
        };
        let top = probability(best.points);
        if top < self.options.threshold {
            return Verdict::Unlinked { nearest: Some(self.link(best)) };
        }
        let is_close = |pair: &&Scored| {
            let other = probability(pair.points);
            other >= self.options.threshold
                && top - other <= self.options.margin
                && best.points - pair.points < CLEARLY
        };
        let mut links: Vec<Link> = scored.iter().take_while(is_close).map(|pair| self.link(pair)).collect();
        match links.len() {
            1 => Verdict::Linked { link: links.remove(0) },
            _ => Verdict::Ambiguous { links },
        }
    }

    pub(crate) fn all_but(&self, left: &Record<'_>, own: Option<u32>) -> Vec<Link> {
        let scored = self.scored(left, own, true);
        scored
            .iter()
            .filter(|pair| probability(pair.points) >= self.options.threshold)
            .map(|pair| self.link(pair))
            .collect()
    }

    fn scored(&self, left: &Record<'_>, own: Option<u32>, thorough: bool) -> Vec<Scored> {
        let query = WORDS.with_borrow_mut(|words| Query::read(self, left, words));
        let keep = match (thorough, &query.details) {
            (true, _) => MANY,
            (false, Some(_)) => SOME,
            (false, None) => FEW,
        };
        let list = self.shortlist(&query, keep, thorough);
        let least =
            if thorough { f32::MIN } else { list.rows.first().map_or(0.0, |(most, _)| most - HOPELESS) };
        let rows = list.rows.iter().filter(|(quick, _)| *quick >= least).map(|(_, row)| *row);
        let rows = rows.filter(|row| Some(self.numbers[*row as usize]) != own);
        let mut pairs: Vec<Scored> = rows.map(|row| self.score(&query, row)).collect();
        pairs.sort_by(|a, b| b.points.total_cmp(&a.points).then(a.right.cmp(&b.right)));
        pairs
    }

    fn score(&self, query: &Query, row: u32) -> Scored {
        let matched = self.match_words(query, row);
        let mut contributions = vec![points::name(matched.similarity, !matched.shared.is_empty())];
        if let Some(left) = &query.details
            && let Some(Some(right)) = self.details.get(row as usize)
        {
            points::compare(left, right, &mut contributions);
        }
        let points = contributions.iter().map(|c| c.points).sum();
        Scored { right: self.numbers[row as usize], points, matched, contributions }
    }

    fn link(&self, pair: &Scored) -> Link {
        Link {
            right: pair.right,
            probability: probability(pair.points),
            name_similarity: pair.matched.similarity,
            shared: pair.matched.shared.iter().map(|id| self.words.word(*id).to_owned()).collect(),
            contributions: pair.contributions.clone(),
        }
    }

    /// Soft cosine: equal words count in full, near ones by how near, two words for one joined word in full.
    fn match_words(&self, query: &Query, row: u32) -> Matched {
        let mut right: Vec<u32> = self.row_words(row).collect();
        let mut left = Vec::with_capacity(query.words.len());
        let mut matched = Matched { similarity: 0.0, shared: Vec::new() };
        let (mut dot, mut left_square, mut right_square) = (0.0, 0.0, 0.0);
        for word in &query.words {
            match right.iter().position(|id| Some(*id) == word.id) {
                Some(at) => {
                    let id = right.swap_remove(at);
                    let square = word.weight * word.weight;
                    (dot, left_square, right_square) =
                        (dot + square, left_square + square, right_square + square);
                    if word.distinctive {
                        matched.shared.push(id);
                    }
                }
                None => left.push(word),
            }
        }
        while let Some((near, i, j)) = nearest(self, &left, &right) {
            let (word, id) = (left.swap_remove(i), right.swap_remove(j));
            // A typing error makes a word rare; the right spelling knows how rare the word is.
            let square = word.weight.min(self.weights[id as usize]).powi(2);
            dot += square * near;
            (left_square, right_square) = (left_square + square, right_square + square);
            if word.distinctive && self.distinctive[id as usize] {
                matched.shared.push(id);
            }
        }
        let mut left: Vec<Rest<'_>> =
            left.iter().map(|w| Rest { text: &w.text, weight: w.weight, right: None }).collect();
        let rest = |id: &u32| Rest {
            text: self.words.word(*id),
            weight: self.weights[*id as usize],
            right: Some(*id),
        };
        let mut right: Vec<Rest<'_>> = right.iter().map(rest).collect();
        if let Some((square, id)) = join(&mut left, &mut right).or_else(|| join(&mut right, &mut left)) {
            (dot, left_square, right_square) = (dot + square, left_square + square, right_square + square);
            matched.shared.push(id);
        }
        left_square += left.iter().map(|w| w.weight * w.weight).sum::<f32>();
        right_square += right.iter().map(|w| w.weight * w.weight).sum::<f32>();
        matched.similarity = (dot / (left_square * right_square).sqrt().max(f32::MIN_POSITIVE)).min(1.0);
        matched
    }
}

struct Matched {
    similarity: f32,
    shared: Vec<u32>,
}

struct Scored {
    right: u32,
    points: f32,
    matched: Matched,
    contributions: Vec<Contribution>,
}

/// The nearest two unmatched words: how much of a match they are, and where they stand.
fn nearest(index: &Index, left: &[&crate::probe::QueryWord], right: &[u32]) -> Option<(f32, usize, usize)> {
    let mut best: Option<(f32, usize, usize)> = None;
    for (i, word) in left.iter().enumerate() {
        for (j, id) in right.iter().enumerate() {
            let other = index.words.word(*id);
            let (short, long) = (word.text.len().min(other.len()), word.text.len().max(other.len()));
            let has_digit = |w: &str| w.bytes().any(|b| b.is_ascii_digit());
            if short < 4 || long > 2 * short || has_digit(&word.text) || has_digit(other) {
                continue;
            }
            let near = word_similarity(&word.text, other);
            if near >= NEAR && best.is_none_or(|(most, ..)| near > most) {
                best = Some((near, i, j));
            }
        }
    }
    best.map(|(near, i, j)| ((near - 0.7) / 0.3, i, j))
}

/// A word that found no partner.
struct Rest<'a> {
    text: &'a str,
    weight: f32,
    right: Option<u32>,
}

/// Takes out a word of one side and the two of the other that it joins: its squared weight and a right word of the three.
fn join(ones: &mut Vec<Rest<'_>>, parts: &mut Vec<Rest<'_>>) -> Option<(f32, u32)> {
    for one in 0..ones.len() {
        for i in 0..parts.len() {
            let Some(tail) = ones[one].text.strip_prefix(parts[i].text) else {
                continue;
            };
            if let Some(j) = parts.iter().position(|p| p.text == tail)
                && i != j
            {
                let id = ones[one].right.or(parts[i].right)?;
                let square = ones[one].weight.powi(2).min(parts[i].weight.powi(2) + parts[j].weight.powi(2));
                ones.swap_remove(one);
                parts.swap_remove(i.max(j));
                parts.swap_remove(i.min(j));
                return Some((square, id));
            }
        }
    }
    None
}
