//! StatusCake's API v1, as far as it is read: uptime, SSL, heartbeat and page speed tests, contact groups and maintenance
//! windows; of uptime tests their history, periods and alerts. Held to StatusCake's guides and to its own Go client.
//!
//! It stands here and not beside a plugin, since the command line reads the same API as the check does.

mod query;
mod samples;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::message::unix_time;
use crate::pace::{Pace, seconds};
use crate::{Double, Reply, Request};

use query::Query;
pub use samples::{heartbeat_test, history_row, ssl_test, uptime_test};

const REQUESTS_A_SECOND_MAX: usize = 5;
/// The limit of a free plan.
const REQUESTS_A_MINUTE_MAX: usize = 60;
/// What a list shows of an uptime test; the rest stands with the test alone.
const LISTED: [&str; 10] = [
    "id",
    "paused",
    "name",
    "website_url",
    "test_type",
    "check_rate",
    "contact_groups",
    "status",
    "tags",
    "uptime",
];
const LISTS: [&str; 6] = ["uptime", "ssl", "heartbeat", "pagespeed", "contact-groups", "maintenance-windows"];

#[derive(Debug)]
pub struct StatusCake {
    token: String,
    lists: BTreeMap<&'static str, Vec<Value>>,
    /// By test and kind: `history`, `periods`, `alerts`; the newest first.
    kept: BTreeMap<(String, &'static str), Vec<Value>>,
    mood: Mood,
    changes: VecDeque<(u64, Change)>,
    second: Pace,
    minute: Pace,
    asked: Vec<String>,
    wrong: Vec<String>,
    refused: usize,
}

/// How it answers who is known to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mood {
    #[default]
    Well,
    /// 403.
    Forbids,
    /// 429, with `Retry-After` in seconds or without.
    Limits(Option<u64>),
    /// 503 of what stands before it.
    Fails,
    /// A page with 200.
    Page,
    /// JSON that breaks off.
    Cut,
    /// Its clock is ahead by so many seconds.
    Ahead(u64),
}

/// What somebody else does to the uptime tests.
#[derive(Clone, PartialEq, Debug)]
pub enum Change {
    /// Stands first from now on.
    Add(Value),
    Delete(String),
    /// One goes, and another stands last from now on.
    Replace(String, Value),
}

impl StatusCake {
    pub const TOKEN: &str = "sc-0123456789abcdefghijklmnopqrstuvwxyz";
    /// Before the paths of the API.
    pub const BASE: &str = "/v1";

    pub fn new() -> Self {
        Self {
            token: Self::TOKEN.to_owned(),
            lists: LISTS.into_iter().map(|list| (list, Vec::new())).collect(),
            kept: BTreeMap::new(),
            mood: Mood::Well,
            changes: VecDeque::new(),
            second: Pace::new(REQUESTS_A_SECOND_MAX, Duration::from_secs(1)),
            minute: Pace::new(REQUESTS_A_MINUTE_MAX, Duration::from_secs(60)),
            asked: Vec::new(),
            wrong: Vec::new(),
            refused: 0,
        }
    }
    /// An item of one of its lists: `uptime`, `ssl`, `heartbeat`, `pagespeed`, `contact-groups`, `maintenance-windows`.
    #[must_use]
    pub fn with(mut self, list: &str, item: Value) -> Self {
        self.list(list).push(item);
        self
    }
    /// Takes any number of requests: what is measured is who asks.
    #[must_use]
    pub fn unlimited(mut self) -> Self {
        self.second = Pace::new(usize::MAX, Duration::ZERO);
        self.minute = Pace::new(usize::MAX, Duration::ZERO);
        self
    }
    /// The items of one of its lists, to change them.
    pub fn list(&mut self, list: &str) -> &mut Vec<Value> {
        self.lists.get_mut(list).unwrap_or_else(|| panic!("StatusCake has no list `{list}`"))
    }
    /// What is kept of a test: `history`, `periods` or `alerts`, the newest first.
    pub fn keep(&mut self, id: &str, kind: &'static str, rows: Vec<Value>) {
        self.kept.insert((id.to_owned(), kind), rows);
    }
    /// After the next answer with this page of uptime tests; several happen one after another.
    pub fn then(&mut self, page: u64, change: Change) {
        self.changes.push_back((page, change));
    }
    pub fn be(&mut self, mood: Mood) {
        self.mood = mood;
    }
    /// Another token is the right one.
    pub fn expect_token(&mut self, token: &str) {
        token.clone_into(&mut self.token);
    }
    /// Paths of requests since the last look, with their queries, oldest first.
    pub fn asked(&mut self) -> Vec<String> {
        std::mem::take(&mut self.asked)
    }
    /// How many requests were more than the account may make.
    pub fn refused(&self) -> usize {
        self.refused
    }
    /// What the API would not have been asked by whoever has read its documentation.
    pub fn wrong(&self) -> &[String] {
        &self.wrong
    }

