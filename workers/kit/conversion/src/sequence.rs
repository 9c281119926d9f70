//! Orders of channels, each as a symbol.

use crate::case::{CHANNELS, Symbol, Touch};
use std::collections::HashMap;

/// Touches after these are not told apart: orders would all be different.
pub(crate) const LONGEST: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct Sequences {
    symbols: HashMap<u32, Symbol>,
    packed: Vec<u32>,
}

impl Sequences {
    /// Three bits a touch, the first one in the lowest.
    pub(crate) fn symbol(&mut self, touches: &[Touch]) -> Symbol {
        let packed = touches
            .iter()
            .take(LONGEST)
            .enumerate()
            .fold(0, |packed, (place, touch)| packed | (u32::from(touch.channel) + 1) << (3 * place));
        if let Some(symbol) = self.symbols.get(&packed) {
            return *symbol;
        }
        let symbol = Symbol::try_from(self.packed.len()).unwrap_or(Symbol::MAX);
        self.symbols.insert(packed, symbol);
        self.packed.push(packed);
        symbol
    }

    /// How many touches an order has.
    pub(crate) fn length(&self, symbol: Symbol) -> usize {
        let packed = self.packed.get(symbol as usize).copied().unwrap_or(0);
        (32 - packed.leading_zeros() as usize).div_ceil(3)
    }

    pub(crate) fn channels(&self, symbol: Symbol) -> Vec<String> {
        let mut packed = self.packed.get(symbol as usize).copied().unwrap_or(0);
        let mut channels = Vec::new();
        while packed > 0 {
            let place = (packed & 7) as usize;
            channels.extend(CHANNELS.get(place - 1).map(|&name| name.to_owned()));
            packed >>= 3;
        }
        channels
    }
}
