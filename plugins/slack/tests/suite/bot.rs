//! The bot against a strict double of Slack: what stands in the channel after one notice and the next.

use std::time::Duration;

use serde_json::Value;
use watchkeep_doubles::{Answering, Reply, native};
use watchkeep_plugin_slack::deliver;
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification, picture};
use watchkeep_sdk::{Alert, DeliveryError, Label, Notice, Notification, NotificationKind, Severity, State};

use crate::double::{Message, Slack};

const CONFIG: &str = r#"{"token": {"secret": "bot"}, "channel": "C012AB3CD", "api_url": "https://slack.com/api/", "mention": "<!here>"}"#;
const POST: &str = "POST https://slack.com/api/chat.postMessage";

type Delivered = Ran<Option<String>, DeliveryError>;

/// A channel, and what the host remembers of it.
struct Channel {
    slack: Answering<Slack>,
    id: Option<String>,
    shown: Option<Vec<u8>>,
}

impl Channel {
    fn new() -> Channel {
        Channel::of(Slack::new())
    }
    fn of(slack: Slack) -> Channel {
        let slack = native(slack, "https://slack.com").secret("bot", Slack::TOKEN);
        Channel { slack, id: None, shown: None }
    }
    /// As the host does it: the id that was returned last comes with the next notice.
    fn told(&mut self, notification: Notification) -> Delivered {
        let previous_id = notification.previous_id.clone().or_else(|| self.id.clone());
        let notification = Notification { previous_id, ..notification };
        let mut host = Host::new().secret("bot", "unseen").picture("p1", [1, 2, 3]).picture("p2", [4]);
        if let Some(shown) = &self.shown {
            host = host.kv(&format!("shown/{}", notification.dedup_key), shown);
        }
        let key = format!("shown/{}", notification.dedup_key);
        let ran = host.served_by(self.slack.serve()).notify(deliver, CONFIG, notification);
        if let Ok(id) = &ran.result {
            self.id.clone_from(id);
        }
        self.shown = ran.kv(&key).map(<[u8]>::to_vec);
        self.slack.wait(Duration::from_secs(1));
        ran
    }
    fn messages(&self) -> Vec<Message> {
        self.slack.with(|slack| slack.messages().to_vec())
    }
    fn asked(&self) -> Vec<String> {
        self.slack.asked()
    }
}

fn kind(kind: NotificationKind, alert: Alert) -> Notification {
    Notification { kind, ..notification([alert]) }
}

fn firing() -> Notification {
    notification([alert("shop")])
}

fn resolved() -> Notification {
    kind(NotificationKind::Resolved, Alert { state: State::Ok, until: Some(NOW), ..alert("shop") })
}

fn all_text(message: &Message) -> String {
    message.body.to_string()
}

#[track_caller]
fn rejected(ran: &Delivered) -> &str {
    match ran.error() {
        DeliveryError::Rejected(said) => said,
        other => panic!("not rejected: {other:?}"),
    }
}

#[test]
fn the_first_notice_is_a_message_and_its_place_is_its_id() {
    let mut channel = Channel::new();
    let ran = channel.told(firing());
    let messages = channel.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(ran.value(), &Some(format!("C012AB3CD:{}", messages[0].ts)));
    assert!(
        messages[0].text().starts_with("<!here> :red_circle: *CRITICAL: shop: "),
        "{}",
        messages[0].text()
    );
    assert_eq!(channel.asked(), ["/api/chat.postMessage"]);
}

#[test]
fn a_channel_may_be_named_and_what_follows_goes_by_its_id() {
    let slack = native(Slack::new(), "https://slack.com").secret("bot", Slack::TOKEN);
    let config = CONFIG.replace("C012AB3CD", "#alerts");
    let tell = |notification| {
        Host::new().secret("bot", "unseen").served_by(slack.serve()).notify(deliver, &config, notification)
    };
    let id = tell(firing()).value().clone();
    assert!(id.as_deref().is_some_and(|id| id.starts_with("C012AB3CD:")), "{id:?}");
    slack.wait(Duration::from_secs(1));
    tell(Notification { previous_id: id, ..resolved() }).value();
    assert_eq!(slack.with(|slack| slack.messages()[0].edits), 1);
}

