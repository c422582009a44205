//! The page that shows what arrived, newest first, as a chat would. It reloads itself every two seconds by a
//! `meta` tag: no script runs on a page that shows what others sent.

use serde_json::Value;

use super::Message;
use super::mrkdwn::{escape, to_html};

const STYLE: &str = include_str!("page.css");

pub(super) fn render<'a>(messages: impl Iterator<Item = &'a Message>, refused: u64) -> String {
    let items: String = messages.map(message).collect();
    let list = if items.is_empty() {
        "<p class=\"empty\">Nothing has arrived yet.</p>".to_owned()
    } else {
        format!("<ol>{items}</ol>")
    };
    let refusals = match refused {
        0 => String::new(),
        count => format!("<p class=\"refused\">{count} refused, as Slack would have</p>"),
    };
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Inbox</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><meta http-equiv=\"refresh\" content=\"2\">\
         <style>{STYLE}</style></head><body><header><h1># alerts</h1>\
         <p>What a Slack channel would show. Newest first.</p>{refusals}</header><main>{list}</main></body></html>"
    )
}

fn message(message: &Message) -> String {
    let at = message.received_at.format("%H:%M:%S UTC");
    let payload = &message.payload;
    let blocks = blocks(payload);
    let attachments: String = list(payload, "attachments").iter().map(attachment).collect();
    // Beside blocks `text` is only what a phone's notification shows; above attachments it is shown.
    let text = match text(payload, "text") {
        Some(text) if blocks.is_empty() => format!("<p>{}</p>", to_html(text)),
        _ => String::new(),
    };
    format!(
        "<li id=\"m{0}\"><div class=\"who\"><b>Watchkeep</b> <time>{at}</time> <a href=\"#m{0}\">#{0}</a></div>\
         {text}{blocks}{attachments}</li>",
        message.number
    )
}

fn attachment(attachment: &Value) -> String {
    let color = text(attachment, "color").map_or("#888888", |color| match color {
        "good" => "#2eb67d",
        "warning" => "#ecb22e",
        "danger" => "#e01e5a",
        other if is_hex_color(other) => other,
        _ => "#888888",
    });
    let pretext = paragraph(attachment, "pretext");
    let title = text(attachment, "title").map(|title| format!("<p><strong>{}</strong></p>", to_html(title)));
    let mut body = blocks(attachment);
    if body.is_empty() {
        body = paragraph(attachment, "text");
    }
    if body.is_empty() {
        body = paragraph(attachment, "fallback");
    }
    let title = title.unwrap_or_default();
    format!("{pretext}<div class=\"attachment\" style=\"border-color:{color}\">{title}{body}</div>")
}

fn is_hex_color(text: &str) -> bool {
    text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit())
}

fn blocks(of: &Value) -> String {
    list(of, "blocks").iter().map(block).collect()
}

fn block(block: &Value) -> String {
    match text(block, "type").unwrap_or("") {
        "header" => format!("<h2>{}</h2>", text_object(&block["text"])),
        "divider" => "<hr>".to_owned(),
        "section" => {
            let text = match &block["text"] {
                Value::Null => String::new(),
                text => format!("<p>{}</p>", text_object(text)),
            };
            let fields: String = list(block, "fields")
                .iter()
                .map(|field| format!("<div>{}</div>", text_object(field)))
                .collect();
            format!("{text}<div class=\"fields\">{fields}</div>")
        }
        "context" => {
            let elements: String = list(block, "elements")
                .iter()
                .map(|element| format!("<span>{}</span>", text_object(element)))
                .collect();
            format!("<div class=\"context\">{elements}</div>")
        }
        "actions" => {
            let buttons: String = list(block, "elements").iter().map(button).collect();
            format!("<div class=\"actions\">{buttons}</div>")
        }
        "markdown" => paragraph(block, "text"),
        "image" => {
            format!("<p class=\"context\">picture: {}</p>", escape(text(block, "alt_text").unwrap_or("")))
        }
        other => format!("<p class=\"context\">{}</p>", escape(other)),
    }
}

fn button(element: &Value) -> String {
    let label = text_object(&element["text"]);
    match text(element, "url") {
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
            format!("<a class=\"button\" rel=\"noreferrer\" href=\"{}\">{label}</a>", escape(url))
        }
        _ => format!("<span class=\"button\">{label}</span>"),
    }
}

fn text_object(object: &Value) -> String {
    let content = text(object, "text").unwrap_or("");
    match text(object, "type") {
        Some("mrkdwn") => to_html(content),
        _ => escape(content).replace('\n', "<br>"),
    }
}

fn paragraph(of: &Value, key: &str) -> String {
    text(of, key).map(|text| format!("<p>{}</p>", to_html(text))).unwrap_or_default()
}

fn text<'a>(of: &'a Value, key: &str) -> Option<&'a str> {
    of.get(key).and_then(Value::as_str)
}

fn list<'a>(of: &'a Value, key: &str) -> &'a [Value] {
    of.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or(&[])
}
