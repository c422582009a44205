//! When to try again (rule D2): full jitter, that is, a uniform draw between zero and a window that doubles from
//! `FIRST` to `LONGEST`. The draw is a hash of delivery and attempt, so a replay gives the same moments.

use std::time::Duration;

use crate::ids::{DeliveryId, stable_hash};

const FIRST: Duration = Duration::from_secs(2);

const LONGEST: Duration = Duration::from_secs(300);

/// How long a delivery is tried before it is given up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);

/// No delivery is given up sooner than this after a start of the host: its network may come up later, and a clock that
/// is ahead makes every delivery look old.
pub(crate) const PATIENCE_AFTER_START: Duration = Duration::from_secs(60 * 60);

/// The upper end of the draw after `attempts` attempts: 2, 4, 8 ... 300 seconds.
pub(crate) fn window(attempts: u32) -> Duration {
    let doublings = attempts.saturating_sub(1).min(16);
    (FIRST * (1 << doublings)).min(LONGEST)
}

/// The span to the next attempt after `attempts` attempts failed.
pub(crate) fn after(delivery: DeliveryId, attempts: u32) -> Duration {
    let window = u64::try_from(window(attempts).as_millis()).expect("the window is minutes");
    Duration::from_millis(stable_hash(&format!("{delivery}#{attempts}")) % (window + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_doubles_up_to_five_minutes() {
        let seconds: Vec<u64> = (1..=10).map(|attempt| window(attempt).as_secs()).collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(window(u32::MAX), LONGEST);
    }

    #[test]
    fn draws_fill_the_whole_window_and_repeat_exactly() {
        let draws: Vec<Duration> = (0..2000).map(|id| after(DeliveryId(id), 5)).collect();
        assert!(draws.iter().all(|draw| *draw <= window(5)));
        let below = |part: u32| draws.iter().filter(|draw| **draw < window(5) / 10 * part).count();
        for part in 1..10 {
            let expected = 200 * part as usize;
            assert!(below(part).abs_diff(expected) < 120, "{} draws below {part}/10", below(part));
        }
        assert_eq!(after(DeliveryId(7), 3), after(DeliveryId(7), 3));
        assert_ne!(after(DeliveryId(7), 3), after(DeliveryId(8), 3));
    }
}
