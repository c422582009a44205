//! Buttons under messages, and what becomes of presses.

use std::time::Duration;

use watchkeep_doubles::{Answering, native};
use watchkeep_plugin_telegram::{Telegram as Config, deliver};
use watchkeep_sdk::testing::{Host, alert, notification};
use watchkeep_sdk::{Alert, Notification, NotificationKind};

use crate::double::Telegram;

const BASE: &str = "https://api.telegram.org";
const PRESS: &str = r#"{"bot_url": {"secret": "bot"}, "chat": "-1001234567890"}"#;
const LINK: &str = r#"{"bot_url": {"secret": "bot"}, "chat": "-1001234567890", "buttons": "link"}"#;

fn group() -> Answering<Telegram> {
    native(Telegram::new(), BASE).secret("bot", &format!("{BASE}{}", Telegram::BOT))
}

fn host(group: &Answering<Telegram>) -> Host {
    Host::new().secret("bot", "unseen").served_by(group.serve()).invites("5f2a9c", None)
}

#[test]
fn a_message_has_a_button_while_there_is_something_to_acknowledge() {
    let group = group();
    let first = host(&group).notify(deliver, PRESS, notification([alert("shop")])).value().clone();
    let keys = group.with(|it| it.messages()[0].keys.clone());
    assert_eq!(keys.len(), 1);
    assert_eq!((keys[0].label.as_str(), keys[0].data.as_deref()), ("Acknowledge", Some("token-5f2a9c")));
    let taken = Alert { acknowledged_by: Some("Ada".to_owned()), ..alert("shop") };
    let told =
        Notification { kind: NotificationKind::Acknowledged, previous_id: first, ..notification([taken]) };
    assert!(host(&group).notify(deliver, PRESS, told).result.is_ok());
    assert!(group.with(|it| it.messages().iter().all(|message| message.keys.is_empty())));
}

#[test]
fn of_a_group_each_button_names_its_alert() {
    let group = group();
    let blog = Alert { id: "77".to_owned(), ..alert("blog-with-a-name-that-is-longer-than-a-button") };
    let told = notification([alert("shop"), blog]);
    host(&group).invites("77", None).notify(deliver, PRESS, told).value();
    let labels =
        group.with(|it| it.messages()[0].keys.iter().map(|key| key.label.clone()).collect::<Vec<_>>());
    assert_eq!(labels, ["Acknowledge shop", "Acknowledge blog-with-a-name-that-is-lon…"]);
}

#[test]
fn a_press_is_handed_over_once_and_answered() {
    let group = group();
    host(&group).notify(deliver, PRESS, notification([alert("shop")])).value();
    group.with(|it| {
        let id = it.messages()[0].id;
        it.press(id, "Acknowledge", 4711);
        it.press(id, "Acknowledge", 815);
    });
    let listened = host(&group)
        .takes(|_, person| match person {
            "4711" => Ok("Acknowledged by Ada.".to_owned()),
            _ => Err("no person of the config has this id".to_owned()),
        })
        .listen::<Config>(PRESS);
    assert!(listened.result.is_ok(), "{:?}", listened.result);
    let token = "token-5f2a9c".to_owned();
    assert_eq!(listened.taken, [(token.clone(), "4711".to_owned()), (token, "815".to_owned())]);
    let shown = group.with(|it| it.shown().to_vec());
    assert_eq!(
        shown,
        [
            ("Acknowledged by Ada.".to_owned(), false),
            ("no person of the config has this id".to_owned(), true)
        ]
    );
    assert!(host(&group).listen::<Config>(PRESS).taken.is_empty(), "they are confirmed");
}

#[test]
fn it_listens_on_while_nothing_happens_and_comes_back_in_time() {
    let group = group();
    let listened = host(&group).deadline(Duration::from_secs(240)).listen::<Config>(PRESS);
    assert!(listened.result.is_ok());
    assert!(listened.sent.len() > 10 && listened.sent.len() < 60, "{}", listened.sent.len());
    assert!(listened.slept.iter().all(|span| *span <= Duration::from_secs(1)));
}

#[test]
fn a_bot_whose_updates_go_elsewhere_says_what_to_do() {
    let group = group();
    group.with(Telegram::steal_updates);
    let said = format!("{:?}", host(&group).listen::<Config>(PRESS).result);
    assert!(said.contains("409") && said.contains("buttons = \\\"link\\\""), "{said}");
}

#[test]
fn with_links_nothing_is_listened_to_and_a_refused_button_keeps_nobody_from_being_told() {
    use watchkeep_sdk::replies::Listener as _;
    let config = |text: &str| watchkeep_sdk::config::parse::<Config>(text).expect("it is a config");
    assert_eq!(config(PRESS).source().as_deref(), Some("bot"));
    assert_eq!(config(LINK).source(), None);
    let group = group();
    host(&group).notify(deliver, LINK, notification([alert("shop")])).value();
    let url = "https://watch.example.com/reply/token-5f2a9c";
    assert_eq!(group.with(|it| it.messages()[0].keys[0].url.clone()).as_deref(), Some(url));
    // A host in a private network: Telegram refuses its address, and the message with it.
    let local = |script: Host| script.invites_by("5f2a9c", "http://127.0.0.1:8686/reply/t");
    let ran = local(host(&group)).notify(deliver, LINK, notification([alert("blog")]));
    assert!(ran.result.is_ok() && ran.log.len() == 1, "{:?}", ran.log);
    assert!(group.with(|it| it.messages()[1].keys.is_empty()));
}
