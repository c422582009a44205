//! That people, tokens and sessions agree with their keys, and that nobody cut into the audit log.

use redb::{ReadTransaction, ReadableTable as _};
use watchkeep_core::access::{ApiToken, User};
use watchkeep_core::ids::Digest;
use watchkeep_core::marker::Marker;
use watchkeep_core::note::Note;
use watchkeep_core::subscription::{Subscriber, Told};

use super::{Audit, holds};
use crate::error::ReadError;
use crate::query::table;
use crate::row::{
    AuditRow, MarkerRow, NoteRow, SessionRow, SubscriberRow, TokenRow, ToldRow, UserRow, decode,
};
use crate::tables::{AUDIT_LOG, MARKERS, NOTES, SESSIONS, SUBSCRIBERS, TOKENS, TOLD_SUBSCRIBERS, USERS};

impl Audit {
    pub(super) fn access(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        let users = table(snapshot, USERS)?;
        if let Some(users) = &users {
            for row in users.iter()? {
                let (key, bytes) = row?;
                let read = decode::<UserRow<'_>>(bytes.value()).and_then(User::try_from);
                let Some(user) = self.read("users", key.value(), read) else { continue };
                self.expect(
                    holds(user.name == key.value()),
                    "users",
                    key.value(),
                    "its key is another user's",
                );
            }
        }
        if let Some(tokens) = table(snapshot, TOKENS)? {
            for row in tokens.iter()? {
                let (key, bytes) = row?;
                let read = decode::<TokenRow<'_>>(bytes.value()).and_then(ApiToken::try_from);
                let Some(token) = self.read("tokens", key.value(), read) else { continue };
                self.expect(
                    holds(token.id == key.value()),
                    "tokens",
                    key.value(),
                    "its key is another token's",
                );
            }
        }
        if let Some(sessions) = table(snapshot, SESSIONS)? {
            for row in sessions.iter()? {
                let (key, bytes) = row?;
                let shown = Digest(key.value()).short();
                let Some(session) = self.read("sessions", &shown, decode::<SessionRow<'_>>(bytes.value()))
                else {
                    continue;
                };
                self.expect(
                    holds(session.key == key.value()),
                    "sessions",
                    &shown,
                    "its key is another session's",
                );
                let Some(name) = session.user() else { continue };
                let known = match &users {
                    Some(users) => users.get(name)?.is_some(),
                    None => false,
                };
                self.expect(holds(known), "sessions", &shown, "its user is not there");
            }
        }
        Ok(())
    }

    /// Notes of status pages agree with their keys, and say something.
    pub(super) fn notes(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        let Some(notes) = table(snapshot, NOTES)? else { return Ok(()) };
        for row in notes.iter()? {
            let (key, bytes) = row?;
            let read = decode::<NoteRow<'_>>(bytes.value()).map(Note::from);
            let Some(note) = self.read("notes", key.value(), read) else { continue };
            let same = note.id.as_str() == key.value();
            self.expect(holds(same), "notes", key.value(), "its key is another note's");
            self.expect(holds(!note.entries.is_empty()), "notes", key.value(), "it has no entry");
        }
        Ok(())
    }

    /// Markers agree with their keys.
    pub(super) fn markers(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        let Some(markers) = table(snapshot, MARKERS)? else { return Ok(()) };
        for row in markers.iter()? {
            let (key, bytes) = row?;
            let read = decode::<MarkerRow<'_>>(bytes.value()).map(Marker::from);
            let Some(marker) = self.read("markers", key.value(), read) else { continue };
            let same = marker.id.as_str() == key.value();
            self.expect(holds(same), "markers", key.value(), "its key is another marker's");
        }
        Ok(())
    }

    /// Subscribers agree with their keys.
    pub(super) fn subscribers(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        if let Some(subscribers) = table(snapshot, SUBSCRIBERS)? {
            for row in subscribers.iter()? {
                let (key, bytes) = row?;
                let read = decode::<SubscriberRow<'_>>(bytes.value()).and_then(Subscriber::try_from);
                let Some(subscriber) = self.read("subscribers", key.value(), read) else { continue };
                let same = subscriber.id.as_str() == key.value();
                self.expect(holds(same), "subscribers", key.value(), "its key is another subscriber's");
            }
        }
        let Some(told) = table(snapshot, TOLD_SUBSCRIBERS)? else { return Ok(()) };
        for row in told.iter()? {
            let (key, bytes) = row?;
            let read = decode::<ToldRow<'_>>(bytes.value()).map(Told::from);
            self.read("told_subscribers", key.value(), read);
        }
        Ok(())
    }

    /// Each entry holds the hash of the one before it, and no number is missing. What was cut off at the end does not
    /// show here: for that, the newest number and its hash are written down elsewhere.
    pub(super) fn log(&mut self, snapshot: &ReadTransaction) -> Result<(), ReadError> {
        let Some(log) = table(snapshot, AUDIT_LOG)? else { return Ok(()) };
        let mut before: Option<(u64, [u8; 32])> = None;
        for row in log.iter()? {
            let (key, bytes) = row?;
            let number = key.value();
            let read = self.read("audit_log", number, decode::<AuditRow<'_>>(bytes.value()));
            if let Some(entry) = read {
                self.expect(holds(entry.number == number), "audit_log", number, "its key is another entry's");
                // The first entry has nothing before it, unless older ones were removed for their age.
                let (previous, is_next) = match before {
                    Some((last, hash)) => (hash, number == last + 1),
                    None if number == 1 => ([0; 32], true),
                    None => (entry.previous, true),
                };
                self.expect(holds(is_next), "audit_log", number, "entries before it are missing");
                let same = entry.previous == previous;
                self.expect(
                    holds(same),
                    "audit_log",
                    number,
                    "the entry before it is not the one that it was written after",
                );
            }
            before = Some((number, Digest::of(bytes.value()).0));
        }
        Ok(())
    }
}