#[test]
fn a_resolve_turns_the_first_message_green_and_is_told_in_its_thread() {
    let mut channel = Channel::new();
    let first = channel.told(firing()).value().clone();
    let again = channel.told(resolved()).value().clone();
    assert_eq!(first, again);
    let messages = channel.messages();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].edits, 1);
    assert_eq!(messages[0].text(), ":large_green_circle: *RESOLVED: shop after 5 min*");
    assert_eq!(messages[1].thread_ts.as_deref(), Some(messages[0].ts.as_str()));
    assert_eq!(messages[1].text(), ":large_green_circle: *RESOLVED: shop after 5 min*");
    assert!(!messages[1].is_broadcast, "the channel sees it in the first message");
}

#[test]
fn who_took_it_shows_in_the_first_message_and_in_the_thread() {
    let mut channel = Channel::new();
    channel.told(firing()).value();
    let taken = Alert { acknowledged_by: Some("kari".to_owned()), ..alert("shop") };
    channel.told(kind(NotificationKind::Acknowledged, taken.clone())).value();
    let given = Alert { assigned_to: Some("web".to_owned()), ..taken };
    channel.told(kind(NotificationKind::HandedOver, given)).value();
    let messages = channel.messages();
    assert!(all_text(&messages[0]).contains("Taken by kari\\nHanded to web"), "{}", all_text(&messages[0]));
    assert_eq!(messages[1].text(), ":red_circle: *ACKNOWLEDGED by kari: shop*");
    assert!(messages[2].text().contains("HANDED TO web: shop"));
    assert_eq!(messages[0].edits, 2);
}

#[test]
fn what_must_be_seen_is_shown_in_the_channel_as_well_and_calls_people() {
    let mut channel = Channel::new();
    channel.told(notification([Alert { state: State::Warning, ..alert("shop") }])).value();
    channel.told(firing()).value();
    channel.told(kind(NotificationKind::Reminder, alert("shop"))).value();
    channel.told(kind(NotificationKind::Escalated, alert("shop"))).value();
    let eased = Alert { state: State::Warning, previous: Some(State::Critical), ..alert("shop") };
    channel.told(notification([eased])).value();
    let seen: Vec<(bool, bool)> = channel.messages()[1..]
        .iter()
        .map(|message| (message.is_broadcast, message.text().starts_with("<!here> ")))
        .collect();
    assert_eq!(seen, [(true, true), (false, true), (true, true), (false, false)]);
    assert!(!channel.messages()[0].text().contains("<!here>"), "an edit calls nobody");
}

#[test]
fn a_group_is_listed_in_its_first_message_as_it_is_now() {
    let mut channel = Channel::new();
    channel.told(notification([alert("shop")])).value();
    let gone = Alert { until: Some(NOW), ..alert("shop") };
    channel.told(notification([alert("blog"), gone])).value();
    let messages = channel.messages();
    assert!(
        messages[0].text().contains("2 alerts (1 critical, 1 resolved): team=web"),
        "{}",
        messages[0].text()
    );
    assert!(all_text(&messages[0]).contains("checks/blog|blog"));
    assert!(!all_text(&messages[1]).contains("checks/blog|blog"), "the thread does not list it again");
}

#[test]
fn a_first_message_that_was_deleted_is_posted_anew() {
    let mut channel = Channel::new();
    channel.told(firing()).value();
    channel.slack.with(|slack| {
        let ts = slack.messages()[0].ts.clone();
        slack.delete(&ts);
    });
    let id = channel.told(resolved()).value().clone();
    let messages = channel.messages();
    assert_eq!(messages.len(), 1);
    assert_eq!((messages[0].edits, messages[0].thread_ts.as_deref()), (0, None));
    assert_eq!(id, Some(format!("C012AB3CD:{}", messages[0].ts)));
}

