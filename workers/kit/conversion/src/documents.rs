//! What the four documents say, from counts.

use crate::counts::{Counts, Lexicon};
use crate::detector::Setting;
use crate::fact::{Base, List};
use crate::gate::{Decision, LEAST_BOOKED, LEAST_OUTCOMES};
use crate::{how, metrics, what, when, who};
use als::Weights;
use patterns::card::rounded;
use patterns::{Header, How, PatternType, Quality, Verdict, What, When, Who};
use std::collections::BTreeMap;

/// Of subjects on either side, and of sequences.
const MOST_LISTED: usize = 20;

/// Makes documents of counts.
#[derive(Clone, Copy)]
pub(crate) struct Documents<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) lexicon: &'a Lexicon,
    pub(crate) counts: &'a Counts,
    /// Everything there is, however little it is and however long the lists are.
    pub(crate) whole: bool,
}

impl Documents<'_> {
    fn header(&self, kind: PatternType, sample_size: u64, rate: stats::Rate) -> Header {
        let interval = rate.jeffreys();
        let quality = Quality {
            effective_n: rate.successes,
            evidence_quality: rounded(1.0 - (interval.high - interval.low), 3),
            ..Quality::default()
        };
        Header::new(kind, self.setting.now, sample_size, quality)
    }

    pub(crate) fn who(&self, decision: &Decision) -> Who {
        let (counts, setting) = (self.counts, self.setting);
        let rate = counts.base(Base::TerminalLeads).rate();
        let mut who = Who {
            header: Header::insufficient(PatternType::Who, setting.now),
            title_rankings: Vec::new(),
            industry_rankings: Vec::new(),
            size_analysis: patterns::Size::default(),
            timing_signals: who::SIGNALS.map(|(name, _)| (name.to_owned(), 1.0)).into(),
            timing_cards: BTreeMap::new(),
            recommended_weights: weights_by_name(decision.adopted),
            candidate_weights: decision.candidate.map(weights_by_name),
            max_score: rounded(100.0 * weights_by_name(decision.adopted).values().sum::<f64>(), 1),
            weights_source: decision.weights_source.name().to_owned(),
            weights_decision: serde_json::to_value(decision).unwrap_or_default(),
            metrics: metrics::metrics(counts),
            contacted: self.contacted(),
            overall_rate: rounded(rate.share().unwrap_or(0.0), 4),
            rate_without_bounced: 0.0,
            warnings: Vec::new(),
        };
        if !self.enough(rate.successes) || rate.trials < LEAST_OUTCOMES as u64 && !self.whole {
            return who;
        }
        let bounced = counts.tally(List::Bounced).cells(0).rate();
        let reached = stats::Rate::new(rate.successes - bounced.successes, rate.trials - bounced.trials);
        who.rate_without_bounced = rounded(reached.share().unwrap_or(0.0), 4);
        who.header = self.header(PatternType::Who, rate.trials, rate);
        who.title_rankings = who::titles(counts, &self.lexicon.titles, &setting.run_id, setting.least);
        who.industry_rankings =
            who::industries(counts, &self.lexicon.industries, &setting.run_id, setting.least);
        who.size_analysis = who::sizes(counts, &setting.run_id, setting.least);
        (who.timing_signals, who.timing_cards) = who::signals(counts, &setting.run_id, setting.least);
        who
    }

    /// X79: of all who were contacted, how many have booked so far and will have booked.
    fn contacted(&self) -> BTreeMap<String, f64> {
        let timing = when::timing(self.counts);
        let leads = self.counts.base(Base::Leads).rate();
        let mut contacted = BTreeMap::from([("n".to_owned(), leads.trials as f64)]);
        contacted.extend(leads.share().map(|share| ("rate".to_owned(), rounded(share, 4))));
        contacted.extend(timing.eventual_rate.map(|rate| ("eventual_rate".to_owned(), rate)));
        contacted
    }

    /// Bookings are what the other three count; with fewer than ten they say nothing.
    fn enough(&self, bookings: u64) -> bool {
        bookings >= LEAST_BOOKED as u64 || self.whole
    }

    /// How many items a list has at most.
    fn most(&self) -> usize {
        if self.whole { usize::MAX } else { MOST_LISTED }
    }

    pub(crate) fn what(&self) -> What {
        let (counts, setting, contents) = (self.counts, self.setting, &self.lexicon.contents);
        let rate = counts.base(Base::Worded).rate();
        let (run_id, least) = (setting.run_id.as_str(), setting.least);
        let mut what = What {
            header: Header::insufficient(PatternType::What, setting.now),
            subject_patterns: patterns::Subjects::default(),
            pain_points: patterns::PainPoints::default(),
            ctas: patterns::Ctas::default(),
            angles: patterns::Angles::default(),
            optimal_length: patterns::Lengths::default(),
            personalization_lift: BTreeMap::new(),
            personalization_cards: BTreeMap::new(),
            n_messages: rate.trials,
        };
        if !self.enough(rate.successes) {
            return what;
        }
        what.header = self.header(PatternType::What, rate.successes, rate);
        what.subject_patterns = what::subjects(counts, run_id, least, self.most(), contents);
        what.pain_points = what::pain_points(counts, run_id, least, contents);
        what.ctas = what::ctas(counts, run_id, least, contents);
        what.angles = what::angles(counts, run_id, least, contents);
        what.optimal_length = what::lengths(&counts.timings.lengths, setting.seed, least);
        (what.personalization_lift, what.personalization_cards) =
            what::personalization(counts, run_id, least, contents);
        what
    }

    pub(crate) fn when(&self) -> When {
        let (counts, setting) = (self.counts, self.setting);
        let rate = counts.base(Base::Messages).rate();
        let (run_id, least) = (setting.run_id.as_str(), setting.least);
        let mut when = When {
            header: Header::insufficient(PatternType::When, setting.now),
            best_days: Vec::new(),
            best_hours: Vec::new(),
            best_times: Vec::new(),
            converting_touch_distribution: BTreeMap::new(),
            optimal_sequence_gaps: BTreeMap::new(),
            conversion_timing: patterns::Timing::default(),
            recommendation: patterns::Recommendation::default(),
            touch_hazard: Vec::new(),
            touch_share: Vec::new(),
            touch_verdict: Verdict::NotDistinguishable,
            // Gaps were not given by chance: what those who booked had in common proves nothing.
            gap_verdict: Verdict::NotDistinguishable,
            n_messages: rate.trials,
        };
        if !self.enough(rate.successes) {
            return when;
        }
        when.header = self.header(PatternType::When, rate.successes, rate);
        when.best_days = when::days(counts, run_id, least);
        when.best_hours = when::hours(counts, run_id, least);
        when.best_times = when::times(counts, run_id, least);
        when.recommendation = when::recommendation(counts, setting.seed, &when.best_days, &when.best_hours);
        (when.converting_touch_distribution, when.touch_hazard, when.touch_verdict) =
            when::touches(counts, run_id, setting.seed, least);
        when.touch_share = when::touch_shares(counts);
        when.optimal_sequence_gaps = when::gaps(counts, least);
        when.conversion_timing = when::timing(counts);
        when
    }

    pub(crate) fn how(&self) -> How {
        let (counts, setting) = (self.counts, self.setting);
        let rate = counts.base(Base::Leads).rate();
        let (run_id, least) = (setting.run_id.as_str(), setting.least);
        let mut how = How {
            header: Header::insufficient(PatternType::How, setting.now),
            booking_channel_distribution: BTreeMap::new(),
            first_touch_effectiveness: BTreeMap::new(),
            multi_channel_lift: BTreeMap::new(),
            landmark: None,
            winning_sequences: Vec::new(),
            channel_effectiveness_by_tier: BTreeMap::new(),
            n_leads: rate.trials,
            n_messages: counts.base(Base::Messages).rate().trials,
        };
        if !self.enough(rate.successes) {
            return how;
        }
        how.header = self.header(PatternType::How, rate.successes, rate);
        how.booking_channel_distribution = how::booking_channels(counts);
        how.first_touch_effectiveness = how::first_touches(counts, run_id, least);
        (how.multi_channel_lift, how.landmark) = how::channel_counts(counts, run_id, least);
        how.winning_sequences = how::sequences(counts, run_id, least, self.most());
        how.channel_effectiveness_by_tier = how::by_tier(counts, run_id, least);
        how
    }
}

/// By the source document's names.
pub(crate) fn weights_by_name(weights: Weights) -> BTreeMap<String, f64> {
    let Weights { data_quality, authority, company_fit, timing } = weights;
    let named = [
        ("data_quality", data_quality),
        ("authority", authority),
        ("company_fit", company_fit),
        ("timing", timing),
    ];
    named.map(|(name, weight)| (name.to_owned(), weight)).into()
}
