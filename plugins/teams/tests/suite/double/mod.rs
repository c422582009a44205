//! A workflow of Microsoft Teams that posts what a webhook gets. Its trigger refuses at once what is no request of its own;
//! all else it takes with 202, and what is wrong with a card becomes known only in the workflow's run. Held to the
//! documentation of the trigger, of Teams' limits and of Adaptive Cards as Teams shows them.

use std::time::Duration;

use serde_json::{Value, json};

use watchkeep_doubles::message::{is_page, items};
use watchkeep_doubles::pace::{self, Pace};
use watchkeep_doubles::{Double, Reply, Request};

/// The most bytes of a message, whatever is in it.
const MESSAGE_BYTES_MAX: usize = 28 * 1_024;
const MEDIA_TYPE: &str = "application/vnd.microsoft.card.adaptive";
/// Teams shows no card of a later version.
const VERSION_MAX: (u32, u32) = (1, 5);

/// One workflow of one channel.
#[derive(Debug)]
pub struct Teams {
    state: State,
    cards: Vec<Value>,
    failures: Vec<String>,
    pace: Pace,
}

#[derive(Debug)]
enum State {
    Enabled,
    Disabled,
    Deleted,
}

impl Teams {
    /// Path of the workflow's trigger, with the signature that lets everybody call it.
    pub const WEBHOOK: &str = "/powerautomate/automations/direct/workflows/0123456789abcdef0123456789abcdef/triggers/manual\
                               /paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=aBcD-0123456789_eFgH";

    pub fn new() -> Self {
        let pace = Pace::new(4, Duration::from_secs(1));
        Self { state: State::Enabled, cards: Vec::new(), failures: Vec::new(), pace }
    }
    /// What was posted, oldest first.
    pub fn cards(&self) -> &[Value] {
        &self.cards
    }
    /// Why runs failed, oldest first: what stands in the workflow's history, and is told to nobody.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }
    /// Its owner switches it off.
    pub fn disable(&mut self) {
        self.state = State::Disabled;
    }
    pub fn delete(&mut self) {
        self.state = State::Deleted;
    }

    fn trigger(&mut self, request: &Request, now: Duration) -> Result<Value, Reply> {
        let (path, query) = request.parts();
        let (known_path, known_query) = Self::WEBHOOK.split_once('?').unwrap_or_default();
        let signature =
            |query: &str| query.split('&').find_map(|field| field.strip_prefix("sig=").map(str::to_owned));
        let id = path.split('/').nth(5).unwrap_or_default();
        if path != known_path {
            let message = format!("The workflow '{id}' could not be found.");
            return Err(refused(404, "WorkflowNotFound", &message));
        }
        match signature(query) {
            None => {
                let message = "The request must be authenticated only by Shared Access scheme.";
                return Err(refused(401, "DirectApiAuthorizationRequired", message));
            }
            given if given != signature(known_query) => {
                let message = "The authentication credentials are not valid.";
                return Err(refused(401, "AuthorizationFailed", message));
            }
            Some(_) => {}
        }
        if request.method != "POST" {
            return Err(refused(405, "MethodNotAllowed", "The trigger takes `POST`."));
        }
        let off = match self.state {
            State::Enabled => None,
            State::Disabled => Some("Disabled"),
            State::Deleted => Some("Deleted"),
        };
        if let Some(state) = off {
            let message = format!(
                "Could not execute workflow '{id}' trigger 'manual' with state '{state}': trigger is not enabled."
            );
            return Err(refused(400, "WorkflowTriggerIsNotEnabled", &message));
        }
        self.pace.admit(now).map_err(|wait| {
            let reply = refused(429, "TooManyRequests", "The workflow was called too often.");
            reply.header("retry-after", pace::seconds(wait).to_string())
        })?;
        if request.media_type() != "application/json" {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&request.body).map_err(|error| {
            let message =
                format!("The request content is not valid and could not be deserialized: '{error}'.");
            refused(400, "InvalidRequestContent", &message)
        })
    }
}

impl Default for Teams {
    fn default() -> Self {
        Self::new()
    }
}

impl Double for Teams {
    fn answer(&mut self, request: &Request, now: Duration, _: &str) -> Reply {
        let message = match self.trigger(request, now) {
            Ok(message) => message,
            Err(refused) => return refused,
        };
        match posted(&message, request.body.len()) {
            Ok(cards) => self.cards.extend(cards),
            Err(failure) => self.failures.push(failure),
        }
        Reply::text(202, "")
    }
}

fn refused(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": { "code": code, "message": message } }))
}

