//! One question, as the config wants it asked.

use watchkeep_sdk::dns::{self, Answer, Failure, Question};

use crate::config::{Dns, Protocol};

/// With signatures if the config looks at them.
pub(crate) fn asked(
    config: &Dns,
    name: &str,
    kind: &str,
    server: Option<&str>,
) -> Result<Answer, Box<Failure>> {
    let mut question = dns::question(name, kind).timeout(config.timeout);
    if let Some(server) = server {
        question = question.server(server);
    }
    if !config.recursive {
        question = question.not_recursive();
    }
    if config.authenticated || config.asks_for_signatures() {
        question = question.dnssec();
    }
    whole(config, question)
}

/// A server that answers for a zone is asked what it knows itself.
pub(crate) fn of_zone(config: &Dns, name: &str, kind: &str, server: &str) -> Result<Answer, Box<Failure>> {
    whole(config, dns::question(name, kind).server(server).not_recursive().timeout(config.timeout))
}

/// What does not fit into a datagram comes over TCP.
fn whole(config: &Dns, question: Question) -> Result<Answer, Box<Failure>> {
    if config.protocol == Protocol::Tcp {
        return question.tcp().ask();
    }
    let answer = question.ask()?;
    if answer.truncated { question.tcp().ask() } else { Ok(answer) }
}
