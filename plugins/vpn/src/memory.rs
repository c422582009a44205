//! What earlier runs saw of each peer and client.

use watchkeep_sdk::kv;
use watchkeep_sdk::prelude::*;

/// The key in `kv`.
const KEY: &str = "peers";
/// Less than a value may have by default.
const BYTES_MAX: usize = 250_000;
/// In one report; a network that moves as a whole is one piece of news.
const MOVES_MAX: usize = 20;

/// Times are in milliseconds since the Unix epoch.
pub(crate) struct Memory {
    now: u64,
    /// When the last run was.
    then: Option<u64>,
    /// In the order in which they were noted.
    past: Vec<(String, Past)>,
    /// Where the next one is, if none came or went.
    next: usize,
    /// What the next run will find.
    kept: String,
    pub(crate) moves: Vec<Event>,
}

/// What was known of one.
#[derive(Clone, Default)]
struct Past {
    received: u64,
    sent: u64,
    /// When it was seen first that something more was received.
    heard: u64,
    /// Since when it was sent things that it did not answer; 0 if it owes no answer.
    owing: u64,
    host: String,
}

/// What two runs tell of one together.
#[derive(Clone, Default)]
pub(crate) struct Grown {
    /// Bytes and seconds since the last run; none if they were set back, or nothing is known.
    pub(crate) received: Option<f64>,
    pub(crate) sent: Option<f64>,
    pub(crate) over: f64,
    /// How long nothing was received, as far as it was looked at.
    pub(crate) silent: Duration,
    /// How long it was sent things that it did not answer.
    pub(crate) owing: Option<Duration>,
}

impl Memory {
    pub(crate) fn load(now: u64) -> Memory {
        let text = kv::get_text(KEY).unwrap_or_default();
        let mut lines = text.split('\n');
        let then = lines.next().and_then(|line| line.parse().ok()).filter(|then| *then < now);
        let past = if then.is_some() { lines.filter_map(line).collect() } else { Vec::new() };
        Memory { now, then, past, next: 0, kept: now.to_string(), moves: Vec::new() }
    }

    /// The time of this run.
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// Notes what one has received and sent, and where it is; `id` is the same in every run, `name` is for people.
    pub(crate) fn note(
        &mut self,
        id: &str,
        name: &str,
        received: u64,
        sent: u64,
        endpoint: Option<&str>,
    ) -> Grown {
        let host = endpoint.map_or("", host);
        let past = self.find(id);
        let mut next = Past { received, sent, heard: self.now, owing: 0, host: host.to_owned() };
        let mut grown = Grown::default();
        if let (Some(past), Some(then)) = (&past, self.then) {
            grown.over = Duration::from_millis(self.now.saturating_sub(then)).as_secs_f64();
            grown.received = received.checked_sub(past.received).map(|bytes| bytes as f64);
            grown.sent = sent.checked_sub(past.sent).map(|bytes| bytes as f64);
            if received == past.received {
                next.heard = past.heard.min(self.now);
                next.owing = match (past.owing, sent > past.sent) {
                    (0, true) => self.now,
                    (0, false) => 0,
                    (since, _) => since.min(self.now),
                };
            }
            self.moved(id, name, &past.host, host);
            if host.is_empty() {
                next.host.clone_from(&past.host);
            }
        }
        grown.silent = Duration::from_millis(self.now - next.heard);
        grown.owing = (next.owing > 0).then(|| Duration::from_millis(self.now - next.owing));
        self.keep_line(id, &next);
        grown
    }

    /// Runs go through peers in the same order, so that the next one is mostly at hand.
    fn find(&mut self, id: &str) -> Option<Past> {
        let is_it = |(known, _): &(String, Past)| known == id;
        let at = if self.past.get(self.next).is_some_and(is_it) {
            self.next
        } else {
            self.past.iter().position(is_it)?
        };
        self.next = at + 1;
        self.past.get(at).map(|(_, past)| past.clone())
    }

    fn keep_line(&mut self, id: &str, next: &Past) {
        let Past { received, sent, heard, owing, host } = next;
        let line = format!("\n{received} {sent} {heard} {owing} {host} {id}");
        if !id.contains(['\n', '\r']) && self.kept.len() + line.len() <= BYTES_MAX {
            self.kept.push_str(&line);
        }
    }

    /// Ports are left out: whoever is behind a NAT gets a new one now and then, which is no news.
    fn moved(&mut self, id: &str, name: &str, from: &str, to: &str) {
        if from.is_empty() || to.is_empty() || from == to || self.moves.len() >= MOVES_MAX {
            return;
        }
        let minute = self.now / 60_000;
        let title = format!("`{name}` moved from {from} to {to}");
        let event = Event::new(format!("moved {minute} {from} {to} {id}"), title);
        self.moves.push(event.at(self.now).label("peer", name));
    }

    pub(crate) fn keep(&mut self) -> Result<(), Stop> {
        let kept = std::mem::take(&mut self.kept);
        kv::set(KEY, kept).map(drop).map_err(|_| {
            let said =
                "what was read cannot be kept for the next run; hint: raise the limits `kv` and `kv_value`";
            Fault::inconclusive(said).into()
        })
    }
}

fn host(endpoint: &str) -> &str {
    endpoint.rsplit_once(':').map_or(endpoint, |(host, _)| host)
}

/// `RECEIVED SENT HEARD OWING HOST ID`; the host may be empty, and the id have blanks.
fn line(line: &str) -> Option<(String, Past)> {
    let mut parts = line.splitn(6, ' ');
    let mut number = || parts.next()?.parse::<u64>().ok();
    let (received, sent, heard, owing) = (number()?, number()?, number()?, number()?);
    let (host, id) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    Some((id, Past { received, sent, heard, owing, host }))
}
