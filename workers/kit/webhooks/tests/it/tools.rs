//! What the words of each tool mean.

use crate::delivery::{Delivery, SECRET, URL, now, sha1};
use cadence::Intent;
use proto::v1::EngagementKind as Kind;
use serde_json::{Value, json};
use webhooks::{Event, Refused, Source};

/// The one event of a body, if it tells of one.
#[track_caller]
fn of(source: Source, body: &Value) -> Option<Event> {
    let mut events = Delivery::json(source, body).events();
    assert!(events.len() <= 1, "{body}");
    events.pop()
}

#[track_caller]
fn check(source: Source, body: Value, expected: impl Into<Option<Kind>>) {
    assert_eq!(of(source, &body).map(|event| event.kind), expected.into(), "{body}");
}

#[test]
fn sendgrid_says_what_became_of_a_message() {
    let check = |body: Value, expected: Option<Kind>| check(Source::SendGrid, body, expected);
    for none in ["processed", "deferred", "group_resubscribe", "brand_new"] {
        check(json!({"event": none, "sg_event_id": "1"}), None);
    }
    check(json!({"event": "bounce", "type": "blocked"}), Some(Kind::SoftBounced));
    check(json!({"event": "group_unsubscribe"}), Some(Kind::Unsubscribed));
    check(json!({"event": "dropped", "reason": "Bounced Address"}), Some(Kind::Bounced));
    check(json!({"event": "dropped", "reason": "Unsubscribed Address"}), Some(Kind::Unsubscribed));
    check(json!({"event": "dropped", "reason": "Spam Reporting Address"}), Some(Kind::Complained));
    check(json!({"event": "dropped", "reason": "Spam Content"}), Some(Kind::Failed));
}

#[test]
fn a_click_right_after_its_delivery_is_a_scanner() {
    let batch = |clicked: i64| {
        json!([
            {"event": "click", "timestamp": clicked, "sg_message_id": "m1", "touch_id": "t-1", "step": "3"},
            {"event": "delivered", "timestamp": 1_767_225_600, "sg_message_id": "m1"},
            {"event": "delivered", "timestamp": clicked, "sg_message_id": "m2"},
        ])
    };
    let click = |at| Delivery::json(Source::SendGrid, &batch(at)).events().remove(0);
    assert_eq!(click(1_767_225_602).machine, Some("too_fast"));
    assert_eq!(click(1_767_225_603).machine, None);
    assert_eq!((click(0).touch_id.as_deref(), click(0).step), (Some("t-1"), Some(3)));
}

#[test]
fn mailgun_says_what_became_of_a_message() {
    let event = |data: Value| of(Source::Mailgun, &json!({ "event-data": data }));
    let kind = |data| event(data).map(|event| event.kind);
    for none in ["accepted", "stored", "brand_new"] {
        assert_eq!(kind(json!({ "event": none })), None, "{none}");
    }
    assert_eq!(kind(json!({"event": "failed", "severity": "temporary"})), Some(Kind::SoftBounced));
    assert_eq!(
        kind(json!({"event": "failed", "severity": "permanent", "reason": "old"})),
        Some(Kind::SoftBounced)
    );
    let left = json!({"event": "failed", "severity": "permanent", "reason": "suppress-unsubscribe"});
    assert_eq!(kind(left), Some(Kind::Unsubscribed));
    let click = |bot: &str| event(json!({"event": "clicked", "client-info": {"bot": bot}})).unwrap().machine;
    assert_eq!((click("generic"), click("")), (Some("bot"), None));
}

#[test]
fn a_token_of_mailgun_counts_once() {
    let id = |data: Value| of(Source::Mailgun, &json!({ "event-data": data })).unwrap().event_id;
    let heard = id(json!({"event": "opened", "id": "1", "recipient": "a@b.example"}));
    // Whoever overheard its token sends another event with it.
    assert_eq!(id(json!({"event": "unsubscribed", "id": "2", "recipient": "c@d.example"})), heard);
}

#[test]
fn an_automatic_answer_at_postmark_is_no_bounce() {
    let event = of(Source::Postmark, &json!({"RecordType": "Bounce", "Type": "AutoResponder"})).unwrap();
    assert_eq!((event.kind, event.machine), (Kind::Replied, Some("auto_reply")));
    assert_eq!(event.intent, Some(Intent::AutoReply));
}

