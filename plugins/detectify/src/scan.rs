//! The profile and its scan: what is under way, and what is to be done. A scan takes hours or days; no run waits for one.

use std::time::Duration;

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::Value;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::from_rfc3339;

use crate::api::{Api, refused};
use crate::config::Detectify;

/// When a scan was asked for, in milliseconds since the Unix epoch.
const ASKED: &str = "asked";
/// A scan that was asked for begins within seconds; whoever waits longer has asked in vain.
const BEGINS_WITHIN: Duration = Duration::from_secs(3_600);
/// What the two clocks may differ by.
const CLOCKS_DIFFER: Duration = Duration::from_secs(300);

/// What is scanned.
pub(crate) struct Profile {
    pub(crate) name: String,
    pub(crate) endpoint: String,
    pub(crate) is_verified: bool,
    /// When its last scan began and ended.
    began: Option<u64>,
    pub(crate) ended: Option<u64>,
}

/// A scan as Detectify tells of it.
pub(crate) struct Scan {
    pub(crate) state: String,
    began: Option<u64>,
}

impl Scan {
    fn is_under_way(&self) -> bool {
        matches!(self.state.as_str(), "starting" | "running" | "stopping")
    }
}

/// What the moment asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Next {
    /// Nothing: this check starts no scans, or the next one is not due.
    Nothing,
    /// One goes on, for so long as is known.
    Goes { state: String, span: Option<Duration> },
    /// One was asked for, so long ago, and has not begun.
    Waits(Duration),
    /// One was asked for and never began.
    Never(Duration),
    /// One is due, and must not be started: the domain is not verified.
    Unverified,
    /// One is due.
    Start,
    /// One is due, and would be started.
    WouldStart,
}

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Done {
    Nothing,
    Started,
    /// Somebody else was quicker.
    RunsAlready,
    /// Detectify says itself that the domain is not verified.
    NotVerified,
}

pub(crate) fn profile(api: &Api<'_>) -> Result<Profile, Stop> {
    let path = "/v2/profiles/";
    let Some(document) = api.get(path)? else {
        return Err(
            Fault::config(format!("Detectify has no `{path}` (404); hint: `url` ends in `/rest`")).into()
        );
    };
    let token = api.config.profile.as_str();
    let profiles = document.as_array().map(Vec::as_slice).unwrap_or_default();
    let Some(profile) = profiles.iter().find(|profile| profile["token"] == token) else {
        let others: Vec<String> = profiles.iter().take(5).map(named).collect();
        let hint = match &*others {
            [] => "the key sees no profiles at all".to_owned(),
            others => format!("the key sees {}", others.join(", ")),
        };
        return Err(
            Fault::config(format!("Detectify knows no profile `{token}` of this key; hint: {hint}")).into()
        );
    };
    let text = |key: &str| profile[key].as_str().unwrap_or_default().to_owned();
    Ok(Profile {
        name: text("name"),
        endpoint: text("endpoint"),
        is_verified: profile["status"].as_str().is_none_or(|status| status == "verified"),
        began: moment(&profile["latest_scan"]["started"]),
        ended: moment(&profile["latest_scan"]["ended"]),
    })
}

fn named(profile: &Value) -> String {
    let text = |key: &str| clipped(profile[key].as_str().unwrap_or_default());
    format!("`{}` ({})", text("token"), text("name"))
}

/// None where the profile was never scanned.
pub(crate) fn status(api: &Api<'_>) -> Result<Option<Scan>, Stop> {
    let document = api.get(&path(api))?;
    Ok(document.map(|document| Scan {
        state: document["state"].as_str().unwrap_or_default().to_owned(),
        began: moment(&document["started"]).or_else(|| moment(&document["created"])),
    }))
}

fn path(api: &Api<'_>) -> String {
    format!("/v2/scans/{}/", api.config.profile)
}

/// As text, or as seconds since the Unix epoch.
pub(crate) fn moment(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => from_rfc3339(text).filter(|at| *at > 0),
        Value::Number(seconds) => seconds.as_u64().and_then(|seconds| seconds.checked_mul(1_000)),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// When this check last asked for a scan.
pub(crate) fn asked_at() -> Option<u64> {
    kv::get_text(ASKED)?.parse().ok()
}

/// By what is known alone, and by the moment that it is given.
pub(crate) fn next(
    config: &Detectify,
    profile: &Profile,
    scan: Option<&Scan>,
    asked: Option<u64>,
    now: u64,
) -> Next {
    let since = |at: u64| Duration::from_millis(now.saturating_sub(at));
    let began = scan.and_then(|scan| scan.began).max(profile.began);
    if let Some(scan) = scan.filter(|scan| scan.is_under_way()) {
        return Next::Goes { state: scan.state.clone(), span: scan.began.map(since) };
    }
    let came = |asked: u64| began.is_some_and(|began| began + millis(CLOCKS_DIFFER) >= asked);
    let in_vain = match asked.filter(|asked| !came(*asked)).map(since) {
        Some(span) if span < BEGINS_WITHIN => return Next::Waits(span),
        in_vain => in_vain,
    };
    let Some(every) = config.scan_every else { return Next::Nothing };
    // Whoever asked in vain asks again no sooner than a day later.
    if let Some(span) = in_vain.filter(|span| *span < every.min(Duration::from_secs(86_400))) {
        return Next::Never(span);
    }
    match began.map(since) {
        Some(span) if span < every => Next::Nothing,
        Some(_) | None if !profile.is_verified => Next::Unverified,
        Some(_) | None if config.dry_run => Next::WouldStart,
        Some(_) | None => Next::Start,
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

/// Starts a scan, if one is to be started.
pub(crate) fn act(api: &Api<'_>, next: &Next) -> Result<Done, Stop> {
    if *next != Next::Start {
        return Ok(Done::Nothing);
    }
    let path = path(api);
    let response = api.send("POST", &path)?;
    match response.status {
        200..=299 => {
            // Not kept if this run does not end well; then Detectify says that one runs already.
            kv::set(ASKED, clock::now().to_string()).map_err(|error| {
                Fault::other(format!("it cannot be kept that a scan was asked for: {error:?}"))
            })?;
            Ok(Done::Started)
        }
        409 => Ok(Done::RunsAlready),
        423 => Ok(Done::NotVerified),
        _ => Err(refused(&response, &path).into()),
    }
}
