//! Detectify's API v2, as far as it is read and written: profiles, scans, full reports, vulnerabilities. Paths end in a slash; a
//! key that has a secret key wants each request signed, and its timestamp near.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_doubles::message::unix_time;
use watchkeep_doubles::signing::hmac_sha256;
use watchkeep_doubles::{Double, Reply, Request};

#[derive(Debug)]
pub struct Detectify {
    secret_key: Option<String>,
    pub profiles: Vec<Value>,
    /// The scan of [`Detectify::PROFILE`].
    pub scan: Option<Value>,
    pub report: Option<Value>,
    pub vulnerabilities: Vec<Value>,
    pub mood: Mood,
    pub started: usize,
    /// Requests that the service does not know; a test fails if there is one.
    pub wrong: Vec<String>,
    /// Milliseconds since the Unix epoch, where the host's own clock counts.
    clock: Option<fn() -> u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mood {
    #[default]
    Well,
    /// Every request is answered with this status.
    Says(u16),
    /// 429 with a span.
    Limits,
    /// A page with 200.
    Page,
    /// Starts answer with this, and nothing begins.
    RefusesStart(u16),
    /// Lists of vulnerabilities are not for this key.
    HidesVulnerabilities,
}

impl Detectify {
    pub const KEY: &str = "10840b0f938942feafb7186de74b9682";
    pub const SECRET_KEY: &str = "0vyTnawJRFn0Q9tWLTM188Olizc72JczHSXoIlsPQIc=";
    pub const PROFILE: &str = "5605b488634efe810dff4276e28ca7f9";

    pub fn new() -> Self {
        Self {
            secret_key: None,
            profiles: vec![profile(Self::PROFILE, "Shop", "shop.example.com")],
            scan: None,
            report: None,
            vulnerabilities: Vec::new(),
            mood: Mood::default(),
            started: 0,
            wrong: Vec::new(),
            clock: None,
        }
    }
    /// Wants signatures.
    pub fn signed(mut self) -> Self {
        self.secret_key = Some(Self::SECRET_KEY.to_owned());
        self
    }
    /// Goes by this clock.
    pub fn by(mut self, clock: fn() -> u64) -> Self {
        self.clock = Some(clock);
        self
    }
    /// A scan that is in this state, and began then.
    pub fn scans(&mut self, state: &str, started: &str) {
        self.scan = Some(json!({
            "scan_profile_token": Self::PROFILE, "created": started, "started": started,
            "phase": "crawling", "state": state,
        }));
    }
    /// One that has ended, with this report.
    pub fn ended(&mut self, started: &str, ended: &str, findings: Vec<Value>) {
        self.scans("stopped", started);
        self.profiles[0]["latest_scan"] = json!({ "started": started, "ended": ended, "status": "stopped" });
        self.report = Some(json!({
            "token": "b71c", "scan_profile_token": Self::PROFILE, "scan_profile_name": "Shop",
            "created": started, "started": started, "stopped": ended,
            "url": "https://detectify.com/report/b71c", "cvss": 8.8, "findings": findings,
        }));
    }

    fn take(&mut self, request: &Request, now: Duration) -> Result<Reply, Reply> {
        match self.mood {
            Mood::Says(status) => return Err(error(status, "as the test wants it")),
            Mood::Limits => return Err(error(429, "Too many requests").header("retry-after", "30")),
            Mood::Page => return Ok(Reply::text(200, "<html>Sign in</html>")),
            Mood::Well | Mood::RefusesStart(_) | Mood::HidesVulnerabilities => {}
        }
        let (path, query) = request.parts();
        let Some(path) = path.strip_prefix("/rest") else { return Err(self.unknown(request)) };
        if !path.ends_with('/') {
            return Err(self.unknown(request));
        }
        if request.header("x-detectify-key") != Some(Self::KEY) {
            return Err(error(401, "Invalid API key"));
        }
        self.check_signature(request, path, now)?;
        let scan = format!("/v2/scans/{}/", Self::PROFILE);
        let report = format!("/v2/fullreports/{}/latest/", Self::PROFILE);
        match (request.method.as_str(), path) {
            ("GET", "/v2/profiles/") if query.is_empty() => Ok(Reply::json(200, &json!(self.profiles))),
            ("GET", path) if path == scan => {
                self.scan.as_ref().map(|scan| Reply::json(200, scan)).ok_or_else(|| error(404, "No scan"))
            }
            ("POST", path) if path == scan => self.start(request),
            ("GET", path) if path == report => self
                .report
                .as_ref()
                .map(|report| Reply::json(200, report))
                .ok_or_else(|| error(404, "No report")),
            ("GET", "/v2/vulnerabilities/") => self.page(query).ok_or_else(|| self.unknown(request)),
            (_, path) if path.starts_with("/v2/scans/") || path.starts_with("/v2/fullreports/") => {
                Err(error(404, "Unknown profile"))
            }
            _ => Err(self.unknown(request)),
        }
    }

