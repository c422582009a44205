//! Why a notification about an alert was sent or not (rule A12).

use watchkeep_core::alert::AlertKey;
use watchkeep_core::commit::Decision;

use crate::error::ReadError;
use crate::guard;
use crate::row::{DecisionRow, alert_key, decode};
use crate::store::Store;
use crate::tables::DECISIONS;

/// The most decisions of one query; more are never kept for long.
const DECISIONS_MAX: usize = 1000;

impl Store {
    /// Decisions about one alert key, newest first.
    pub fn decisions(&self, key: &AlertKey) -> Result<Vec<Decision>, ReadError> {
        guard::reading(|| {
            let key = alert_key(key);
            let table = self.shared.read()?.open_table(DECISIONS)?;
            let rows = table.range((key.as_slice(), 0)..=(key.as_slice(), u64::MAX))?.rev();
            rows.take(DECISIONS_MAX)
                .map(|row| Ok(decode::<DecisionRow<'_>>(row?.1.value())?.into()))
                .collect()
        })
    }
}
