//! PagerDuty's Events API v2: events open, acknowledge and resolve incidents by their dedup key; change events are kept.

use std::time::Duration;

use serde_json::{Value, json};

use watchkeep_doubles::message::items;
use watchkeep_doubles::pace::Pace;
use watchkeep_doubles::{Double, Reply, Request};

const EVENTS_A_MINUTE_MAX: usize = 120;
const EVENT_BYTES_MAX: usize = 512_000;

#[derive(Debug)]
pub struct PagerDuty {
    key: String,
    incidents: Vec<Incident>,
    changes: Vec<Value>,
    pace: Pace,
}

/// All events of one dedup key until it is resolved.
#[derive(Clone, Debug)]
pub struct Incident {
    pub dedup_key: String,
    /// `triggered`, `acknowledged`, `resolved`.
    pub status: &'static str,
    /// The event of the last trigger.
    pub event: Value,
    pub triggers: u32,
}

impl PagerDuty {
    pub const KEY: &str = "0123456789abcdef0123456789abcdef";

    pub fn new() -> Self {
        let pace = Pace::new(EVENTS_A_MINUTE_MAX, Duration::from_secs(60));
        Self { key: Self::KEY.to_owned(), incidents: Vec::new(), changes: Vec::new(), pace }
    }
    pub fn incidents(&self) -> &[Incident] {
        &self.incidents
    }
    pub fn changes(&self) -> &[Value] {
        &self.changes
    }
    /// A person closes all that is open.
    pub fn close_all(&mut self) {
        self.incidents.iter_mut().for_each(|incident| incident.status = "resolved");
    }

    fn take(&mut self, request: &Request, now: Duration) -> Result<Reply, Reply> {
        if request.method != "POST" {
            return Err(Reply::text(405, ""));
        }
        if request.media_type() != "application/json" {
            return Err(invalid(&["Content-Type must be application/json"]));
        }
        if request.body.len() > EVENT_BYTES_MAX {
            return Err(Reply::json(
                413,
                &json!({ "status": "invalid event", "message": "Event is too large" }),
            ));
        }
        let event: Value =
            serde_json::from_slice(&request.body).map_err(|_| invalid(&["the body is not JSON"]))?;
        let key = event["routing_key"].as_str().unwrap_or_default();
        if key.len() != 32 {
            return Err(invalid(&["Length of 'routing_key' is incorrect (should be 32 characters)"]));
        }
        if key != self.key {
            return Err(invalid(&["Invalid routing key"]));
        }
        let throttled = json!({ "status": "throttle exceeded", "message": "Too many events" });
        self.pace.admit(now).map_err(|_| Reply::json(429, &throttled))?;
        match request.path.as_str() {
            "/v2/enqueue" => self.alert(event),
            "/v2/change/enqueue" => {
                let problems = payload_problems(&event, false);
                if !problems.is_empty() {
                    return Err(invalid(&problems));
                }
                self.changes.push(event);
                Ok(Reply::json(202, &json!({ "status": "success", "message": "Change event processed" })))
            }
            _ => Err(Reply::text(404, "")),
        }
    }

    fn alert(&mut self, event: Value) -> Result<Reply, Reply> {
        let dedup_key = event["dedup_key"].as_str().unwrap_or_default().to_owned();
        let action = event["event_action"].as_str().unwrap_or_default();
        let mut problems = Vec::new();
        if dedup_key.chars().count() > 255 {
            problems.push("Length of 'dedup_key' is incorrect (should be at most 255)");
        }
        // A key is made up where none is given; then nothing could be resolved.
        if dedup_key.is_empty() {
            problems.push("'dedup_key' is missing or blank");
        }
        match action {
            "trigger" => problems.extend(payload_problems(&event, true)),
            "acknowledge" | "resolve" => {}
            _ => problems.push("'event_action' is invalid (must be one of trigger, acknowledge or resolve)"),
        }
        if !problems.is_empty() {
            return Err(invalid(&problems));
        }
        let open =
            |incident: &&mut Incident| incident.dedup_key == dedup_key && incident.status != "resolved";
        match (action, self.incidents.iter_mut().find(open)) {
            ("trigger", Some(incident)) => {
                incident.triggers += 1;
                incident.event = event;
            }
            ("trigger", None) => {
                let dedup_key = dedup_key.clone();
                self.incidents.push(Incident { dedup_key, status: "triggered", event, triggers: 1 });
            }
            ("acknowledge", Some(incident)) => incident.status = "acknowledged",
            (_, Some(incident)) => incident.status = "resolved",
            // Taken, and without any effect.
            (_, None) => {}
        }
        let body = json!({ "status": "success", "message": "Event processed", "dedup_key": dedup_key });
        Ok(Reply::json(202, &body))
    }
}

impl Default for PagerDuty {
    fn default() -> Self {
        Self::new()
    }
}

impl Double for PagerDuty {
    fn answer(&mut self, request: &Request, now: Duration, _: &str) -> Reply {
        self.take(request, now).unwrap_or_else(|refused| refused)
    }
}

fn invalid(errors: &[&str]) -> Reply {
    Reply::json(
        400,
        &json!({ "status": "invalid event", "message": "Event object is invalid", "errors": errors }),
    )
}

fn payload_problems(event: &Value, is_alert: bool) -> Vec<&'static str> {
    let payload = &event["payload"];
    let text = |name: &str| payload[name].as_str().filter(|text| !text.trim().is_empty());
    let mut problems = Vec::new();
    match text("summary") {
        None => problems.push("'payload.summary' is missing or blank"),
        Some(summary) if summary.chars().count() > 1_024 => problems.push("'payload.summary' is too long"),
        Some(_) => {}
    }
    if text("source").is_none() {
        problems.push("'payload.source' is missing or blank");
    }
    if is_alert && !matches!(text("severity"), Some("critical" | "error" | "warning" | "info")) {
        problems.push("'payload.severity' is invalid (must be one of critical, error, warning or info)");
    }
    if text("timestamp").is_some_and(|at| !at.contains('T') || !at.ends_with('Z')) {
        problems.push("'payload.timestamp' is not in ISO 8601 format");
    }
    let all = |list: &Value, name: &str, scheme: &[&str]| {
        items(list).iter().all(|item| {
            item[name].as_str().is_some_and(|url| {
                scheme.iter().any(|scheme| url.starts_with(scheme)) && !url.contains(char::is_whitespace)
            })
        })
    };
    if !all(&event["links"], "href", &["https://", "http://"]) {
        problems.push("'links' holds one without a valid 'href'");
    }
    if !all(&event["images"], "src", &["https://"]) {
        problems.push("'images' holds one whose 'src' is not https");
    }
    problems
}
