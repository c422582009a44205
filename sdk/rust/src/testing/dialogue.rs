//! A scripted conversation over a stream.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::answer::timings;
use crate::http::{Address, Encoding, Failure, FailureKind, Phase, Timings, TlsFacts};
use crate::net::Inspection;

/// What a peer sends and expects, in order. Answers `tcp HOST:PORT` and `unix SOCKET`.
///
/// ```
/// use watchkeep_sdk::testing::Dialogue;
///
/// let mail = Dialogue::new().says("220 mail.example.com ESMTP\r\n").hears("QUIT\r\n").says("221 bye\r\n").closes();
/// ```
#[derive(Clone, Debug)]
pub struct Dialogue {
    pub(super) steps: Vec<Step>,
    pub(super) took: Duration,
    pub(super) peer: Option<Address>,
    pub(super) heedless: bool,
    pub(super) trusted_by: Option<Vec<u32>>,
    pub(super) wants_certificate: bool,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Says(Vec<u8>),
    SaysBy(Answers),
    Hears(Vec<u8>),
    HearsTo(Vec<u8>),
    HearsSecret { name: String, before: Vec<u8>, after: Vec<u8>, encoding: Encoding },
    StartsTls(TlsFacts),
    ShowsTls(Inspection),
    Fails { kind: FailureKind, phase: Phase },
    Waits(Duration),
    Closes,
}

/// Makes an answer from everything that the plugin has written.
#[derive(Clone)]
pub(super) struct Answers(Rc<Answer>);

type Answer = dyn Fn(&[u8]) -> Vec<u8>;

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answers")
    }
}

impl Default for Dialogue {
    fn default() -> Self {
        Self::new()
    }
}

