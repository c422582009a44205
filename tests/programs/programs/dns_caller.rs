//! Asks what its config says, and tells what the server answered.

use watchkeep::plugin::dns::{self, Protocol, Question};
use watchkeep::plugin::transport::Address;
use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::check!("dns-caller", |run| {
    let config = run.config.as_str();
    let port = field(config, "port").parse().unwrap_or(0);
    let server = field(config, "server");
    let question = Question {
        name: field(config, "name").into(),
        kind: field(config, "kind").into(),
        server: (!server.is_empty()).then(|| Address { ip: server.into(), port }),
        protocol: if field(config, "protocol") == "tcp" { Protocol::Tcp } else { Protocol::Udp },
        recursive: true,
        dnssec: false,
        timeout: field(config, "timeout").parse().unwrap_or(3_600_000),
    };
    for _ in 1..field(config, "times").parse().unwrap_or(1) {
        // What it comes to is told by the last one.
        let _ = dns::query(&question);
    }
    Ok(match dns::query(&question) {
        Ok(answer) => {
            let records: Vec<_> = answer
                .answers
                .iter()
                .map(|record| format!("{} {} {} {}", record.name, record.ttl, record.kind, record.data))
                .collect();
            let raw: usize = answer.answers.iter().map(|record| record.raw.len()).sum();
            let summary = format!(
                "{} [{}] raw {raw} truncated {}",
                answer.status,
                records.join(", "),
                answer.truncated
            );
            report(State::Ok, summary)
        }
        Err(failure) => {
            report(State::Critical, format!("{:?} in {:?}: {}", failure.kind, failure.phase, failure.message))
        }
    })
});
