//! Contractors in few bytes: what is learned from is kept until all have been looked at.

use crate::Rules;
use crate::record::{ContentKind, Record};
use crate::rules::slug;
use chrono::{Datelike as _, NaiveDate};
use std::collections::HashMap;
use std::ops::Range;

/// The day of something that is said to have been, and not when.
pub(crate) const UNDATED: i32 = i32::MIN;
const NOTHING: u32 = u32::MAX;

/// Something that contractors did, by one name however it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Key {
    FocusArea(String),
    Milestone(String),
    Partner(i32),
    /// Title and author, in lower case.
    Content(ContentKind, String, String),
}

impl Key {
    pub(crate) fn content(kind: ContentKind, title: &str, author: &str) -> Self {
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        Self::Content(kind, plain(title), plain(author))
    }
}

/// A row of the history; days are counted from the common era.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Row {
    pub(crate) day: i32,
    pub(crate) rank: u8,
    /// In dollars; NaN where it is unknown.
    pub(crate) revenue: f64,
    team_size: i32,
    stage: u32,
    focus: (u32, u32),
    /// Whether the profile told it, and no list or file.
    pub(crate) of_profile: bool,
}

/// Something a contractor did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Did {
    /// A place in `Facts::keys`.
    pub(crate) what: u32,
    pub(crate) day: i32,
    /// 1 to 5, or 0.
    pub(crate) satisfaction: u8,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Contractor {
    pub(crate) id: i32,
    /// Of `Facts::rows`, by day.
    pub(crate) rows: Range<u32>,
    did: Range<u32>,
    focus: (u32, u32),
}

/// All contractors of a learning.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) contractors: Vec<Contractor>,
    pub(crate) rows: Vec<Row>,
    pub(crate) unknown_tiers: u64,
    pub(crate) seen: u64,
    pub(crate) keys: Vec<Key>,
    did: Vec<Did>,
    focus: Vec<u32>,
    stages: Vec<String>,
    known_stages: HashMap<String, u32>,
    known_keys: HashMap<Key, u32>,
    /// What was written, with its key and how often; kinds do not mix, because each is written behind its own mark.
    written: HashMap<String, (u32, u32)>,
    buffer: String,
}

pub(crate) fn day(date: NaiveDate) -> i32 {
    date.num_days_from_ce()
}

impl Facts {
    /// Keeps what is dated up to `today`.
    pub(crate) fn keep(&mut self, rules: &Rules, today: i32, record: &Record) {
        self.seen += 1;
        let first_row = self.rows.len();
        let seen = record.seen.iter().map(|row| (row, true));
        for (observed, of_profile) in seen.chain(record.history.iter().map(|row| (row, false))) {
            let Some(rank) = rules.ladder().rank(&observed.tier) else {
                self.unknown_tiers += 1;
                continue;
            };
            if day(observed.valid_from) > today {
                continue;
            }
            let row = Row {
                day: day(observed.valid_from),
                rank: u8::try_from(rank).unwrap_or(u8::MAX),
                revenue: observed.revenue.filter(|revenue| revenue.is_finite()).unwrap_or(f64::NAN),
                team_size: observed.team_size.unwrap_or(-1),
                stage: observed.current_stage.as_deref().map_or(NOTHING, |stage| self.stage(stage)),
                focus: self.focus(rules, &observed.focus_areas),
                of_profile,
            };
            self.rows.push(row);
        }
        if self.rows.len() == first_row {
            return;
        }
        self.rows[first_row..].sort_by_key(|row| row.day);
        self.keep_the_last(first_row);
        let first = self.did.len();
        for reached in &record.milestones {
            let what = self.key('m', &[&reached.milestone], |name| Key::Milestone(rules.canonical(name[0])));
            self.push(what, reached.reached_on, None);
        }
        for used in &record.partners {
            let what = self.numbered(Key::Partner(used.partner_id));
            self.push(what, used.used_from, used.satisfaction);
        }
        for consumed in &record.content {
            let mark = match consumed.kind {
                ContentKind::Book => 'b',
                ContentKind::Podcast => 'p',
                ContentKind::Event => 'e',
            };
            let what = self.key(mark, &[&consumed.title, &consumed.author], |text| {
                Key::content(consumed.kind, text[0], text[1])
            });
            self.push(what, consumed.consumed_on, None);
        }
        let focus = self.focus(rules, &record.profile.focus_areas);
        self.contractors.push(Contractor {
            id: record.contractor_id,
            rows: range(first_row, self.rows.len()),
            did: range(first, self.did.len()),
            focus,
        });
    }

