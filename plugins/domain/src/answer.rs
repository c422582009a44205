//! What a registry publishes of a domain (RFC 9083), as far as it is judged.

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::Value;
use watchkeep_sdk::wording::from_rfc3339;

/// The most name servers, and the most flags: more than any domain has.
const ITEMS_MAX: usize = 50;
/// How deep entities are looked at: registrars stand at the top.
const ENTITIES_MAX: usize = 50;

/// What is published; what is not is none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Registration {
    pub expires: Date,
    /// In milliseconds since the Unix epoch.
    pub registered: Option<u64>,
    pub changed: Option<u64>,
    pub registrar: Option<String>,
    /// Its IANA ID.
    pub registrar_id: Option<String>,
    /// In lower case, without the dot at the end; none where the registry tells of none.
    pub name_servers: Option<Vec<String>>,
    pub status: Vec<String>,
}

/// When something ends.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Date {
    At(u64),
    /// Written in a way that nobody can read.
    Unreadable(String),
    #[default]
    Unpublished,
}

/// The domain of this name (in lower case), or in half a sentence why the answer is not about it.
pub fn read(body: &[u8], name: &str) -> Result<Registration, String> {
    let foreign =
        || format!("answers 200 and no JSON of RDAP: `{}`", clipped(String::from_utf8_lossy(body).trim()));
    let document: Value = serde_json::from_slice(body).map_err(|_| foreign())?;
    if document["objectClassName"].as_str() != Some("domain") {
        return Err(foreign());
    }
    if let Some(of) = document["ldhName"].as_str() {
        let is_other = of.is_ascii() && !same_name(of, name);
        if is_other {
            return Err(format!("answers for `{}`, and not for what it was asked", clipped(of)));
        }
    }
    let registrar = list(&document["entities"]).take(ENTITIES_MAX).find(|entity| is_registrar(entity));
    Ok(Registration {
        expires: expires(&document),
        registered: event(&document, "registration").and_then(from_rfc3339),
        changed: event(&document, "last changed").and_then(from_rfc3339),
        registrar: registrar.and_then(full_name).map(|name| clipped(name.trim())),
        registrar_id: registrar.and_then(iana_id).map(|id| clipped(&id)),
        name_servers: document["nameservers"].as_array().map(|servers| names(servers)),
        status: list(&document["status"]).take(ITEMS_MAX).filter_map(Value::as_str).map(clipped).collect(),
    })
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Whatever their case, and with or without the dot at the end.
pub(crate) fn same_name(one: &str, other: &str) -> bool {
    one.trim_end_matches('.').eq_ignore_ascii_case(other.trim_end_matches('.'))
}

/// The date of the last event of this kind: a registry lists what happened, oldest first or not.
fn event<'d>(document: &'d Value, action: &str) -> Option<&'d str> {
    let of_kind = |event: &&Value| {
        event["eventAction"].as_str().is_some_and(|said| said.trim().eq_ignore_ascii_case(action))
    };
    let dates = list(&document["events"]).filter(of_kind).filter_map(|event| event["eventDate"].as_str());
    dates.max_by_key(|date| from_rfc3339(date))
}

fn expires(document: &Value) -> Date {
    match event(document, "expiration") {
        None => Date::Unpublished,
        Some(date) => from_rfc3339(date).map_or_else(|| Date::Unreadable(clipped(date)), Date::At),
    }
}

fn is_registrar(entity: &Value) -> bool {
    list(&entity["roles"]).any(|role| role.as_str() == Some("registrar"))
}

/// `["vcard", [["fn", {}, "text", "Example Registrar"], ...]]`, its organisation where it has no name.
fn full_name(entity: &Value) -> Option<&str> {
    let card = || list(&entity["vcardArray"][1]);
    let text = |wanted: &str| {
        let property = card().find(|property| property[0].as_str() == Some(wanted))?;
        property[3].as_str().filter(|text| !text.trim().is_empty())
    };
    text("fn").or_else(|| text("org"))
}

fn iana_id(entity: &Value) -> Option<String> {
    let is_iana =
        |id: &&Value| id["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("IANA Registrar ID"));
    match &list(&entity["publicIds"]).find(is_iana)?["identifier"] {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => id.as_u64().map(|id| id.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn names(servers: &[Value]) -> Vec<String> {
    let named = servers.iter().take(ITEMS_MAX).filter_map(|server| server["ldhName"].as_str());
    let mut names = Vec::new();
    for name in named.map(|name| clipped(name.trim_end_matches('.')).to_ascii_lowercase()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
