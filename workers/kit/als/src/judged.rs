//! What the rules say of a lead: which are met, which are not, and which nobody can tell yet.

use crate::facts::Facts;
use crate::phrases::{holds, owners, words};
use crate::rules::{Fact, Fit, Flag, Market, Rule, Rules, When};
use crate::score::{raw, whole};
use crate::{Components, Part, Score, Tier, Weights};

/// A rule that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    pub rule: String,
    pub says: String,
    pub points: f64,
}

/// A lead by the rules.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged<'a> {
    rules: &'a Rules,
    /// In the order of the parts.
    hits: [Vec<Hit>; 5],
    /// The name of the rule for which nobody is to contact it.
    pub excluded_by: Option<String>,
    /// Rules of which it is not known whether they are met.
    pub(crate) unknown: Vec<&'a Rule>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    Unknown,
}

impl Rules {
    /// What the rules say of a lead, for a client that looks for such a market.
    pub fn judge(&self, facts: &Facts, market: &Market) -> Judged<'_> {
        let answers = self.answers(facts, market);
        let mut judged = Judged::none(self);
        for (rule, answer) in self.rules.iter().zip(&answers) {
            if *answer == Answer::Yes && !judged.has_one_of(rule) {
                judged.hits[rule.part as usize].push(hit(rule));
                if rule.excludes {
                    judged.excluded_by.get_or_insert_with(|| rule.name.clone());
                }
            }
        }
        let unknown = self.rules.iter().zip(&answers).filter(|(_, answer)| **answer == Answer::Unknown);
        judged.unknown = unknown.map(|(rule, _)| rule).filter(|rule| !judged.has_one_of(rule)).collect();
        judged
    }

    fn answers(&self, facts: &Facts, market: &Market) -> Vec<Answer> {
        let title = words(&facts.title);
        let mut answers = Vec::with_capacity(self.rules.len());
        for (place, rule) in self.rules.iter().enumerate() {
            answers.push(match &rule.when {
                When::Title(_) | When::AnyTitle(_) if title.is_empty() => Answer::Unknown,
                When::AnyTitle(wanted) => yes(*wanted),
                When::Title(_) => {
                    let others = self.rules.iter().enumerate().filter(|(other_place, other)| {
                        *other_place == place
                            || rule.among.is_some() && other.part == rule.part && other.among == rule.among
                    });
                    let phrases = others
                        .flat_map(|(owner, other)| other.phrases.iter().map(move |phrase| (owner, phrase)));
                    yes(owners(&title, phrases).contains(&place))
                }
                when => when.answer(facts, market),
            });
        }
        answers
    }
}

impl When {
    /// Titles are answered elsewhere: there the rules look at each other.
    fn answer(&self, facts: &Facts, market: &Market) -> Answer {
        let known = |is: bool, is_known: bool| match (is, is_known) {
            (true, _) => Answer::Yes,
            (false, true) => Answer::No,
            (false, false) => Answer::Unknown,
        };
        let given = |text: &String| !text.trim().is_empty();
        let flag = |flag: Option<bool>| flag.map_or(Answer::Unknown, yes);
        match self {
            // What is not valid could still be found out.
            Self::Has(Fact::Email) => known(facts.has_valid_email(), false),
            Self::Has(Fact::Phone) => known(facts.has_valid_phone(), false),
            Self::Has(Fact::LinkedinUrl) => known(given(&facts.linkedin_url), false),
            Self::Has(Fact::Website) => known(given(&facts.website), false),
            Self::Has(Fact::Company) => known(given(&facts.company), false),
            Self::Has(Fact::Location) => known(given(&facts.city) || given(&facts.state), false),
            Self::Fits(Fit::Industry) => known(market.has_industry(facts), given(&facts.industry)),
            Self::Fits(Fit::Place) => {
                let is_known = given(&facts.state) || given(&facts.country);
                known(is_known && market.has_place(facts), is_known)
            }
            Self::Fits(Fit::Competitor) => yes(market.has_competitor(&facts.company)),
            Self::Employees([least, most]) => {
                facts.employee_count.map_or(Answer::Unknown, |count| yes((*least..=*most).contains(&count)))
            }
            Self::Signal(least) => {
                facts.signal_strength.map_or(Answer::Unknown, |signal| yes(signal >= *least))
            }
            Self::Is(Flag::NewRole) => flag(facts.is_new_role),
            Self::Is(Flag::Hiring) => flag(facts.is_hiring),
            Self::Is(Flag::RecentlyFunded) => flag(facts.recently_funded),
            Self::Is(Flag::Bounced) => yes(facts.bounced),
            Self::Is(Flag::Unsubscribed) => yes(facts.unsubscribed),
            Self::Title(_) | Self::AnyTitle(_) => Answer::No,
        }
    }
}

