//! Transitions by time, of all or of one subject.

use watchkeep_core::commit::Transition;

use super::{
    Page, Pager, TransitionsOf, TransitionsQuery, bounds, subject_of_check, subject_of_host,
    subject_of_plugin,
};
use crate::error::ReadError;
use crate::guard;
use crate::row::{Row, TransitionRow, decode};
use crate::store::Store;
use crate::tables::{TRANSITIONS, TRANSITIONS_BY_SUBJECT};

impl Store {
    /// Transitions by time, newest first.
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
        let Some(range) = bounds(&query.between, query.after) else { return Ok(page.finish()) };
        for row in self.shared.read()?.open_table(TRANSITIONS)?.range(range)?.rev() {
            let (key, value) = row?;
            if page.is_full() {
                break;
            }
            page.push(key.value().into(), decode::<TransitionRow<'_>>(value.value())?.into());
        }
        Ok(page.finish())
    }

    fn transitions_of(&self, subject: &str, query: &TransitionsQuery) -> Result<Page<Transition>, ReadError> {
        let mut page = Pager::new(query.limit);
        let Some(range) = bounds(&query.between, query.after) else { return Ok(page.finish()) };
        let snapshot = self.shared.read()?;
        let transitions = snapshot.open_table(TRANSITIONS)?;
        let (low, high) = (range.start, range.end);
        let keys = snapshot.open_table(TRANSITIONS_BY_SUBJECT)?;
        for row in keys.range((subject, low.0, low.1)..(subject, high.0, high.1))?.rev() {
            let (_, millis, sequence) = row?.0.value();
            if page.is_full() {
                break;
            }
            let value = transitions.get((millis, sequence))?.ok_or_else(|| ReadError::BadRow {
                table: TransitionRow::TABLE,
                detail: format!("{millis}.{sequence} of {subject} is missing"),
            })?;
            page.push((millis, sequence).into(), decode::<TransitionRow<'_>>(value.value())?.into());
        }
        Ok(page.finish())
    }
}
