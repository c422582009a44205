//! A registry's RDAP server (RFC 7480, 9082, 9083), with a list of servers beside it (RFC 9224).

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_doubles::{Double, Reply, Request};

const MEDIA_TYPE: &str = "application/rdap+json";

#[derive(Debug, Default)]
pub struct Registry {
    domains: BTreeMap<String, Value>,
    /// Domains that another server answers for.
    moved: BTreeMap<String, String>,
    /// By suffix; the server's own address where it is empty.
    list: Vec<(String, Vec<String>)>,
    mood: Mood,
    asked: Vec<String>,
    wrong: Vec<String>,
}

/// How it answers questions about domains.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mood {
    #[default]
    Well,
    /// 429, with `Retry-After` in seconds or without.
    Limits(Option<u64>),
    /// 503 of what stands before it.
    Fails,
    /// 403.
    TurnsAway,
    /// A page with 200.
    Page,
    /// Half of an answer.
    Cut,
    /// Nothing here speaks RDAP: a page with 404.
    Gone,
}

impl Registry {
    /// Where its base is.
    pub const BASE: &str = "/rdap/";
    /// Where the list is.
    pub const LIST: &str = "/dns.json";

    pub fn new() -> Self {
        Self::default()
    }
    /// A domain as it is published from now on.
    #[must_use]
    pub fn with(mut self, domain: &Value) -> Self {
        self.publish(domain);
        self
    }
    pub fn publish(&mut self, domain: &Value) {
        let name = domain["ldhName"].as_str().expect("a domain has a name").to_ascii_lowercase();
        self.domains.insert(name.trim_end_matches('.').to_owned(), domain.clone());
    }
    pub fn delete(&mut self, name: &str) {
        self.domains.remove(name);
    }
    /// Questions about it are sent elsewhere.
    #[must_use]
    pub fn moved(mut self, name: &str, to: &str) -> Self {
        self.moved.insert(name.to_owned(), to.to_owned());
        self
    }
    /// The list says that these servers know such names; none stand for this one.
    #[must_use]
    pub fn lists(mut self, suffix: &str, servers: &[&str]) -> Self {
        self.list.push((suffix.to_owned(), servers.iter().map(|url| (*url).to_owned()).collect()));
        self
    }
    pub fn be(&mut self, mood: Mood) {
        self.mood = mood;
    }
    /// Paths of requests since the last look, oldest first.
    pub fn asked(&mut self) -> Vec<String> {
        std::mem::take(&mut self.asked)
    }
    /// What no client of RDAP sends.
    pub fn wrong(&self) -> &[String] {
        &self.wrong
    }

    fn take(&mut self, request: &Request, base: &str) -> Result<Reply, Reply> {
        self.asked.push(request.path.clone());
        let (path, query) = request.parts();
        let refuse = |registry: &mut Self, status: u16, title: &str| {
            registry.wrong.push(format!("{} {}: {title}", request.method, request.path));
            Err(error(status, title))
        };
        if request.method != "GET" {
            return refuse(self, 405, "Method not allowed");
        }
        if !query.is_empty() || !request.body.is_empty() {
            return refuse(self, 400, "A look-up has neither a query nor a body");
        }
        if path == Self::LIST {
            return Ok(self.list(base));
        }
        if !request.header("accept").is_some_and(|accepted| accepted.contains(MEDIA_TYPE)) {
            return refuse(self, 406, "Not acceptable");
        }
        let Some(asked) = path.strip_prefix(Self::BASE).filter(|_| self.mood != Mood::Gone) else {
            return Err(page(404));
        };
        if asked == "help" {
            return Ok(rdap(200, &json!({ "rdapConformance": ["rdap_level_0"], "notices": [] })));
        }
        let Some(name) = asked.strip_prefix("domain/") else {
            return refuse(self, 400, "No such kind of object");
        };
        match self.mood {
            Mood::Well | Mood::Cut | Mood::Gone => {}
            Mood::Limits(None) => return Err(error(429, "Too many requests")),
            Mood::Limits(Some(seconds)) => {
                return Err(error(429, "Too many requests").header("retry-after", seconds.to_string()));
            }
            Mood::Fails => return Err(page(503)),
            Mood::TurnsAway => return Err(error(403, "Forbidden")),
            Mood::Page => return Err(page(200)),
        }
        let is_label = |label: &str| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-')
        };
        if !name.contains('.') || !name.split('.').all(is_label) {
            return refuse(self, 400, "Not a domain name");
        }
        if let Some(to) = self.moved.get(name) {
            return Ok(Reply::text(302, "").header("location", to.clone()));
        }
        match self.domains.get(&name.to_ascii_lowercase()) {
            None => Err(error(404, "Object not found")),
            Some(domain) if self.mood == Mood::Cut => {
                let text = domain.to_string();
                Ok(Reply::text(200, &text[..text.len() / 2]).header("content-type", MEDIA_TYPE))
            }
            Some(domain) => Ok(rdap(200, domain)),
        }
    }

    fn list(&self, base: &str) -> Reply {
        let own = format!("{base}{}", Self::BASE);
        let service = |(suffix, servers): &(String, Vec<String>)| match &**servers {
            [] => json!([[suffix], [own]]),
            servers => json!([[suffix], servers]),
        };
        let services: Vec<Value> = self.list.iter().map(service).collect();
        let list = json!({ "version": "1.0", "publication": "2026-03-01T00:00:00Z", "services": services });
        Reply::json(200, &list)
    }
}

impl Double for Registry {
    fn answer(&mut self, request: &Request, _: Duration, base: &str) -> Reply {
        self.take(request, base).unwrap_or_else(|refused| refused)
    }
}

/// A domain that is registered with `Example Registrar` (292) until then.
pub fn domain(name: &str, expires: &str) -> Value {
    json!({
        "objectClassName": "domain",
        "handle": "2336799_DOMAIN",
        "ldhName": name,
        "status": ["client transfer prohibited", "client delete prohibited"],
        "events": [
            { "eventAction": "registration", "eventDate": "2011-05-06T07:08:09Z" },
            { "eventAction": "expiration", "eventDate": expires },
            { "eventAction": "last changed", "eventDate": "2025-08-14T07:01:34Z" },
            { "eventAction": "last update of RDAP database", "eventDate": "2026-03-04T05:00:00Z" },
        ],
        "entities": [
            { "objectClassName": "entity", "roles": ["abuse"], "vcardArray": ["vcard", [["fn", {}, "text", "Abuse desk"]]] },
            {
                "objectClassName": "entity",
                "handle": "292",
                "roles": ["registrar"],
                "publicIds": [{ "type": "IANA Registrar ID", "identifier": "292" }],
                "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Example Registrar, Inc."]]],
            },
        ],
        "nameservers": [
            { "objectClassName": "nameserver", "ldhName": "NS2.EXAMPLE.NET" },
            { "objectClassName": "nameserver", "ldhName": "ns1.example.net." },
        ],
        "secureDNS": { "delegationSigned": false },
        "rdapConformance": ["rdap_level_0", "icann_rdap_response_profile_0"],
    })
}

fn rdap(status: u16, body: &Value) -> Reply {
    let mut reply = Reply::json(status, body);
    reply.headers = vec![("content-type", MEDIA_TYPE.to_owned())];
    reply
}

fn error(status: u16, title: &str) -> Reply {
    rdap(
        status,
        &json!({ "rdapConformance": ["rdap_level_0"], "errorCode": status, "title": title, "description": ["Of the double."] }),
    )
}

fn page(status: u16) -> Reply {
    Reply::text(status, format!("<html><title>{status}</title></html>")).header("content-type", "text/html")
}
