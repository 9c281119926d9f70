//! The words of sequences: Claude's for whoever is enrolled from then on, the repository's where it wrote none.

use chrono::{NaiveDate, Utc};
use prospects::{GenerateRequest, Prospects, Sequence};
use proto::v1::{SequenceWords, StepWords};
use proto::{Outgoing, Token};
use standins::{Manner, Step};
use tests::TestFleet;
use tests::prospects::{OWNER, USER, at, people};

const WORDS: &str = "lf.v1.event.sequence-words.>";
const VERSIONS: &str = "SELECT count(*) FROM sequence_versions WHERE source = 'claude'";

fn day() -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, 4, 5).unwrap()
}

/// A fleet with prospects, the first of whom is enrolled.
async fn enrolled(fleet: &TestFleet) -> (Prospects, Sequence) {
    let outreach = fleet.prospects().await;
    outreach.take_in(OWNER, people(20), at(day(), 1)).await.unwrap();
    let first = generate(&outreach, "prospect_1").await;
    (outreach, first)
}

/// The sequence of somebody who is enrolled now; 1, 2, 6, 7 and 11 are in the same segment.
async fn generate(outreach: &Prospects, prospect_id: &str) -> Sequence {
    let request = GenerateRequest {
        user_id: USER.to_owned(),
        prospect_id: prospect_id.to_owned(),
        sequence_type: "3-step".to_owned(),
    };
    outreach.generate(OWNER, &request, at(day(), 9)).await.unwrap()
}

/// Asks again, under another id.
async fn ask_again(fleet: &TestFleet, outreach: &Prospects, id: &str) {
    #[expect(clippy::disallowed_methods, reason = "who was enrolled lately depends on the time")]
    let wanted = outreach.wanted_words(OWNER.client, Utc::now()).await.unwrap();
    let client = Token::squeezed(&OWNER.client.to_string());
    for request in wanted {
        fleet
            .broker
            .say(&Outgoing::job("sequence-writer", client.clone(), Token::squeezed(id), &request))
            .await;
    }
    fleet.broker.settled().await;
}

/// Whether each message has its words of Claude, and knows which.
fn are_claudes(sequence: &Sequence) -> bool {
    let named = |message: &prospects::Message| {
        let variant = message.variant.rsplit('.').next().unwrap_or_default();
        variant.len() == 9 && variant.starts_with('c')
    };
    sequence.messages.iter().all(named)
}

