//! An entry of the audit log, with the hash of the value before it.

use serde::{Deserialize, Serialize};
use watchkeep_core::audit_log::{AuditEntry, Author};
use watchkeep_core::time::Wall;

use super::Row;

#[derive(Serialize, Deserialize)]
pub(crate) struct AuditRow<'a> {
    /// SHA-256 of the value with the number before this one; zeros in the first row of all.
    pub(crate) previous: [u8; 32],
    pub(crate) number: u64,
    at: i64,
    name: &'a str,
    role: &'a str,
    by_way_of: &'a str,
    from: &'a str,
    what: &'a str,
    on: &'a str,
    before: &'a str,
    after: &'a str,
}

impl Row for AuditRow<'_> {
    const TABLE: &'static str = "audit_log";
    const VERSION: u8 = 1;
}

impl<'a> AuditRow<'a> {
    pub(crate) fn new(entry: &'a AuditEntry, previous: [u8; 32]) -> Self {
        let AuditEntry { number, at, who, what, on, before, after } = entry;
        let Author { name, role, by_way_of, from } = who;
        Self {
            previous,
            number: *number,
            at: at.millis(),
            name,
            role,
            by_way_of,
            from,
            what,
            on,
            before,
            after,
        }
    }
}
impl From<AuditRow<'_>> for AuditEntry {
    fn from(row: AuditRow<'_>) -> Self {
        AuditEntry {
            number: row.number,
            at: Wall::from_millis(row.at),
            who: Author {
                name: row.name.to_owned(),
                role: row.role.to_owned(),
                by_way_of: row.by_way_of.to_owned(),
                from: row.from.to_owned(),
            },
            what: row.what.to_owned(),
            on: row.on.to_owned(),
            before: row.before.to_owned(),
            after: row.after.to_owned(),
        }
    }
}
