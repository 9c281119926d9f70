//! The distinct words of a list, numbered.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher, Hash, Hasher};

/// Words by number, kept in one string; numbers by the hash of a word.
///
/// Two words with one 64-bit hash would share a number; among a million words that has odds of one in 10^7.
#[derive(Default)]
pub(crate) struct Vocabulary {
    text: String,
    ends: Vec<u32>,
    ids: HashMap<u64, u32, BuildHasherDefault<Ready>>,
}

pub(crate) fn hash(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}

impl Vocabulary {
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn word(&self, id: u32) -> &str {
        let id = id as usize;
        let start = if id == 0 { 0 } else { self.ends[id - 1] as usize };
        &self.text[start..self.ends[id] as usize]
    }

    pub(crate) fn id(&self, word: &str) -> Option<u32> {
        self.ids.get(&hash(word)).copied()
    }

    pub(crate) fn intern(&mut self, word: &str, hash: u64) -> u32 {
        let next = self.ends.len() as u32;
        let id = *self.ids.entry(hash).or_insert(next);
        if id == next {
            self.text.push_str(word);
            self.ends.push(self.text.len() as u32);
        }
        id
    }
}

/// A hasher for keys that are hashes already.
#[derive(Default)]
pub(crate) struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
