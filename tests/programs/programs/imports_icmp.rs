//! Imports an interface that this version does not offer.

use watchkeep::plugin::{icmp, transport::Family};

watchkeep_hostile_programs::check!("imports-icmp", |run| {
    let options = icmp::EchoOptions { count: 1, interval: 1, timeout: 1, size: 8, family: Family::Any };
    Ok(match icmp::echo(&run.config, options) {
        Ok(_) => report(State::Ok, "there"),
        Err(failure) => report(State::Critical, failure.message),
    })
});