/// The run: a message for each attachment, or why there is none.
fn posted(message: &Value, bytes: usize) -> Result<Vec<Value>, String> {
    if message["type"] != "message" {
        return Err(format!("the body is of type {}, not `message`", message["type"]));
    }
    let attachments = items(&message["attachments"]);
    if attachments.is_empty() {
        return Err("the result of the evaluation of 'foreach' expression \
                    '@triggerOutputs()?['body']?['attachments']' is of type 'Null'. The result must be a valid array."
            .to_owned());
    }
    if bytes > MESSAGE_BYTES_MAX {
        return Err(format!("Request Entity too large: {bytes} bytes"));
    }
    let card = |attachment: &Value| {
        if attachment["contentType"] != MEDIA_TYPE {
            return Err(format!(
                "an attachment is of type {}, not `{MEDIA_TYPE}`",
                attachment["contentType"]
            ));
        }
        card(&attachment["content"])?;
        Ok(attachment["content"].clone())
    };
    attachments.iter().map(card).collect()
}

fn card(card: &Value) -> Result<(), String> {
    if card["type"] != "AdaptiveCard" {
        return Err("Property 'type' must be 'AdaptiveCard'".to_owned());
    }
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<u32>().ok());
    let version = required(card, "version")?.split_once('.');
    match version.map(|(major, minor)| (number(Some(major)), number(Some(minor)))) {
        Some((Some(major), Some(minor))) if (major, minor) <= VERSION_MAX => {}
        _ => return Err(format!("Teams shows no card of version {}", card["version"])),
    }
    // Teams would post it all the same, and show nothing.
    if items(&card["body"]).is_empty() {
        return Err("the card has no body".to_owned());
    }
    items(&card["body"]).iter().try_for_each(element)?;
    items(&card["actions"]).iter().try_for_each(action)
}

fn element(element: &Value) -> Result<(), String> {
    match required(element, "type")? {
        "TextBlock" => {
            required(element, "text")?;
            among(element, "weight", &["default", "lighter", "bolder"])
        }
        "RichTextBlock" => list(element, "inlines")?.iter().try_for_each(inline),
        "Container" => {
            among(element, "style", &["default", "emphasis", "good", "attention", "warning", "accent"])?;
            list(element, "items")?.iter().try_for_each(self::element)
        }
        "ColumnSet" => {
            let mut columns = list(element, "columns")?.iter();
            columns.try_for_each(|column| list(column, "items")?.iter().try_for_each(self::element))
        }
        "FactSet" => list(element, "facts")?
            .iter()
            .try_for_each(|fact| required(fact, "title").and(required(fact, "value")).map(|_| ())),
        "Image" => address(element, "url"),
        "ActionSet" => list(element, "actions")?.iter().try_for_each(action),
        other => Err(format!("an element is of the unknown type '{other}'")),
    }
}

/// A run of text, or a text alone.
fn inline(inline: &Value) -> Result<(), String> {
    if inline.is_string() {
        return Ok(());
    }
    if inline["type"] != "TextRun" {
        return Err(format!("an inline is of the unknown type {}", inline["type"]));
    }
    required(inline, "text")?;
    among(inline, "weight", &["default", "lighter", "bolder"])
}

/// Teams does not take `Action.Submit` from a webhook, which has nobody to submit to.
fn action(action: &Value) -> Result<(), String> {
    match required(action, "type")? {
        "Action.OpenUrl" => address(action, "url"),
        "Action.ShowCard" => card(&action["card"]),
        "Action.ToggleVisibility" => list(action, "targetElements").map(|_| ()),
        other => Err(format!("an action is of the type '{other}', which is not supported")),
    }
}

fn required<'a>(object: &'a Value, name: &str) -> Result<&'a str, String> {
    let text = object[name].as_str();
    text.ok_or_else(|| format!("Required property '{name}' not found in JSON of {}", object["type"]))
}

fn list<'a>(object: &'a Value, name: &str) -> Result<&'a [Value], String> {
    match items(&object[name]) {
        [] => Err(format!("Required property '{name}' not found in JSON of {}", object["type"])),
        found => Ok(found),
    }
}

fn among(object: &Value, name: &str, known: &[&str]) -> Result<(), String> {
    match object.get(name) {
        None => Ok(()),
        Some(value) => {
            let is_known =
                value.as_str().is_some_and(|text| known.contains(&text.to_ascii_lowercase().as_str()));
            if is_known { Ok(()) } else { Err(format!("'{name}' has the unknown value {value}")) }
        }
    }
}

fn address(object: &Value, name: &str) -> Result<(), String> {
    let url = required(object, name)?;
    if is_page(url) { Ok(()) } else { Err(format!("'{url}' is not a valid URL")) }
}
