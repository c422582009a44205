//! Transitions, of all subjects or of one.

use watchkeep_core::commit::Transition;

use super::{
    Page, Pager, TransitionsOf, TransitionsQuery, millis, subject_of_check, subject_of_host,
    subject_of_plugin,
};
use crate::error::ReadError;
use crate::guard;
use crate::row::{Row, TransitionRow, decode};
use crate::store::Store;
use crate::stretches::{stretches, walk};
use crate::tables::{TRANSITIONS, TRANSITIONS_BY_SUBJECT};

impl Store {
    /// Transitions in the order in which they came, newest first, whatever the clock did.
    pub fn transitions(&self, query: &TransitionsQuery) -> Result<Page<Transition>, ReadError> {
        guard::reading(|| match &query.of {
            TransitionsOf::All => self.all_transitions(query),
            TransitionsOf::Check(check) => self.transitions_of(&subject_of_check(check), query),
            TransitionsOf::Plugin(plugin) => self.transitions_of(&subject_of_plugin(plugin), query),
            TransitionsOf::Host(problem) => self.transitions_of(&subject_of_host(*problem), query),
        })
    }

    fn all_transitions(&self, query: &TransitionsQuery) -> Result<Page<Transition>, ReadError> {
        let mut page = Pager::new(query.limit);
        let snapshot = self.shared.read()?;
        let table = snapshot.open_table(TRANSITIONS)?;
        for (stretch, range) in walk(stretches(&snapshot)?, millis(&query.between), query.after) {
            for row in table.range(range)?.rev() {
                let (key, value) = row?;
                if !stretch.has(key.value()) {
                    continue;
                }
                if page.is_full() {
                    return Ok(page.finish());
                }
                page.push(key.value().into(), decode::<TransitionRow<'_>>(value.value())?.into());
            }
        }
        Ok(page.finish())
    }

    fn transitions_of(&self, subject: &str, query: &TransitionsQuery) -> Result<Page<Transition>, ReadError> {
        let mut page = Pager::new(query.limit);
        let snapshot = self.shared.read()?;
        let transitions = snapshot.open_table(TRANSITIONS)?;
        let keys = snapshot.open_table(TRANSITIONS_BY_SUBJECT)?;
        for (stretch, range) in walk(stretches(&snapshot)?, millis(&query.between), query.after) {
            let (low, high) = (range.start, range.end);
            for row in keys.range((subject, low.0, low.1)..(subject, high.0, high.1))?.rev() {
                let (_, millis, sequence) = row?.0.value();
                if !stretch.has((millis, sequence)) {
                    continue;
                }
                if page.is_full() {
                    return Ok(page.finish());
                }
                let value = transitions.get((millis, sequence))?.ok_or_else(|| ReadError::BadRow {
                    table: TransitionRow::TABLE,
                    detail: format!("{millis}.{sequence} of {subject} is missing"),
                })?;
                page.push((millis, sequence).into(), decode::<TransitionRow<'_>>(value.value())?.into());
            }
        }
        Ok(page.finish())
    }
}