#[test]
fn where_messages_may_not_be_edited_the_thread_is_told_all_the_same() {
    let mut channel = Channel::new();
    channel.told(firing()).value();
    let no = Reply::text(200, r#"{"ok": false, "error": "edit_window_closed"}"#);
    channel.slack.next_says("/chat.update", no);
    channel.told(resolved()).value();
    assert_eq!(channel.messages().len(), 2);
}

#[test]
fn a_previous_id_that_is_no_place_is_no_reason_to_fail() {
    let mut channel = Channel::new();
    channel.told(Notification { previous_id: Some("ticket-7".to_owned()), ..firing() }).value();
    assert_eq!(channel.messages().len(), 1);
}

#[test]
fn a_message_whose_answer_was_lost_is_found_again_and_not_doubled() {
    let mut channel = Channel::new();
    channel.slack.next_is_lost("/chat.postMessage");
    let ran = channel.told(firing());
    assert!(matches!(ran.error(), DeliveryError::Unsure(_)), "{:?}", ran.error());
    let again = channel.told(Notification { attempt: 2, told_before: true, ..firing() });
    assert_eq!(channel.messages().len(), 1);
    assert_eq!(again.value(), &Some(format!("C012AB3CD:{}", channel.messages()[0].ts)));
}

#[test]
fn a_reply_whose_answer_was_lost_is_found_again_and_not_doubled() {
    let mut channel = Channel::new();
    channel.told(firing()).value();
    channel.slack.next_is_lost("/chat.postMessage");
    let end = Notification { id: "n2".to_owned(), ..resolved() };
    assert!(matches!(channel.told(end.clone()).error(), DeliveryError::Unsure(_)));
    channel.told(Notification { attempt: 2, told_before: true, ..end }).value();
    assert_eq!(channel.messages().len(), 2);
}

#[test]
fn a_life_whose_first_message_was_never_confirmed_goes_on_under_it() {
    let mut channel = Channel::new();
    channel.slack.next_is_lost("/chat.postMessage");
    assert!(channel.told(firing()).result.is_err());
    channel.told(Notification { id: "n2".to_owned(), told_before: true, ..resolved() }).value();
    let messages = channel.messages();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0].edits, 1);
    assert_eq!(messages[1].thread_ts.as_deref(), Some(messages[0].ts.as_str()));
}

#[test]
fn a_reply_that_the_channel_shows_as_well_leads_to_the_first_message() {
    let mut channel = Channel::new();
    channel.slack.next_is_lost("/chat.postMessage");
    assert!(channel.told(firing()).result.is_err());
    let worse = Notification {
        id: "n2".to_owned(),
        told_before: true,
        ..kind(NotificationKind::Escalated, alert("shop"))
    };
    channel.slack.next_is_lost("/chat.postMessage");
    assert!(channel.told(worse.clone()).result.is_err());
    let again = channel.told(Notification { attempt: 2, ..worse });
    let messages = channel.messages();
    assert_eq!(messages.len(), 2);
    assert_eq!(again.value(), &Some(format!("C012AB3CD:{}", messages[0].ts)));
}

#[test]
fn without_the_scope_to_look_a_message_is_told_twice_and_not_lost() {
    let mut channel = Channel::of(Slack::new().without("channels:history"));
    channel.slack.next_is_lost("/chat.postMessage");
    assert!(channel.told(firing()).result.is_err());
    let again = channel.told(Notification { attempt: 2, ..firing() });
    again.value();
    assert!(again.log_text().contains("missing_scope (needs `channels:history`)"), "{}", again.log_text());
    assert_eq!(channel.messages().len(), 2);
}

#[test]
fn pictures_are_shown_in_the_thread_and_each_only_once() {
    let with = |ids: &[&str]| Alert {
        pictures: ids.iter().map(|id| picture(id, "image/png", 3)).collect(),
        ..alert("lobby")
    };
    let mut channel = Channel::new();
    channel.told(notification([with(&["p1"])])).value();
    assert_eq!(channel.messages()[0].pictures, ["p1"]);
    let uploads = ["/api/chat.postMessage", "/api/files.getUploadURLExternal", "/upload/F00000000"];
    assert_eq!(channel.asked(), [&uploads[..], &["/api/files.completeUploadExternal"]].concat());
    channel.told(kind(NotificationKind::Reminder, with(&["p1"]))).value();
    assert_eq!(channel.messages()[0].pictures, ["p1"]);
    channel.told(notification([with(&["p1", "p2"])])).value();
    assert_eq!(channel.messages()[0].pictures, ["p1", "p2"]);
    let over = Alert { until: Some(NOW), ..with(&["p2"]) };
    channel.told(kind(NotificationKind::Resolved, over)).value();
    assert_eq!(channel.messages()[0].pictures, ["p1", "p2"]);
    assert_eq!(channel.shown, None, "a life that is over is forgotten");
}

#[test]
fn a_picture_that_cannot_be_shown_fails_no_delivery() {
    let lobby = |id| notification([Alert { pictures: vec![picture(id, "image/png", 3)], ..alert("lobby") }]);
    let mut channel = Channel::of(Slack::new().without("files:write"));
    let ran = channel.told(lobby("p1"));
    ran.value();
    assert!(
        ran.log_text().contains("the picture `p1` is not shown: files.getUploadURLExternal: missing_scope")
    );
    let ran = channel.told(lobby("gone"));
    ran.value();
    assert!(ran.log_text().contains("the picture `gone` is not shown: it is gone"), "{}", ran.log_text());

    let mut channel = Channel::new();
    channel.slack.next_says("/F00000000", Reply::text(500, ""));
    let ran = channel.told(lobby("p1"));
    ran.value();
    assert!(ran.log_text().contains("the upload was answered with 500"), "{}", ran.log_text());
}

