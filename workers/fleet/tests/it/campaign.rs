//! Campaigns from the command line, as people read them: listed, shown, refused, and the channels of prospects.

use proto::v1::{Campaign, CampaignStep, PatternUsed};

use super::outreach::It;

const ID: &str = "019ab3c4-5d6e-7f80-9123-456789abcdef";

/// As if a campaign had been written.
fn write(it: &It) {
    let step = |step: u32, channel: &str, subject: &str| CampaignStep {
        step,
        channel: channel.into(),
        after_days: if step == 1 { 0 } else { 3 },
        hour: 10,
        subject: subject.into(),
        body: format!("Hi {{first_name}}, step {step}."),
        variant: format!("campaign.{channel}.t01234567"),
    };
    let used = PatternUsed {
        pattern: "what.ctas.effective".into(),
        name: "worth 15 minutes".into(),
        verdict: "better".into(),
        conversion_rate: Some(0.11),
        ci_low: Some(0.08),
        ci_high: Some(0.15),
        q: Some(0.01),
        sample: Some(340),
    };
    let campaign = Campaign {
        client_id: db::DEFAULT_CLIENT.to_string(),
        campaign_id: ID.into(),
        context: "Best performing CTA: 'worth 15 minutes' (11.0% conversion rate)".into(),
        sequence: vec![step(1, "linkedin", ""), step(2, "email", "A question about {company}")],
        days: vec!["Tuesday".into()],
        source: "templates".into(),
        note: "the repository's words: no Claude key is set".into(),
        patterns_used: vec![used],
        ..Campaign::default()
    };
    #[expect(clippy::disallowed_methods, reason = "a campaign is kept now")]
    let now = chrono::Utc::now();
    let prospects = it.prospects();
    assert!(it.runtime.block_on(prospects.keep_campaign(&campaign, now)).unwrap());
    // Whatever is written later, the first is kept.
    let other = Campaign { source: "claude".into(), ..campaign };
    assert!(!it.runtime.block_on(prospects.keep_campaign(&other, now)).unwrap());
}

#[test]
fn campaigns_are_listed_and_shown_with_what_they_were_written_by() {
    let it = It::with_prospects();
    it.says(&["campaign", "list"], &["There are no campaigns: `leadfleet campaign generate`"]);
    it.fails(&["campaign", "show", ID], 3, &["there is no campaign", "leadfleet campaign list"]);
    write(&it);
    it.says(&["campaign", "list"], &[ID, "written", "templates"]);
    it.says(
        &["campaign", "show", ID],
        &[
            "2 steps: the repository's words: no Claude key is set",
            "Best sent on Tuesday",
            "2. email, after 3 days, at 10:00\nSubject: A question about {company}\nHi {first_name}, step 2.",
            "8.0 to 15.0 %",
        ],
    );
    // Another client has none of it.
    let other = ["--client", "11111111-1111-7111-8111-111111111111"];
    it.fails(&[&["campaign", "show", ID], other.as_slice()].concat(), 3, &["there is no campaign"]);
}

#[test]
fn channels_of_prospects_are_shown_with_their_reason() {
    let it = It::with_prospects();
    it.says(
        &["campaign", "allocate", "prospect_1", "prospect_2"],
        &["prospect_1", "prospect_2", "the lead is not scored yet"],
    );
    it.fails(&["campaign", "allocate", "nobody"], 3, &["there is no prospect nobody"]);
    it.fails(&["campaign", "allocate", "prospect_1", "--campaign", ID], 3, &["there is no campaign"]);
}

#[test]
fn what_one_first_channel_would_bring_is_told_or_refused() {
    let it = It::with_prospects();
    let what_if = |arguments: &[&'static str]| [&["patterns", "whatif"], arguments].concat();
    it.says(
        &what_if(&["--first-channel", "email", "--tier", "warm"]),
        &[
            "0 warm leads",
            "refused: no lead that could begin with email was assigned channels 28 days ago or before",
        ],
    );
    it.fails(&what_if(&[]), 2, &["--weights <WEIGHTS>|--first-channel <CHANNEL>"]);
    it.fails(&what_if(&["--first-channel", "email", "--weights", "timing=1"]), 2, &["cannot be used with"]);
    it.fails(&what_if(&["--weights", "timing=1", "--tier", "warm"]), 2, &["cannot be used with"]);
    it.fails(&what_if(&["--first-channel", "fax"]), 2, &["use email, linkedin, sms or voice"]);
    it.fails(&what_if(&["--weights", "timing=0"]), 2, &["each lies between 0 and 1"]);
    it.fails(&["campaign", "allocate", "prospect_1", "--dry-run"], 2, &["--campaign <CAMPAIGN>"]);
}

#[test]
fn a_campaign_that_nobody_writes_yet_waits_and_a_wrong_file_is_refused() {
    let it = It::with_prospects();
    let waits = ["campaign", "generate", "--wait", "0"];
    // What nobody was asked to write is not kept as asked for.
    it.fails(&waits, 4, &["nats-server"]);
    it.says(&["campaign", "list"], &["There are no campaigns"]);
    it.says(&["provision"], &[]);
    it.says(&waits, &["waits for a writer and a keeper: `leadfleet run templater outreach`"]);
    assert_eq!(it.json(&["campaign", "list"])["campaigns"][0]["state"], "asked");
    it.fails(&["campaign", "generate", "--icp", "/nonexistent/icp.json"], 2, &["could not read", "--help"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), r#"{"offer": "x", "budget": 3}"#).unwrap();
    let path = file.path().to_str().unwrap();
    it.fails(&["campaign", "generate", "--icp", path], 2, &["could not read", "budget"]);
    it.fails(&["campaign", "generate", "--segment", "vip"], 2, &["segment"]);
}