impl Dialogue {
    /// A dialogue that opens after 10 ms.
    pub fn new() -> Self {
        let peer = Some(Address { ip: "192.0.2.1".to_owned(), port: 443 });
        Self {
            steps: Vec::new(),
            took: Duration::from_millis(10),
            peer,
            heedless: false,
            trusted_by: None,
            wants_certificate: false,
        }
    }
    /// Sets how long it takes to open.
    #[must_use]
    pub fn after(mut self, took: Duration) -> Self {
        self.took = took;
        self
    }
    /// The peer sends this; the plugin may read it in pieces.
    #[must_use]
    pub fn says(self, data: impl AsRef<[u8]>) -> Self {
        self.step(Step::Says(data.as_ref().to_vec()))
    }
    /// The peer sends what this makes of everything that the plugin has written to the stream so far: for an answer
    /// that depends on something that cannot be known beforehand, such as a nonce.
    #[must_use]
    pub fn says_by(self, answer: impl Fn(&[u8]) -> Vec<u8> + 'static) -> Self {
        self.step(Step::SaysBy(Answers(Rc::new(answer))))
    }
    /// The plugin must write this; it may do so in pieces.
    #[must_use]
    pub fn hears(self, data: impl AsRef<[u8]>) -> Self {
        self.step(Step::Hears(data.as_ref().to_vec()))
    }
    /// The plugin may write anything, up to and including this end; it is kept in the run's `heard`.
    #[must_use]
    pub fn hears_to(self, end: impl AsRef<[u8]>) -> Self {
        self.step(Step::HearsTo(end.as_ref().to_vec()))
    }
    /// The plugin must write this secret, between these bytes.
    #[must_use]
    pub fn hears_secret(
        self,
        name: &str,
        before: impl AsRef<[u8]>,
        after: impl AsRef<[u8]>,
        encoding: Encoding,
    ) -> Self {
        let (before, after) = (before.as_ref().to_vec(), after.as_ref().to_vec());
        self.step(Step::HearsSecret { name: name.to_owned(), before, after, encoding })
    }
    /// The plugin must begin TLS, and is shown this. The whole chain is trusted, unless the facts or
    /// [`trusted_by`](Dialogue::trusted_by) say otherwise.
    #[must_use]
    pub fn starts_tls(self, facts: TlsFacts) -> Self {
        self.step(Step::StartsTls(facts))
    }
    /// Sets which certificates of the chain the trust rests on once TLS has begun, by their positions.
    #[must_use]
    pub fn trusted_by(mut self, places: impl IntoIterator<Item = u32>) -> Self {
        self.trusted_by = Some(places.into_iter().collect());
        self
    }
    /// The peer asks for a client certificate in the handshake. Whether it accepts what it gets depends on what it does
    /// next.
    #[must_use]
    pub fn wants_certificate(mut self) -> Self {
        self.wants_certificate = true;
        self
    }
    /// The plugin must look at what a handshake shows, which is this. The whole chain is trusted, unless the facts say
    /// why not. The stream then ends.
    #[must_use]
    pub fn shows_tls(self, facts: TlsFacts) -> Self {
        let path = whole(&facts);
        self.shows(Inspection { facts, path, timings: timings(Duration::from_millis(10), None) })
    }
    /// Like [`shows_tls`](Dialogue::shows_tls), with everything that there is to show.
    #[must_use]
    pub fn shows(self, inspection: Inspection) -> Self {
        self.step(Step::ShowsTls(inspection))
    }
    /// Whatever the plugin does next fails.
    #[must_use]
    pub fn fails(self, kind: FailureKind, phase: Phase) -> Self {
        self.step(Step::Fails { kind, phase })
    }
    /// The peer sends nothing for this long.
    #[must_use]
    pub fn waits(self, span: Duration) -> Self {
        self.step(Step::Waits(span))
    }
    /// Anything that the plugin writes is accepted, at any time and without an answer; TLS fails, and the plugin may
    /// close at any point. For peers that send something unexpected.
    #[must_use]
    pub fn heedless(mut self) -> Self {
        self.heedless = true;
        self
    }
    /// The peer closes the stream.
    #[must_use]
    pub fn closes(self) -> Self {
        self.step(Step::Closes)
    }
    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

/// The path of a chain that is trusted as a whole; empty if it is not trusted.
fn whole(facts: &TlsFacts) -> Vec<u32> {
    let places = 0..u32::try_from(facts.chain.len()).unwrap_or(u32::MAX);
    if facts.untrusted.is_none() { places.collect() } else { Vec::new() }
}

/// A dialogue under way.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    pub(super) route: String,
    pub(super) left: std::collections::VecDeque<Step>,
    pub(super) peer: Option<Address>,
    pub(super) opened: Timings,
    /// What was written up to each end.
    pub(super) heard: Vec<Vec<u8>>,
    pub(super) hearing: Vec<u8>,
    /// Everything that was written.
    written: Vec<u8>,
    pub(super) heedless: bool,
    trusted_by: Option<Vec<u32>>,
    pub(super) wants_certificate: bool,
    pub(super) is_under_tls: bool,
    /// The certificates that the trust rests on; empty before TLS.
    pub(super) path: Vec<u32>,
}

#[expect(clippy::result_large_err, reason = "the contract's own form, boxed by the caller")]
impl Spoken {
    pub(super) fn begun(route: String, dialogue: Dialogue, opened: Timings) -> Self {
        let Dialogue { steps, peer, heedless, trusted_by, wants_certificate, .. } = dialogue;
        Self {
            route,
            left: steps.into(),
            peer,
            opened,
            heard: Vec::new(),
            hearing: Vec::new(),
            written: Vec::new(),
            heedless,
            trusted_by,
            wants_certificate,
            is_under_tls: false,
            path: Vec::new(),
        }
    }
    /// How long nothing comes, up to what is allowed; the rest is still to come.
    pub(super) fn silence(&mut self, allowed: Duration) -> Option<Duration> {
        let Some(Step::Waits(span)) = self.left.front_mut() else { return None };
        let passes = allowed.min(*span);
        *span -= passes;
        if span.is_zero() {
            self.left.pop_front();
        }
        Some(passes)
    }
    pub(super) fn read(&mut self, max: u32) -> Result<Vec<u8>, Failure> {
        let step = match self.left.pop_front() {
            Some(Step::SaysBy(answers)) => Some(Step::Says(answers.0(&self.written))),
            step => step,
        };
        match step {
            Some(Step::Says(mut data)) => {
                if data.len() > max as usize {
                    let rest = data.split_off(max as usize);
                    self.left.push_front(Step::Says(rest));
                }
                Ok(data)
            }
            None if self.heedless => Ok(Vec::new()),
            Some(Step::Closes) => {
                // Whoever reads again gets the same answer.
                self.left.push_front(Step::Closes);
                Ok(Vec::new())
            }
            step => Err(self.failed_or_panic("reads", step)),
        }
    }