#[test]
fn postmark_says_who_wants_no_more() {
    let change = |suppress: bool, reason: Value| json!({"RecordType": "SubscriptionChange", "Recipient": "A@b.example", "SuppressSending": suppress, "SuppressionReason": reason});
    check(Source::Postmark, change(true, json!("ManualSuppression")), Kind::Unsubscribed);
    check(Source::Postmark, change(true, json!("SpamComplaint")), Kind::Complained);
    check(Source::Postmark, change(false, json!(null)), None);
    let event = of(Source::Postmark, &change(true, json!("HardBounce"))).unwrap();
    assert_eq!((event.kind, event.email.as_deref()), (Kind::Bounced, Some("a@b.example")));
}

#[test]
fn hubspot_names_a_contact_by_its_own_number() {
    let change = |name: &str, value: &str| json!([{"eventId": 1, "subscriptionId": 2, "occurredAt": 1_767_225_600_000_u64, "objectId": 123, "subscriptionType": "contact.propertyChange", "propertyName": name, "propertyValue": value}]);
    let event = of(Source::HubSpot, &change("hs_email_optout", "true")).unwrap();
    assert_eq!((event.kind, event.prospect_id.as_deref()), (Kind::Unsubscribed, Some("hubspot_123")));
    // What cannot be the name of a prospect reaches nobody.
    assert!(event.prospect_id.unwrap().parse::<proto::Token>().is_ok());
    assert_eq!(event.event_id, "1:2:1767225600000");
    assert_eq!(event.occurred_at.to_rfc3339(), "2026-01-01T00:00:00+00:00");
    check(Source::HubSpot, change("hs_email_optout", "false"), None);
    check(Source::HubSpot, change("hs_email_optout", ""), None);
    check(Source::HubSpot, change("hs_email_optout_42", "true"), Kind::Unsubscribed);
    check(Source::HubSpot, change("firstname", "Jo"), None);
    let mut odd = change("hs_email_optout", "true");
    odd[0]["objectId"] = json!("jo@clinic.example");
    check(Source::HubSpot, odd, None);
}

#[test]
fn instantly_says_how_a_lead_feels() {
    let event = |name: &str| {
        of(
            Source::Instantly,
            &json!({"event_type": name, "lead_email": "a@b.example", "timestamp": "2026-01-01T15:04:05Z"}),
        )
    };
    let meant = |name| event(name).map(|event| (event.kind, event.intent, event.machine));
    assert_eq!(meant("lead_interested"), Some((Kind::Replied, Some(Intent::Positive), None)));
    assert_eq!(meant("lead_not_interested"), Some((Kind::NotInterested, Some(Intent::NotInterested), None)));
    assert_eq!(meant("lead_wrong_person"), Some((Kind::Replied, Some(Intent::WrongPerson), None)));
    assert_eq!(
        meant("auto_reply_received"),
        Some((Kind::Replied, Some(Intent::AutoReply), Some("auto_reply")))
    );
    let away = event("lead_out_of_office").unwrap();
    assert_eq!((away.machine, away.intent), (Some("out_of_office"), Some(Intent::OutOfOffice)));
    assert_eq!(away.away_until.unwrap().to_string(), "2026-01-08");
    for none in ["campaign_completed", "account_error", "lead_neutral", "lead_closed", "My label"] {
        assert_eq!(meant(none), None, "{none}");
    }
}

#[test]
fn an_automatic_reply_at_instantly_says_until_when() {
    let body = json!({"event_type": "auto_reply_received", "timestamp": "2026-01-01T15:04:05Z", "reply_text": "I am out of office, back on January 12", "prospect_id": "p-1", "variant": 2});
    let event = of(Source::Instantly, &body).unwrap();
    assert_eq!(event.away_until.unwrap().to_string(), "2026-01-12");
    assert_eq!((event.prospect_id.as_deref(), event.variant.as_deref()), (Some("p-1"), Some("2")));
}

#[test]
fn instantly_is_known_by_either_header() {
    let delivery = |header, value: &str| Delivery {
        headers: vec![(header, value.to_owned())],
        ..Delivery::bare(Source::Instantly, "{}")
    };
    for (header, value) in [
        ("x-webhook-secret", SECRET),
        ("authorization", SECRET),
        ("authorization", &format!("Bearer {SECRET}")),
    ] {
        assert!(delivery(header, value).receive().is_ok(), "{header}: {value}");
    }
    assert_eq!(delivery("x-webhook-secret", "guess").receive(), Err(Refused::Signature));
}

