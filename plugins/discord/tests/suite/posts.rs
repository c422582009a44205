//! What is posted to Discord, and what becomes of its answers.

use std::time::Duration;

use serde_json::json;
use watchkeep_doubles::{Answering, Reply, native};
use watchkeep_plugin_discord::{MANIFEST, deliver};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification};
use watchkeep_sdk::{
    Alert, DeliveryError, Label, Metric, Notice, Notification, NotificationKind, Range, Severity, State,
};

use crate::double::{Discord, DiscordMessage};

const BASE: &str = "https://discord.com";
const CONFIG: &str = r#"{"webhook_url": {"secret": "discord"}, "mention": "<@&42>"}"#;

type Delivered = Ran<Option<String>, DeliveryError>;

/// A channel with a webhook.
struct Channel(Answering<Discord>);

impl Channel {
    fn new() -> Channel {
        Channel::at(Discord::WEBHOOK)
    }
    fn at(path: &str) -> Channel {
        Channel(native(Discord::new(), BASE).secret("discord", &format!("{BASE}{path}")))
    }
    fn configured(&self, config: &str, notification: Notification) -> Delivered {
        let host = Host::new().secret("discord", "unseen").served_by(self.0.serve());
        let ran = host.notify(deliver, config, notification);
        self.0.wait(Duration::from_secs(1));
        ran
    }
    fn told(&self, notification: Notification) -> Delivered {
        self.configured(CONFIG, notification)
    }
    fn messages(&self) -> Vec<DiscordMessage> {
        self.0.with(|discord| discord.messages().to_vec())
    }
}

/// The one message that stands afterwards.
#[track_caller]
fn posted(notification: Notification) -> DiscordMessage {
    let channel = Channel::new();
    let ran = channel.told(notification);
    let messages = channel.messages();
    assert_eq!((messages.len(), ran.value()), (1, &Some(messages[0].id.clone())));
    messages[0].clone()
}

fn description(message: &DiscordMessage) -> &str {
    message.body["embeds"][0]["description"].as_str().unwrap_or_default()
}

fn known(id: &str, notification: Notification) -> Notification {
    Notification { previous_id: Some(id.to_owned()), ..notification }
}

fn resolved() -> Notification {
    let over = Alert { state: State::Ok, until: Some(NOW), ..alert("shop") };
    Notification { kind: NotificationKind::Resolved, ..notification([over]) }
}

/// The error for an answer that Discord itself would not give, or not now.
#[track_caller]
fn becomes(reply: Reply) -> DeliveryError {
    let channel = Channel::new();
    channel.0.next_says(Discord::WEBHOOK, reply);
    channel.told(notification([alert("shop")])).error().clone()
}

#[test]
fn an_alert_is_a_line_for_the_phone_and_what_there_is_to_know() {
    let slow = Metric::new("probe_duration_seconds", 2.5, "seconds").critical(Range::at_most(2.0));
    let shop = Alert {
        metrics: vec![slow],
        runbook: Some("https://wiki.example.com/shop".to_owned()),
        actions: vec!["restarted it".to_owned()],
        assigned_to: Some("web".to_owned()),
        details: Some("tried ```three``` addresses".to_owned()),
        ..alert("shop")
    };
    assert_eq!(
        posted(notification([shop])).body,
        json!({
            "content": "<@&42> \u{1f534} **CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms**",
            "allowed_mentions": { "parse": [], "roles": ["42"] },
            "embeds": [{
                "color": 0xd9_2d20,
                "description": "since 05:01 UTC (5 min)\nlast ok at 05:00 UTC\n\
                    probe\\_duration\\_seconds is 2.5 s, critical above 2 s\nrecovery: restarted it\nhanded to web\n\
                    [Runbook](https://wiki.example.com/shop)\n```\ntried '''three''' addresses\n```\n\
                    [Open](https://watch.example.com/checks/shop)",
                "footer": { "text": "3 failures in a row · team=web" },
            }],
        })
    );
}

#[test]
fn what_follows_edits_the_first_message_and_is_told_as_well() {
    let channel = Channel::new();
    let first = channel.told(notification([alert("shop")])).value().clone().unwrap_or_default();
    assert_eq!(channel.told(known(&first, resolved())).value().as_deref(), Some(first.as_str()));
    let messages = channel.messages();
    assert_eq!(messages.iter().map(|message| message.edits).collect::<Vec<_>>(), [1, 0]);
    for message in &messages {
        assert_eq!(message.content(), "\u{1f7e2} **RESOLVED: shop after 5 min**");
    }
    assert_eq!(
        (messages[0].calls.len(), messages[1].calls.len()),
        (1, 0),
        "nobody is called for what is over"
    );
}