#[tokio::test(flavor = "multi_thread")]
async fn claudes_words_are_for_whoever_is_enrolled_next() {
    let fleet = TestFleet::with_claude().await;
    let (outreach, first) = enrolled(&fleet).await;
    assert_eq!((first.version, are_claudes(&first)), (1, false));
    let _workers = fleet.run(&["outreach", "templater"]);
    fleet.broker.said(WORDS).await;
    fleet.broker.settled().await;

    let second = generate(&outreach, "prospect_2").await;
    assert_eq!((second.version, are_claudes(&second)), (2, true));
    for message in &second.messages {
        assert!(message.text.contains("Person") && !message.text.contains(['{', '}']), "{message:?}");
        assert!(!message.alternatives.is_empty() && message.propensity < 1.0, "{message:?}");
    }
    // Who is enrolled stays on the version.
    let again = outreach.sequence(OWNER, "prospect_1").await.unwrap().unwrap();
    assert_eq!((again.version, &again.messages), (1, &first.messages));
    let stored = fleet.number("SELECT version::bigint FROM enrolments ORDER BY created_at LIMIT 1").await;
    assert_eq!(stored, 1);

    // One question, and nobody in it.
    let asked = fleet.claude.journal();
    assert_eq!((asked.len(), fleet.claude.paid()), (1, 1));
    let question = asked[0].body.to_string();
    for person in people(20) {
        for secret in [&person.name, &person.company, &person.email] {
            assert!(!question.contains(secret.as_str()), "{secret} is in {question}");
        }
    }

    // The same question costs nothing and makes no new version.
    ask_again(&fleet, &outreach, "again").await;
    assert_eq!((fleet.claude.paid(), fleet.number(VERSIONS).await), (1, 1));

    // Words that are taken out of use do not come back by being said again.
    fleet.sql("UPDATE sequence_versions SET retired_at = now() WHERE source = 'claude'").await;
    ask_again(&fleet, &outreach, "once-more").await;
    let third = generate(&outreach, "prospect_6").await;
    assert_eq!((third.version, are_claudes(&third)), (1, false));
    let kept = outreach.sequence(OWNER, "prospect_2").await.unwrap().unwrap();
    assert_eq!((kept.version, kept.messages), (2, second.messages));
    assert!(fleet.broker.all("lf.v1.dead.>").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_is_told_what_an_experiment_has_shown() {
    let fleet = TestFleet::with_claude().await;
    let (outreach, first) = enrolled(&fleet).await;
    let dm = &first.messages[1];
    fleet
        .sql(&format!(
            "UPDATE experiments SET verdict = '{{\"verdict\": \"better\", \"winner\": \"{}\", \"explanation\": \"\"}}' \
             WHERE kind = 'initial_dm'",
            dm.variant
        ))
        .await;
    #[expect(clippy::disallowed_methods, reason = "who was enrolled lately depends on the time")]
    let wanted = outreach.wanted_words(OWNER.client, Utc::now()).await.unwrap();
    let mut verdicts: Vec<&str> = wanted[0].learned.iter().map(|told| told.verdict.as_str()).collect();
    verdicts.sort_unstable();
    assert_eq!(verdicts, ["better", "worse"]);
    let better = wanted[0].learned.iter().find(|told| told.verdict == "better").unwrap();
    // The template that the words of the first were filled from, up to where a name stands.
    assert!(dm.text.starts_with(better.text.split('{').next().unwrap()), "{better:?} {dm:?}");

    let _workers = fleet.run(&["outreach", "templater"]);
    fleet.broker.said(WORDS).await;
    let question = fleet.claude.journal()[0].body["messages"][0]["content"].to_string();
    assert!(question.contains("in the manner of") && question.contains("learned"), "{question}");
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_is_told_what_conversions_have_proven_while_it_holds() {
    let fleet = TestFleet::with_claude().await;
    let (outreach, _) = enrolled(&fleet).await;
    fleet.learned(-1).await;
    let wanted = async || {
        #[expect(clippy::disallowed_methods, reason = "whether patterns still hold depends on the time")]
        let wanted = outreach.wanted_words(OWNER.client, Utc::now()).await.unwrap();
        wanted[0].patterns.clone()
    };
    assert_eq!(wanted().await, "");
    fleet.sql("UPDATE conversion_patterns SET valid_until = now() + interval '14 days'").await;
    assert!(wanted().await.contains("worth 15 minutes"));

    let _workers = fleet.run(&["outreach", "templater"]);
    fleet.broker.said(WORDS).await;
    let body = fleet.claude.journal()[0].body.clone();
    let task = body["messages"][0]["content"][1]["text"].as_str().unwrap();
    for told in [
        "- leads (lift: 1.4x)",
        "- cost",
        "\"worth 15 minutes\"",
        "linkedin → email → sms",
        "'touch_1_to_2': 3",
    ] {
        assert!(task.contains(told), "{told} is not in {task}");
    }
    // No more than chance.
    assert!(!task.contains("scaling"), "{task}");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_with_inventions_are_refused_and_the_templates_stay() {
    let fleet = TestFleet::with_claude().await;
    fleet.claude.answer_as(Manner::Inventive);
    let (outreach, _) = enrolled(&fleet).await;
    let _workers = fleet.run(&["outreach", "templater"]);
    fleet.broker.until("two questions", async || fleet.claude.paid() == 2).await;
    fleet.broker.settled().await;

    assert_eq!(fleet.number(VERSIONS).await, 0);
    assert!(!are_claudes(&generate(&outreach, "prospect_2").await));
    assert!(fleet.broker.all(WORDS).await.is_empty());
    assert!(fleet.broker.all("lf.v1.dead.>").await.is_empty());

    // A better answer is taken when it is asked for again.
    fleet.claude.answer_as(Manner::Plausible);
    ask_again(&fleet, &outreach, "next-week").await;
    assert!(are_claudes(&generate(&outreach, "prospect_6").await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claude_that_is_away_costs_the_words_and_nothing_else() {
    let fleet = TestFleet::with_claude().await;
    fleet.claude.script((0..100).map(|_| Step::error(529, "overloaded_error", None)));
    let (outreach, _) = enrolled(&fleet).await;
    let _workers = fleet.run(&["outreach", "templater"]);
    fleet.broker.until("a question", async || fleet.claude.calls() > 0).await;
    fleet.broker.settled().await;
    assert_eq!(generate(&outreach, "prospect_2").await.version, 1);
    assert!(fleet.broker.all("lf.v1.dead.>").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_a_sequence_cannot_have_are_a_dead_letter() {
    let fleet = TestFleet::start().await;
    let (outreach, _) = enrolled(&fleet).await;
    let words = |dm: &str| {
        let step = |kind: &str, text: &str| StepWords {
            kind: kind.into(),
            variants: vec![text.into(), format!("{text}!")],
        };
        let kinds =
            [("connection_request", "Hi"), ("initial_dm", dm), ("followup_1", "Hi"), ("followup_2", "Hi")];
        SequenceWords {
            client_id: OWNER.client.to_string(),
            segment: "referral_network".into(),
            sequence_type: "3-step".into(),
            steps: kinds.map(|(kind, text)| step(kind, text)).into(),
            ..SequenceWords::default()
        }
    };
    let kind = Token::squeezed("sequence-words");
    let (client, other) =
        (Token::squeezed(&OWNER.client.to_string()), Token::squeezed("11111111-1111-7111-8111-111111111111"));
    let unfillable = Outgoing::event(kind.clone(), client, "unfillable".into(), &words("Hi {password}"));
    let anothers = Outgoing::event(kind, other, "another's".into(), &words("Hi {first_name}"));
    fleet.broker.say(&unfillable).await;
    fleet.broker.say(&anothers).await;
    let _worker = fleet.run(&["outreach"]);
    fleet
        .broker
        .until("two dead letters", async || {
            fleet.broker.all("lf.v1.dead.words-keeper.invalid").await.len() == 2
        })
        .await;
    assert_eq!((fleet.number(VERSIONS).await, generate(&outreach, "prospect_2").await.version), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_nobody_is_asked() {
    let fleet = TestFleet::start().await;
    let (outreach, _) = enrolled(&fleet).await;
    let workers = fleet.run(&["outreach", "templater"]);
    fleet.broker.waits("words-keeper").await;
    fleet.broker.waits("sequence-writer").await;
    // Whoever asks all the same gets no answer and leaves no letter.
    ask_again(&fleet, &outreach, "unheard").await;
    // What it had begun is done when it has ended.
    assert!(workers.stop().success());
    assert_eq!(fleet.broker.all("lf.v1.job.sequence-writer.>").await.len(), 1);
    assert_eq!((fleet.claude.calls(), fleet.number(VERSIONS).await), (0, 0));
    assert!(!are_claudes(&generate(&outreach, "prospect_2").await));
    assert!(fleet.broker.all("lf.v1.dead.>").await.is_empty());
}
