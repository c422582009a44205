//! The letter as HTML: styles inline, no script, nothing that is fetched. Links lead to pages and do nothing by
//! themselves, so that a scanner that follows them changes nothing: what acknowledges is a button on the page.

use watchkeep_sdk::wording::{self, Mood};

use crate::letter::{Letter, Member, Tone};
use crate::pictures::Shown;
use crate::text;

pub(crate) fn of(letter: &Letter, pictures: &[Shown]) -> String {
    let mut html = String::from(
        "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"></head>\n\
         <body style=\"margin:0;padding:16px;font:15px/1.5 sans-serif;color:#1d2430\">\n",
    );
    html.push_str(&format!(
        "<div style=\"max-width:640px;border-left:6px solid {};padding:0 0 0 14px\">\n",
        colour(letter.tone)
    ));
    html.push_str(&format!(
        "<p style=\"font-size:18px;margin:0 0 8px\"><strong>{}</strong></p>\n",
        escape(&letter.title)
    ));
    for fact in &letter.facts {
        html.push_str(&format!("<div>{}</div>\n", escape(fact)));
    }
    if let Some(runbook) = &letter.runbook {
        html.push_str(&format!("<div>runbook: {}</div>\n", link(runbook, runbook)));
    }
    for each in &letter.members {
        member(each, &mut html);
    }
    if letter.unseen > 0 {
        html.push_str(&format!("<div>and {} more</div>\n", letter.unseen));
    }
    if let Some(details) = &letter.details {
        html.push_str(&format!(
            "<pre style=\"white-space:pre-wrap;background:#f3f4f6;padding:8px;font-size:13px\">{}</pre>\n",
            escape(details)
        ));
    }
    for picture in pictures {
        html.push_str(&format!(
            "<p><img src=\"cid:{}\" alt=\"{}\" style=\"max-width:100%\"></p>\n",
            escape(&picture.content_id),
            escape(&picture.name)
        ));
    }
    let small = "font-size:13px;color:#5b6472";
    if !letter.reason.is_empty() {
        html.push_str(&format!(
            "<p style=\"{small};margin:12px 0 0\">reason: {}</p>\n",
            escape(&letter.reason)
        ));
    }
    if !letter.tags.is_empty() {
        html.push_str(&format!("<div style=\"{small}\">{}</div>\n", escape(&letter.tags)));
    }
    if let Some(page) = letter.acknowledge.as_ref().filter(|page| wording::is_page(page)) {
        html.push_str(&format!(
            "<p style=\"margin:16px 0\"><a href=\"{}\" style=\"display:inline-block;padding:12px 20px;\
             background:#1d2430;color:#ffffff;border-radius:6px;text-decoration:none\">Acknowledge</a></p>\n",
            escape(page)
        ));
    }
    let opens = if letter.leave.is_some() { "Open the page" } else { "Open in Watchkeep" };
    html.push_str(&format!("<p>{}</p>\n", link(&letter.link, opens)));
    if let Some(leave) = &letter.leave {
        html.push_str(&format!("<p style=\"{small}\">{}</p>\n", link(leave, "Unsubscribe")));
    }
    html.push_str("</div>\n</body></html>\n");
    html
}

fn member(member: &Member, html: &mut String) {
    html.push_str(&format!(
        "<div style=\"margin:8px 0;border-left:4px solid {};padding-left:8px\"><strong>{}</strong> {}: {}<br>{}",
        colour(member.tone),
        text::word(member.tone),
        link(&member.link, &member.name),
        escape(&member.summary),
        escape(&member.below)
    ));
    if let Some(page) = &member.acknowledge {
        html.push_str(&format!(" · {}", link(page, "acknowledge")));
    }
    if let Some(runbook) = &member.runbook {
        html.push_str(&format!(" · {}", link(runbook, "runbook")));
    }
    html.push_str("</div>\n");
}

fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Of(Mood::Critical) => "#d92d20",
        Tone::Of(Mood::Warning) => "#f2a900",
        Tone::Of(Mood::Unknown | Mood::Ended) => "#8a8f98",
        Tone::Of(Mood::Resolved) => "#2e9e5b",
        Tone::Info => "#3b7dd8",
    }
}

/// What is no address of a page is shown as it is.
fn link(url: &str, text: &str) -> String {
    if !wording::is_page(url) {
        return escape(text);
    }
    format!("<a href=\"{}\">{}</a>", escape(url), escape(text))
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
