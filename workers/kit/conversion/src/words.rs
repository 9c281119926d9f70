//! What messages have in them, once for all messages of a channel that are alike.

use crate::case::{CHANNELS, Names, Symbol};
use foldhash::fast::RandomState;
use patterns::content::Features;
use std::collections::HashMap;

/// Messages whose subjects are all different would fill the memory: beyond so many, new ones have none.
const MOST: usize = 500_000;

/// The features behind a symbol.
#[derive(Debug, Default)]
pub struct Contents {
    symbols: [HashMap<Box<str>, Symbol, RandomState>; CHANNELS.len()],
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
        if let Some(symbol) = symbols.get(text) {
            return Some(*symbol);
        }
        let features = Features::read(text)?;
        if self.features.len() >= MOST {
            return None;
        }
        let symbol = Symbol::try_from(self.features.len()).ok()?;
        symbols.insert(text.into(), symbol);
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
