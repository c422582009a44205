//! The script of one call, and what was done with it. There is one per thread, for as long as the call lasts.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use super::answer::{self, Answer, Kind};
use super::dialogue::Spoken;
use super::kept::StoredSnapshot;
use super::presses::Took;
use super::ran::LogLine;
use super::reply::{self, Reply};
use super::signed::Verifier;
use crate::http::{
    Detailed, Ending, Exchange, Extras, Failure, FailureKind, Header, Hop, Incomplete, Leg, MessagePart,
    Phase, Placement, Reading, Response, Sent,
};
use crate::kv::Entry;
use crate::replies::Invitation;

#[derive(Clone, Debug)]
pub(super) struct Script {
    pub(super) now: u64,
    /// The zone: seconds ahead of UTC, and its name.
    pub(super) zone: (i32, String),
    pub(super) elapsed: Duration,
    pub(super) deadline: Duration,
    pub(super) once: VecDeque<(String, Reply)>,
    pub(super) always: Vec<(String, Reply)>,
    pub(super) served: Option<Served>,
    pub(super) verifier: Option<Verifier>,
    pub(super) secrets: BTreeMap<String, String>,
    pub(super) revealed: Vec<String>,
    pub(super) kv: BTreeMap<String, Entry>,
    pub(super) kept: Vec<StoredSnapshot>,
    pub(super) pictures: BTreeMap<String, Vec<u8>>,
    /// By the alert's id.
    pub(super) invitations: BTreeMap<String, Invitation>,
    pub(super) taker: Option<Took>,
    /// Token and person of each press that was handed over.
    pub(super) taken: Vec<(String, String)>,
    /// Files by root and path.
    pub(super) files: BTreeMap<(String, String), Vec<u8>>,
    pub(super) seed: u64,
    pub(super) sent: Vec<Sent>,
    /// The extras of the requests that had some.
    pub(super) extras: Vec<Extras>,
    /// The headers after the last body.
    pub(super) trailers: Vec<Header>,
    /// How long each wait lasted.
    pub(super) slept: Vec<Duration>,
    pub(super) streams: Vec<Spoken>,
    pub(super) log: Vec<LogLine>,
    /// Whether the call may only look, and change nothing.
    pub(super) dry_run: bool,
}

pub(super) type Serve = dyn FnMut(&Sent, Duration) -> Answer;

/// Answers requests that no route answers.
#[derive(Clone)]
pub(super) struct Served(pub(super) Rc<RefCell<Serve>>);

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Served")
    }
}

/// The first words of routes that a dry run may ask for.
const LOOKS: [&str; 8] = ["GET", "HEAD", "OPTIONS", "dns", "icmp", "file", "sha256", "system"];

thread_local! {
    static CURRENT: RefCell<Option<Script>> = const { RefCell::new(None) };
}

/// Asks the script of the call that is under way.
pub(super) fn with<T>(ask: impl FnOnce(&mut Script) -> T) -> T {
    CURRENT.with_borrow_mut(|current| match current {
        Some(script) => ask(script),
        None => panic!("a host call outside of a scripted run; hint: run the plugin with `testing::Host`"),
    })
}

/// The zone of the call that is under way, if there is one.
pub(super) fn zone() -> Option<(i32, String)> {
    CURRENT.with_borrow(|current| current.as_ref().map(|script| script.zone.clone()))
}

/// Runs `call` under `script`, and returns the script as it is afterwards.
pub(super) fn during<T>(script: Script, call: impl FnOnce() -> T) -> (T, Script) {
    /// Keeps a panic in the plugin from leaving its script to the thread's next test.
    struct Clear;
    impl Drop for Clear {
        fn drop(&mut self) {
            CURRENT.with_borrow_mut(|current| *current = None);
        }
    }
    CURRENT.with_borrow_mut(|current| {
        assert!(current.is_none(), "one scripted run at a time in a thread");
        *current = Some(script);
    });
    let clear = Clear;
    let result = call();
    let script = with(|script| script.clone());
    drop(clear);
    (result, script)
}

impl Script {
    pub(super) fn remaining(&self) -> Duration {
        self.deadline.saturating_sub(self.elapsed)
    }

