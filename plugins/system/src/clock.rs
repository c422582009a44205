//! The machine's clock, by what the kernel was told of it.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::system::ClockState;
use watchkeep_sdk::wording::value;

use crate::config::{Pair, System};
use crate::words;

pub(crate) fn finding(config: &System, told: &ClockState) -> Finding {
    let ClockState { synchronised, offset_seconds, estimated_error_seconds, maximum_error_seconds } = *told;
    let mut complaints = Complaints::default();
    let offset = Pair { warning: config.clock_offset_warning, critical: config.clock_offset_critical };
    let error = Pair { warning: config.clock_error_warning, critical: config.clock_error_critical };
    let opening = if synchronised {
        above(offset_seconds.abs(), offset, "it has to be corrected by", &mut complaints);
        above(estimated_error_seconds, error, "its estimated error is", &mut complaints);
        let seconds = |seconds: f64| value(seconds, "seconds");
        format!(
            "the clock is synchronised, {} off, with an estimated error of {}",
            seconds(offset_seconds.abs()),
            seconds(estimated_error_seconds)
        )
    } else {
        // What the kernel says beside it means nothing then.
        complaints.warning(
            "nobody has told the kernel for long that it is right; hint: does chronyd (with `rtcsync`), systemd-timesyncd or \
             ntpd run, and does it reach its servers?",
        );
        "the clock is not synchronised".to_owned()
    };
    let found = words::finding("clock".to_owned(), opening, &complaints)
        .metric("system_clock_synchronised", synchronised);
    if !synchronised {
        return found;
    }
    let either_way = |limit: Duration| Range::between(-limit.as_secs_f64(), limit.as_secs_f64());
    let at_most = |limit: Duration| Range::at_most(limit.as_secs_f64());
    found
        .with(
            Metric::new("system_clock_offset", offset_seconds, "seconds")
                .warning(either_way(offset.warning))
                .critical(either_way(offset.critical)),
        )
        .with(
            Metric::new("system_clock_estimated_error", estimated_error_seconds, "seconds")
                .warning(at_most(error.warning))
                .critical(at_most(error.critical)),
        )
        .with(Metric::new("system_clock_maximum_error", maximum_error_seconds, "seconds"))
}

fn above(seconds: f64, limits: Pair<Duration>, said: &str, complaints: &mut Complaints) {
    let is_above = |limit: Duration| seconds > limit.as_secs_f64();
    let said = |limit: Duration| format!("{said} more than {}", value(limit.as_secs_f64(), "seconds"));
    if is_above(limits.critical) {
        complaints.critical(said(limits.critical));
    } else if is_above(limits.warning) {
        complaints.warning(said(limits.warning));
    }
}
