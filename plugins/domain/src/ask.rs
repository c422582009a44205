//! Questions to registries. One that cannot be asked is left alone for a while, and so are its other domains in this run.

use std::time::Duration;

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::Value;
use watchkeep_sdk::http::{self, Response};
use watchkeep_sdk::prelude::*;

use crate::config::{Domain, Name};
use crate::kept::{Found, Memory};
use crate::{answer, directory};

/// The most bytes of an answer about one domain, and of the whole list, which has some 60 KiB.
const BODY_BYTES_MAX: u64 = 1 << 20;
/// The host takes a hundred of a run.
const REQUESTS_MAX: u32 = 90;
/// Before there is time for no question more.
const LAST_MOMENT: Duration = Duration::from_millis(500);
/// After a server could not be asked.
const PAUSE: Duration = Duration::from_secs(10 * 60);
/// After a server took no more questions, or turned this host away, without saying for how long.
const LONG_PAUSE: Duration = Duration::from_secs(60 * 60);
/// Whatever a server says.
pub(crate) const PAUSE_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// How long it is believed who is asked for a domain.
const SERVER_AGE_MAX: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Why nothing is known.
#[derive(Clone, Debug)]
pub(crate) struct Unasked {
    pub(crate) why: String,
    /// For how long it is not asked again.
    pub(crate) pause: Duration,
    /// It is the server's, and the same for each of its domains.
    is_of_server: bool,
}

/// A host call that was denied, whose sentence says what to grant, or no answer.
enum No {
    Fault(Fault),
    Unasked(Unasked),
}

pub(crate) struct Asker<'c> {
    config: &'c Domain,
    now: u64,
    requests: u32,
    /// Once it was fetched, or could not be.
    list: Option<Result<Value, Unasked>>,
    /// Servers that are not asked again in this run.
    away: Vec<(String, Unasked)>,
}

impl<'c> Asker<'c> {
    pub(crate) const fn new(config: &'c Domain, now: u64) -> Self {
        Self { config, now, requests: 0, list: None, away: Vec::new() }
    }

    /// What is known of the domain now, or why it is not.
    pub(crate) fn ask(&mut self, name: &Name, kept: &mut Memory) -> Result<Result<Found, Unasked>, Fault> {
        match self.answer(name, kept) {
            Ok(found) => Ok(Ok(found)),
            Err(No::Unasked(unasked)) => Ok(Err(unasked)),
            Err(No::Fault(fault)) => Err(fault),
        }
    }

    fn answer(&mut self, name: &Name, kept: &mut Memory) -> Result<Found, No> {
        let base = self.base(name, kept)?;
        if let Some((_, unasked)) = self.away.iter().find(|(of, _)| *of == base) {
            return Err(No::Unasked(unasked.clone()));
        }
        let found = self.question(&base, name);
        if let Err(No::Unasked(unasked)) = &found
            && unasked.is_of_server
        {
            self.away.push((base, unasked.clone()));
        }
        found
    }

    /// With a slash at its end.
    fn base(&mut self, name: &Name, kept: &mut Memory) -> Result<String, No> {
        if let Some(server) = &self.config.server {
            return Ok(with_slash(server.as_str()));
        }
        let is_young = |at: u64| at <= self.now && Duration::from_millis(self.now - at) < SERVER_AGE_MAX;
        match &kept.server {
            Some((at, base)) if is_young(*at) => return Ok(base.clone()),
            Some(_) | None => {}
        }
        let listed = match self.list()? {
            Ok(list) => directory::server_of(list, name.as_str()),
            // Servers stay for years: the one that is known will do.
            Err(unasked) => {
                return kept.server.clone().map(|(_, base)| base).ok_or_else(|| No::Unasked(unasked.clone()));
            }
        };
        match listed {
            Some(base) => {
                let base = with_slash(&base);
                kept.server = Some((self.now, base.clone()));
                Ok(base)
            }
            None => Err(No::Unasked(Unasked {
                why: format!(
                    "the list of RDAP servers has none for `{}`; hint: name one as `server`, if its registry has one",
                    name.as_str()
                ),
                pause: LONG_PAUSE,
                is_of_server: false,
            })),
        }
    }

    fn list(&mut self) -> Result<&Result<Value, Unasked>, No> {
        if self.list.is_none() {
            let list = match self.fetched_list() {
                Ok(list) => Ok(list),
                Err(No::Unasked(unasked)) => Err(unasked),
                Err(No::Fault(fault)) => return Err(No::Fault(fault)),
            };
            self.list = Some(list);
        }
        self.list.as_ref().ok_or_else(|| No::Fault(Fault::other("the list of RDAP servers was not fetched")))
    }