#[test]
fn the_steps_of_an_event_stand_one_below_the_other() {
    let step = |title: &str| Notification {
        kind: NotificationKind::Event,
        event: Some(Notice {
            check: "deployments".to_owned(),
            thread: "shop-1.2.3".to_owned(),
            severity: Severity::Info,
            title: title.to_owned(),
            body: "blue & green".to_owned(),
            link: None,
            at: NOW,
            labels: Vec::new(),
        }),
        ..notification([])
    };
    let mut channel = Channel::new();
    channel.told(step("shop 1.2.3 is being deployed")).value();
    channel.told(step("shop 1.2.3 is live")).value();
    let messages = channel.messages();
    assert_eq!(messages[0].edits, 0);
    assert_eq!(messages[1].thread_ts.as_deref(), Some(messages[0].ts.as_str()));
}

#[test]
fn more_than_slack_takes_in_one_message_is_cut_so_that_it_takes_it() {
    let mut channel = Channel::new();
    let huge = |n: usize| Alert {
        summary: "<!channel> & <https://evil.example|x> ".repeat(500),
        details: Some("&<>`".repeat(5_000)),
        labels: vec![Label::new("huge", "y".repeat(1_024))],
        ..alert(&format!("check-{n}"))
    };
    channel.told(notification((0..200).map(huge))).value();
    channel.told(notification([huge(0)])).value();
    channel.told(kind(NotificationKind::Reminder, huge(0))).value();
    assert_eq!(channel.messages().len(), 3);
}

#[test]
fn two_messages_a_second_are_one_too_many_and_the_second_waits() {
    let mut channel = Channel::new();
    channel.told(firing()).value();
    let tell = |notification: Notification| {
        Host::new().secret("bot", "unseen").served_by(channel.slack.serve()).notify(
            deliver,
            CONFIG,
            notification,
        )
    };
    let other = Notification { dedup_key: "other".to_owned(), ..firing() };
    tell(other.clone()).value();
    assert!(matches!(tell(other).error(), DeliveryError::RetryAfter(1_000)));
}

