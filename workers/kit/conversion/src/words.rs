//! What messages have in them, once for all messages that are alike.

use crate::case::{Names, Symbol};
use patterns::content::Features;

/// Messages whose subjects are all different would fill the memory: beyond so many, new ones have none.
const MOST: usize = 1_000_000;

/// The features behind a symbol.
#[derive(Debug, Default)]
pub struct Contents {
    texts: Names,
    features: Vec<Content>,
    pub(crate) subjects: Names,
}

#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) features: Features,
    pub(crate) subject: Option<Symbol>,
}

impl Contents {
    /// The symbol of features as `Features::text` writes them; none for what is no such text.
    pub fn symbol(&mut self, text: &str) -> Option<Symbol> {
        if let Some(symbol) = self.texts.find(text) {
            return Some(symbol);
        }
        let features = Features::read(text)?;
        if self.texts.len() >= MOST {
            return None;
        }
        let subject = (!features.subject.is_empty()).then(|| self.subjects.symbol(&features.subject));
        self.features.push(Content { features, subject });
        Some(self.texts.symbol(text))
    }

    pub(crate) fn get(&self, symbol: Symbol) -> Option<&Content> {
        self.features.get(symbol as usize)
    }
}
