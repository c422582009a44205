//! One question, as the config wants it asked.

use watchkeep_sdk::Fault;
use watchkeep_sdk::dns::{self, Answer, Failure, Question};

use crate::config::{Dns, Protocol};

/// Why there is no answer.
pub(crate) struct NoAnswer {
    failure: Box<Failure>,
    /// There was one over UDP.
    is_cut: bool,
}

impl NoAnswer {
    /// A fault is none of the server's.
    pub(crate) fn told(self) -> Result<String, Fault> {
        match self.failure.as_fault() {
            Some(fault) => Err(fault),
            None if self.is_cut => Ok(format!(
                "the answer does not fit into a datagram, and over TCP: {}",
                self.failure.sentence()
            )),
            None => Ok(self.failure.sentence()),
        }
    }
}

impl From<Box<Failure>> for NoAnswer {
    fn from(failure: Box<Failure>) -> Self {
        Self { failure, is_cut: false }
    }
}

/// With signatures if the config looks at them.
pub(crate) fn asked(config: &Dns, name: &str, kind: &str, server: Option<&str>) -> Result<Answer, NoAnswer> {
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

/// The host's resolver is asked.
pub(crate) fn of_resolver(config: &Dns, name: &str, kind: &str) -> Result<Answer, NoAnswer> {
    whole(config, dns::question(name, kind).timeout(config.timeout))
}

/// A server that answers for a zone is asked what it knows itself.
pub(crate) fn of_zone(config: &Dns, name: &str, kind: &str, server: &str) -> Result<Answer, NoAnswer> {
    whole(config, dns::question(name, kind).server(server).not_recursive().timeout(config.timeout))
}

/// What does not fit into a datagram comes over TCP.
fn whole(config: &Dns, question: Question) -> Result<Answer, NoAnswer> {
    if config.protocol == Protocol::Tcp {
        return Ok(question.tcp().ask()?);
    }
    let answer = question.ask()?;
    if !answer.truncated {
        return Ok(answer);
    }
    question.tcp().ask().map_err(|failure| NoAnswer { failure, is_cut: true })
}
