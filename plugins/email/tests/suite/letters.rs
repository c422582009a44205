//! What is in the mail.

use crate::support::{Mail, OPEN, ROUTE, firing, host, mail_of, open, resolved, sends, taken, to_both};
use watchkeep_plugin_email::{MANIFEST, deliver};
use watchkeep_sdk::testing::{NOW, alert, notification, picture};
use watchkeep_sdk::{Alert, Label, Metric, Notice, Notification, NotificationKind, Range, Severity, State};

fn shop() -> Alert {
    Alert {
        metrics: vec![Metric::new("probe_duration_seconds", 2.5, "seconds").critical(Range::at_most(2.0))],
        runbook: Some("https://wiki.example.com/shop?a=1&b=2".to_owned()),
        actions: vec!["restarted `shop`".to_owned()],
        acknowledged_by: Some("kari".to_owned()),
        assigned_to: Some("web".to_owned()),
        details: Some("first line\n.hidden\nsecond <line>".to_owned()),
        ..alert("shop")
    }
}

#[test]
fn an_alert_is_a_letter_in_text_and_html() {
    let mail = mail_of(notification([shop()]));
    assert_eq!(mail.header("Subject"), "CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms");
    assert_eq!(mail.header("From"), "watch@example.com");
    assert_eq!(mail.header("To"), "kari@example.com, ola@example.com");
    assert_eq!(mail.header("Date"), "Wed, 04 Mar 2026 05:06:07 +0000");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    assert_eq!(mail.header("Importance"), "high");
    assert_eq!(
        mail.part("text/plain"),
        "CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms\n\n\
         since 05:01 UTC (5 min)\nlast ok at 05:00 UTC\nprobe_duration_seconds is 2.5 s, critical above 2 s\n\
         recovery: restarted `shop`\ntaken by kari\nhanded to web\nrunbook: https://wiki.example.com/shop?a=1&b=2\n\n\
         first line\n.hidden\nsecond <line>\n\n\
         reason: 3 failures in a row\nteam=web\nhttps://watch.example.com/checks/shop"
    );
    let html = mail.part("text/html");
    for part in [
        "<strong>CRITICAL: shop: connection refused by 192.0.2.1:443 after 3 ms</strong>",
        "<div>last ok at 05:00 UTC</div>",
        "<a href=\"https://wiki.example.com/shop?a=1&amp;b=2\">",
        "second &lt;line&gt;",
        "<a href=\"https://watch.example.com/checks/shop\">Open in Watchkeep</a>",
        "#d92d20",
    ] {
        assert!(html.contains(part), "{part} is not in {html}");
    }
}

#[test]
fn a_letter_leads_to_the_page_that_acknowledges() {
    let link = "https://watch.example.com/reply/token-5f2a9c";
    let script = || host().invites("5f2a9c", None).answer(ROUTE, taken(to_both(open())));
    let ran = script().notify(deliver, OPEN, firing());
    let mail = Mail::of(&ran);
    assert!(
        mail.part("text/plain").contains(&format!("acknowledge: {link}\n")),
        "{}",
        mail.part("text/plain")
    );
    assert!(mail.part("text/html").contains(&format!("<a href=\"{link}\"")), "{}", mail.part("text/html"));
    let blog = Alert { id: "77".to_owned(), ..alert("blog") };
    let group = Mail::of(&script().notify(deliver, OPEN, notification([alert("shop"), blog])));
    assert_eq!(group.part("text/plain").matches("acknowledge: ").count(), 1, "only of one that can be");
    assert!(group.part("text/html").contains(&format!("<a href=\"{link}\">acknowledge</a>")));
}

#[test]
fn a_resolve_is_green_and_says_how_it_is_now() {
    let mail = mail_of(resolved());
    assert_eq!(mail.header("Subject"), "RESOLVED: shop after 5 min");
    assert!(mail.part("text/plain").contains("now: connection refused"), "{}", mail.part("text/plain"));
    assert!(mail.part("text/html").contains("#2e9e5b"));
    assert!(mail.headers().iter().all(|(name, _)| name != "Importance"));
}

