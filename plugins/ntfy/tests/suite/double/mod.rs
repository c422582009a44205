//! An ntfy server, asked as its documentation says of publishing as JSON: held to its limits, its access control and its
//! numbered errors. A message is never turned into a file, since a server of one's own keeps none unless told so.

use std::time::Duration;

use serde_json::{Value, json};

use watchkeep_doubles::message::{items, unix_time};
use watchkeep_doubles::{Double, Reply, Request};

const MESSAGE_BYTES_MAX: usize = 4_096;
/// The server reads no more of a body, whatever of it is escapes.
const BODY_BYTES_MAX: usize = 2 * MESSAGE_BYTES_MAX;
const TITLE_BYTES_MAX: usize = 1_024;
const TAGS_BYTES_MAX: usize = 512;
const ACTIONS_MAX: usize = 3;
/// So many requests at once, and then one every five seconds.
const BURST: u32 = 60;
const REPLENISH: Duration = Duration::from_secs(5);
const DISALLOWED: &[&str] =
    &["docs", "static", "file", "app", "metrics", "account", "settings", "signup", "login", "v1"];

/// A server with one user.
#[derive(Debug)]
pub struct Ntfy {
    access: Access,
    pushes: Vec<Value>,
    /// When the visitor has all requests again.
    rested_at: Duration,
    has_messages_left: bool,
}

#[derive(Debug)]
enum Access {
    /// Everybody writes to every topic.
    Open,
    /// The user writes to one topic, and nobody else to any.
    Protected,
}

impl Ntfy {
    pub const TOPIC: &str = "alerts-7Gh2";
    pub const TOKEN: &str = "tk_0123456789abcdefghijklmnopqrs";
    pub const USER: &str = "kari";
    pub const PASSWORD: &str = "correct horse";
    /// The user and the password, as a header says them.
    const BASIC: &str = "Basic a2FyaTpjb3JyZWN0IGhvcnNl";

    pub fn open() -> Self {
        let access = Access::Open;
        Self { access, pushes: Vec::new(), rested_at: Duration::ZERO, has_messages_left: true }
    }
    pub fn protected() -> Self {
        Self { access: Access::Protected, ..Self::open() }
    }
    /// As subscribers get them, oldest first.
    pub fn pushes(&self) -> &[Value] {
        &self.pushes
    }
    /// The visitor has published all that a day allows.
    pub fn use_up_the_day(&mut self) {
        self.has_messages_left = false;
    }

    fn take(&mut self, request: &Request, now: Duration) -> Result<Reply, Reply> {
        let user = request.header("authorization");
        if user.is_some_and(|user| user != format!("Bearer {}", Self::TOKEN) && user != Self::BASIC) {
            return Err(error(401, 1, "unauthorized", "publish/#authentication"));
        }
        if request.parts().0 != "/" || !matches!(request.method.as_str(), "POST" | "PUT") {
            return Err(error(404, 1, "page not found", ""));
        }
        let push = read(request)?;
        let topic = push["topic"].as_str().unwrap_or_default().to_owned();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        if !(1..=64).contains(&topic.len()) || !topic.bytes().all(plain) {
            return Err(error(400, 9, "invalid request: topic invalid", ""));
        }
        self.paced(now)?;
        match self.access {
            Access::Protected if user.is_none() || topic != Self::TOPIC => {
                return Err(error(403, 1, "forbidden", "publish/#authentication"));
            }
            Access::Protected | Access::Open => {}
        }
        if DISALLOWED.contains(&topic.as_str()) {
            return Err(error(400, 10, "invalid request: topic name is not allowed", ""));
        }
        if !self.has_messages_left {
            let said = "limit reached: daily message quota reached";
            return Err(error(429, 8, said, "publish/#limitations"));
        }
        within_limits(&push)?;
        Ok(self.publish(&push, topic, now))
    }

    fn paced(&mut self, now: Duration) -> Result<(), Reply> {
        let rested_at = self.rested_at.max(now) + REPLENISH;
        if rested_at > now + REPLENISH * BURST {
            return Err(error(429, 1, "limit reached: too many requests", "publish/#limitations"));
        }
        self.rested_at = rested_at;
        Ok(())
    }

