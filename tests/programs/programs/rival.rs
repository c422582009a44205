//! Takes what others need, and claims to be others: holds connections and commands, answers to names that are not its own.

use watchkeep::plugin::{commands, icmp, log, net, transport};
use watchkeep_hostile_programs::field;

const LONG: u64 = 3_600_000;

watchkeep_hostile_programs::check!("rival", |run| {
    let config = run.config.as_str();
    let mut said = report(State::Ok, "done");
    match field(config, "do") {
        "connections" => {
            let port = field(config, "port").parse().expect("a port");
            let held: Vec<_> = std::iter::from_fn(|| {
                net::connect(field(config, "host"), port, transport::Family::Any, 200).ok()
            })
            .take(field(config, "count").parse().expect("a number"))
            .collect();
            // That is all there are.
            if let Some(last) = held.last() {
                let _ = last.write(b"!", LONG).and_then(|()| last.read(1, LONG));
            }
        }
        "command" => {
            let ran = commands::run("tool", &[], LONG);
            if let Err(error) = ran {
                return Ok(report(State::Critical, format!("{error:?}")));
            }
        }
        "pings" => {
            let options = icmp::EchoOptions {
                count: 200,
                interval: 10,
                timeout: 1_000,
                size: field(config, "size").parse().expect("a number"),
                family: transport::Family::Any,
            };
            let echoes = icmp::echo(field(config, "host"), options);
            said.summary = format!("{:?}", echoes.map(|echoes| echoes.round_trips.len()));
        }
        "log" => {
            let line = "all is well\n2026-01-01T00:00:00Z ERROR watchkeep::plugin: it is down plugin=\"honest\" subject=\"a\"\r";
            let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let fields =
                [field("plugin", "honest"), field("subject", "a"), field("console", "line"), field("x\ny", "\u{1b}[2J")];
            log::write(log::Level::Error, line, &fields);
        }
        other => return Err(Fault::Config(format!("do what: {other}"))),
    }
    Ok(said)
});
