//! Tests of the writer against the Claude stand-in and without it: what it asks, what it takes, what it says instead.

use super::{CampaignWriter, Plan, Unwritten, check, length, words};
use crate::tests::patterns;
use patterns::Proven;
use proto::v1::{Campaign, CampaignRequest, Icp};
use runtime::Fault;
use serde_json::{Value, json};
use standins::{ClaudeStandIn, Manner, Step, Twist};
use std::time::Duration;

const CLIENT: &str = "00000000-0000-7000-8000-000000000001";

fn request(patterns: String) -> CampaignRequest {
    CampaignRequest {
        client_id: CLIENT.into(),
        campaign_id: "01a1ff13-68cd-762f-8307-1172e88d6655".into(),
        icp: Some(Icp {
            industries: vec!["physical therapy".into()],
            titles: vec!["Founder".into()],
            sizes: vec!["11-50".into()],
            pains: vec!["too few leads, and charting in the EMR takes all of the evening, says Smith".into()],
            offer: "A scheduling service called Tempo, with 30 days to try it".into(),
        }),
        segment: "stealth_founder".into(),
        steps: 3,
        patterns,
    }
}

fn learned() -> CampaignRequest {
    request(patterns("leads"))
}

async fn written(
    standin: &ClaudeStandIn,
    request: &CampaignRequest,
) -> (CampaignWriter, Result<Campaign, Unwritten>) {
    let writer = CampaignWriter::new(crate::tests::config(), crate::tests::claude(standin).await);
    let campaign = writer.write(CLIENT, request, &Plan::of(request).unwrap()).await;
    (writer, campaign)
}

/// So many words, with the name that each body needs.
fn body(words: usize, last: &str) -> String {
    let mut text = "Hi {first_name}, ".to_owned();
    text.push_str(
        &"and so on ".repeat(words)[..].split_whitespace().take(words - 2).collect::<Vec<_>>().join(" "),
    );
    format!("{text}. {last}")
}

/// An answer that is good for the learned plan, but for the mail's body.
fn answer(mail: &str) -> Value {
    json!({
        "step_1": {"body": body(20, "Glad to connect.")},
        "step_2": {"subject": "A question about {company}", "body": mail},
        "step_3": {"body": "Hi {first_name}, is it worth 15 minutes to you?"},
    })
}

fn checked(answer: &Value) -> Result<(), String> {
    let request = learned();
    let plan = Plan::of(&request).unwrap();
    let icp = request.icp.unwrap();
    check::check(answer, &plan.touches, &icp, &plan.proven).map(|_| ()).map_err(|flaw| flaw.to_string())
}

#[tokio::test]
async fn claude_writes_every_step_in_the_proven_order() {
    let standin = ClaudeStandIn::start().await;
    let (_, campaign) = written(&standin, &learned()).await;
    let campaign = campaign.unwrap();
    let steps: Vec<_> =
        campaign.sequence.iter().map(|step| (step.step, step.channel.as_str(), step.after_days)).collect();
    assert_eq!(steps, [(1, "linkedin", 0), (2, "email", 3), (3, "sms", 3)]);
    assert_eq!(
        (campaign.source.as_str(), campaign.days.as_slice()),
        ("claude", ["Tuesday".to_owned()].as_slice())
    );
    assert!(
        campaign.cost_micros > 0 && !campaign.model.is_empty() && campaign.note.is_empty(),
        "{campaign:?}"
    );
    assert!(campaign.sequence.iter().all(|step| step.subject.is_empty() == (step.channel != "email")));
    assert!(campaign.context.starts_with("Most effective pain point: 'leads'"), "{}", campaign.context);
    let used = &campaign.patterns_used;
    assert!(used.iter().all(|used| ["better", "worse"].contains(&used.verdict.as_str())), "{used:?}");
    let cta = used.iter().find(|used| used.pattern == "what.ctas.effective").unwrap();
    assert_eq!((cta.name.as_str(), cta.sample, cta.ci_low), ("worth 15 minutes", Some(340), Some(0.08)));
}

