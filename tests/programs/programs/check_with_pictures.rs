//! Imports what only notifiers may.

use watchkeep::plugin::pictures;

watchkeep_hostile_programs::check!("check-with-pictures", |run| {
    Ok(match pictures::read(&run.config, 1) {
        Ok(_) => report(State::Ok, "there"),
        Err(_) => report(State::Critical, "not there"),
    })
});
