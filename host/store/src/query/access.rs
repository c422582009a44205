//! Who may use the host, and what they did.

use redb::ReadableTable as _;
use watchkeep_core::access::{AccessChange, Directory, Session};
use watchkeep_core::audit_log::AuditEntry;
use watchkeep_core::ids::Digest;

use super::table;
use crate::error::ReadError;
use crate::guard;
use crate::row::{AuditRow, SessionRow, TokenRow, UserRow, decode};
use crate::store::Store;
use crate::tables::{AUDIT_LOG, SESSIONS, TOKENS, USERS};

/// Which entries of the audit log are asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditQuery {
    /// Only entries with a lower number; `None` begins with the newest.
    pub before: Option<u64>,
    /// Only what this person or token did.
    pub by: Option<String>,
    /// Only what begins with this, as `alert.`.
    pub what: Option<String>,
    /// The most entries.
    pub limit: usize,
}

/// The most rows that one query reads for a filter that fits few.
const LOOKED_AT_MAX: usize = 20_000;

/// The newest entry, and the hash that the next one will hold. Whoever writes both down elsewhere can tell later that
/// nothing up to there was changed or cut off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuditHead {
    pub number: u64,
    pub hash: Digest,
}

impl Store {
    /// Everybody who may use the host.
    pub fn directory(&self) -> Result<Directory, ReadError> {
        guard::reading(|| {
            let read = self.shared.read()?;
            let mut directory = Directory::default();
            if let Some(users) = table(&read, USERS)? {
                for row in users.iter()? {
                    let user = decode::<UserRow<'_>>(row?.1.value())?.try_into()?;
                    directory.apply(&AccessChange::PutUser(user));
                }
            }
            if let Some(tokens) = table(&read, TOKENS)? {
                for row in tokens.iter()? {
                    let token = decode::<TokenRow<'_>>(row?.1.value())?.try_into()?;
                    directory.apply(&AccessChange::PutToken(token));
                }
            }
            if let Some(sessions) = table(&read, SESSIONS)? {
                for row in sessions.iter()? {
                    let session: Session = decode::<SessionRow<'_>>(row?.1.value())?.into();
                    directory.apply(&AccessChange::PutSession(session));
                }
            }
            Ok(directory)
        })
    }

    /// The newest entry of the audit log; `None` if there is none.
    pub fn audit_head(&self) -> Result<Option<AuditHead>, ReadError> {
        guard::reading(|| {
            let Some(log) = table(&self.shared.read()?, AUDIT_LOG)? else { return Ok(None) };
            let last = log.last()?;
            Ok(last
                .map(|(number, bytes)| AuditHead { number: number.value(), hash: Digest::of(bytes.value()) }))
        })
    }

    /// An entry and its hash, as `audit_head` told them when it was the newest; `None` if there is none of that number.
    pub fn audit_head_at(&self, number: u64) -> Result<Option<AuditHead>, ReadError> {
        guard::reading(|| {
            let Some(log) = table(&self.shared.read()?, AUDIT_LOG)? else { return Ok(None) };
            let found = log.get(number)?;
            Ok(found.map(|bytes| AuditHead { number, hash: Digest::of(bytes.value()) }))
        })
    }

    /// Entries, newest first, and the number with which to go on; `None` at the end.
    pub fn audit_log(&self, query: &AuditQuery) -> Result<(Vec<AuditEntry>, Option<u64>), ReadError> {
        guard::reading(|| {
            let Some(log) = table(&self.shared.read()?, AUDIT_LOG)? else { return Ok((Vec::new(), None)) };
            let mut found = Vec::new();
            let rows = log.range(..query.before.unwrap_or(u64::MAX))?.rev();
            for (looked_at, row) in rows.enumerate() {
                let (number, bytes) = row?;
                if found.len() == query.limit || looked_at == LOOKED_AT_MAX {
                    return Ok((found, Some(number.value() + 1)));
                }
                let entry: AuditEntry = decode::<AuditRow<'_>>(bytes.value())?.into();
                let fits = query.by.as_ref().is_none_or(|by| *by == entry.who.name)
                    && query.what.as_ref().is_none_or(|what| entry.what.starts_with(what.as_str()));
                if fits {
                    found.push(entry);
                }
            }
            Ok((found, None))
        })
    }
}
