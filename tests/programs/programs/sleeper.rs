//! Sleeps as its config says, and tells how much of its time is gone and left. What describes it tries to sleep for ever.

use watchkeep::plugin::clock;
use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::check!(
    "sleeper",
    |run| {
        // Whoever listens hears that it is about to sleep.
        if field(&run.config, "heard") == "yes" {
            clock::monotonic();
        }
        let number = |name| field(&run.config, name).parse::<u64>().unwrap_or(1);
        for _ in 0..number("times") {
            clock::sleep(number("millis"));
        }
        Ok(report(State::Ok, format!("{} {}", clock::monotonic() / 1_000_000, clock::remaining())))
    },
    || {
        for _ in 0..3 {
            clock::sleep(u64::MAX);
        }
        assert!(clock::remaining() > 5_000, "it slept while it was described");
    }
);