#[test]
fn slack_asking_for_patience_is_heeded_with_and_without_a_time() {
    for (reply, millis) in [
        (Reply::text(429, "").header("retry-after", "30"), 30_000),
        (Reply::text(429, ""), 2_000),
        (Reply::text(200, r#"{"ok": false, "error": "ratelimited"}"#).header("retry-after", "7"), 7_000),
        (Reply::text(200, r#"{"ok": false, "error": "rate_limited"}"#), 2_000),
    ] {
        let mut channel = Channel::new();
        channel.slack.next_says("/chat.postMessage", reply);
        let ran = channel.told(firing());
        assert!(
            matches!(ran.error(), DeliveryError::RetryAfter(span) if *span == millis),
            "{:?}",
            ran.error()
        );
    }
}

#[test]
fn what_slack_refuses_for_good_is_rejected_with_what_to_do() {
    let refused = |slack: fn(&mut Slack), said: &str| {
        let mut channel = Channel::new();
        channel.slack.with(slack);
        let ran = channel.told(firing());
        assert!(rejected(&ran).contains(said), "{}", rejected(&ran));
    };
    refused(Slack::revoke_token, "chat.postMessage: invalid_auth; hint: the token is not valid any more");
    refused(Slack::remove_bot, "chat.postMessage: not_in_channel; hint: invite the bot to the channel");
    refused(Slack::archive, "chat.postMessage: is_archived; hint: unarchive the channel");
    let mut channel = Channel::of(Slack::new().without("chat:write"));
    let ran = channel.told(firing());
    assert!(
        rejected(&ran).contains("missing_scope (needs `chat:write`); hint: add the scope"),
        "{}",
        rejected(&ran)
    );
}

#[test]
fn every_word_of_slack_is_tried_again_unsure_or_rejected() {
    let becomes = |word: &str| {
        let mut channel = Channel::new();
        let body = serde_json::json!({ "ok": false, "error": word }).to_string();
        channel.slack.next_says("/chat.postMessage", Reply::text(200, body));
        match channel.told(firing()).error() {
            DeliveryError::RetryAfter(_) => "later",
            DeliveryError::Retryable(_) => "again",
            DeliveryError::Unsure(_) => "unsure",
            DeliveryError::Rejected(said) if said.contains("; hint: ") => "hint",
            DeliveryError::Rejected(_) => "never",
        }
    };
    for (word, becoming) in [
        ("service_unavailable", "again"),
        ("message_limit_exceeded", "later"),
        ("internal_error", "unsure"),
        ("fatal_error", "unsure"),
        ("channel_not_found", "hint"),
        ("msg_too_long", "hint"),
        ("invalid_blocks", "hint"),
        ("account_inactive", "hint"),
        ("not_allowed_token_type", "hint"),
        ("restricted_action_read_only_channel", "hint"),
        ("something_new", "never"),
    ] {
        assert_eq!(becomes(word), becoming, "{word}");
    }
}

#[test]
fn an_answer_that_is_none_may_have_been_a_yes() {
    for body in ["", "<html>", "[]", "{}", r#"{"ok": true}"#, r#"{"ok": "yes"}"#] {
        let mut channel = Channel::new();
        channel.slack.next_says("/chat.postMessage", Reply::text(200, body));
        let ran = channel.told(firing());
        assert!(matches!(ran.error(), DeliveryError::Unsure(_)), "{body}: {:?}", ran.error());
    }
}

#[test]
fn how_far_a_call_came_decides_whether_it_is_tried_again_or_unsure() {
    let fails = |kind, phase| {
        let ran = Host::new()
            .secret("bot", "unseen")
            .answer(POST, Answer::failure(kind, phase, "why"))
            .notify(deliver, CONFIG, firing());
        ran.error().clone()
    };
    for (kind, phase) in [
        (FailureKind::Denied, Phase::Policy),
        (FailureKind::NameNotFound, Phase::Name),
        (FailureKind::Refused, Phase::Connect),
        (FailureKind::Certificate, Phase::Tls),
    ] {
        assert!(matches!(fails(kind, phase), DeliveryError::Retryable(_)), "{kind:?}");
    }
    for (kind, phase) in [
        (FailureKind::Reset, Phase::Send),
        (FailureKind::TimedOut, Phase::Wait),
        (FailureKind::Reset, Phase::Transfer),
    ] {
        assert!(matches!(fails(kind, phase), DeliveryError::Unsure(_)), "{kind:?}");
    }
    let down = Host::new().secret("bot", "unseen").answer(POST, Answer::status(503)).notify(
        deliver,
        CONFIG,
        firing(),
    );
    assert!(matches!(down.error(), DeliveryError::Retryable(_)));
    let never = Host::new()
        .secret("bot", "unseen")
        .answer(POST, Answer::status(200).after(Duration::from_secs(60)))
        .notify(deliver, CONFIG, firing());
    assert!(matches!(never.error(), DeliveryError::Unsure(_)), "{:?}", never.error());
}

#[test]
fn an_edit_that_has_to_wait_leaves_the_thread_for_later() {
    let mut channel = Channel::new();
    channel.told(firing()).value();
    channel.slack.next_says("/chat.update", Reply::text(429, "").header("retry-after", "3"));
    let end = Notification { id: "n2".to_owned(), ..resolved() };
    assert!(matches!(channel.told(end.clone()).error(), DeliveryError::RetryAfter(3_000)));
    assert_eq!(channel.messages().len(), 1);
    channel.told(Notification { attempt: 2, ..end }).value();
    assert_eq!(channel.messages().len(), 2);
}

#[test]
fn one_of_two_ways_is_configured_and_never_both() {
    let problem = |config: Value| {
        let ran = Host::new().notify(deliver, &config.to_string(), notification([]));
        match ran.error() {
            DeliveryError::Retryable(problem) => problem.clone(),
            other => panic!("not a config problem: {other:?}"),
        }
    };
    let secret = || serde_json::json!({ "secret": "s" });
    for (config, said) in [
        (serde_json::json!({}), "write `webhook_url`, or `token` and `channel`"),
        (serde_json::json!({ "token": secret() }), "`channel` is missing beside `token`"),
        (serde_json::json!({ "channel": "C0" }), "`token` is missing beside `channel`"),
        (
            serde_json::json!({ "webhook_url": secret(), "token": secret(), "channel": "C0" }),
            "a webhook and a bot are two ways",
        ),
        (serde_json::json!({ "webhook_url": secret(), "channel": "C0" }), "leave `channel` out"),
        (serde_json::json!({ "token": secret(), "channel": "# alerts" }), "is not a channel"),
        (
            serde_json::json!({ "token": secret(), "channel": "C0", "api_url": "slack.com" }),
            "must begin with `http://`",
        ),
    ] {
        let problem = problem(config);
        assert!(problem.contains(said), "{problem}");
    }
}