#[test]
fn a_first_message_that_was_deleted_is_posted_anew() {
    let channel = Channel::new();
    let first = channel.told(notification([alert("shop")])).value().clone().unwrap_or_default();
    channel.0.with(|discord| discord.delete(&first));
    let other = channel.told(known(&first, resolved())).value().clone();
    let messages = channel.messages();
    assert_eq!((messages.len(), other), (1, Some(messages[0].id.clone())));
}

#[test]
fn an_edit_that_has_to_wait_leaves_the_message_for_later() {
    let channel = Channel::new();
    let first = channel.told(notification([alert("shop")])).value().clone().unwrap_or_default();
    channel.0.next_says(&first, Reply::text(429, r#"{"retry_after": 1.5}"#));
    let ran = channel.told(known(&first, resolved()));
    assert!(matches!(ran.error(), DeliveryError::RetryAfter(1_501)), "{:?}", ran.error());
    assert_eq!(channel.messages().len(), 1, "what is new is not told before");
}

#[test]
fn an_id_that_is_not_discords_stands_in_no_path() {
    for id in ["../../other", "C0:1.2", "", "900/x"] {
        posted(known(id, notification([alert("shop")])));
    }
}

#[test]
fn messages_in_haste_wait_for_as_long_as_discord_says() {
    let channel = Channel::new();
    let tell = || {
        let host = Host::new().secret("discord", "unseen").served_by(channel.0.serve());
        host.notify(deliver, CONFIG, notification([alert("shop")]))
    };
    for _ in 0..5 {
        tell().value();
    }
    let DeliveryError::RetryAfter(span) = *tell().error() else { panic!("not asked to wait") };
    channel.0.wait(Duration::from_millis(span));
    tell().value();
}

#[test]
fn people_are_called_when_it_turns_critical_and_only_then() {
    let calls = |notification| posted(notification).calls == ["&42"];
    let kind = |kind| Notification { kind, ..notification([alert("shop")]) };
    assert!(calls(kind(NotificationKind::Firing)) && calls(kind(NotificationKind::Escalated)));
    assert!(!calls(kind(NotificationKind::Acknowledged)) && !calls(kind(NotificationKind::Test)));
    assert!(!calls(notification([Alert { state: State::Warning, ..alert("shop") }])));
}

#[test]
fn what_a_target_says_calls_nobody_and_forges_no_link() {
    let hostile = Alert {
        summary: "@everyone <@1> [Open](https://evil.example) `x` https\u{200b}".to_owned(),
        runbook: Some("https://x.example/) [y](z".to_owned()),
        ..alert("shop")
    };
    assert_eq!(posted(notification([hostile.clone()])).calls, ["&42"]);
    let message = posted(Notification { kind: NotificationKind::Acknowledged, ..notification([hostile]) });
    assert_eq!(message.calls, Vec::<&str>::new());
    let text = message.body.to_string();
    assert!(!text.contains("[Open](https://evil") && !text.contains("e <@1>"), "{text}");
}

#[test]
fn a_group_lists_what_fits() {
    let many = |n| (0..n).map(|n| alert(&format!("check-{n}")));
    let few = posted(Notification { omitted: 2, ..notification(many(3)) });
    assert!(
        description(&few)
            .contains("**CRITICAL** [check-2](https://watch.example.com/checks/check-2): connection")
    );
    assert!(description(&few).contains("\nand 2 more\n"), "{}", description(&few));
    let all = posted(notification(many(50)));
    assert!(
        description(&all).ends_with("\n…\n[Open](https://watch.example.com/alerts)"),
        "{}",
        description(&all)
    );
}

#[test]
fn over_long_texts_are_cut() {
    let huge = Alert {
        summary: "*".repeat(9_000),
        details: Some("`".repeat(9_000)),
        labels: vec![Label::new("huge", "y".repeat(1_024))],
        ..alert("shop")
    };
    posted(Notification { reason: "z".repeat(9_000), ..notification([huge]) });
}

#[test]
fn the_steps_of_an_event_stand_one_below_the_other() {
    let event = Notice {
        check: "deployments".to_owned(),
        thread: "shop-1.2.3".to_owned(),
        severity: Severity::Info,
        title: "shop 1.2.3 is live".to_owned(),
        body: "blue to green".to_owned(),
        link: Some("https://ci.example.com/7".to_owned()),
        at: NOW,
        labels: Vec::new(),
    };
    let told = Notification {
        kind: NotificationKind::Event,
        event: Some(event),
        reason: String::new(),
        ..notification([])
    };
    let channel = Channel::new();
    let first = channel.told(told.clone()).value().clone().unwrap_or_default();
    channel.told(known(&first, told)).value();
    let messages = channel.messages();
    assert_eq!((messages.len(), messages[0].edits), (2, 0));
    assert!(description(&messages[1]).starts_with("```\nblue to green"), "{}", description(&messages[1]));
}

#[test]
fn the_answer_decides() {
    for (reply, millis) in [
        (Reply::text(429, r#"{"retry_after": 0.25, "global": false}"#), 251),
        (Reply::text(429, "<html>").header("retry-after", "30"), 30_000),
        (Reply::text(429, ""), 2_000),
    ] {
        let error = becomes(reply);
        assert!(matches!(error, DeliveryError::RetryAfter(span) if span == millis), "{error:?}");
    }
    assert!(matches!(becomes(Reply::text(503, "")), DeliveryError::Retryable(_)));
    for body in ["", "{}", r#"{"id": 7}"#, r#"{"id": "../x"}"#] {
        assert!(matches!(becomes(Reply::text(200, body)), DeliveryError::Unsure(_)), "{body}");
    }
}

#[test]
fn a_webhook_that_is_not_there_any_more_says_what_to_do() {
    let told = |channel: &Channel| match channel.told(notification([alert("shop")])).error() {
        DeliveryError::Rejected(said) => said.clone(),
        other => panic!("not rejected: {other:?}"),
    };
    let channel = Channel::new();
    channel.0.with(Discord::remove_webhook);
    let said = told(&channel);
    assert!(
        said.starts_with("Discord answered 404: Unknown Webhook; hint: the webhook was removed"),
        "{said}"
    );
    let said = told(&Channel::at(&format!("{}x", Discord::WEBHOOK)));
    assert!(said.starts_with("Discord answered 401: Invalid Webhook Token; hint: "), "{said}");
}

#[test]
fn how_far_a_call_came_decides_whether_it_is_tried_again_or_unsure() {
    for (kind, phase, unsure) in [
        (FailureKind::Denied, Phase::Policy, false),
        (FailureKind::NameNotFound, Phase::Name, false),
        (FailureKind::Certificate, Phase::Tls, false),
        (FailureKind::TimedOut, Phase::Wait, true),
        (FailureKind::Reset, Phase::Wait, true),
    ] {
        let host = Host::new().secret("discord", &format!("{BASE}{}", Discord::WEBHOOK));
        let post = format!("POST {BASE}{}?wait=true", Discord::WEBHOOK);
        let ran = host.answer(&post, Answer::failure(kind, phase, "why")).notify(
            deliver,
            CONFIG,
            notification([alert("shop")]),
        );
        let error = ran.error();
        let is_unsure = matches!(error, DeliveryError::Unsure(_));
        assert_eq!((is_unsure, matches!(error, DeliveryError::Retryable(_))), (unsure, !unsure), "{kind:?}");
    }
}

#[test]
fn a_mention_is_written_in_discords_notation() {
    for (mention, taken) in [
        ("@here", true),
        ("@everyone", true),
        ("<@42>", true),
        ("<@&42>", true),
        ("@kari", false),
        ("<@&x>", false),
        ("", false),
    ] {
        let config = json!({ "webhook_url": { "secret": "discord" }, "mention": mention }).to_string();
        let ran = Channel::new().configured(&config, notification([]));
        assert_eq!(ran.result.is_ok(), taken, "{mention}");
    }
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn an_alert_can_be_acknowledged_by_a_page() {
    let channel = Channel::new();
    let script = Host::new().secret("discord", "unseen").served_by(channel.0.serve());
    let first = script.invites("5f2a9c", None).notify(deliver, CONFIG, notification([alert("shop")]));
    let link = "[Acknowledge](https://watch.example.com/reply/token-5f2a9c)";
    assert!(description(&channel.messages()[0]).ends_with(link), "{:?}", channel.messages());
    let taken = Alert { acknowledged_by: Some("Ada".to_owned()), ..alert("shop") };
    let first = first.value().clone().expect("the message has an id");
    channel.0.wait(Duration::from_secs(1));
    channel.told(known(&first, notification([taken]))).value();
    for message in channel.messages() {
        assert!(!description(&message).contains("Acknowledge"), "{message:?}");
    }
}
