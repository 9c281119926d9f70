//! What messages have in them, once for all messages of a channel that are alike.

use crate::case::{CHANNELS, Names, Symbol};
use foldhash::fast::RandomState;
use patterns::content::Features;
use std::collections::HashMap;
use std::hash::BuildHasher as _;

/// Messages whose subjects are all different would fill the memory: beyond so many, new ones have none.
const MOST: usize = 500_000;

/// The features behind a symbol.
#[derive(Debug, Default)]
pub struct Contents {
    /// By two hashes of the text: to compare it with the text itself took a sixth of all learning. Of half a million texts
    /// two are taken for one once in 10^27 times, and nobody can make them: the seeds are others each time.
    symbols: [HashMap<[u64; 2], Symbol, RandomState>; CHANNELS.len()],
    seeds: [RandomState; 2],
    features: Vec<Content>,
    pub(crate) subjects: Names,
}

#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) features: Features,
    pub(crate) subject: Option<Symbol>,
    /// The place in `CHANNELS`.
    pub(crate) channel: u8,
}

impl Contents {
    /// The symbol of features as `Features::text` writes them, of messages through a channel; none for what is no such
    /// text.
    pub fn symbol(&mut self, text: &str, channel: u8) -> Option<Symbol> {
        let symbols = self.symbols.get_mut(usize::from(channel))?;
        let hashes = self.seeds.each_ref().map(|seed| seed.hash_one(text));
        if let Some(symbol) = symbols.get(&hashes) {
            return Some(*symbol);
        }
        let features = Features::read(text)?;
        if self.features.len() >= MOST {
            return None;
        }
        let symbol = Symbol::try_from(self.features.len()).ok()?;
        symbols.insert(hashes, symbol);
        let subject = (!features.subject.is_empty()).then(|| self.subjects.symbol(&features.subject));
        self.features.push(Content { features, subject, channel });
        Some(symbol)
    }

    pub(crate) fn get(&self, symbol: Symbol) -> Option<&Content> {
        self.features.get(symbol as usize)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = (Symbol, &Content)> {
        (0..).zip(&self.features)
    }
}
