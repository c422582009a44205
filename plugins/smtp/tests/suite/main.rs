//! The check `smtp` against the scripted host.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

mod configs;
mod conversations;
mod deliveries;
mod hostile;
mod logins;

use serde_json::{Value, json};
use watchkeep_plugin_smtp::run;
use watchkeep_sdk::net::TlsFacts;
use watchkeep_sdk::testing::{Dialogue, Host, NOW, Ran, certificate, tls_facts};
use watchkeep_sdk::{Fault, Report, State};

const MAIL: &str = "tcp mail.example.com:587";
const DAY: u64 = 86_400_000;

fn config(more: Value) -> String {
    let mut config = json!({ "address": "mail.example.com:587" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn facts(days: u64) -> TlsFacts {
    tls_facts([certificate("mail.example.com", NOW + days * DAY)])
}

fn greeted() -> Dialogue {
    Dialogue::new().says("220 mail.example.com ESMTP\r\n")
}

/// In the clear, up to what the server offers.
fn plain(offers: &str) -> Dialogue {
    greeted().hears("EHLO watchkeep\r\n").says(offers)
}

/// Under TLS, up to what the server offers there.
fn secured(facts: TlsFacts, offers: &str) -> Dialogue {
    plain("250-mail.example.com\r\n250-SIZE 1000\r\n250 STARTTLS\r\n")
        .hears("STARTTLS\r\n")
        .says("220 go ahead\r\n")
        .starts_tls(facts)
        .hears("EHLO watchkeep\r\n")
        .says(offers)
}

const OFFERS: &str = "250-mail.example.com\r\n250-SIZE 10240000\r\n250-8bitmime\r\n250 AUTH PLAIN LOGIN\r\n";

fn parts(dialogue: Dialogue) -> Dialogue {
    dialogue.hears("QUIT\r\n").says("221 bye\r\n")
}

fn check(more: Value, dialogue: Dialogue) -> Ran<Report, Fault> {
    Host::new().secret("mail", "unseen").answer(MAIL, dialogue).check(run, &config(more))
}

#[track_caller]
fn says(more: Value, dialogue: Dialogue, state: State, summary: &str) {
    let ran = check(more, dialogue);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

const PLAIN: &str = "plaintext";
