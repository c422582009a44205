//! A server's side of a conversation, and what can be read in a mail.

use watchkeep_plugin_email::deliver;
use watchkeep_sdk::http::Encoding;
use watchkeep_sdk::testing::{Dialogue, Host, NOW, Ran, alert, notification, tls_facts};
use watchkeep_sdk::{Alert, DeliveryError, Notification, NotificationKind, State};

pub(crate) const CONFIG: &str = r#"{"server": "mail.example.com:587", "user": "watch", "password": {"secret": "mail"},
    "from": "Watchkeep <watch@example.com>", "to": "kari@example.com"}"#;
pub(crate) const ROUTE: &str = "tcp mail.example.com:587";
pub(crate) const OPEN: &str = r#"{"server": "mail.example.com:587", "security": "plaintext",
    "from": "watch@example.com", "to": ["kari@example.com", "ola@example.com"]}"#;

pub(crate) type Delivered = Ran<Option<String>, DeliveryError>;

/// Up to a login, under TLS.
pub(crate) fn secured() -> Dialogue {
    Dialogue::new()
        .says("220 mail.example.com ESMTP\r\n")
        .hears("EHLO example.com\r\n")
        .says("250-mail.example.com\r\n250-SIZE 10000000\r\n250 STARTTLS\r\n")
        .hears("STARTTLS\r\n")
        .says("220 go ahead\r\n")
        .starts_tls(tls_facts([]))
        .hears("EHLO example.com\r\n")
        .says("250-mail.example.com\r\n250-SIZE 10000000\r\n250 AUTH PLAIN LOGIN\r\n")
}

pub(crate) fn logged_in(dialogue: Dialogue) -> Dialogue {
    dialogue
        .hears("AUTH PLAIN ")
        .hears_secret("mail", "\0watch\0", "", Encoding::Base64)
        .hears("\r\n")
        .says("235 2.7.0 ok\r\n")
}

/// Without TLS and without a login, up to the envelope.
pub(crate) fn open() -> Dialogue {
    Dialogue::new()
        .says("220 mail.example.com ESMTP\r\n")
        .hears("EHLO example.com\r\n")
        .says("250 mail.example.com\r\n")
        .hears("MAIL FROM:<watch@example.com>\r\n")
        .says("250 ok\r\n")
}

pub(crate) fn to(dialogue: Dialogue, address: &str, reply: &str) -> Dialogue {
    dialogue.hears(format!("RCPT TO:<{address}>\r\n")).says(format!("{reply}\r\n"))
}

pub(crate) fn to_both(dialogue: Dialogue) -> Dialogue {
    to(to(dialogue, "kari@example.com", "250 ok"), "ola@example.com", "250 ok")
}

pub(crate) fn data(dialogue: Dialogue) -> Dialogue {
    dialogue.hears("DATA\r\n").says("354 go ahead\r\n").hears_to("\r\n.\r\n")
}

pub(crate) fn taken(dialogue: Dialogue) -> Dialogue {
    data(dialogue).says("250 queued\r\n").hears("QUIT\r\n").says("221 bye\r\n")
}

pub(crate) fn sends(dialogue: Dialogue, config: &str, notification: Notification) -> Delivered {
    host().answer(ROUTE, dialogue).notify(deliver, config, notification)
}

pub(crate) fn host() -> Host {
    Host::new().secret("mail", "unseen").picture("p1", [1, 2, 3]).picture("big", vec![7; 400_000])
}

pub(crate) fn firing() -> Notification {
    notification([alert("shop")])
}

pub(crate) fn resolved() -> Notification {
    let over = Alert { state: State::Ok, until: Some(NOW), ..alert("shop") };
    Notification { id: "n2".to_owned(), kind: NotificationKind::Resolved, ..notification([over]) }
}

/// The mail that a server would have kept of it.
#[track_caller]
pub(crate) fn mail_of(notification: Notification) -> Mail {
    let ran = sends(taken(to_both(open())), OPEN, notification);
    ran.value();
    Mail::of(&ran)
}

pub(crate) struct Mail(String);

impl Mail {
    #[track_caller]
    pub(crate) fn of(ran: &Delivered) -> Mail {
        let [heard] = ran.heard.as_slice() else { panic!("{} mails", ran.heard.len()) };
        let whole = String::from_utf8(heard.clone()).expect("a mail is ASCII");
        let body = whole.strip_suffix(".\r\n").expect("it ends with a dot");
        for line in body.split("\r\n") {
            // An id cannot be folded.
            let most = if line.ends_with("@example.com>") { 998 } else { 78 };
            assert!(line.is_ascii() && line.len() <= most, "a line of {}: {line}", line.len());
            assert!(!line.contains(['\r', '\n', '\0']), "{line:?}");
            assert!(!line.starts_with('.') || line.starts_with(".."), "{line}");
        }
        Mail(body.replace("\r\n..", "\r\n."))
    }
    pub(crate) fn raw(&self) -> &str {
        &self.0
    }
    pub(crate) fn headers(&self) -> Vec<(String, String)> {
        let head = self.0.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        let fields = head.split("\r\n").map(|line| line.split_once(": ").expect("a header has a value"));
        fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> String {
        let found = self.headers().into_iter().filter(|(known, _)| known == name).collect::<Vec<_>>();
        let [(_, value)] = found.as_slice() else { panic!("{} headers `{name}`", found.len()) };
        value.clone()
    }
    /// The part of this type, decoded.
    pub(crate) fn part(&self, media_type: &str) -> String {
        let start = self.0.find(&format!("Content-Type: {media_type}")).expect("there is such a part");
        let rest = &self.0[start..];
        let (_, body) = rest.split_once("\r\n\r\n").expect("a part has a body");
        unquoted(body.split("\r\n--=_").next().unwrap_or_default())
    }
}

fn unquoted(text: &str) -> String {
    let text = text.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'=' {
            let digits = std::str::from_utf8(&after[..2]).expect("two digits");
            bytes.push(u8::from_str_radix(digits, 16).expect("hexadecimal"));
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8(bytes).expect("a part is UTF-8").replace("\r\n", "\n")
}
