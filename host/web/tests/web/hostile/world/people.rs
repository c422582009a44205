//! People, tokens, and what the audit log says of them.

use watchkeep_core::access::{ApiToken, Role, Scope, User};
use watchkeep_core::audit_log::{AuditEntry, Author};
use watchkeep_core::ids::Digest;

use super::super::canary::Canaries;
use crate::access::{put_token, put_user, user};
use crate::support::{FakeHost, NOW, seconds_ago};

/// Who sees everything, by a scope that says so in a hostile way.
pub(in crate::hostile) const SCOPED: &str = "scoped";

pub(super) fn put(host: &FakeHost, texts: &Canaries) {
    let scope =
        |texts: &Canaries| Scope::parse([format!("nothing!={:?}", texts.text("a scope")).as_str()]).unwrap();
    put_user(host, User { scope: scope(texts), ..user(SCOPED, Role::Operator, &[]) });
    put_user(host, user(&texts.text("a user's name"), Role::Admin, &[]));
    let id = texts.text("a token's id");
    put_token(
        host,
        ApiToken {
            secret_hash: Digest::of(b"secret"),
            name: texts.text("a token's name"),
            role: Role::Viewer,
            scope: scope(texts),
            created_at: NOW,
            by: texts.text("who made a token"),
            expires_at: None,
            used_at: Some(NOW),
            id,
        },
    );
    let entry = AuditEntry {
        number: 1,
        at: seconds_ago(9),
        who: Author {
            name: texts.text("who did it, in the audit log"),
            role: texts.text("a role in the audit log"),
            by_way_of: texts.text("the way in the audit log"),
            from: texts.text("the address in the audit log"),
        },
        what: texts.text("what was done, in the audit log"),
        on: texts.text("to what it was done, in the audit log"),
        before: texts.text("what was before, in the audit log"),
        after: texts.text("what was after, in the audit log"),
    };
    host.with(|board| board.audit_log.push(entry));
}
