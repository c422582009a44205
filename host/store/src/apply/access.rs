//! Who may use the host, and the log of what they did.

use redb::ReadableTable as _;
use watchkeep_core::access::AccessChange;
use watchkeep_core::audit_log::AuditEntry;
use watchkeep_core::ids::Digest;

use super::Session;
use crate::error::WriteError;
use crate::row::{AuditRow, SessionRow, TokenRow, UserRow, encode};

impl Session<'_, '_> {
    pub(super) fn access(&mut self, change: &AccessChange) -> Result<(), WriteError> {
        match change {
            AccessChange::PutUser(user) => {
                let bytes = encode(&UserRow::from(user));
                self.tables.users()?.insert(user.name.as_str(), bytes.as_slice())?;
            }
            AccessChange::RemoveUser(name) => {
                self.tables.users()?.remove(name.as_str())?;
            }
            AccessChange::PutToken(token) => {
                let bytes = encode(&TokenRow::from(token));
                self.tables.tokens()?.insert(token.id.as_str(), bytes.as_slice())?;
            }
            AccessChange::RemoveToken(id) => {
                self.tables.tokens()?.remove(id.as_str())?;
            }
            AccessChange::PutSession(session) => {
                let bytes = encode(&SessionRow::from(session));
                self.tables.sessions()?.insert(session.key.0, bytes.as_slice())?;
            }
            AccessChange::RemoveSession(key) => {
                self.tables.sessions()?.remove(key.0)?;
            }
        }
        Ok(())
    }

    /// Appends an entry. One whose number is there already was written before: it is not chained again.
    pub(super) fn audit_entry(&mut self, entry: &AuditEntry) -> Result<(), WriteError> {
        let table = self.tables.audit_log()?;
        let last = table.last()?.map(|(number, bytes)| (number.value(), Digest::of(bytes.value()).0));
        let previous = match last {
            Some((number, _)) if number >= entry.number => return Ok(()),
            Some((_, hash)) => hash,
            None => [0; 32],
        };
        table.insert(entry.number, encode(&AuditRow::new(entry, previous)).as_slice())?;
        Ok(())
    }
}