fn yes(is: bool) -> Answer {
    if is { Answer::Yes } else { Answer::No }
}

fn hit(rule: &Rule) -> Hit {
    Hit { rule: rule.name.clone(), says: rule.says.clone(), points: rule.points }
}

impl Market {
    /// By its industry, or by the company's name where no industry is known.
    fn has_industry(&self, facts: &Facts) -> bool {
        let text = if facts.industry.trim().is_empty() { &facts.company } else { &facts.industry };
        let text = words(text);
        self.industries.iter().any(|industry| holds(&text, &words(industry)))
    }

    /// A country that is not known is the client's own.
    fn has_place(&self, facts: &Facts) -> bool {
        let among = |text: &str, all: &[String]| {
            all.is_empty() || all.iter().any(|one| one.trim().eq_ignore_ascii_case(text.trim()))
        };
        let country_is_known = !facts.country.trim().is_empty();
        (!country_is_known || among(&facts.country, &self.countries)) && among(&facts.state, &self.states)
    }

    fn has_competitor(&self, company: &str) -> bool {
        let company = words(company);
        !company.is_empty() && self.competitors.iter().any(|competitor| words(competitor) == company)
    }
}

impl<'a> Judged<'a> {
    fn none(rules: &'a Rules) -> Self {
        Self { rules, hits: [const { Vec::new() }; 5], excluded_by: None, unknown: Vec::new() }
    }

    /// The same lead with parts that somebody else has given; who is excluded stays so.
    #[must_use]
    pub fn given(self, components: &Components) -> Self {
        let given = |part: Part| {
            let (points, says) = (components.of(part), "was given with the lead".to_owned());
            let hit = Hit { rule: "given".to_owned(), says, points };
            if points > 0.0 { vec![hit] } else { Vec::new() }
        };
        Self { hits: Part::ALL.map(given), unknown: Vec::new(), ..self }
    }

    /// Whether another rule of those among which one counts is met.
    fn has_one_of(&self, rule: &Rule) -> bool {
        let Some(among) = &rule.among else { return false };
        let group = |hit: &Hit| {
            let same = |other: &&Rule| other.part == rule.part && other.name == hit.rule;
            self.rules.rules.iter().find(same).is_some_and(|other| other.among.as_ref() == Some(among))
        };
        self.hits[rule.part as usize].iter().any(group)
    }

    /// The rules that count for a part.
    pub fn hits(&self, part: Part) -> &[Hit] {
        &self.hits[part as usize]
    }

    pub(crate) fn sum(&self, part: Part) -> f64 {
        self.hits(part).iter().map(|hit| hit.points).sum()
    }

    pub fn components(&self) -> Components {
        let of = |part: Part| self.sum(part).min(part.most());
        Components {
            data_quality: of(Part::DataQuality),
            authority: of(Part::Authority),
            company_fit: of(Part::CompanyFit),
            timing: of(Part::Timing),
            risk: of(Part::Risk),
        }
    }

    /// The same lead, if it met one more rule.
    pub(crate) fn meeting(&self, rule: &Rule) -> Self {
        let mut judged = self.clone();
        judged.hits[rule.part as usize].push(hit(rule));
        judged
    }

    /// Whoever is excluded is dead, whatever the points say.
    pub fn score(&self, weights: &Weights) -> Score {
        let components = self.components();
        let score = whole(raw(&components, weights));
        let tier = if self.excluded_by.is_some() { Tier::Dead } else { self.rules.cutoffs.tier(score) };
        Score { score, tier, components, weights: *weights }
    }
}
