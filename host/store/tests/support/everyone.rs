//! People, tokens, sessions, and what they did.

use watchkeep_core::access::{
    AccessChange, ApiToken, PasswordLife, Role, Scope, Session, SessionOf, User, Vouched,
};
use watchkeep_core::audit_log::{AuditEntry, Author};
use watchkeep_core::commit::Change;
use watchkeep_core::ids::Digest;
use watchkeep_core::marker::{Marker, MarkerChange};
use watchkeep_core::note::{Note, NoteChange, NoteEntry, Stage};
use watchkeep_core::status::PublicState;
use watchkeep_core::subscription::{Address, Subscriber, SubscriberChange, Told};

use super::at;

pub(crate) fn user(name: &str) -> User {
    User {
        name: name.to_owned(),
        role: Role::Operator,
        scope: Scope::parse(["team=\"øl\"", "site!~\"oslo-.*\""]).expect("they are matchers"),
        password_hash: "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaA".to_owned(),
        password: PasswordLife::Chosen,
        created_at: at(5),
        disabled_at: None,
    }
}

pub(crate) fn token(id: &str) -> ApiToken {
    ApiToken {
        id: id.to_owned(),
        name: "grafana".to_owned(),
        secret_hash: Digest([3; 32]),
        role: Role::Viewer,
        scope: Scope::everything(),
        created_at: at(6),
        by: "kari".to_owned(),
        expires_at: Some(at(900)),
        used_at: Some(at(7)),
    }
}

pub(crate) fn session(key: u8, of: SessionOf) -> Session {
    Session { key: Digest([key; 32]), of, began_at: at(8), seen_at: at(9) }
}

/// Somebody of an OpenID provider.
fn vouched() -> SessionOf {
    SessionOf::Provider(Box::new(Vouched {
        issuer: "https://id.example.com".to_owned(),
        subject: "u-1".to_owned(),
        name: "ola".to_owned(),
        groups: vec!["sre".to_owned()],
        ends_at: at(12),
    }))
}

/// Entry `number` of a log.
pub(crate) fn entry(number: u64, what: &str) -> Change {
    let who = Author {
        name: "kari".to_owned(),
        role: "operator".to_owned(),
        by_way_of: "session".to_owned(),
        from: "192.0.2.1".to_owned(),
    };
    let entry = AuditEntry::new(at(10), who, what, "check:web").from("firing").to("acknowledged");
    Change::Audit(Box::new(AuditEntry { number, ..entry }))
}

/// One of everything.
pub(crate) fn all() -> Vec<Change> {
    let gone =
        User { role: Role::Admin, password: PasswordLife::OneTime, disabled_at: Some(at(11)), ..user("ola") };
    let changes = [
        AccessChange::PutUser(user("kari")),
        AccessChange::PutUser(gone),
        AccessChange::PutUser(user("gone")),
        AccessChange::RemoveUser("gone".to_owned()),
        AccessChange::PutToken(token("a1")),
        AccessChange::PutToken(ApiToken {
            role: Role::Admin,
            expires_at: None,
            used_at: None,
            ..token("a2")
        }),
        AccessChange::PutSession(session(1, SessionOf::User("kari".to_owned()))),
        AccessChange::PutSession(session(2, SessionOf::AdminToken(Digest([4; 32])))),
        AccessChange::PutSession(session(4, vouched())),
        AccessChange::PutSession(session(3, SessionOf::User("kari".to_owned()))),
        AccessChange::RemoveSession(Digest([3; 32])),
    ];
    let log = (1..=3).map(|number| entry(number, "alert.acknowledge"));
    changes
        .into_iter()
        .map(Change::Access)
        .chain(log)
        .chain(notes())
        .chain(markers())
        .chain(subscribers())
        .collect()
}

pub(crate) fn note(id: &str, stages: &[Stage]) -> Note {
    let entry = |(number, stage): (usize, &Stage)| NoteEntry {
        at: at(20 + number as i64),
        stage: *stage,
        text: "We know.\n\nhttps://example.com/øl".to_owned(),
        by: "kari".to_owned(),
    };
    let entries = stages.iter().enumerate().map(entry).collect();
    Note { id: id.into(), page: "acme".into(), title: "The shop is slow".to_owned(), entries }
}

fn notes() -> Vec<Change> {
    let changes = [
        NoteChange::Put(note("n1", &[Stage::Investigating])),
        NoteChange::Put(note("n1", &[Stage::Investigating, Stage::Identified, Stage::Resolved])),
        NoteChange::Put(note("n2", &[Stage::Monitoring])),
        NoteChange::Put(note("n3", &[Stage::Investigating])),
        NoteChange::Remove("n3".into()),
    ];
    changes.into_iter().map(Change::Note).collect()
}

fn markers() -> Vec<Change> {
    let marker = |id: &str, text: &str| Marker {
        id: id.into(),
        at: at(30),
        text: text.to_owned(),
        link: "https://example.com/løp/7".to_owned(),
        labels: [("team", "shop"), ("site", "oslo")].into_iter().collect(),
        by: "ci".to_owned(),
    };
    let changes = [
        MarkerChange::Put(marker("m1", "shop 1.4.1")),
        MarkerChange::Put(marker("m1", "shop 1.4.2")),
        MarkerChange::Put(marker("m2", "blog")),
        MarkerChange::Remove("m2".into()),
    ];
    changes.into_iter().map(Change::Marker).collect()
}

fn subscribers() -> Vec<Change> {
    let subscriber = |id: &str, confirmed_at| Subscriber {
        id: id.into(),
        page: "acme".into(),
        address: Address::parse("ann@example.org").expect("it is an address"),
        asked_at: at(40),
        confirmed_at,
    };
    let told = Told {
        components: [("The shop".to_owned(), PublicState::Degraded)].into(),
        notes_until: Some(at(41)),
        announced: ["0123456789abcdef01234567".to_owned()].into(),
    };
    let changes = [
        SubscriberChange::Put(subscriber("s1", None)),
        SubscriberChange::Put(subscriber("s1", Some(at(42)))),
        SubscriberChange::Put(subscriber("s2", None)),
        SubscriberChange::Remove("s2".into()),
        SubscriberChange::Told("acme".into(), Told::default()),
        SubscriberChange::Told("acme".into(), told),
    ];
    changes.into_iter().map(Change::Subscriber).collect()
}
