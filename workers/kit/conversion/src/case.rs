//! A lead with everything that was sent to it: what all detectors read.

use foldhash::fast::RandomState;
use std::collections::HashMap;

/// A name that stands for a text, from `Names`.
pub type Symbol = u32;

/// Texts that come again and again, each kept once.
#[derive(Debug, Default)]
pub struct Names {
    symbols: HashMap<Box<str>, Symbol, RandomState>,
    texts: Vec<Box<str>>,
}

impl Names {
    pub fn symbol(&mut self, text: &str) -> Symbol {
        if let Some(symbol) = self.symbols.get(text) {
            return *symbol;
        }
        let symbol = Symbol::try_from(self.texts.len()).unwrap_or(Symbol::MAX);
        self.symbols.insert(text.into(), symbol);
        self.texts.push(text.into());
        symbol
    }

    /// The same; none for a new text when there are so many already.
    pub fn symbol_of(&mut self, text: &str, most: usize) -> Option<Symbol> {
        self.find(text).or_else(|| (self.len() < most).then(|| self.symbol(text)))
    }

    pub fn text(&self, symbol: Symbol) -> &str {
        self.texts.get(symbol as usize).map_or("", |text| text)
    }

    pub fn find(&self, text: &str) -> Option<Symbol> {
        self.symbols.get(text).copied()
    }

    pub fn len(&self) -> usize {
        self.texts.len()
    }

    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }
}

/// How it ended with a lead so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outcome {
    #[default]
    Open,
    Booked,
    /// CI-059: unsubscribed, bounced, not interested or dead.
    Failed,
}

/// Tiers in the order of the scores; unknown for who was never scored.
pub const TIERS: [&str; 6] = ["hot", "warm", "cool", "cold", "dead", "unknown"];

/// Channels by which touches go out.
pub const CHANNELS: [&str; 5] = ["email", "linkedin", "sms", "voice", "other"];

/// A lead.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lead {
    /// Of its id: the same whenever the same leads are counted.
    pub hash: u64,
    pub id: u128,
    pub title: Option<Symbol>,
    pub industry: Option<Symbol>,
    pub employees: Option<u32>,
    /// New role, hiring, funded.
    pub signals: [bool; 3],
    pub outcome: Outcome,
    /// Failed because its address does not exist.
    pub bounced: bool,
    /// Seconds since 1970.
    pub converted_at: Option<i64>,
    /// Since when it is known, for who was never contacted.
    pub known_since: i64,
    /// Parts of its score before it was contacted, each from 0 to 1; none when fewer than three were known.
    pub parts: Option<[f32; 4]>,
    /// The place in `TIERS`.
    pub tier: u8,
    /// The channel of the answer that became the booking, as a place in `CHANNELS`, if there was one.
    pub answered_by: Option<u8>,
}

/// Something that went out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Touch {
    pub at: i64,
    /// The place in `CHANNELS`.
    pub channel: u8,
    /// 1 is Monday; where the recipient is.
    pub day: u8,
    pub hour: u8,
    /// The last one before the booking.
    pub converting: bool,
    /// What is counted of its words, if they were kept.
    pub content: Option<Symbol>,
}

/// A lead with its touches in the order of time.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    pub lead: &'a Lead,
    pub touches: &'a [Touch],
}

impl Case<'_> {
    pub fn first_touch(&self) -> Option<i64> {
        self.touches.first().map(|touch| touch.at)
    }

    /// The place of the touch that led to the booking.
    pub fn converting(&self) -> Option<usize> {
        self.touches.iter().position(|touch| touch.converting)
    }

    /// Touches that could have led to the booking: none after it, and none at all of who booked unasked.
    pub fn until_booking(&self) -> &[Touch] {
        let end = match self.lead.outcome {
            Outcome::Booked => self.converting().map_or(0, |place| place + 1),
            _ => self.touches.len(),
        };
        &self.touches[..end]
    }
}
