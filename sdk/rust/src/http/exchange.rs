//! The result of a request that was fetched.

use std::time::Duration;

use super::{Certificate, Ending, Exchange, Failure, Response, TlsFacts};

impl Exchange {
    /// The response, complete or not; `None` if nobody answered.
    pub fn response(&self) -> Option<&Response> {
        match &self.ending {
            Ending::Whole(response) => Some(response),
            Ending::Cut(incomplete) | Ending::Stopped(incomplete) => Some(&incomplete.response),
            Ending::Unanswered(_) => None,
        }
    }
    /// Why there is no complete response.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.ending {
            Ending::Whole(_) => None,
            Ending::Cut(incomplete) | Ending::Stopped(incomplete) => Some(&incomplete.failure),
            Ending::Unanswered(failure) => Some(failure),
        }
    }
    /// The facts about TLS of the last connection.
    pub fn tls(&self) -> Option<&TlsFacts> {
        match &self.ending {
            Ending::Whole(response) => response.tls.as_ref(),
            Ending::Cut(incomplete) | Ending::Stopped(incomplete) => incomplete.response.tls.as_ref(),
            Ending::Unanswered(failure) => failure.tls.as_ref(),
        }
    }
    /// The time from the beginning to the end, including redirects.
    pub fn elapsed(&self) -> Duration {
        let before: u64 = self.legs.iter().map(|leg| leg.hop.timings.total).sum();
        let last = match &self.ending {
            Ending::Whole(response) => response.timings.total,
            Ending::Cut(incomplete) | Ending::Stopped(incomplete) => incomplete.response.timings.total,
            Ending::Unanswered(failure) => failure.timings.total,
        };
        Duration::from_nanos(before + last)
    }
    /// The certificates that expire first, one for each connection on the way.
    pub fn earliest_expiries(&self) -> impl Iterator<Item = &Certificate> {
        let legs = self.legs.iter().map(|leg| (leg.tls.as_ref(), &leg.path));
        let all = legs.chain(std::iter::once((self.tls(), &self.path)));
        all.filter_map(|(tls, path)| tls?.earliest_of(path))
    }
}
