//! What people were told: each run and each alert once, or once more and saying so.

use std::collections::BTreeSet;

use super::Verdict;
use super::letters::Letter;
use crate::asked::Asked;
use crate::corrupt::POISON;
use crate::fleet::Fleet;
use crate::schedule::Damage;

/// A repetition says that it may be one.
const AGAIN: &str = "sent again after an interruption";
/// A mail says why it is one.
const INSTEAD: &str = "Why not in Slack";

/// What was seen of one notice.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    shown: usize,
    shown_again: usize,
    mails: BTreeSet<String>,
}

pub(crate) fn check(
    fleet: &Fleet,
    asked: &Asked,
    ended: &BTreeSet<String>,
    letters: &[Letter],
    verdict: &mut Verdict,
) {
    let shown: Vec<String> = fleet.slack.shown().iter().map(ToString::to_string).collect();
    let mails: Vec<String> = fleet.mail.journal().into_iter().map(|mail| mail.data).collect();
    for run in ended {
        let died = letters.iter().any(|letter| letter.run == *run && letter.worker == "notifier");
        let seen = Seen::of(&format!("#pt-intelligence, run {run}"), &shown, &mails);
        seen.judge(&format!("the announcement of {run}"), died, verdict);
    }
    for text in &asked.alerts {
        // The dead letter's bytes are protobuf, in which a text stands as it is.
        let died = letters.iter().any(|letter| letter.worker == "alerter" && letter.message == id(text));
        Seen::of(text, &shown, &mails).judge(&format!("the alert {text:?}"), died, verdict);
    }
    for (id, poison) in asked.corrupt.iter().filter(|(_, corrupt)| corrupt.damage == Damage::Poison) {
        // Who was told to die elsewhere survives it, and says it.
        let died = letters.iter().filter(|letter| letter.message == *id).count();
        let text = format!("{POISON}{}.", id.trim_start_matches("corrupt-"));
        let seen = Seen::of(&text, &shown, &mails);
        match (died, seen == Seen::default()) {
            (1, true) => verdict.note("messages that killed whoever handled them, dead after that"),
            (0, false) => seen.judge(&poison.subject, false, verdict),
            (0, true) => verdict.lost.push(format!("{}: neither told nor dead", poison.subject)),
            (1, false) => verdict.note("messages told by one who died before saying so, dead after that"),
            (died, _) => verdict.doubled.push(format!("{}: dead {died} times", poison.subject)),
        }
    }
}

/// The id under which the alert of a text was said.
fn id(text: &str) -> String {
    let number: String = text.chars().filter(char::is_ascii_digit).collect();
    format!("outside-{number}")
}

impl Seen {
    fn of(text: &str, shown: &[String], mails: &[String]) -> Self {
        let (again, first): (Vec<&String>, Vec<&String>) = shown
            .iter()
            .filter(|message| message.contains(text))
            .partition(|message| message.contains(AGAIN));
        // Lines of a mail may be folded; a repetition has the same Message-ID and is one mail.
        let flat = mails.iter().map(|mail| mail.replace("=\n", ""));
        let mails = flat.filter(|mail| mail.contains(text)).map(|mail| {
            let id = mail.lines().find(|line| line.starts_with("Message-ID"));
            format!("{}{}", id.unwrap_or_default(), if mail.contains(INSTEAD) { "" } else { " unexplained" })
        });
        Self { shown: first.len(), shown_again: again.len(), mails: mails.collect() }
    }

    fn judge(&self, what: &str, died: bool, verdict: &mut Verdict) {
        let slack = self.shown + self.shown_again;
        match (slack, self.mails.len()) {
            (0, 0) if died => verdict.note("notices that are dead letters"),
            (0, 0) => verdict.lost.push(format!("{what}: nobody was told")),
            (1, 0) => {}
            (0, 1) => verdict.note("notices by mail"),
            (2, 0) if self.shown_again == 1 => verdict.note("notices repeated, which say so"),
            // The end of the call was unknown, so the mail says that it may be there already.
            (1 | 2, 1) if self.shown <= 1 && self.shown_again <= 1 => {
                verdict.note("notices in Slack with an unknown end, and by mail");
            }
            _ => verdict.doubled.push(format!("{what}: {self:?}")),
        }
        if self.mails.iter().any(|mail| mail.ends_with("unexplained")) {
            verdict.wrong.push(format!("{what}: a mail that does not say why it is one"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(shown: &[&str], mails: &[&str], lost: usize, doubled: usize) {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let mut verdict = Verdict::default();
        Seen::of("run 7", &owned(shown), &owned(mails)).judge("it", false, &mut verdict);
        assert_eq!((verdict.lost.len(), verdict.doubled.len()), (lost, doubled), "{verdict:?}");
    }

    #[test]
    fn once_is_right_and_nothing_is_lost() {
        check(&["run 7"], &[], 0, 0);
        check(&["run 8"], &[], 1, 0);
        check(&[], &["Message-ID: 1\nrun 7\nWhy not in Slack"], 0, 0);
    }

    #[test]
    fn twice_is_doubled_unless_it_says_so() {
        check(&["run 7", "run 7"], &[], 0, 1);
        check(&["run 7", "run 7 (sent again after an interruption)"], &[], 0, 0);
        check(&["run 7", "run 7 (sent again after an interruption)", "run 7"], &[], 0, 1);
    }
}