    fn take(&mut self, request: &Request, now: Duration, base: &str) -> Result<Reply, Reply> {
        self.asked.push(request.path.clone());
        if request.header("authorization") != Some(&format!("Bearer {}", self.token)) {
            return Err(error(401, "Authentication failed. Please check your API token."));
        }
        let admitted = self.second.admit(now).and_then(|()| self.minute.admit(now));
        if let Err(wait) = admitted {
            self.refused += 1;
            return Err(
                error(429, "Too many requests").header("x-ratelimit-reset", seconds(wait).to_string())
            );
        }
        match self.mood {
            Mood::Well | Mood::Ahead(_) | Mood::Cut => {}
            Mood::Forbids => return Err(error(403, "This token may not do that.")),
            Mood::Limits(None) => return Err(error(429, "Too many requests")),
            Mood::Limits(Some(wait)) => {
                return Err(error(429, "Too many requests").header("retry-after", wait.to_string()));
            }
            Mood::Fails => return Err(Reply::text(503, "<html>Service unavailable</html>")),
            Mood::Page => return Err(Reply::text(200, "<html>Sign in</html>")),
        }
        let document = self.document(request, now, base).inspect_err(|reply| {
            if reply.status != 404 {
                self.wrong.push(format!("{} {}: {}", request.method, request.path, reply.body));
            }
        })?;
        let text = document.to_string();
        let whole = if self.mood == Mood::Cut { &text[..text.len() / 2] } else { &text };
        Ok(Reply::text(200, whole).header("content-type", "application/json"))
    }

    fn document(&mut self, request: &Request, now: Duration, base: &str) -> Result<Value, Reply> {
        if request.method != "GET" || !request.body.is_empty() {
            return Err(error(405, "Only what reads is known here."));
        }
        let (path, query) = request.parts();
        let missing = || error(404, "Not found");
        let parts: Vec<&str> =
            path.strip_prefix(Self::BASE).ok_or_else(missing)?.split('/').skip(1).collect();
        match *parts.as_slice() {
            [list] => {
                let list = LISTS.into_iter().find(|known| *known == list).ok_or_else(missing)?;
                self.page(list, &Query::read(query, Query::of_list(list))?)
            }
            [list, id] => {
                Query::read(query, &[])?;
                let items = self.lists.get(list).ok_or_else(missing)?;
                let item = items.iter().find(|item| item["id"] == id).ok_or_else(missing)?;
                Ok(json!({ "data": item }))
            }
            ["uptime", id, kind] => {
                let kind = ["history", "periods", "alerts"].into_iter().find(|known| *known == kind);
                let kind = kind.ok_or_else(missing)?;
                if !self.lists["uptime"].iter().any(|item| item["id"] == id) {
                    return Err(missing());
                }
                let query = Query::read(query, &["limit", "before", "after"])?;
                Ok(self.rows(id, kind, &query, now, &format!("{base}{path}")))
            }
            _ => Err(missing()),
        }
    }