    /// Of each day; and of a profile that was put right, which is told for the next day.
    fn keep_the_last(&mut self, from: usize) {
        let mut kept = from;
        for place in from + 1..self.rows.len() {
            let (one, next) = (&self.rows[kept], &self.rows[place]);
            let is_put_right = one.of_profile && next.of_profile && one.day + 1 == next.day;
            if one.day != next.day && !is_put_right {
                kept += 1;
            }
            self.rows[kept] = self.rows[place];
        }
        self.rows.truncate(kept + 1);
    }

    fn push(&mut self, what: u32, on: Option<NaiveDate>, satisfaction: Option<i16>) {
        let satisfaction = satisfaction.filter(|rated| (1..=5).contains(rated)).unwrap_or(0);
        let satisfaction = u8::try_from(satisfaction).unwrap_or(0);
        self.did.push(Did { what, day: on.map_or(UNDATED, day), satisfaction });
    }

    fn stage(&mut self, stage: &str) -> u32 {
        let slug = slug(stage);
        if slug.is_empty() {
            return NOTHING;
        }
        let next = self.stages.len() as u32;
        *self.known_stages.entry(slug).or_insert_with_key(|slug| {
            self.stages.push(slug.clone());
            next
        })
    }

    fn focus(&mut self, rules: &Rules, names: &[String]) -> (u32, u32) {
        let first = self.focus.len();
        for name in names {
            let what = self.key('f', &[name], |name| Key::FocusArea(rules.canonical(name[0])));
            self.focus.push(what);
        }
        (first as u32, (self.focus.len() - first) as u32)
    }

    /// The place of a key by how it is written, so that names are brought to one form once and not for everybody.
    fn key(&mut self, mark: char, written: &[&str], key: impl FnOnce(&[&str]) -> Key) -> u32 {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        buffer.push(mark);
        for text in written {
            buffer.push('\u{1f}');
            buffer.push_str(text);
        }
        let what = if let Some((what, times)) = self.written.get_mut(&buffer) {
            *times += 1;
            *what
        } else {
            let what = self.numbered(key(written));
            self.written.insert(buffer.clone(), (what, 1));
            what
        };
        self.buffer = buffer;
        what
    }

    fn numbered(&mut self, key: Key) -> u32 {
        let next = self.keys.len() as u32;
        *self.known_keys.entry(key).or_insert_with_key(|key| {
            self.keys.push(key.clone());
            next
        })
    }

    pub(crate) fn sort(&mut self) {
        self.contractors.sort_by_key(|contractor| contractor.id);
    }

    pub(crate) fn did(&self, contractor: &Contractor) -> &[Did] {
        &self.did[contractor.did.start as usize..contractor.did.end as usize]
    }

    pub(crate) fn focus_of(&self, contractor: &Contractor) -> &[u32] {
        self.slice(contractor.focus)
    }

    pub(crate) fn focus_in(&self, row: &Row) -> &[u32] {
        self.slice(row.focus)
    }

    fn slice(&self, (first, n): (u32, u32)) -> &[u32] {
        &self.focus[first as usize..(first + n) as usize]
    }

    pub(crate) fn stage_in(&self, row: &Row) -> Option<&str> {
        self.stages.get(row.stage as usize).map(String::as_str)
    }

    /// How titles and authors are written most often, by the place of their key.
    pub(crate) fn spellings(&self) -> HashMap<u32, (&str, &str)> {
        let mut best: HashMap<u32, (u32, &str)> = HashMap::new();
        for (text, &(what, times)) in &self.written {
            let one = best.entry(what).or_insert((times, text));
            if (times, std::cmp::Reverse(text.as_str())) > (one.0, std::cmp::Reverse(one.1)) {
                *one = (times, text);
            }
        }
        let read = |text| {
            let mut pieces = str::split(text, '\u{1f}').skip(1);
            (pieces.next().unwrap_or_default(), pieces.next().unwrap_or_default())
        };
        best.into_iter().map(|(what, (_, text))| (what, read(text))).collect()
    }
}

impl Row {
    pub(crate) fn team_size(&self) -> Option<i32> {
        (self.team_size >= 0).then_some(self.team_size)
    }

    pub(crate) fn revenue(&self) -> Option<f64> {
        (!self.revenue.is_nan()).then_some(self.revenue)
    }
}

fn range(from: usize, to: usize) -> Range<u32> {
    from as u32..to as u32
}