#[test]
fn both_shapes_of_smartlead_are_read() {
    let new = json!({"event": "EMAIL_REPLIED", "timestamp": "2024-11-25T11:00:00Z", "campaign_id": 123, "sequence_number": 1,
        "reply": {"subject": "Re: Quick question", "body": "Sounds great, let's talk"}, "lead": {"email": "Lead@example.com", "custom_fields": {"prospect_id": "p-3"}}});
    let event = of(Source::Smartlead, &new).unwrap();
    assert_eq!((event.kind, event.intent), (Kind::Replied, Some(Intent::Positive)));
    assert_eq!(
        (event.email.as_deref(), event.prospect_id.as_deref()),
        (Some("lead@example.com"), Some("p-3"))
    );
    assert_eq!((event.step, event.occurred_at.to_rfc3339()), (Some(1), "2024-11-25T11:00:00+00:00".into()));
    check(Source::Smartlead, json!({"event": "EMAIL_OPENED"}), Kind::Opened);
    check(Source::Smartlead, json!({"event_type": "EMAIL_LINK_CLICK"}), Kind::Clicked);
    for none in ["CAMPAIGN_STATUS_CHANGED", "MANUAL_STEP_REACHED", "UNTRACKED_REPLIES", "BRAND_NEW"] {
        check(Source::Smartlead, json!({ "event_type": none }), None);
    }
}

#[test]
fn the_first_message_of_smartlead_is_sent_once() {
    let sent = |name: &str| json!({"event_type": name, "stats_id": "st-1", "event_timestamp": "2026-01-01T15:04:05Z"});
    let id = |name| of(Source::Smartlead, &sent(name)).unwrap().event_id;
    assert_eq!(id("FIRST_EMAIL_SENT"), id("EMAIL_SENT"));
}

#[test]
fn some_tools_tell_what_went_out() {
    #[track_caller]
    fn check(source: Source, body: Value, subject: Option<&str>, text: Option<&str>) {
        let event = of(source, &body).unwrap();
        assert_eq!((event.subject.as_deref(), event.body.as_deref()), (subject, text), "{body}");
    }
    let smartlead = |name: &str| json!({"event_type": name, "subject": "Quick question", "sent_message": {"html": "<p>Hi <b>Ann</b></p>"}});
    check(Source::Smartlead, smartlead("EMAIL_SENT"), Some("Quick question"), Some("\nHi Ann\n"));
    check(Source::Smartlead, smartlead("EMAIL_OPEN"), None, None);
    let instantly = |name: &str| json!({"event_type": name, "email_subject": "Quick question", "email_text": "Hi Ann", "email_html": "<i>no</i>"});
    check(Source::Instantly, instantly("email_sent"), Some("Quick question"), Some("Hi Ann"));
    check(Source::Instantly, instantly("reply_received"), None, None);
    let standard =
        |name: &str| json!({"type": name, "data": {"subject": "Quick question", "body": "Hi Ann"}});
    check(Source::Standard, standard("sent"), Some("Quick question"), Some("Hi Ann"));
    check(Source::Standard, standard("clicked"), None, None);
}

#[test]
fn smartlead_categories_have_a_meaning() {
    let category =
        |name: &str| json!({"event_type": "LEAD_CATEGORY_UPDATED", "lead_category": {"new_name": name}});
    let meant = |name| of(Source::Smartlead, &category(name)).map(|event| (event.kind, event.intent));
    assert_eq!(meant("Interested"), Some((Kind::Replied, Some(Intent::Positive))));
    assert_eq!(meant("Meeting Booked"), Some((Kind::MeetingBooked, None)));
    assert_eq!(meant("Not Interested"), Some((Kind::NotInterested, Some(Intent::NotInterested))));
    assert_eq!(meant("Do Not Contact"), Some((Kind::Unsubscribed, Some(Intent::Unsubscribe))));
    assert_eq!(meant("Wrong Person"), Some((Kind::Replied, Some(Intent::WrongPerson))));
    assert_eq!(meant("Uncategorizable by Ai"), None);
}

#[test]
fn lemlist_tells_channels_apart() {
    let event =
        |name: &str, step: u32| of(Source::Lemlist, &json!({"_id": "a", "type": name, "sequenceStep": step}));
    let told = |name, step| event(name, step).map(|event| (event.kind, event.channel, event.step));
    assert_eq!(told("emailsSent", 0), Some((Kind::Sent, "email", Some(1))));
    assert_eq!(told("linkedinInviteDone", 2), Some((Kind::Sent, "linkedin", Some(0))));
    assert_eq!(told("linkedinInviteAccepted", 2), Some((Kind::Accepted, "linkedin", Some(0))));
    assert_eq!(told("linkedinSent", 0), Some((Kind::Sent, "linkedin", Some(1))));
    assert_eq!(told("linkedinReplied", 2), Some((Kind::Replied, "linkedin", Some(2))));
    assert_eq!(told("emailsSendFailed", 0), Some((Kind::Failed, "email", Some(1))));
    assert_eq!(event("emailsInterested", 0).unwrap().intent, Some(Intent::Positive));
    assert_eq!(told("aircallNotInterested", u32::MAX), Some((Kind::NotInterested, "voice", None)));
    for none in
        ["linkedinVisitDone", "contacted", "warmed", "campaignComplete", "paused", "callRecordingDone"]
    {
        assert_eq!(told(none, 0), None, "{none}");
    }
}

