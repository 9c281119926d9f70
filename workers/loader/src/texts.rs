//! Rows of texts, of which there may be a million: one string for all, and where the texts of each row end.

/// `N` texts a row; an empty one stands for one that is not there.
pub(crate) struct Texts<const N: usize> {
    text: String,
    rows: Vec<Row<N>>,
}

struct Row<const N: usize> {
    start: usize,
    lengths: [u32; N],
}

impl<const N: usize> Default for Texts<N> {
    fn default() -> Self {
        Self { text: String::new(), rows: Vec::new() }
    }
}

impl<const N: usize> Texts<N> {
    pub(crate) fn push(&mut self, texts: [Option<&str>; N]) {
        let start = self.text.len();
        // Postgres holds no text of more than a gigabyte.
        let lengths = texts.map(|text| text.unwrap_or_default().len() as u32);
        texts.into_iter().flatten().for_each(|text| self.text.push_str(text));
        self.rows.push(Row { start, lengths });
    }

    pub(crate) fn get(&self, row: usize) -> [Option<&str>; N] {
        let Row { mut start, lengths } = self.rows[row];
        lengths.map(|length| {
            let text = &self.text[start..start + length as usize];
            start += length as usize;
            Some(text).filter(|text| !text.is_empty())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_gives_back_its_texts() {
        let mut texts = Texts::default();
        texts.push([Some("Phönix"), None]);
        texts.push([None, Some("AZ")]);
        texts.push([Some(""), Some("x")]);
        assert_eq!(texts.get(0), [Some("Phönix"), None]);
        assert_eq!(texts.get(1), [None, Some("AZ")]);
        assert_eq!(texts.get(2), [None, Some("x")]);
    }
}