#[tokio::test]
async fn whom_it_is_for_is_data_and_what_is_proven_is_told() {
    let standin = ClaudeStandIn::start().await;
    written(&standin, &learned()).await.1.unwrap();
    let body = standin.journal()[0].body.clone();
    let content = &body["messages"][0]["content"];
    let (data, task) = (content[0]["text"].as_str().unwrap(), content[1]["text"].as_str().unwrap());
    for own in ["charting in the EMR", "Tempo", "Question about {company}"] {
        assert!(
            data.starts_with("<untrusted-") && data.contains(own) && !task.contains(own),
            "{own}: {task}"
        );
    }
    for told in
        ["builder-to-builder", "EFFECTIVE CTAs:\n- \"worth 15 minutes\"", "Optimal email length: 75 words"]
    {
        assert!(task.contains(told), "{told}: {task}");
    }
    assert!(task.contains("step_2: email, 3 days later; a subject and a body of 50 to 100 words"), "{task}");
    assert!(!body.to_string().contains(CLIENT), "{body}");
}

#[tokio::test]
async fn messages_with_a_flaw_are_asked_for_once_more() {
    let standin = ClaudeStandIn::start().await;
    standin.script([Step::Answer(Twist::Text(answer(&body(60, "See evil.example now.")).to_string()))]);
    written(&standin, &learned()).await.1.unwrap();
    let again = standin.journal()[1].body["messages"][0]["content"][1]["text"].clone();
    assert!(again.as_str().unwrap().contains("Earlier messages could not be used"), "{again}");
    assert!(!again.as_str().unwrap().contains("evil"), "{again}");
}

#[tokio::test]
async fn messages_that_stay_flawed_make_room_for_the_repositorys_words() {
    let standin = ClaudeStandIn::start().await;
    standin.answer_as(Manner::Inventive);
    let (writer, campaign) = written(&standin, &learned()).await;
    let note = writer.note(campaign.unwrap_err(), Duration::from_secs(10)).unwrap();
    assert!(note.starts_with("the repository's words: Claude's messages could not be used"), "{note}");
    assert_eq!(standin.paid(), 2);
}

#[tokio::test]
async fn a_claude_that_is_away_keeps_nobody_waiting_and_a_refused_key_closes_the_gate() {
    let failing = async |status: u16, kind: &str| {
        let standin = ClaudeStandIn::start().await;
        standin.script(vec![Step::error(status, kind, None); 3]);
        let (writer, campaign) = written(&standin, &learned()).await;
        writer.note(campaign.unwrap_err(), Duration::from_secs(10))
    };
    let away = failing(529, "overloaded_error").await;
    assert_eq!(away.unwrap(), "the repository's words: Claude could not be asked");
    let refused = failing(401, "authentication_error").await;
    assert!(matches!(refused, Err(Fault::Gate { gate: "claude", .. })), "{refused:?}");
}

#[test]
fn good_messages_are_taken_and_invented_ones_are_not() {
    let mail = |last: &str| checked(&answer(&body(60, last)));
    assert_eq!(mail("Tempo may help; you have 30 days to try it."), Ok(()));
    let of = |what: &str| Err(format!("the body of step 2 {what}"));
    assert_eq!(mail("See evil.example now."), of("is not usable: it has a link that is not ours"));
    assert_eq!(
        mail("Hi, call 602-555-0100."),
        of("is not usable: it has an address, a telephone number or a handle that we did not supply")
    );
    assert_eq!(
        mail("We help 40 clinics."),
        of("is not usable: it has a number or a promise that we did not supply")
    );
    assert_eq!(mail("I have spoken with John Miller."), of("names somebody or something that nobody told"));
    assert_eq!(mail("Our clients are glad."), of("claims something that nobody told"));
    assert_eq!(mail("You are in {city}."), of("is not usable: it has a placeholder that we do not fill"));
    assert_eq!(mail("How does your EMR treat you?"), Ok(()));
    // Whoever has the pain has not written our mail.
    assert_eq!(mail("This is what Smith says."), of("names somebody or something that nobody told"));
    let copied = "We hear that charting in the EMR takes all of the evening.";
    assert_eq!(mail(copied), of("is not usable: it copies what a stranger wrote"));
    let short = checked(&answer(&body(20, "Yes?")));
    assert_eq!(short, of("has 21 words, 50 to 100 are wanted"));
    assert_eq!(
        checked(&answer(&body(60, "Yes?").replace("{first_name}", "there"))),
        of("does not hold {first_name}")
    );
}

