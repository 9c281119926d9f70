//! Finds whole words and phrases in free text: "ai" is in "AI for schools" and not in "chair".

use crate::profile::Profile;

/// Lower-case words of the fields of a profile, each with the name of its field.
pub(crate) struct Words {
    fields: Vec<(&'static str, Vec<String>)>,
}

impl Words {
    pub(crate) fn of(profile: &Profile) -> Self {
        let fields = [
            ("title", &profile.title),
            ("company", &profile.company),
            ("industry", &profile.industry),
            ("about", &profile.about),
        ];
        Self { fields: fields.map(|(name, text)| (name, split(text))).into() }
    }

    /// The field in which a phrase stands, whole words only.
    pub(crate) fn find(&self, phrase: &str) -> Option<&'static str> {
        let phrase = split(phrase);
        let holds = |words: &[String]| words.windows(phrase.len()).any(|window| window == phrase);
        self.fields.iter().find(|(_, words)| holds(words)).map(|(name, _)| *name)
    }

    /// The same without these phrases.
    pub(crate) fn without(&self, phrases: &[&str]) -> Self {
        let phrases: Vec<Vec<String>> = phrases.iter().map(|phrase| split(phrase)).collect();
        let fields = self.fields.iter().map(|(name, words)| {
            let mut kept = Vec::with_capacity(words.len());
            let mut rest = words.as_slice();
            while let Some((first, others)) = rest.split_first() {
                match phrases.iter().find_map(|phrase| rest.strip_prefix(phrase.as_slice())) {
                    Some(after) => {
                        // What stood on both sides of it does not come together.
                        kept.push(String::new());
                        rest = after;
                    }
                    None => {
                        kept.push(first.clone());
                        rest = others;
                    }
                }
            }
            (*name, kept)
        });
        Self { fields: fields.collect() }
    }

    /// The first of the phrases that stands in one field.
    pub(crate) fn any<'a>(&self, field: &str, phrases: &[&'a str]) -> Option<&'a str> {
        let (_, words) = self.fields.iter().find(|(name, _)| *name == field)?;
        phrases.iter().copied().find(|phrase| {
            let phrase = split(phrase);
            words.windows(phrase.len()).any(|window| window == phrase)
        })
    }
}

fn split(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whole() {
        let words = Words::of(&Profile {
            title: "Chair, Head of School".into(),
            about: "Writes on A.I. and EdTech".into(),
            ..Profile::default()
        });
        assert_eq!(words.find("head of school"), Some("title"));
        assert_eq!(words.find("ai"), None);
        assert_eq!(words.find("a i"), Some("about"));
        assert_eq!(words.find("school of"), None);
        assert_eq!(words.any("title", &["teacher", "chair"]), Some("chair"));
    }
}
