//! Makes new inputs of old ones, repeatably from a seed.

use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};

/// No input is longer: more than any message may have.
pub(crate) const LONGEST: usize = 300 * 1024;

/// Bytes that mean something to one format or another.
const TELLING: [&[u8]; 34] = [
    b"\0",
    b"\x01",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\"",
    b",",
    b";",
    b"\t",
    b"\n",
    b"\r\n",
    b" ",
    b"{",
    b"}",
    b"[",
    b"]",
    b"null",
    b"0",
    b"+",
    b"-1",
    b"1e309",
    b"18446744073709551616",
    b"\\u0000",
    b".",
    b"*",
    b">",
    b"&",
    b"@",
    b"://",
    b"<!channel>",
    b"=cmd|'/c'!A1",
    b"sk-ant-api03-x",
    b"\r\nBcc: x@y.example",
];

/// A source of inputs.
pub(crate) struct Mutator {
    random: StdRng,
    corpus: Vec<Vec<u8>>,
}

impl Mutator {
    pub(crate) fn new(seed: u64, corpus: Vec<Vec<u8>>) -> Self {
        Self { random: StdRng::seed_from_u64(seed), corpus }
    }

    /// One of the corpus with up to eight changes; now and then nothing but noise, and now and then a long one.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        if self.random.random_ratio(1, 20) {
            let length = self.random.random_range(0..200);
            return (0..length).map(|_| self.random.random()).collect();
        }
        let mut input = self.corpus.choose(&mut self.random).cloned().unwrap_or_default();
        for _ in 0..self.random.random_range(1..=8) {
            self.change(&mut input);
        }
        if self.random.random_ratio(1, 200) {
            self.swell(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let random = &mut self.random;
        let at = random.random_range(0..=input.len());
        let end = (at + random.random_range(0..=16)).min(input.len());
        match random.random_range(0..8) {
            0 if at < input.len() => input[at] ^= 1 << random.random_range(0..8),
            1 if at < input.len() => input[at] = random.random(),
            2 => input.truncate(at),
            3 => drop(input.drain(at..end)),
            4 => {
                let piece = input[at..end].to_vec();
                let times = *[1, 2, 100].choose(random).unwrap_or(&1);
                input.splice(at..at, piece.repeat(times));
            }
            5 => {
                let other = self.corpus.choose(random).cloned().unwrap_or_default();
                let from = random.random_range(0..=other.len());
                input.truncate(at);
                input.extend_from_slice(&other[from..]);
            }
            _ => {
                let telling = TELLING.choose(random).copied().unwrap_or_default();
                let end = if random.random() { at } else { end };
                input.splice(at..end, telling.iter().copied());
            }
        }
    }

    /// Repeats a piece until the input is about as long as one may be.
    fn swell(&mut self, input: &mut Vec<u8>) {
        let at = self.random.random_range(0..=input.len());
        let end = self.random.random_range(at..=input.len().min(at + 400));
        let piece = input[at..end].to_vec();
        if !piece.is_empty() {
            let room = LONGEST.saturating_sub(input.len());
            input.splice(at..at, piece.repeat(room / piece.len()));
        }
    }
}