    #[expect(clippy::result_large_err, reason = "the contract's own form, boxed by the caller")]
    pub(super) fn send(&mut self, request: &Sent) -> Result<Response, Failure> {
        match self.fetch(request).ending {
            Ending::Whole(response) => Ok(response),
            Ending::Cut(Incomplete { failure, .. })
            | Ending::Stopped(Incomplete { failure, .. })
            | Ending::Unanswered(failure) => Err(failure),
        }
    }

    pub(super) fn fetch_with(&mut self, request: &Sent, extras: &Extras) -> Detailed {
        if let Some(digest) = &extras.digest {
            self.known_secret(&digest.password);
        }
        self.extras.push(extras.clone());
        let exchange = self.fetch(request);
        Detailed { exchange, trailers: std::mem::take(&mut self.trailers) }
    }

    /// Follows redirects as the host does.
    pub(super) fn fetch(&mut self, request: &Sent) -> Exchange {
        self.sent.push(request.clone());
        let mut url = self.whole_url(request);
        let mut method = request.method.clone();
        let mut walk = Walk::default();
        let mut left = self.remaining().min(request.timeout.map_or(Duration::MAX, Duration::from_millis));
        loop {
            let route = format!("{method} {url}");
            let mut answer = self.http(&route, request);
            walk.leniences.append(&mut answer.more.leniences);
            walk.path = std::mem::take(&mut answer.more.path);
            if answer.took > left {
                self.elapsed += left;
                return walk.unanswered(answer.after(left).failed(
                    FailureKind::TimedOut,
                    Phase::Wait,
                    "timed out",
                ));
            }
            self.elapsed += answer.took;
            left -= answer.took;
            if let Kind::Failure { kind, phase, message } = &answer.kind {
                let (kind, phase, message) = (*kind, *phase, message.clone());
                let failure = answer.failed(kind, phase, &message);
                return match walk.last.take() {
                    Some(redirect) if kind == FailureKind::Denied => {
                        let message = format!("it redirects to `{url}`, which is {message}");
                        walk.stopped(redirect, Failure { message, ..failure })
                    }
                    Some(_) | None => walk.unanswered(failure),
                };
            }
            self.trailers = std::mem::take(&mut answer.more.trailers);
            let (cut, reading) = (answer.more.cut.take(), answer.more.reading.clone());
            let failed = answer.clone();
            let mut response = answer::response(answer, &url, request.body_max);
            let location = response.header("location").map(str::to_owned);
            match location {
                Some(location) if is_redirect(response.status) && request.redirects_max > 0 => {
                    let nowhere = |message: &str| failed.failed(FailureKind::Protocol, Phase::Wait, message);
                    if walk.legs.len() == usize::from(request.redirects_max) {
                        let many = format!("more than {} redirects", request.redirects_max);
                        return walk.stopped(response, nowhere(&many));
                    }
                    let to = join(&url, &location);
                    if !to.starts_with("http://") && !to.starts_with("https://") {
                        let message = format!("it redirects to `{to}`, which is not an HTTP URL");
                        return walk.stopped(response, nowhere(&message));
                    }
                    if method != "HEAD"
                        && (response.status == 303 || (response.status < 303 && method == "POST"))
                    {
                        "GET".clone_into(&mut method);
                    }
                    let from = std::mem::replace(&mut url, to.clone());
                    walk.follow(response, from, to);
                }
                Some(_) | None => {
                    walk.reading = reading;
                    response.redirects = walk.legs.iter().map(|leg| leg.hop.clone()).collect();
                    return match cut {
                        Some((kind, message)) => {
                            let failure = failed.failed(kind, Phase::Transfer, &message);
                            walk.end(Ending::Cut(Incomplete { response, failure }))
                        }
                        None => walk.end(Ending::Whole(response)),
                    };
                }
            }
        }
    }

    fn http(&mut self, route: &str, request: &Sent) -> Answer {
        if let Some(served) = &self.served
            && !self.dry_run
            && !self.holds(route)
        {
            return (served.0.borrow_mut())(request, self.elapsed);
        }
        let reply::Kind::Http(answer) = self.take(route).0 else {
            panic!("`{route}` is an HTTP request, and the script answers it as something else")
        };
        answer
    }