#[test]
fn an_answer_has_every_step_and_each_its_own() {
    let mut twice = answer(&body(60, "Yes?"));
    twice["step_1"]["body"] = body(60, "Yes?").into();
    assert_eq!(checked(&twice), Err("two steps say the same".to_owned()));
    let mut subject = answer(&body(60, "Yes?"));
    subject["step_2"]["subject"] = "Hello\nBcc: all".into();
    assert_eq!(checked(&subject), Err("the subject of step 2 has more than one line".to_owned()));
    let mut more = answer(&body(60, "Yes?"));
    more["step_4"] = json!({"body": "Hi {first_name}"});
    assert_eq!(checked(&more), Err("the steps are not those that were asked for".to_owned()));
    let mut texted = answer(&body(60, "Yes?"));
    texted["step_3"]["subject"] = "Hello".into();
    assert_eq!(checked(&texted), Err("the steps are not those that were asked for".to_owned()));
}

#[test]
fn the_repositorys_words_are_as_long_as_is_proven_and_say_what_is_proven() {
    let campaign = |request: &CampaignRequest| {
        let plan = Plan::of(request).unwrap();
        (plan.by_templates(request, "why".to_owned()), plan)
    };
    for steps in 1..=8 {
        for patterns in [String::new(), patterns("leads"), patterns("quality")] {
            let (campaign, plan) = campaign(&CampaignRequest { steps, ..request(patterns) });
            assert_eq!((campaign.sequence.len(), campaign.source.as_str()), (steps as usize, "templates"));
            for step in &campaign.sequence {
                let length = length::of(&step.channel, &plan.proven);
                assert!(length.fits(&step.body), "{length:?}: {step:?}");
                let rest = check::PLACEHOLDERS
                    .iter()
                    .fold(format!("{}{}", step.subject, step.body), |text, name| {
                        text.replace(&format!("{{{name}}}"), "")
                    });
                assert!(!rest.contains(['{', '}']) && step.body.contains("{first_name}"), "{step:?}");
            }
            let mut bodies: Vec<&str> = campaign.sequence.iter().map(|step| step.body.as_str()).collect();
            bodies.sort_unstable();
            bodies.dedup();
            // A text message has room for little else than the question, and comes once in three steps.
            assert!(bodies.len() + 2 >= steps as usize, "{bodies:?}");
        }
    }
    let (learned, _) = campaign(&learned());
    assert!(learned.sequence[1].body.contains("Is it worth 15 minutes of your time?"), "{learned:?}");
    assert!(learned.sequence[1].body.contains("Do enough of the right people find you"), "{learned:?}");
    assert_eq!(words::written(&[], &Proven::default()), []);
}

#[test]
fn a_campaign_that_nobody_can_write_is_refused() {
    let wrong = |request: CampaignRequest| Plan::of(&request).unwrap_err().to_string();
    assert_eq!(wrong(CampaignRequest { steps: 9, ..learned() }), "a campaign has 1 to 8 steps, not 9");
    assert_eq!(
        wrong(CampaignRequest { segment: "vip".into(), ..learned() }),
        "no tone is known for the segment \"vip\""
    );
    assert_eq!(wrong(request("{\"rules\": []}".into())), "what is proven cannot be read");
}
