//! Writes more log than anybody reads.

use watchkeep::plugin::log;

watchkeep_hostile_programs::check!("log-flood", |_| {
    for n in 0..5_000 {
        log::write(log::Level::Info, &format!("line {n}"), &[("n".into(), "x".repeat(100))]);
    }
    Ok(report(State::Ok, "fine"))
});