    fn start(&mut self, request: &Request) -> Result<Reply, Reply> {
        if let Mood::RefusesStart(status) = self.mood {
            return Err(error(status, "refused"));
        }
        if !request.body.is_empty() {
            return Err(self.unknown(request));
        }
        if self.profiles[0]["status"] != "verified" {
            return Err(error(423, "The domain is not verified"));
        }
        if self.scan.as_ref().is_some_and(|scan| scan["state"] != "stopped") {
            return Err(error(409, "A scan is already running"));
        }
        self.started += 1;
        Ok(Reply::text(202, ""))
    }

    /// `marker` is the place of the first that is wanted.
    fn page(&self, query: &str) -> Option<Reply> {
        if self.mood == Mood::HidesVulnerabilities {
            return Some(error(404, "Not found"));
        }
        let (mut size, mut from) = (0, 0);
        for part in query.split('&') {
            match part.split_once('=')? {
                ("page_size", number) => {
                    size = number.parse().ok().filter(|size| (1..=100).contains(size))?
                }
                ("marker", number) => from = number.strip_prefix("m-")?.parse().ok()?,
                _ => return None,
            }
        }
        let to = (from + size).min(self.vulnerabilities.len());
        let more = to < self.vulnerabilities.len();
        Some(Reply::json(
            200,
            &json!({
                "vulnerabilities": self.vulnerabilities.get(from..to)?,
                "has_more": more,
                "next_marker": if more { json!(format!("m-{to}")) } else { Value::Null },
            }),
        ))
    }

    fn check_signature(&self, request: &Request, path: &str, now: Duration) -> Result<(), Reply> {
        let Some(key) = &self.secret_key else { return Ok(()) };
        let (Some(timestamp), Some(signature)) =
            (request.header("x-detectify-timestamp"), request.header("x-detectify-signature"))
        else {
            return Err(error(401, "Missing signature"));
        };
        let here = self.clock.map_or_else(|| unix_time(now), |clock| clock() / 1_000);
        let there: u64 = timestamp.parse().map_err(|_| error(401, "Invalid timestamp"))?;
        if there + 10 < here || there > here + 5 {
            return Err(error(401, "Invalid timestamp"));
        }
        let body = String::from_utf8_lossy(&request.body);
        let message = format!("{};{path};{};{timestamp};{body}", request.method, Self::KEY);
        let expected = hmac_sha256(key, message.as_bytes()).expect("the double's key is base64");
        if signature == expected { Ok(()) } else { Err(error(401, "Invalid signature")) }
    }

    fn unknown(&mut self, request: &Request) -> Reply {
        self.wrong.push(format!("{} {}", request.method, request.path));
        error(404, "Not found")
    }
}

impl Double for Detectify {
    fn answer(&mut self, request: &Request, now: Duration, _: &str) -> Reply {
        self.take(request, now).unwrap_or_else(|refusal| refusal)
    }
}

pub fn profile(token: &str, name: &str, endpoint: &str) -> Value {
    json!({ "name": name, "endpoint": endpoint, "status": "verified", "created": "2024-01-01T00:00:00Z", "token": token })
}

/// One with a CVSS 3.1 score.
pub fn finding(uuid: &str, title: &str, score: f64) -> Value {
    json!({
        "uuid": uuid, "title": title, "found_at": format!("https://shop.example.com/{uuid}"),
        "timestamp": "2026-03-01T00:00:00Z", "url": format!("https://detectify.com/finding/{uuid}"),
        "score": [
            { "version": "2.0", "score": 5.0, "vector": "AV:N" },
            { "version": "3.1", "score": score, "vector": "CVSS:3.1/AV:N" },
        ],
        "owasp": [{ "year": 2021, "classification": "A3" }],
        "definition": { "description": "d", "references": [] },
    })
}

fn error(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": { "message": message } }))
}