    fn fetched_list(&mut self) -> Result<Value, No> {
        let url = self.config.bootstrap.as_str();
        let response = self.sent(url, "application/json", "the list of RDAP servers")?;
        let document = serde_json::from_slice(&response.body).ok().filter(directory::is_list);
        match (response.status, document) {
            (200, Some(document)) => Ok(document),
            (status, _) => Err(No::Unasked(of_server(
                format!(
                    "the list of RDAP servers is not at `{}`, which answers {status}{}",
                    clipped(url),
                    said(&response)
                ),
                pause_after(&response),
            ))),
        }
    }

    fn question(&mut self, base: &str, name: &Name) -> Result<Found, No> {
        let url = format!("{base}domain/{}", name.as_str());
        let response = self.sent(&url, "application/rdap+json", "the RDAP server")?;
        let status = response.status;
        let unasked = |why: String, pause: Duration, is_of_server: bool| {
            No::Unasked(Unasked { why: format!("the RDAP server {why}"), pause, is_of_server })
        };
        match status {
            200 if response.truncated => {
                Err(unasked(format!("answers more than {BODY_BYTES_MAX} bytes"), PAUSE, false))
            }
            200 => match answer::read(&response.body, name.as_str()) {
                Ok(registration) => Ok(Found::Registered(Box::new(registration))),
                Err(why) => Err(unasked(why, PAUSE, false)),
            },
            404 if is_rdap(&response) || self.speaks_rdap(base)? => Ok(Found::NotRegistered),
            404 => Err(unasked(
                format!(
                    "answers 404{}, and does not speak RDAP at `{}`; hint: `server` is what stands before `domain/`",
                    said(&response),
                    clipped(base)
                ),
                PAUSE,
                true,
            )),
            400 | 422 => Err(unasked(
                format!(
                    "refuses the name with {status}{}; hint: write the domain as it is registered, such as `example.com`",
                    said(&response)
                ),
                LONG_PAUSE,
                false,
            )),
            401 | 403 => Err(unasked(
                format!("turns this host away with {status}{}", said(&response)),
                LONG_PAUSE,
                true,
            )),
            429 => Err(unasked(
                format!("takes no more questions for now (429){}", said(&response)),
                pause_after(&response),
                true,
            )),
            _ => Err(unasked(
                format!("answers {status}{}", said(&response)),
                pause_after(&response),
                status >= 500,
            )),
        }
    }

    /// What a server says of itself (RFC 9082, 3.1.6), where 404 alone could be any web server's.
    fn speaks_rdap(&mut self, base: &str) -> Result<bool, No> {
        let help = self.sent(&format!("{base}help"), "application/rdap+json", "the RDAP server")?;
        Ok(help.status == 200 && is_rdap(&help))
    }

    fn sent(&mut self, url: &str, media_type: &str, whom: &str) -> Result<Response, No> {
        let has_time = clock::remaining() > LAST_MOMENT;
        if !has_time || self.requests >= REQUESTS_MAX {
            let why = "not asked yet: this run had no time for all domains".to_owned();
            return Err(No::Unasked(Unasked { why, pause: Duration::ZERO, is_of_server: false }));
        }
        self.requests += 1;
        let request = http::get(url)
            .header("accept", media_type)
            .body_bytes_max(BODY_BYTES_MAX)
            .redirects_max(5)
            .timeout(self.config.timeout);
        request.send().map_err(|failure| match failure.as_fault() {
            Some(fault) => No::Fault(fault),
            None => {
                No::Unasked(of_server(format!("{whom} could not be asked: {}", failure.sentence()), PAUSE))
            }
        })
    }
}

const fn of_server(why: String, pause: Duration) -> Unasked {
    Unasked { why, pause, is_of_server: true }
}

fn with_slash(base: &str) -> String {
    format!("{}/", base.trim_end_matches('/'))
}

/// Whether it is an answer of RDAP, whatever it says.
fn is_rdap(response: &Response) -> bool {
    let media_type = response.header("content-type").unwrap_or_default();
    let is_typed = media_type.to_ascii_lowercase().starts_with("application/rdap+json");
    let has_form = |document: Value| document["rdapConformance"].is_array() || document["errorCode"].is_u64();
    is_typed || response.json().is_ok_and(has_form)
}

/// What a server says of its refusal, in RDAP's form or any other.
fn said(response: &Response) -> String {
    let document = response.json().unwrap_or_default();
    let described = document["description"].as_array().into_iter().flatten();
    let parts = std::iter::once(&document["title"]).chain(described).filter_map(Value::as_str);
    let parts: Vec<String> = parts.take(3).map(str::to_owned).collect();
    let words = if parts.is_empty() { response.text().trim().to_owned() } else { parts.join(": ") };
    if words.is_empty() { String::new() } else { format!(": `{}`", clipped(&words)) }
}

/// What `Retry-After` asks for, in seconds; a date is as good as nothing.
fn pause_after(response: &Response) -> Duration {
    let otherwise = if response.status == 429 { LONG_PAUSE } else { PAUSE };
    let asked =
        response.header("retry-after").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    asked.map_or(otherwise, |asked| asked.clamp(Duration::from_secs(60), PAUSE_MAX))
}
