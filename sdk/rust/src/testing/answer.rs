//! What the scripted host answers to a request.

use std::time::Duration;

use crate::http::{
    Address, Certificate, Failure, FailureKind, Header, Phase, Reading, Response, Timings, TlsFacts,
};

/// A response, or a failure.
///
/// ```
/// use std::time::Duration;
/// use watchkeep_sdk::http::{FailureKind, Phase};
/// use watchkeep_sdk::testing::Answer;
///
/// let slow = Answer::status(200).header("content-type", "text/plain").body("at last").after(Duration::from_secs(3));
/// let refused = Answer::failure(FailureKind::Refused, Phase::Connect, "").from("127.0.0.1", 81);
/// ```
#[derive(Clone, Debug)]
pub struct Answer {
    pub(super) kind: Kind,
    pub(super) took: Duration,
    pub(super) peer: Option<Address>,
    pub(super) tls: Option<TlsFacts>,
    pub(super) more: Box<More>,
}

/// What only `fetch` returns.
#[derive(Clone, Debug)]
pub(super) struct More {
    pub(super) path: Vec<u32>,
    pub(super) cut: Option<(FailureKind, String)>,
    pub(super) reading: Reading,
    pub(super) leniences: Vec<String>,
    pub(super) trailers: Vec<Header>,
    pub(super) version: &'static str,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Response { status: u16, headers: Vec<Header>, body: Vec<u8> },
    Failure { kind: FailureKind, phase: Phase, message: String },
}

impl Answer {
    /// A response with an empty body, after 10 ms.
    pub fn status(status: u16) -> Self {
        Self::new(Kind::Response { status, headers: Vec::new(), body: Vec::new() })
    }
    /// A failure without a response.
    pub fn failure(kind: FailureKind, phase: Phase, message: &str) -> Self {
        Self::new(Kind::Failure { kind, phase, message: message.to_owned() })
    }
    /// A failure because a right is missing.
    pub fn denied(message: &str) -> Self {
        Self::failure(FailureKind::Denied, Phase::Policy, message)
    }
    fn new(kind: Kind) -> Self {
        let peer = Some(Address { ip: "192.0.2.1".to_owned(), port: 443 });
        let more = More {
            path: Vec::new(),
            cut: None,
            reading: Reading::All,
            leniences: Vec::new(),
            trailers: Vec::new(),
            version: "HTTP/1.1",
        };
        Self { kind, took: Duration::from_millis(10), peer, tls: None, more: Box::new(more) }
    }
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        match &mut self.kind {
            Kind::Response { headers, .. } => {
                headers.push(Header { name: name.to_owned(), value: value.to_owned() });
            }
            Kind::Failure { .. } => panic!("a failure has no headers"),
        }
        self
    }
    #[must_use]
    pub fn body(mut self, text: impl Into<Vec<u8>>) -> Self {
        match &mut self.kind {
            Kind::Response { body, .. } => *body = text.into(),
            Kind::Failure { .. } => panic!("a failure has no body"),
        }
        self
    }
    /// Sets how long it took.
    #[must_use]
    pub fn after(mut self, took: Duration) -> Self {
        self.took = took;
        self
    }
    /// Sets who answered.
    #[must_use]
    pub fn from(mut self, ip: &str, port: u16) -> Self {
        self.peer = Some(Address { ip: ip.to_owned(), port });
        self
    }
    /// Sets the peer's chain, leaf first, as a trusted one.
    #[must_use]
    pub fn chain(mut self, chain: impl IntoIterator<Item = Certificate>) -> Self {
        self.tls = Some(TlsFacts {
            protocol: "TLSv1.3".to_owned(),
            cipher_suite: None,
            alpn: None,
            chain: chain.into_iter().collect(),
            ocsp: None,
            untrusted: None,
        });
        self
    }

    /// Sets which certificates of the chain the trust rests on, by their positions; all of them by default.
    #[must_use]
    pub fn trusted_by(mut self, places: impl IntoIterator<Item = u32>) -> Self {
        self.more.path = places.into_iter().collect();
        self
    }
    /// Lets the body break off at its end.
    #[must_use]
    pub fn cut(mut self, kind: FailureKind, message: &str) -> Self {
        self.more.cut = Some((kind, message.to_owned()));
        self
    }
    /// Sets how much of the body can be read as text; all of it by default.
    #[must_use]
    pub fn reading(mut self, reading: Reading) -> Self {
        self.more.reading = reading;
        self
    }
    /// Adds a header after the body.
    #[must_use]
    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.more.trailers.push(Header { name: name.to_owned(), value: value.to_owned() });
        self
    }
    /// Sets the version; `HTTP/1.1` by default.
    #[must_use]
    pub fn version(mut self, version: &'static str) -> Self {
        self.more.version = version;
        self
    }
    /// Adds a violation of the protocol by the peer that was tolerated.
    #[must_use]
    pub fn lenience(mut self, sentence: &str) -> Self {
        self.more.leniences.push(sentence.to_owned());
        self
    }

    pub(super) fn failed(self, kind: FailureKind, phase: Phase, message: &str) -> Failure {
        let timings = timings(self.took, self.tls.as_ref());
        Failure { kind, phase, message: message.to_owned(), peer: self.peer, tls: self.tls, timings }
    }
}

/// Timings with a fixed share for each phase, so that a test can tell the phases apart.
pub(super) fn timings(took: Duration, tls: Option<&TlsFacts>) -> Timings {
    let tenth = u64::try_from(took.as_nanos() / 10).expect("a scripted span is below 500 years");
    Timings {
        name: Some(tenth),
        connect: Some(tenth),
        tls: tls.map(|_| tenth),
        send: Some(tenth),
        wait: Some(if tls.is_some() { 5 * tenth } else { 6 * tenth }),
        transfer: Some(tenth),
        total: 10 * tenth,
    }
}

pub(super) fn response(answer: Answer, url: &str, body_max: u64) -> Response {
    let timings = timings(answer.took, answer.tls.as_ref());
    let Kind::Response { status, headers, mut body } = answer.kind else {
        panic!("a failure is no response");
    };
    let max = usize::try_from(body_max).unwrap_or(usize::MAX);
    let truncated = body.len() > max;
    body.truncate(max);
    Response {
        status,
        version: answer.more.version.to_owned(),
        headers,
        wire_bytes: body.len() as u64,
        body,
        truncated,
        url: url.to_owned(),
        redirects: Vec::new(),
        peer: answer.peer,
        tls: answer.tls,
        timings,
    }
}
