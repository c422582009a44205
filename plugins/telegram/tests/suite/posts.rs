//! What a chat is told, and what becomes of Telegram's answers.

use std::time::Duration;

use serde_json::json;
use watchkeep_doubles::{Answering, Reply, native};
use watchkeep_plugin_telegram::{MANIFEST, deliver};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification};
use watchkeep_sdk::{
    Alert, DeliveryError, Label, Metric, Notice, Notification, NotificationKind, Range, Severity, State,
};

use crate::double::{Telegram, TelegramMessage};

const BASE: &str = "https://api.telegram.org";
const CONFIG: &str = r#"{"bot_url": {"secret": "bot"}, "chat": "-1001234567890"}"#;

type Delivered = Ran<Option<String>, DeliveryError>;

/// A group with the bot in it.
struct Group(Answering<Telegram>);

impl Group {
    fn new() -> Group {
        Group::of(Telegram::BOT)
    }
    fn of(bot: &str) -> Group {
        Group(native(Telegram::new(), BASE).secret("bot", &format!("{BASE}{bot}")))
    }
    fn configured(&self, config: &str, notification: Notification) -> Delivered {
        Host::new().secret("bot", "unseen").served_by(self.0.serve()).notify(deliver, config, notification)
    }
    fn told(&self, notification: Notification) -> Delivered {
        self.configured(CONFIG, notification)
    }
    /// The id that the host remembers.
    #[track_caller]
    fn first_told(&self) -> String {
        self.told(notification([alert("shop")])).value().clone().expect("the message has an id")
    }
    fn messages(&self) -> Vec<TelegramMessage> {
        self.0.with(|telegram| telegram.messages().to_vec())
    }
}

/// The one message that stands afterwards.
#[track_caller]
fn posted(notification: Notification) -> TelegramMessage {
    let group = Group::new();
    let ran = group.told(notification);
    let messages = group.messages();
    assert_eq!((messages.len(), ran.value()), (1, &Some(messages[0].id.to_string())));
    messages[0].clone()
}

fn known(id: &str, notification: Notification) -> Notification {
    Notification { previous_id: Some(id.to_owned()), ..notification }
}

fn resolved() -> Notification {
    let over = Alert { state: State::Ok, until: Some(NOW), ..alert("shop") };
    Notification { kind: NotificationKind::Resolved, ..notification([over]) }
}

fn refused(status: u16, description: &str) -> Reply {
    Reply::json(status, &json!({ "ok": false, "error_code": status, "description": description }))
}

/// The error for an answer that Telegram would not give, or not now.
#[track_caller]
fn becomes(reply: Reply) -> DeliveryError {
    let group = Group::new();
    group.0.next_says("/sendMessage", reply);
    group.told(notification([alert("shop")])).error().clone()
}

#[track_caller]
fn rejected(group: &Group, config: &str) -> String {
    match group.configured(config, notification([alert("shop")])).error() {
        DeliveryError::Rejected(said) => said.clone(),
        other => panic!("not rejected: {other:?}"),
    }
}

#[test]
fn an_alert_is_a_message_that_says_all() {
    let slow = Metric::new("probe_duration_seconds", 2.5, "seconds").critical(Range::at_most(2.0));
    let shop = Alert {
        metrics: vec![slow],
        runbook: Some("https://wiki.example.com/shop?a=1&b=2".to_owned()),
        actions: vec!["restarted it".to_owned()],
        acknowledged_by: Some("kari".to_owned()),
        details: Some("tried <three> addresses".to_owned()),
        ..alert("shop")
    };
    let group = Group::new();
    let ran = group.told(notification([shop]));
    assert_eq!(
        ran.sent_json(),
        json!({
            "chat_id": Telegram::CHAT,
            "text": "\u{1f534} <b>CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms</b>\n\
                since 05:01 UTC (5 min)\nlast ok at 05:00 UTC\nprobe_duration_seconds is 2.5 s, critical above 2 s\n\
                recovery: restarted it\ntaken by kari\n\
                <a href=\"https://wiki.example.com/shop?a=1&amp;b=2\">Runbook</a>\n\
                <pre>tried &lt;three&gt; addresses</pre>\n<i>3 failures in a row · team=web</i>\n\
                <a href=\"https://watch.example.com/checks/shop\">Open</a>",
            "parse_mode": "HTML",
            "link_preview_options": { "is_disabled": true },
            "disable_notification": false,
        })
    );
    assert_eq!(
        group.messages()[0].text,
        "\u{1f534} CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms\nsince 05:01 UTC (5 min)\n\
         last ok at 05:00 UTC\nprobe_duration_seconds is 2.5 s, critical above 2 s\nrecovery: restarted it\n\
         taken by kari\nRunbook\ntried <three> addresses\n3 failures in a row · team=web\nOpen"
    );
}

