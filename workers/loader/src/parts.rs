//! Packs rows into messages of about 64 kilobytes, one after the other.

use proto::Message;

/// The size a part aims at, in bytes.
const AIM: usize = 60 * 1024;

/// Gathers rows until they fill a part.
pub(crate) struct Packer<T> {
    rows: Vec<T>,
    bytes: usize,
}

impl<T: Message> Packer<T> {
    pub(crate) fn new() -> Self {
        Self { rows: Vec::new(), bytes: 0 }
    }

    /// Adds a row; returns the rows of a part when it is full.
    pub(crate) fn push(&mut self, row: T) -> Option<Vec<T>> {
        let bytes = row.encoded_len() + 4;
        let full = if self.bytes + bytes > AIM && !self.rows.is_empty() { Some(self.take()) } else { None };
        self.bytes += bytes;
        self.rows.push(row);
        full
    }

    /// The rows of the last part, if there are any.
    pub(crate) fn rest(mut self) -> Option<Vec<T>> {
        (!self.rows.is_empty()).then(|| self.take())
    }

    fn take(&mut self) -> Vec<T> {
        self.bytes = 0;
        std::mem::take(&mut self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proto::v1::PainPoint;

    #[test]
    fn every_row_is_in_one_part_and_no_part_is_too_large() {
        let mut packer = Packer::new();
        let mut parts = Vec::new();
        for id in 0..2_000 {
            parts.extend(packer.push(PainPoint { id, text: "x".repeat(100), ..PainPoint::default() }));
        }
        parts.extend(packer.rest());
        let ids: Vec<i64> = parts.iter().flatten().map(|row| row.id).collect();
        assert_eq!(ids, (0..2_000).collect::<Vec<_>>());
        assert!(parts.len() > 2);
        for part in &parts {
            assert!(part.iter().map(Message::encoded_len).sum::<usize>() <= AIM);
        }
    }
}
