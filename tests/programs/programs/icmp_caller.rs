//! Pings what its config names.

use watchkeep::plugin::{icmp, transport::Family};
use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::check!("icmp-caller", |run| {
    let number = |name: &str, usual: u16| field(&run.config, name).parse().unwrap_or(usual);
    let millis = |name: &str, usual: u64| field(&run.config, name).parse().unwrap_or(usual);
    let options = icmp::EchoOptions {
        count: number("count", 3),
        interval: millis("interval", 20),
        timeout: millis("timeout", 2_000),
        size: number("size", 56),
        family: Family::Any,
    };
    Ok(match icmp::echo(field(&run.config, "host"), options) {
        Ok(echoes) => {
            let lost = echoes.round_trips.iter().filter(|round_trip| round_trip.is_none()).count();
            report(State::Ok, format!("{}: {} sent, {lost} lost", echoes.ip, echoes.round_trips.len()))
        }
        Err(failure) => {
            report(State::Critical, format!("{:?} in {:?}: {}", failure.kind, failure.phase, failure.message))
        }
    })
});
