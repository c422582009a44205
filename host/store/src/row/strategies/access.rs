//! Arbitrary people, tokens, sessions and entries of the audit log.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use watchkeep_core::access::{
    AccessChange, ApiToken, PasswordLife, Role, Scope, Session, SessionOf, User, Vouched,
};
use watchkeep_core::audit_log::{AuditEntry, Author};
use watchkeep_core::ids::{Digest, MarkerId, NoteId, StatusPageName, SubscriberId};
use watchkeep_core::marker::{Marker, MarkerChange};
use watchkeep_core::note::{Note, NoteChange, NoteEntry, Stage};
use watchkeep_core::status::PublicState;
use watchkeep_core::subscription::{Address, Subscriber, SubscriberChange, Told};

use super::{text, wall};

fn role() -> impl Strategy<Value = Role> {
    select(Role::ALL.to_vec())
}

fn scope() -> impl Strategy<Value = Scope> {
    vec(select(vec!["team=\"øl\"", "site!~\"oslo-.*\"", "check=shop"]), 0..3)
        .prop_map(|texts| Scope::parse(texts).unwrap())
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(Digest)
}

fn user() -> impl Strategy<Value = User> {
    let life = select(vec![PasswordLife::Chosen, PasswordLife::OneTime]);
    (text(), role(), scope(), text(), life, wall(), of(wall())).prop_map(
        |(name, role, scope, password_hash, password, created_at, disabled_at)| User {
            name,
            role,
            scope,
            password_hash,
            password,
            created_at,
            disabled_at,
        },
    )
}

fn token() -> impl Strategy<Value = ApiToken> {
    (text(), text(), digest(), role(), scope(), wall(), text(), of(wall()), of(wall())).prop_map(
        |(id, name, secret_hash, role, scope, created_at, by, expires_at, used_at)| ApiToken {
            id,
            name,
            secret_hash,
            role,
            scope,
            created_at,
            by,
            expires_at,
            used_at,
        },
    )
}

fn session() -> impl Strategy<Value = Session> {
    let vouched = (text(), text(), text(), vec(text(), 0..3), wall());
    let vouched = vouched.prop_map(|(issuer, subject, name, groups, ends_at)| {
        SessionOf::Provider(Box::new(Vouched { issuer, subject, name, groups, ends_at }))
    });
    let whose =
        prop_oneof![text().prop_map(SessionOf::User), digest().prop_map(SessionOf::AdminToken), vouched];
    (digest(), whose, wall(), wall()).prop_map(|(key, of, began_at, seen_at)| Session {
        key,
        of,
        began_at,
        seen_at,
    })
}

pub(in crate::row) fn access() -> impl Strategy<Value = AccessChange> {
    prop_oneof![
        user().prop_map(AccessChange::PutUser),
        text().prop_map(AccessChange::RemoveUser),
        token().prop_map(AccessChange::PutToken),
        text().prop_map(AccessChange::RemoveToken),
        session().prop_map(AccessChange::PutSession),
        digest().prop_map(AccessChange::RemoveSession),
    ]
}

pub(in crate::row) fn audit_entry() -> impl Strategy<Value = AuditEntry> {
    let who = (text(), text(), text(), text()).prop_map(|(name, role, by_way_of, from)| Author {
        name,
        role,
        by_way_of,
        from,
    });
    (any::<u64>(), wall(), who, text(), text(), text(), text()).prop_map(
        |(number, at, who, what, on, before, after)| AuditEntry { number, at, who, what, on, before, after },
    )
}

pub(in crate::row) fn note() -> impl Strategy<Value = NoteChange> {
    let entry = (wall(), select(Stage::ALL.to_vec()), text(), text())
        .prop_map(|(at, stage, text, by)| NoteEntry { at, stage, text, by });
    let note = (text(), text(), text(), vec(entry, 0..4)).prop_map(|(id, page, title, entries)| Note {
        id: NoteId::new(id),
        page: page.as_str().into(),
        title,
        entries,
    });
    prop_oneof![note.prop_map(NoteChange::Put), text().prop_map(|id| NoteChange::Remove(NoteId::new(id))),]
}

pub(in crate::row) fn marker() -> impl Strategy<Value = MarkerChange> {
    let marker = (text(), wall(), text(), text(), vec((text(), text()), 0..4), text()).prop_map(
        |(id, at, text, link, labels, by)| Marker {
            id: MarkerId::new(id),
            at,
            text,
            link,
            labels: labels.into_iter().collect(),
            by,
        },
    );
    let removed = text().prop_map(|id| MarkerChange::Remove(MarkerId::new(id)));
    prop_oneof![marker.prop_map(MarkerChange::Put), removed]
}

pub(in crate::row) fn subscriber() -> impl Strategy<Value = SubscriberChange> {
    let address = "[a-z]{1,9}@[a-z]{1,9}\\.org".prop_map(|text| Address::parse(&text).unwrap());
    let put = (text(), text(), address, wall(), of(wall())).prop_map(
        |(id, page, address, asked_at, confirmed_at)| {
            SubscriberChange::Put(Subscriber {
                id: SubscriberId::new(id),
                page: StatusPageName::new(page),
                address,
                asked_at,
                confirmed_at,
            })
        },
    );
    let states = select(vec![
        PublicState::Down,
        PublicState::Degraded,
        PublicState::Maintenance,
        PublicState::Unknown,
        PublicState::Operational,
    ]);
    let told = (text(), vec((text(), states), 0..4), of(wall()), vec(text(), 0..4)).prop_map(
        |(page, components, notes_until, announced)| {
            let told = Told {
                components: components.into_iter().collect(),
                notes_until,
                announced: announced.into_iter().collect(),
            };
            SubscriberChange::Told(StatusPageName::new(page), told)
        },
    );
    let removed = text().prop_map(|id| SubscriberChange::Remove(SubscriberId::new(id)));
    prop_oneof![put, told, removed]
}