    /// What says nothing says that it was triggered.
    fn publish(&mut self, push: &Value, topic: String, now: Duration) -> Reply {
        let time = unix_time(now);
        let text = push["message"].as_str().unwrap_or_default().trim();
        let mut published = json!({
            "id": format!("hwQ2YpKd{:04}", self.pushes.len()),
            "time": time,
            "expires": time + 43_200,
            "event": "message",
            "topic": topic,
            "message": if text.is_empty() { "triggered" } else { text },
        });
        for name in ["title", "priority", "tags", "click", "actions"] {
            let value = &push[name];
            let is_left_out = match value {
                Value::Null => true,
                Value::Array(items) => items.is_empty(),
                Value::String(text) => text.is_empty(),
                _ => *value == 0,
            };
            if !is_left_out {
                published[name] = value.clone();
            }
        }
        self.pushes.push(published.clone());
        Reply::json(200, &published)
    }
}

impl Double for Ntfy {
    fn answer(&mut self, request: &Request, now: Duration, _: &str) -> Reply {
        self.take(request, now).unwrap_or_else(|refused| refused)
    }
}

/// Its errors are numbered below their status.
fn error(status: u16, number: u16, message: &str, link: &str) -> Reply {
    let code = u32::from(status) * 100 + u32::from(number);
    let mut body = json!({ "code": code, "http": status, "error": message });
    if !link.is_empty() {
        body["link"] = Value::from(format!("https://ntfy.sh/docs/{link}"));
    }
    Reply::json(status, &body)
}

/// JSON whose members have their types. A member that the server does not know is passed over.
fn read(request: &Request) -> Result<Value, Reply> {
    if request.body.len() > BODY_BYTES_MAX {
        return Err(error(413, 3, "JSON body too large", ""));
    }
    let push = request.object().unwrap_or_default();
    let may_be = |name: &str, is: fn(&Value) -> bool| push[name].is_null() || is(&push[name]);
    let texts = ["topic", "title", "message", "click", "icon", "attach", "filename", "delay", "email"];
    let tags: fn(&Value) -> bool = |it| it.as_array().is_some_and(|tags| tags.iter().all(Value::is_string));
    let actions: fn(&Value) -> bool =
        |it| it.as_array().is_some_and(|actions| actions.iter().all(Value::is_object));
    let has_types = push.is_object()
        && texts.iter().all(|name| may_be(name, Value::is_string))
        && may_be("priority", Value::is_i64)
        && may_be("tags", tags)
        && may_be("actions", actions);
    let said = "invalid request: request body must be message JSON";
    if has_types { Ok(push) } else { Err(error(400, 17, said, "publish/#publish-as-json")) }
}

fn within_limits(push: &Value) -> Result<(), Reply> {
    let bytes = |value: &Value| value.as_str().unwrap_or_default().len();
    if bytes(&push["title"]) > TITLE_BYTES_MAX {
        return Err(error(400, 57, "invalid request: title too long", "publish/#limitations"));
    }
    if items(&push["tags"]).iter().map(bytes).sum::<usize>() > TAGS_BYTES_MAX {
        return Err(error(400, 58, "invalid request: tags too long", "publish/#limitations"));
    }
    // Nought is the same as none.
    if !(0..=5).contains(&push["priority"].as_i64().unwrap_or_default()) {
        return Err(error(400, 7, "invalid priority parameter", "publish/#message-priority"));
    }
    let wrong = |what: String| {
        let said = format!("invalid request: actions invalid, {what}");
        Err(error(400, 18, &said, "publish/#action-buttons"))
    };
    if items(&push["actions"]).len() > ACTIONS_MAX {
        return wrong(format!("only {ACTIONS_MAX} actions allowed"));
    }
    for action in items(&push["actions"]) {
        let kind = action["action"].as_str().unwrap_or_default();
        if !["view", "broadcast", "http", "copy"].contains(&kind) {
            return wrong(format!("action '{kind}' unknown"));
        }
        if bytes(&action["label"]) == 0 {
            return wrong("parameter 'label' is required".to_owned());
        }
        if ["view", "http"].contains(&kind) && bytes(&action["url"]) == 0 {
            return wrong(format!("parameter 'url' is required for action '{kind}'"));
        }
    }
    if bytes(&push["message"]) > MESSAGE_BYTES_MAX {
        return Err(error(400, 14, "invalid request: attachments not allowed", "config/#attachments"));
    }
    Ok(())
}