    fn page(&mut self, list: &'static str, query: &Query) -> Result<Value, Reply> {
        let (page, limit) = (query.number("page", 1, u64::MAX, 1)?, query.number("limit", 1, 100, 25)?);
        let uptime = !query.is_true("nouptime")?;
        let matching: Vec<&Value> = self.lists[list].iter().filter(|item| query.takes(item)).collect();
        let total = matching.len() as u64;
        let from = usize::try_from((page - 1).saturating_mul(limit)).unwrap_or(usize::MAX);
        let data: Vec<Value> = matching
            .into_iter()
            .skip(from)
            .take(usize::try_from(limit).unwrap_or(usize::MAX))
            .map(|item| if list == "uptime" { listed(item, uptime) } else { item.clone() })
            .collect();
        if list == "uptime" {
            self.change(page);
        }
        let metadata = json!({
            "page": page,
            "per_page": limit,
            "page_count": total.div_ceil(limit).max(1),
            "total_count": total,
        });
        Ok(json!({ "data": data, "metadata": metadata }))
    }

    fn change(&mut self, page: u64) {
        let Some((_, change)) = self.changes.pop_front_if(|(of, _)| *of == page) else { return };
        let tests = self.list("uptime");
        match change {
            Change::Add(test) => tests.insert(0, test),
            Change::Delete(id) => tests.retain(|test| test["id"] != id.as_str()),
            Change::Replace(id, test) => {
                tests.retain(|test| test["id"] != id.as_str());
                tests.push(test);
            }
        }
    }

    fn rows(&self, id: &str, kind: &'static str, query: &Query, now: Duration, url: &str) -> Value {
        let ahead = if let Mood::Ahead(seconds) = self.mood { seconds } else { 0 };
        let now = unix_time(now) + ahead;
        let none = Vec::new();
        let rows = self.kept.get(&(id.to_owned(), kind)).unwrap_or(&none);
        let at = |row: &Value| {
            let text = row["created_at"].as_str().or(row["triggered_at"].as_str()).unwrap_or_default();
            watchkeep_sdk::wording::from_rfc3339(text).map_or(0, |millis| millis / 1_000)
        };
        let limit = query.text("limit").and_then(|text| text.parse().ok()).unwrap_or(25_usize);
        let moment = |key: &str, otherwise: u64| {
            query.text(key).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
        };
        let (before, after) = (moment("before", now + 1), moment("after", 0));
        let mut within = rows.iter().filter(|row| (after..before).contains(&at(row)));
        let data: Vec<Value> = within.by_ref().take(limit).cloned().collect();
        let mut links = json!({ "self": url });
        if let (Some(_), Some(last)) = (within.next(), data.last()) {
            links["next"] = json!(format!("{url}?limit={limit}&before={}", at(last)));
        }
        json!({ "data": data, "links": links, "metadata": {} })
    }

    /// The limit that is nearer, as every answer says it.
    fn limited(&self, mut reply: Reply) -> Reply {
        let (second, minute) = (self.second.left(), self.minute.left());
        let (most, left, reset) = match second <= minute {
            true => (REQUESTS_A_SECOND_MAX, second, 1),
            false => (REQUESTS_A_MINUTE_MAX, minute, 60),
        };
        let mut add = |name: &'static str, value: String| {
            if !reply.headers.iter().any(|(known, _)| *known == name) {
                reply.headers.push((name, value));
            }
        };
        add("x-ratelimit-limit", format!("{most}, 60;w=60, 5;w=1"));
        add("x-ratelimit-remaining", left.to_string());
        add("x-ratelimit-reset", reset.to_string());
        reply
    }
}

impl Default for StatusCake {
    fn default() -> Self {
        Self::new()
    }
}

impl Double for StatusCake {
    fn answer(&mut self, request: &Request, now: Duration, base: &str) -> Reply {
        let reply = self.take(request, now, base).unwrap_or_else(|refused| refused);
        self.limited(reply)
    }
}

fn listed(test: &Value, uptime: bool) -> Value {
    let shown = LISTED.iter().filter(|key| uptime || **key != "uptime");
    let members = shown.filter_map(|key| Some(((*key).to_owned(), test.get(*key)?.clone())));
    Value::Object(members.collect::<Map<_, _>>())
}

fn error(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "message": message, "errors": {} }))
}
