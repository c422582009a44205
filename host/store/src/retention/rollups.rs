//! Removes roll-ups, each resolution after its own time, and the names of series that have none any more.

use std::time::Duration;

use watchkeep_core::rollup::Resolution;
use watchkeep_core::time::Wall;

use super::{ROWS_PER_SLICE, Sweep};
use crate::appender::Appender;
use crate::error::{ReadError, WriteError};
use crate::options::Retention;
use crate::query::table;
use crate::rollup::{resolution_byte, stretch_of};
use crate::tables::{ROLLUPS, SERIES};

const CHECKS_PER_SLICE: usize = 200;

impl Appender {
    pub(super) fn sweep_rollups(
        &mut self,
        from: u32,
        retention: &Retention,
        before: impl Fn(Duration) -> Wall,
    ) -> Result<Sweep, WriteError> {
        let numbers = self.numbers_from(from, CHECKS_PER_SLICE);
        let next = match numbers.last() {
            Some(last) if numbers.len() == CHECKS_PER_SLICE => Sweep::Rollups(last.saturating_add(1)),
            Some(_) | None => Sweep::Transitions,
        };
        let (mut old, mut unused) = (Vec::new(), Vec::new());
        {
            let snapshot = self.shared.read()?;
            let (Some(rollups), Some(series)) = (table(&snapshot, ROLLUPS)?, table(&snapshot, SERIES)?)
            else {
                return Ok(next);
            };
            for check in numbers {
                for resolution in Resolution::ALL {
                    let kept = match resolution {
                        Resolution::FiveMinutes => retention.five_minutes,
                        Resolution::Hour => retention.hours,
                        Resolution::Day => retention.days,
                    };
                    let byte = resolution_byte(resolution);
                    let end = stretch_of(resolution, before(kept).millis());
                    let range = (check, byte, i64::MIN, 0)..(check, byte, end, 0);
                    for row in rollups.range(range)?.take(ROWS_PER_SLICE) {
                        old.push(row?.0.value());
                    }
                }
                if old.len() >= ROWS_PER_SLICE {
                    break;
                }
                let has_any =
                    rollups.range((check, 0, i64::MIN, 0)..=(check, u8::MAX, i64::MAX, u32::MAX))?.next();
                if has_any.is_none() {
                    let keys = series.range((check, 0)..=(check, u32::MAX))?;
                    unused.extend(keys.map(|row| Ok(row?.0.value())).collect::<Result<Vec<_>, ReadError>>()?);
                }
            }
        }
        if old.is_empty() && unused.is_empty() {
            return Ok(next);
        }
        self.transact(|transaction| {
            let mut rollups = transaction.open_table(ROLLUPS)?;
            for key in &old {
                rollups.remove(key)?;
            }
            let mut series = transaction.open_table(SERIES)?;
            for key in &unused {
                series.remove(key)?;
            }
            Ok(())
        })?;
        Ok(Sweep::Rollups(from))
    }
}