#[test]
fn a_group_lists_its_alerts_with_their_links_and_counts_the_rest() {
    let many = (0..60).map(|n| Alert { assigned_to: Some("web".to_owned()), ..alert(&format!("check-{n}")) });
    let mail = mail_of(Notification { omitted: 7, ..notification(many) });
    assert_eq!(mail.header("Subject"), "CRITICAL: 67 alerts (60 critical): team=web");
    let text = mail.part("text/plain");
    assert!(text.contains("CRITICAL check-49: connection refused by 192.0.2.1:443 after 3 ms\n  since 05:01 UTC (5 min), handed to web\n  https://watch.example.com/checks/check-49"), "{text}");
    assert!(text.contains("\nand 17 more\n") && !text.contains("check-50"), "{text}");
    assert!(
        mail.part("text/html").contains("<a href=\"https://watch.example.com/checks/check-3\">check-3</a>")
    );
}

#[test]
fn an_event_and_a_test_are_letters_too() {
    let event = Notice {
        check: "deployments".to_owned(),
        thread: String::new(),
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
    let mail = mail_of(told);
    assert_eq!(mail.header("Subject"), "INFO: deployments: shop 1.2.3 is live");
    assert!(mail.part("text/plain").ends_with("blue to green\n\nhttps://ci.example.com/7"));
    let mail = mail_of(Notification { kind: NotificationKind::Test, ..notification([]) });
    assert_eq!(mail.header("Subject"), "TEST: 3 failures in a row");
}

#[test]
fn all_mails_of_one_life_name_one_thread_and_every_attempt_bears_one_id() {
    let first = mail_of(firing());
    let again = mail_of(Notification { attempt: 3, told_before: true, ..firing() });
    assert_eq!(first.raw(), again.raw(), "a server may drop what it has already");
    assert_eq!(first.header("Message-ID"), "<n1.notice@example.com>");
    assert_eq!(first.header("In-Reply-To"), "<5f2a9c-chat.thread@example.com>");
    let ran = sends(taken(to_both(open())), OPEN, firing());
    assert_eq!(ran.value().as_deref(), Some("<n1.notice@example.com>"));
    let end = mail_of(Notification { previous_id: ran.value().clone(), ..resolved() });
    assert_eq!(end.header("Message-ID"), "<n2.notice@example.com>");
    assert_eq!(end.header("In-Reply-To"), "<n1.notice@example.com>");
    assert_eq!(end.header("References"), "<5f2a9c-chat.thread@example.com> <n1.notice@example.com>");
}

#[test]
fn an_id_that_is_not_ours_stands_in_no_header() {
    for id in ["C0:1.2", "<x@y>\r\nBcc: evil@example.com", "<n1.notice@other.example>", "", "<>"] {
        let mail = mail_of(Notification { previous_id: Some(id.to_owned()), ..firing() });
        assert_eq!(mail.header("References"), "<5f2a9c-chat.thread@example.com>", "{id}");
    }
}

#[test]
fn nothing_that_is_said_becomes_a_header_a_recipient_or_markup() {
    let evil = "x\r\nBcc: evil@example.com\r\n\r\n.\r\nRCPT TO:<evil@example.com>\r\n<script>alert(1)</script>\" onload=\"x";
    let hostile = Alert {
        summary: evil.to_owned(),
        details: Some(evil.to_owned()),
        runbook: Some("javascript:alert(1)".to_owned()),
        finding: Some(evil.to_owned()),
        link: "javascript:alert(2)".to_owned(),
        labels: vec![Label::new("team", evil)],
        ..alert("shop")
    };
    let told = Notification {
        id: evil.to_owned(),
        dedup_key: evil.to_owned(),
        reason: evil.to_owned(),
        ..notification([hostile])
    };
    let mail = mail_of(told);
    let names: Vec<String> = mail.headers().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "In-Reply-To",
            "References",
            "Auto-Submitted",
            "X-Auto-Response-Suppress",
            "MIME-Version",
            "Content-Type",
            "Importance"
        ]
    );
    let html = mail.part("text/html");
    assert!(
        !html.contains("<script") && !html.contains("href=\"javascript") && !html.contains("\" onload"),
        "{html}"
    );
}