    pub(super) fn write(&mut self, data: &[u8]) -> Result<(), Failure> {
        self.written.extend_from_slice(data);
        let mut data = if self.heedless { &[] } else { data };
        while !data.is_empty() {
            match self.left.pop_front() {
                Some(Step::Hears(expected)) => {
                    let both = expected.len().min(data.len());
                    assert!(
                        expected[..both] == data[..both],
                        "`{}`: the plugin wrote {:?}, the script wants {:?}",
                        self.route,
                        String::from_utf8_lossy(data),
                        String::from_utf8_lossy(&expected)
                    );
                    if expected.len() > both {
                        self.left.push_front(Step::Hears(expected[both..].to_vec()));
                    }
                    data = &data[both..];
                }
                Some(Step::HearsTo(end)) => {
                    // The end may come in pieces.
                    let before = self.hearing.len();
                    self.hearing.extend_from_slice(data);
                    let found = self.hearing.windows(end.len()).position(|part| part == end);
                    match found.map(|at| at + end.len()) {
                        Some(whole) => {
                            data = &data[whole - before..];
                            self.hearing.truncate(whole);
                            self.heard.push(std::mem::take(&mut self.hearing));
                        }
                        None => {
                            self.left.push_front(Step::HearsTo(end));
                            data = &[];
                        }
                    }
                }
                step => {
                    let what = format!("writes {:?}", String::from_utf8_lossy(data));
                    return Err(self.failed_or_panic(&what, step));
                }
            }
        }
        Ok(())
    }

    pub(super) fn write_secret(
        &mut self,
        secret: &str,
        around: (&[u8], &[u8]),
        encoded: Encoding,
    ) -> Result<(), Failure> {
        if self.heedless {
            return Ok(());
        }
        match self.left.pop_front() {
            Some(Step::HearsSecret { name, before, after, encoding }) => {
                let written = (secret, around.0, around.1, encoded);
                let wanted = (&*name, &*before, &*after, encoding);
                assert!(
                    written == wanted,
                    "`{}`: the plugin wrote the secret {written:?}, the script wants {wanted:?}",
                    self.route
                );
                Ok(())
            }
            step => Err(self.failed_or_panic(&format!("writes the secret `{secret}`"), step)),
        }
    }

    pub(super) fn start_tls(&mut self) -> Result<TlsFacts, Failure> {
        self.speaks_tls()?;
        match self.left.pop_front() {
            Some(Step::StartsTls(facts)) => {
                self.is_under_tls = true;
                self.path = self.trusted_by.take().unwrap_or_else(|| whole(&facts));
                Ok(facts)
            }
            step => Err(self.failed_or_panic("starts TLS", step)),
        }
    }

    pub(super) fn inspect_tls(&mut self) -> Result<Inspection, Failure> {
        self.speaks_tls()?;
        match self.left.pop_front() {
            Some(Step::ShowsTls(inspection)) => Ok(inspection),
            step => Err(self.failed_or_panic("looks at TLS", step)),
        }
    }

    fn speaks_tls(&self) -> Result<(), Failure> {
        if self.heedless { Err(self.failure(FailureKind::Tls, Phase::Tls)) } else { Ok(()) }
    }

    pub(super) fn failure(&self, kind: FailureKind, phase: Phase) -> Failure {
        let peer = self.peer.clone();
        Failure { kind, phase, message: String::new(), peer, tls: None, timings: self.opened }
    }

    fn failed_or_panic(&self, what: &str, step: Option<Step>) -> Failure {
        match step {
            Some(Step::Fails { kind, phase }) => self.failure(kind, phase),
            Some(other) => {
                panic!("`{}`: the plugin {what}, but the script goes on with {other:?}", self.route)
            }
            None => panic!("`{}`: the plugin {what}, but the dialogue is over", self.route),
        }
    }

    /// What the plugin did not do.
    pub(super) fn undone(&self) -> Option<String> {
        let step = self.left.iter().find(|step| !matches!(step, Step::Closes) && !self.heedless)?;
        Some(format!("`{}`: the plugin left the dialogue before {step:?}", self.route))
    }
}