    /// The URL as the host sends it, with a secret URL in place. Fails the test unless the script knows every secret
    /// that is named.
    fn whole_url(&self, request: &Sent) -> String {
        let mut url = request.url.clone();
        for credential in &request.credentials {
            let value = self.known_secret(&credential.secret);
            match &credential.placement {
                Placement::Url => url = format!("{value}{}", request.url),
                Placement::Hmac(hmac) => {
                    for part in &hmac.message {
                        if let MessagePart::Secret(name) = part {
                            self.known_secret(name);
                        }
                    }
                }
                Placement::Header(_)
                | Placement::Bearer
                | Placement::Basic(_)
                | Placement::Query(_)
                | Placement::Placeholder(_)
                | Placement::Sigv4(_)
                | Placement::Other(_) => {}
            }
        }
        if let Some(certificate) = request.tls.as_ref().and_then(|tls| tls.client_certificate.as_ref()) {
            self.known_secret(certificate);
        }
        url
    }

    pub(super) fn known_secret(&self, name: &str) -> &str {
        match self.secrets.get(name) {
            Some(value) => value,
            None => panic!(
                "the plugin attached the secret `{name}`, which the script does not know; hint: `.secret(\"{name}\", \"...\")`"
            ),
        }
    }

    pub(super) fn holds(&self, asked: &str) -> bool {
        self.once.iter().chain(&self.always).any(|(route, _)| route == asked)
    }

    pub(super) fn take(&mut self, asked: &str) -> Reply {
        let word = asked.split(' ').next().unwrap_or(asked);
        assert!(
            !self.dry_run || LOOKS.contains(&word),
            "a plan may only look, and this one asked for `{asked}`"
        );
        if let Some(at) = self.once.iter().position(|(route, _)| *route == asked) {
            return self.once.remove(at).expect("the position was just found").1;
        }
        match self.always.iter().find(|(route, _)| *route == asked) {
            Some((_, answer)) => answer.clone(),
            None => panic!("unexpected call: `{asked}`; the script still answers {}", self.routes()),
        }
    }

    pub(super) fn routes(&self) -> String {
        let routes: Vec<_> =
            self.once.iter().chain(&self.always).map(|(route, _)| format!("`{route}`")).collect();
        if routes.is_empty() { "nothing".to_owned() } else { routes.join(", ") }
    }
}

/// What was received on the way.
struct Walk {
    legs: Vec<Leg>,
    /// The redirect that was followed last.
    last: Option<Response>,
    path: Vec<u32>,
    reading: Reading,
    leniences: Vec<String>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { legs: Vec::new(), last: None, path: Vec::new(), reading: Reading::All, leniences: Vec::new() }
    }
}

impl Walk {
    fn follow(&mut self, response: Response, url: String, location: String) {
        let hop = Hop { url, status: response.status, location, timings: response.timings };
        let (peer, tls) = (response.peer.clone(), response.tls.clone());
        self.legs.push(Leg { hop, peer, tls, path: std::mem::take(&mut self.path) });
        self.last = Some(response);
    }
    fn end(self, ending: Ending) -> Exchange {
        let Walk { legs, path, reading, leniences, .. } = self;
        Exchange { legs, ending, reading, path, leniences }
    }
    fn unanswered(self, failure: Failure) -> Exchange {
        self.end(Ending::Unanswered(failure))
    }
    fn stopped(mut self, response: Response, failure: Failure) -> Exchange {
        if self.legs.last().is_some_and(|leg| leg.hop.url == response.url) {
            // It was followed, and leads to where the host may not go.
            self.path = self.legs.pop().map(|leg| leg.path).unwrap_or_default();
        }
        let mut response = response;
        response.redirects = self.legs.iter().map(|leg| leg.hop.clone()).collect();
        self.end(Ending::Stopped(Incomplete { response, failure }))
    }
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Resolves a location well enough for a script: absolute URLs, and paths from the root.
fn join(base: &str, location: &str) -> String {
    if !location.starts_with('/') {
        return location.to_owned();
    }
    let host = base.find("://").map_or(0, |at| at + 3);
    let end = base[host..].find('/').map_or(base.len(), |at| host + at);
    format!("{}{location}", &base[..end])
}