#[test]
fn what_follows_edits_the_first_message_and_answers_it() {
    let group = Group::new();
    let first = group.first_told();
    assert_eq!(group.told(known(&first, resolved())).value().as_deref(), Some(first.as_str()));
    let messages = group.messages();
    assert_eq!(messages.iter().map(|message| message.edits).collect::<Vec<_>>(), [1, 0]);
    assert_eq!(
        messages.iter().map(|message| message.answers).collect::<Vec<_>>(),
        [None, Some(messages[0].id)]
    );
    assert!(messages[1].is_silent, "what is over wakes nobody");
    for message in &messages {
        assert!(message.text.starts_with("\u{1f7e2} RESOLVED: shop after 5 min\n"), "{}", message.text);
    }
}

#[test]
fn a_first_message_that_was_deleted_or_stays_as_it_is_keeps_nobody_from_being_told() {
    let group = Group::new();
    let first = group.first_told();
    group.0.with(|telegram| telegram.delete(telegram.messages()[0].id));
    let other = group.told(known(&first, resolved())).value().clone().unwrap_or_default();
    assert_eq!(group.messages().iter().map(|it| it.id.to_string()).collect::<Vec<_>>(), [other.as_str()]);
    assert_ne!(other, first);
    // An attempt whose answer was lost has edited it already.
    group.told(known(&other, resolved())).value();
    assert_eq!(group.messages().iter().map(|message| message.edits).collect::<Vec<_>>(), [0, 0]);
    group.0.with(Telegram::fix_all);
    assert_eq!(group.told(known(&other, notification([alert("shop")]))).value(), &Some(other));
    assert_eq!(group.messages().len(), 3);
}

