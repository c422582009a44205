//! Badges: a word on another page. Two fields, drawn here, or as shields.io reads them.

use askama::Template;
use serde::Serialize;
use watchkeep_core::status::PublicState;

use super::days::percent;
use super::text::printable;
use super::view::PageView;

/// The most characters of a label; the rest is cut.
const LABEL_MAX: usize = 60;
/// What is left of, between and right of the two texts, in pixels.
const PADDING: f64 = 6.0;

/// What a badge says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Says {
    State,
    Uptime,
}

impl Says {
    /// Anything else than `uptime` is the state, as it is without being asked.
    pub(super) fn of(asked: Option<&str>) -> Self {
        if asked == Some("uptime") { Says::Uptime } else { Says::State }
    }
}

pub(super) struct Badge {
    label: String,
    message: String,
    /// By its name on shields.io, and as drawn here.
    color: (&'static str, &'static str),
}

impl Badge {
    /// Of a component, or of the whole page; `None` if there is no such component.
    pub(super) fn of(page: &PageView, component: Option<&str>, says: Says) -> Option<Self> {
        let (label, state, uptime) = match component {
            None => (page.spec.title.as_str(), page.state, whole(page)),
            Some(slug) => {
                let found = page.components.iter().find(|component| component.slug == slug)?;
                (found.title.as_str(), found.state, found.uptime)
            }
        };
        let (message, color) = match says {
            Says::State => (state.as_str().to_owned(), of_state(state)),
            Says::Uptime => (percent(uptime), of_uptime(uptime)),
        };
        let label = printable(label).replace(['\n', '\t'], " ");
        Some(Self { label: crate::pages::shortened(&label, LABEL_MAX), message, color })
    }
}

/// The uptime of a page: of its components, the average of those that are known.
fn whole(page: &PageView) -> Option<f64> {
    let known: Vec<f64> = page.components.iter().filter_map(|component| component.uptime).collect();
    (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
}

const GREEN: (&str, &str) = ("brightgreen", "#18713a");
const YELLOW: (&str, &str) = ("yellow", "#8a5300");
const RED: (&str, &str) = ("red", "#b81d2a");
const BLUE: (&str, &str) = ("blue", "#0b5cad");
const GREY: (&str, &str) = ("lightgrey", "#556172");

const fn of_state(state: PublicState) -> (&'static str, &'static str) {
    match state {
        PublicState::Operational => GREEN,
        PublicState::Degraded => YELLOW,
        PublicState::Down => RED,
        PublicState::Maintenance => BLUE,
        PublicState::Unknown => GREY,
    }
}

fn of_uptime(uptime: Option<f64>) -> (&'static str, &'static str) {
    match uptime {
        None => GREY,
        Some(part) if part >= 0.99 => GREEN,
        Some(part) if part >= 0.95 => YELLOW,
        Some(_) => RED,
    }
}

#[derive(Template)]
#[template(path = "status-badge.svg")]
struct Drawn<'a> {
    label: &'a str,
    message: &'a str,
    color: &'a str,
    width: u32,
    /// Where the field of the message begins.
    split: u32,
    label_at: f64,
    label_width: f64,
    message_at: f64,
    message_width: f64,
}

pub(super) fn svg(badge: &Badge) -> String {
    let (label_width, message_width) = (width(&badge.label), width(&badge.message));
    let field = |text: f64| (text + 2.0 * PADDING).ceil() as u32;
    let (split, right) = (field(label_width), field(message_width));
    let drawn = Drawn {
        label: &badge.label,
        message: &badge.message,
        color: badge.color.1,
        width: split + right,
        split,
        label_at: f64::from(split) / 2.0,
        label_width,
        message_at: f64::from(split) + f64::from(right) / 2.0,
        message_width,
    };
    drawn.render().unwrap_or_default()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shield<'a> {
    schema_version: u8,
    label: &'a str,
    message: &'a str,
    color: &'a str,
}

/// As <https://shields.io/badges/endpoint-badge> takes it.
pub(super) fn json(badge: &Badge) -> String {
    let Badge { label, message, color } = badge;
    let shield = Shield { schema_version: 1, label, message, color: color.0 };
    serde_json::to_string(&shield).unwrap_or_default()
}

/// About how wide a text is in Verdana at 11 pixels. The drawing says this width as well (`textLength`), so that the text
/// fits whatever font is there.
fn width(text: &str) -> f64 {
    let of = |letter: char| match letter {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 4.0,
        ' ' | 'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | '/' => 4.8,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 10.5,
        'A'..='Z' => 7.9,
        letter if letter.is_ascii() => 6.9,
        // A letter of a script that is written with wide ones takes a square.
        letter if (letter as u32) < 0x1100 => 7.5,
        _ => 11.0,
    };
    text.chars().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_is_as_wide_as_its_text() {
        let badge = |label: &str| {
            svg(&Badge { label: label.to_owned(), message: "Operational".to_owned(), color: GREEN })
        };
        let width_of = |drawn: &str| -> u32 {
            drawn.split("width=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
        };
        let (short, long) = (width_of(&badge("A")), width_of(&badge("A shop with a long name")));
        assert!(long > short + 100, "{short} {long}");
        assert!(width("日本") > width("ab"));
    }

    #[test]
    fn hostile_texts_stay_texts() {
        let label = "</text><script>alert(1)</script>\"' onload=x &".to_owned();
        let drawn = svg(&Badge { label, message: "Down".to_owned(), color: RED });
        assert!(!drawn.contains("<script") && drawn.contains("&#60;script"), "{drawn}");
        assert_eq!(drawn.matches("<text").count(), 2);
    }
}
