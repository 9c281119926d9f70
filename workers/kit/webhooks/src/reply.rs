//! What a reply says, as far as it is kept: its intent, whether a machine wrote it, and until when somebody is away.

use crate::event::{AUTO_REPLY, Event, OUT_OF_OFFICE};
use cadence::Intent;

/// Longer ones are read up to here: what counts stands at the top.
const LONGEST: usize = 20_000;

impl Event {
    /// With what the words of a reply mean; nothing else of them is kept.
    pub(crate) fn saying(self, subject: Option<&str>, text: Option<&str>) -> Self {
        let text = text.map(|text| &text[..text.floor_char_boundary(LONGEST)]);
        // Behind "Re:" the subject is our own.
        let subject = subject.filter(|subject| !subject.trim_start().to_lowercase().starts_with("re:"));
        let by_machine = subject.map(cadence::intent).filter(|intent| !intent.is_human());
        let Some(intent) = by_machine.or_else(|| text.map(cadence::intent)) else { return self };
        self.meaning(intent, text)
    }

    /// With an intent that is known; the text tells only how long somebody is away.
    pub(crate) fn meaning(self, intent: Intent, text: Option<&str>) -> Self {
        let machine = match intent {
            Intent::OutOfOffice => Some(OUT_OF_OFFICE),
            Intent::AutoReply => Some(AUTO_REPLY),
            _ => self.machine,
        };
        let day = self.occurred_at.date_naive();
        let away_until =
            (intent == Intent::OutOfOffice).then(|| cadence::back_on(text.unwrap_or_default(), day));
        Self { intent: Some(intent), machine, away_until, ..self }
    }
}

/// The text of a reply of which only the HTML is given, without what is quoted.
pub(crate) fn without_tags(html: &str) -> String {
    let html = &html[..html.floor_char_boundary(LONGEST)];
    let own = html.split_once("<blockquote").map_or(html, |(own, _)| own);
    let mut pieces = own.split('<');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (tag, words) = piece.split_once('>').unwrap_or((piece, ""));
        if ["br", "p", "/p", "div", "/div"].iter().any(|line| tag.trim_end_matches(['/', ' ']) == *line) {
            text.push('\n');
        }
        text.push_str(words);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proto::v1::EngagementKind;

    #[track_caller]
    fn check(subject: &str, text: &str, intent: Intent, machine: Option<&'static str>) {
        let at = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        let event = Event::new("1".into(), EngagementKind::Replied, at).saying(Some(subject), Some(text));
        assert_eq!((event.intent, event.machine), (Some(intent), machine), "{subject}: {text}");
    }

    #[test]
    fn a_subject_counts_only_if_a_machine_wrote_it() {
        check("Automatic reply: quick question", "thank you", Intent::AutoReply, Some(AUTO_REPLY));
        check("Re: are you interested?", "Who is this?", Intent::Question, None);
        check("Re: out of office hours", "ok", Intent::Neutral, None);
        check("interested people", "ok", Intent::Neutral, None);
    }

    #[test]
    fn who_is_away_says_until_when() {
        let at = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        let event = Event::new("1".into(), EngagementKind::Replied, at)
            .saying(None, Some("I am out of office until January 12"));
        assert_eq!(event.away_until.unwrap().to_string(), "2026-01-12");
    }

    #[test]
    fn without_words_nothing_is_claimed() {
        let at = DateTime::from_timestamp(1_767_225_600, 0).unwrap();
        let event = Event::new("1".into(), EngagementKind::Replied, at).saying(Some("Re: hi"), None);
        assert_eq!(event.intent, None);
    }

    #[test]
    fn html_leaves_its_words() {
        assert_eq!(without_tags("<p>yes</p>please<br/>now <b"), "\nyes\nplease\nnow ");
        assert_eq!(without_tags("no<blockquote>not interested?</blockquote>"), "no");
    }
}
