//! What this process published of late and the broker acknowledged, in case the broker forgets it.

use crate::runs::text;
use async_nats::HeaderMap;
use bytes::Bytes;
use proto::subject::header;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// What is held: enough for the seconds that a broker loses when it is restored from an older store.
const MOST_MESSAGES: usize = 10_000;
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// By then nats-server has synced its files, unless it is told to take longer than its default of two minutes.
const LONGEST: Duration = Duration::from_secs(300);

/// Messages in the order of their acknowledgement, the oldest forgotten first.
#[derive(Default)]
pub(crate) struct Sent {
    held: VecDeque<Held>,
    bytes: usize,
    highest: BTreeMap<String, u64>,
    /// Lost by the broker, and not yet said again.
    owed: VecDeque<Held>,
}

/// A message that the broker acknowledged.
#[derive(Clone)]
pub(crate) struct Held {
    stream: String,
    sequence: u64,
    pub(crate) subject: String,
    pub(crate) headers: HeaderMap,
    pub(crate) payload: Bytes,
    at: Instant,
}

/// What a stream has no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) stream: String,
    /// First and last of the sequences that were seen here and are gone.
    pub(crate) first: u64,
    pub(crate) last: u64,
    /// How many of them were published here.
    pub(crate) ours: u64,
}

impl Held {
    pub(crate) fn new(
        stream: String,
        sequence: u64,
        subject: String,
        headers: HeaderMap,
        payload: Bytes,
    ) -> Self {
        Self { stream, sequence, subject, headers, payload, at: Instant::now() }
    }

    fn id(&self) -> &str {
        text(&self.headers, header::MESSAGE_ID).unwrap_or_default()
    }
}

impl Sent {
    pub(crate) fn acknowledged(&mut self, held: Held) {
        self.saw(&held.stream, held.sequence);
        self.bytes += held.payload.len();
        let now = held.at;
        self.held.push_back(held);
        while let Some(oldest) = self.held.front()
            && (self.held.len() > MOST_MESSAGES || self.bytes > MOST_BYTES || now - oldest.at > LONGEST)
        {
            self.bytes -= oldest.payload.len();
            self.held.pop_front();
        }
    }

    /// A message of this sequence exists: it was acknowledged or delivered here.
    pub(crate) fn saw(&mut self, stream: &str, sequence: u64) {
        match self.highest.get_mut(stream) {
            Some(highest) => *highest = sequence.max(*highest),
            None => {
                self.highest.insert(stream.to_owned(), sequence);
            }
        }
    }

    /// The highest sequence known of a stream, 0 when none is.
    pub(crate) fn highest_of(&self, stream: &str) -> u64 {
        self.highest.get(stream).copied().unwrap_or_default()
    }

    /// The highest sequence known of each stream: to be asked before the stream is, for it grows in between.
    pub(crate) fn highest(&self) -> Vec<(String, u64)> {
        self.highest.iter().map(|(stream, sequence)| (stream.clone(), *sequence)).collect()
    }

    /// Sequences and message ids of what is held of a stream, the newest first.
    pub(crate) fn ids(&self, stream: &str) -> Vec<(u64, String)> {
        let held = self.held.iter().rev().filter(|held| held.stream == stream);
        held.map(|held| (held.sequence, held.id().to_owned())).collect()
    }

    /// Notes that a stream has lost what came after the sequence `intact`; what is held of it is owed from now on.
    ///
    /// `highest` was the highest sequence known, `last` is the stream's last now: from then on it counts from there.
    pub(crate) fn lost(&mut self, stream: &str, intact: u64, highest: u64, last: u64) -> Option<Loss> {
        if highest <= intact {
            return None;
        }
        self.highest.insert(stream.to_owned(), last);
        let (lost, kept): (VecDeque<Held>, _) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|held| held.stream == stream && held.sequence > intact);
        self.held = kept;
        self.bytes = self.held.iter().map(|held| held.payload.len()).sum();
        let ours = lost.len() as u64;
        self.owed.extend(lost);
        Some(Loss { stream: stream.to_owned(), first: intact + 1, last: highest, ours })
    }

    /// The first of what has to be said again.
    pub(crate) fn owed(&self) -> Option<Held> {
        self.owed.front().cloned()
    }

    /// The first of what had to be said again has been.
    pub(crate) fn paid(&mut self) {
        self.owed.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(sequences: impl IntoIterator<Item = u64>, bytes: usize) -> Sent {
        let mut sent = Sent::default();
        for sequence in sequences {
            let mut headers = HeaderMap::new();
            headers.insert(header::MESSAGE_ID, format!("id-{sequence}"));
            let payload = Bytes::from(vec![0; bytes]);
            sent.acknowledged(Held::new("RUN".into(), sequence, format!("s.{sequence}"), headers, payload));
        }
        sent
    }

    #[track_caller]
    fn check(mut sent: Sent, intact: u64, expected: Option<(u64, u64)>, owed: &[u64]) {
        let highest = |sent: &Sent| sent.highest()[0].1;
        let before = highest(&sent);
        let loss = sent.lost("RUN", intact, before, intact);
        assert_eq!(loss.as_ref().map(|loss| (loss.first, loss.last)), expected);
        let after = highest(&sent);
        assert_eq!(sent.lost("RUN", intact, after, intact), None, "it is noticed once");
        let mut again = Vec::new();
        while let Some(held) = sent.owed() {
            again.push(held.sequence);
            sent.paid();
        }
        assert_eq!(again, owed);
    }

    #[test]
    fn a_broker_that_kept_all_lost_nothing() {
        check(sent(1..=3, 10), 3, None, &[]);
        check(sent(1..=3, 10), 9, None, &[]);
    }

    #[test]
    fn what_is_gone_is_owed_in_its_order() {
        check(sent(1..=5, 10), 3, Some((4, 5)), &[4, 5]);
        check(sent(1..=2, 10), 0, Some((1, 2)), &[1, 2]);
    }

    #[test]
    fn what_others_said_is_known_to_be_missing() {
        let mut sent = sent(1..=3, 10);
        sent.saw("RUN", 8);
        check(sent, 2, Some((3, 8)), &[3]);
    }

    #[test]
    fn what_is_held_is_bounded() {
        check(sent(1..=3, MOST_BYTES / 2), 0, Some((1, 3)), &[2, 3]);
        let all = MOST_MESSAGES as u64;
        assert_eq!(sent(1..=all + 5, 1).held.len(), MOST_MESSAGES);
    }

    #[test]
    fn what_is_held_is_known_by_its_ids() {
        assert_eq!(sent(7..=8, 1).ids("RUN"), [(8, "id-8".to_owned()), (7, "id-7".to_owned())]);
        assert_eq!(sent(7..=8, 1).ids("JOBS"), []);
    }
}
