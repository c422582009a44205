//! How much each plugin has logged in this minute, over all its calls. A check that runs every second, or a thousand
//! checks of one plugin, must not bury what others log, nor fill the disk that the log is on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

pub(super) const LINES_A_MINUTE: u32 = 600;
const MINUTE: Duration = Duration::from_secs(60);
/// How many plugins are remembered before those whose minute is over are forgotten.
const PLUGINS_MAX: usize = 1_000;

/// The minutes of all plugins; one per engine.
#[derive(Debug, Default)]
pub(crate) struct Minutes(Mutex<HashMap<Arc<str>, Minute>>);

#[derive(Clone, Copy, Debug)]
struct Minute {
    began: Instant,
    lines: u32,
    dropped: u32,
}

/// What happens to a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Admission {
    Logged,
    /// The line is logged, with a note about this many lines that were dropped in the plugin's last minute.
    LoggedAfter(u32),
    Dropped,
}

impl Minutes {
    pub(super) fn admit(&self, plugin: &Arc<str>) -> Admission {
        self.admit_at(plugin, Instant::now())
    }

    fn admit_at(&self, plugin: &Arc<str>, now: Instant) -> Admission {
        let mut minutes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |minute: &Minute| now.saturating_duration_since(minute.began) >= MINUTE;
        if minutes.len() >= PLUGINS_MAX && !minutes.contains_key(plugin) {
            minutes.retain(|_, minute| !is_over(minute));
        }
        let fresh = Minute { began: now, lines: 0, dropped: 0 };
        let minute = minutes.entry(Arc::clone(plugin)).or_insert(fresh);
        let mut dropped_before = 0;
        if is_over(minute) {
            dropped_before = minute.dropped;
            *minute = fresh;
        }
        if minute.lines >= LINES_A_MINUTE {
            minute.dropped = minute.dropped.saturating_add(1);
            return Admission::Dropped;
        }
        minute.lines += 1;
        if dropped_before > 0 { Admission::LoggedAfter(dropped_before) } else { Admission::Logged }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_that_logs_without_end_is_cut_off_for_the_rest_of_the_minute_and_no_other_is() {
        let minutes = Minutes::default();
        let (loud, quiet): (Arc<str>, Arc<str>) = ("loud".into(), "quiet".into());
        let now = Instant::now();
        let said: Vec<_> = (0..5_000).map(|_| minutes.admit_at(&loud, now)).collect();
        let logged = said.iter().filter(|said| **said == Admission::Logged).count();
        assert_eq!(logged, LINES_A_MINUTE as usize);
        assert_eq!(minutes.admit_at(&quiet, now), Admission::Logged);
        assert_eq!(minutes.admit_at(&loud, now + MINUTE / 2), Admission::Dropped);
        let later = now + MINUTE;
        assert_eq!(minutes.admit_at(&loud, later), Admission::LoggedAfter(5_001 - LINES_A_MINUTE));
        assert_eq!(minutes.admit_at(&loud, later), Admission::Logged);
    }

    #[test]
    fn plugins_that_say_nothing_any_more_are_forgotten() {
        let minutes = Minutes::default();
        let now = Instant::now();
        for at in 0..PLUGINS_MAX {
            minutes.admit_at(&format!("plugin{at}").into(), now);
        }
        minutes.admit_at(&"new".into(), now + MINUTE);
        assert_eq!(minutes.0.lock().unwrap().len(), 1);
    }
}