#[test]
fn an_edit_that_has_to_wait_leaves_the_message_for_later() {
    let group = Group::new();
    let first = group.first_told();
    let patience = Reply::text(429, r#"{"ok": false, "parameters": {"retry_after": 14}}"#);
    group.0.next_says("/editMessageText", patience);
    let ran = group.told(known(&first, resolved()));
    assert!(matches!(ran.error(), DeliveryError::RetryAfter(14_000)), "{:?}", ran.error());
    assert_eq!(group.messages().len(), 1, "what is new is not told before");
}

#[test]
fn messages_in_haste_wait_for_as_long_as_telegram_says() {
    let group = Group::new();
    for _ in 0..20 {
        group.first_told();
    }
    let ran = group.told(notification([alert("shop")]));
    let DeliveryError::RetryAfter(span) = *ran.error() else { panic!("not asked to wait") };
    group.0.wait(Duration::from_millis(span));
    group.first_told();
}

#[test]
fn a_topic_is_named_and_an_id_that_is_none_is_left_alone() {
    let config = CONFIG.replace("\"chat\"", "\"topic\": 5, \"chat\"");
    let group = Group::new();
    group.configured(&config, known("C0:1.2", notification([alert("shop")]))).value();
    assert_eq!(group.messages()[0].topic, Some(Telegram::TOPIC));
}

#[test]
fn a_group_an_event_and_what_is_too_long_keep_to_the_rules() {
    let many = (0..50).map(|n| alert(&format!("check-{n}")));
    let text = posted(Notification { omitted: 2, ..notification(many) }).html;
    assert!(text.contains("check-3</a>: connection refused") && text.contains("\n…\n"), "{text}");
    let event = Notice {
        check: "deployments".to_owned(),
        thread: String::new(),
        severity: Severity::Info,
        title: "shop 1.2.3 is live".to_owned(),
        body: "blue & green".to_owned(),
        link: Some("https://ci.example.com/7".to_owned()),
        at: NOW,
        labels: Vec::new(),
    };
    let told = Notification { kind: NotificationKind::Event, event: Some(event), ..notification([]) };
    let message = posted(told);
    assert!(message.is_silent && message.html.contains("<pre>blue &amp; green</pre>"), "{}", message.html);
    let huge = Alert {
        summary: "<b>&\"".repeat(3_000),
        details: Some("</pre>".repeat(3_000)),
        runbook: Some(format!("https://wiki.example.com/{}", "\"&".repeat(200))),
        link: "javascript:alert(1)".to_owned(),
        labels: vec![Label::new("huge", "<".repeat(1_024))],
        ..alert("shop")
    };
    posted(Notification { reason: "<".repeat(9_000), ..notification([huge]) });
}

#[test]
fn the_answer_decides() {
    for (reply, millis) in
        [(Reply::text(429, "").header("retry-after", "30"), 30_000), (Reply::text(429, "<html>"), 5_000)]
    {
        let error = becomes(reply);
        assert!(matches!(error, DeliveryError::RetryAfter(span) if span == millis), "{error:?}");
    }
    assert!(matches!(becomes(Reply::text(502, "")), DeliveryError::Retryable(_)));
    for body in ["", "<html>", "{}", r#"{"ok": true, "result": {}}"#] {
        assert!(matches!(becomes(Reply::text(200, body)), DeliveryError::Unsure(_)), "{body}");
    }
    let DeliveryError::Rejected(said) = becomes(refused(400, "Bad Request: something")) else {
        panic!("not rejected")
    };
    assert_eq!(said, "Telegram answered 400: Bad Request: something");
}

#[test]
fn what_telegram_refuses_says_what_to_do() {
    let said = rejected(&Group::of(&format!("{}x", Telegram::BOT)), CONFIG);
    assert!(said.starts_with("Telegram answered 401: Unauthorized; hint: the secret has to be"), "{said}");
    let said = rejected(&Group::of("/bot"), CONFIG);
    assert!(said.starts_with("Telegram answered 404: Not Found; hint: the secret has to be"), "{said}");
    let said = rejected(&Group::new(), &CONFIG.replace("-100", "-200"));
    assert!(said.contains("chat not found; hint: write the chat's id"), "{said}");
    let said = rejected(&Group::new(), &CONFIG.replace("\"chat\"", "\"topic\": 6, \"chat\""));
    assert!(said.contains("thread not found; hint: the group has no such `topic`"), "{said}");
    let group = Group::new();
    group.0.with(Telegram::kick_bot);
    assert!(rejected(&group, CONFIG).contains("hint: add the bot to the chat"));
    group.0.with(|telegram| telegram.upgrade_group(-1_009));
    assert!(rejected(&group, CONFIG).contains("write `chat = \"-1009\"`"));
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
        let ran = Host::new()
            .secret("bot", BASE)
            .answer(&format!("POST {BASE}/sendMessage"), Answer::failure(kind, phase, "why"))
            .notify(deliver, CONFIG, notification([alert("shop")]));
        let error = ran.error();
        let is_unsure = matches!(error, DeliveryError::Unsure(_));
        assert_eq!((is_unsure, matches!(error, DeliveryError::Retryable(_))), (unsure, !unsure), "{kind:?}");
    }
}

#[test]
fn a_chat_is_an_id_or_a_name() {
    let config = |chat: &str| CONFIG.replace(Telegram::CHAT, chat);
    for chat in [Telegram::CHAT, Telegram::NAME] {
        Group::new().configured(&config(chat), notification([])).value();
    }
    for chat in ["watch_alerts", "@", "-"] {
        let ran = Group::new().configured(&config(chat), notification([]));
        let problem = format!("{:?}", ran.error());
        assert!(problem.contains("is not a chat"), "{problem}");
    }
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
