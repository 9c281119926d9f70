//! What this process published of late and the broker acknowledged, in case the broker forgets it.

use async_nats::jetstream::message::PublishMessage;
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
}

/// A message that the broker acknowledged.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) stream: String,
    pub(crate) sequence: u64,
    pub(crate) subject: String,
    pub(crate) message: PublishMessage,
    pub(crate) bytes: usize,
    at: Instant,
}

/// What a stream has no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loss {
    pub(crate) stream: String,
    /// First and last of the sequences that were seen here and are gone.
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Sent {
    pub(crate) fn acknowledged(
        &mut self,
        stream: String,
        sequence: u64,
        subject: String,
        message: PublishMessage,
        bytes: usize,
    ) {
        self.saw(&stream, sequence);
        self.bytes += bytes;
        let at = Instant::now();
        self.held.push_back(Held { stream, sequence, subject, message, bytes, at });
        while let Some(oldest) = self.held.front()
            && (self.held.len() > MOST_MESSAGES || self.bytes > MOST_BYTES || at - oldest.at > LONGEST)
        {
            self.bytes -= oldest.bytes;
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

    /// The highest sequence known of each stream: to be asked before the stream is, for it grows in between.
    pub(crate) fn highest(&self) -> Vec<(String, u64)> {
        self.highest.iter().map(|(stream, sequence)| (stream.clone(), *sequence)).collect()
    }

    /// What the stream has lost, if it ended before the sequence that was the highest; from then on it counts from there.
    pub(crate) fn loss(
        &mut self,
        stream: &str,
        highest: u64,
        last_sequence: u64,
    ) -> Option<(Loss, Vec<Held>)> {
        if highest <= last_sequence {
            return None;
        }
        let loss = Loss { stream: stream.to_owned(), first: last_sequence + 1, last: highest };
        self.highest.insert(stream.to_owned(), last_sequence);
        let (lost, kept) = std::mem::take(&mut self.held)
            .into_iter()
            .partition(|held| held.stream == stream && held.sequence > last_sequence);
        self.held = kept;
        self.bytes = self.held.iter().map(|held| held.bytes).sum();
        let lost: VecDeque<Held> = lost;
        Some((loss, lost.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(sequences: impl IntoIterator<Item = u64>, bytes: usize) -> Sent {
        let mut sent = Sent::default();
        for sequence in sequences {
            let subject = format!("s.{sequence}");
            sent.acknowledged("RUN".into(), sequence, subject, PublishMessage::build(), bytes);
        }
        sent
    }

    #[track_caller]
    fn check(mut sent: Sent, last: u64, expected: Option<(u64, u64)>, held: &[u64]) {
        let highest = |sent: &Sent| sent.highest()[0].1;
        let before = highest(&sent);
        let loss = sent.loss("RUN", before, last);
        assert_eq!(loss.as_ref().map(|(loss, _)| (loss.first, loss.last)), expected);
        let again: Vec<u64> = loss.into_iter().flat_map(|(_, held)| held).map(|held| held.sequence).collect();
        assert_eq!(again, held);
        let after = highest(&sent);
        assert_eq!(sent.loss("RUN", after, last).map(|(loss, _)| loss), None, "it is noticed once");
    }

    #[test]
    fn a_broker_that_kept_all_lost_nothing() {
        check(sent(1..=3, 10), 3, None, &[]);
        check(sent(1..=3, 10), 9, None, &[]);
    }

    #[test]
    fn what_is_gone_is_said_again_in_its_order() {
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
}
