//! Imports an interface that this version does not offer.

use watchkeep::plugin::snapshots::{self, Series};

watchkeep_hostile_programs::check!("imports-snapshots", |run| {
    Ok(match snapshots::latest(&Series { check: None, name: run.config }) {
        Ok(_) => report(State::Ok, "there"),
        Err(_) => report(State::Critical, "not there"),
    })
});