#[test]
fn what_is_not_ascii_is_encoded_and_read_back() {
    let told = Alert { summary: "køen er full — 95 % ✗".repeat(20), ..alert("kø") };
    let mail = mail_of(notification([told]));
    assert!(mail.header("Subject").starts_with("=?utf-8?B?"));
    assert!(mail.part("text/plain").contains("køen er full — 95 % ✗"));
}

#[test]
fn pictures_are_shown_in_the_mail() {
    let lobby = Alert {
        pictures: vec![
            picture("p1", "image/png", 3),
            picture("gone", "image/jpeg", 3),
            picture("p1", "image/svg+xml", 3),
        ],
        ..alert("lobby")
    };
    let ran = sends(taken(to_both(open())), OPEN, notification([lobby]));
    ran.value();
    assert_eq!(ran.log_text(), "the picture `gone` is not shown: it is gone\n");
    let mail = Mail::of(&ran);
    assert!(mail.part("text/html").contains("<img src=\"cid:picture-1@watchkeep\" alt=\"p1\""));
    let picture = "Content-Type: image/png\r\nContent-ID: <picture-1@watchkeep>\r\n\
                   Content-Disposition: inline; filename=\"p1.png\"\r\n\
                   Content-Transfer-Encoding: base64\r\n\r\nAQID\r\n";
    assert!(mail.raw().contains(picture), "{}", mail.raw());
    assert!(!mail.raw().contains("svg"), "mail programs do not show it");
}

#[test]
fn an_unknown_state_and_a_warning_have_colours_of_their_own() {
    for (state, colour) in [(State::Warning, "#f2a900"), (State::Unknown, "#8a8f98")] {
        let mail = mail_of(notification([Alert { state, ..alert("shop") }]));
        assert!(mail.part("text/html").contains(colour));
    }
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}

#[test]
fn a_letter_to_a_subscriber_says_what_its_writer_wrote_and_how_to_leave() {
    let leave = "https://status.example.com/acme/letters/s-1a2b3c";
    let config = OPEN.replace("\"security\"", &format!("\"list_unsubscribe\": \"{leave}\", \"security\""));
    let event = Notice {
        check: "acme".to_owned(),
        thread: String::new(),
        severity: Severity::Info,
        title: "Acme: Web is down".to_owned(),
        body: "Web is down.".to_owned(),
        link: Some("https://status.example.com/acme".to_owned()),
        at: NOW,
        labels: Vec::new(),
    };
    let told = Notification {
        kind: NotificationKind::Event,
        event: Some(event),
        reason: "news of status page `acme` for a subscriber".to_owned(),
        ..notification([])
    };
    let ran = sends(taken(to_both(open())), &config, told.clone());
    let mail = Mail::of(&ran);
    assert_eq!(mail.header("Subject"), "Acme: Web is down");
    assert_eq!(mail.header("List-Unsubscribe"), format!("<{leave}>"));
    assert_eq!(mail.header("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    assert_eq!(
        mail.part("text/plain"),
        format!(
            "Acme: Web is down\n\n\nWeb is down.\n\nhttps://status.example.com/acme\n\nUnsubscribe: {leave}"
        )
    );
    let html = mail.part("text/html");
    assert!(html.contains(&format!("<a href=\"{leave}\">Unsubscribe</a>")), "{html}");
    assert!(!html.contains("Watchkeep") && !html.contains("subscriber"), "{html}");
    // An address that could end the header is none.
    let hostile = config.replace(leave, "https://x/>\\r\\nBcc: evil@example.com");
    let refused = format!("{:?}", host().notify(deliver, &hostile, told).error());
    assert!(refused.contains("config `/list_unsubscribe`: is not the address of a page"), "{refused}");
}