/// A form as Twilio signs it: the address, then the sorted fields.
fn form(url: &str, fields: &[(&str, &str)]) -> Delivery {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    let mut parts = vec![url.as_bytes()];
    parts.extend(sorted.iter().flat_map(|(key, value)| [key.as_bytes(), value.as_bytes()]));
    let headers = vec![("x-twilio-signature", sha1(&parts))];
    Delivery { url: url.into(), headers, ..Delivery::bare(Source::Twilio, body) }
}

#[test]
fn twilio_says_what_became_of_a_text() {
    let told = |status: &str, error: &str| {
        let fields =
            [("To", "+15555550100"), ("MessageSid", "SM1"), ("MessageStatus", status), ("ErrorCode", error)];
        form(URL, &fields).events().first().map(|event| event.kind)
    };
    assert_eq!(told("queued", ""), None);
    assert_eq!(told("sent", ""), Some(Kind::Sent));
    assert_eq!(told("delivered", ""), Some(Kind::Delivered));
    assert_eq!(told("undelivered", "30003"), Some(Kind::SoftBounced));
    assert_eq!(told("undelivered", "30005"), Some(Kind::Bounced));
    assert_eq!(told("failed", "21610"), Some(Kind::Unsubscribed));
    assert_eq!(told("failed", "30001"), Some(Kind::Failed));
}

#[test]
fn ids_come_back_in_the_address_that_twilio_calls() {
    let url = format!("{URL}?prospect_id=p-7&touch_id=t%2D1&step=2");
    let event = form(&url, &[("To", "+15555550100"), ("SmsSid", "SM1"), ("SmsStatus", "sent")]).event();
    assert_eq!((event.prospect_id.as_deref(), event.touch_id.as_deref()), (Some("p-7"), Some("t-1")));
    assert_eq!((event.step, event.occurred_at), (Some(2), now()));
}

#[test]
fn an_answered_text_can_end_it() {
    let answer = |words: &str| {
        let fields = [
            ("From", "+15555550100"),
            ("To", "+1"),
            ("MessageSid", "SM1"),
            ("SmsStatus", "received"),
            ("Body", words),
        ];
        let event = form(URL, &fields).event();
        (event.kind, event.intent, event.phone.unwrap())
    };
    assert_eq!(answer(" Stop. "), (Kind::Unsubscribed, Some(Intent::Unsubscribe), "+15555550100".into()));
    assert_eq!(answer("What is it?"), (Kind::Replied, Some(Intent::Question), "+15555550100".into()));
}

#[test]
fn a_text_that_is_no_form_is_signed_by_its_hash() {
    let body = json!({"MessageSid": "SM1", "MessageStatus": "sent"});
    let signed = Delivery::json(Source::Twilio, &body);
    assert_eq!(signed.event().kind, Kind::Sent);
    let changed = Delivery { body: body.to_string().replace("SM1", "SM2").into(), ..signed };
    assert_eq!(changed.receive(), Err(Refused::Signature));
}

#[test]
fn anybody_can_report_in_the_standard_form() {
    let body = json!({"type": "engagement.replied", "timestamp": "2026-01-01T15:04:05Z", "data": {
        "prospect_id": "p-1", "touch_id": "t-1", "step": 2, "variant": "A", "channel": "linkedin", "text": "Not interested", "phone": "+15555550100"}});
    let event = of(Source::Standard, &body).unwrap();
    assert_eq!(
        (event.kind, event.channel, event.intent),
        (Kind::Replied, "linkedin", Some(Intent::NotInterested))
    );
    assert_eq!(
        (event.event_id.as_str(), event.step, event.variant.as_deref()),
        ("msg_1", Some(2), Some("A"))
    );
    check(Source::Standard, json!({"type": "no_response", "data": {}}), Kind::NoResponse);
    for none in ["unspecified", "invoice.paid", "", "."] {
        check(Source::Standard, json!({"type": none, "data": {}}), None);
    }
}
