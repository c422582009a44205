//! One value against what the operator wants of it.

use watchkeep_sdk::config::{self, Glob, plain};
use watchkeep_sdk::{clipped, prelude::*};

use crate::config::{Item, ReadAs, Said};
use crate::counters::Counters;
use crate::get::Got;
use crate::oid::Oid;
use crate::pdu::Value;

/// What is said of it, and its number if it has one.
pub(crate) struct ItemResult {
    pub(crate) said: String,
    pub(crate) metric: Option<Metric>,
}

/// `name` is that of the value itself, with its index.
pub(crate) fn judge(
    item: &Item,
    name: &Oid,
    got: &Got,
    counters: &mut Option<Counters>,
    complaints: &mut Complaints,
) -> ItemResult {
    let value = match got {
        Ok(value) => value,
        Err(error) => {
            let said =
                format!("{}: the agent answers `{error}` for {}{}", item.name, name.text(), fix(error));
            complaints.open(&*said);
            return ItemResult { said: format!("{} is not told", item.name), metric: None };
        }
    };
    if let Some(missing) = missing(value) {
        let said = format!("{}: {missing} ({})", item.name, name.text());
        complain(complaints, item.absent.unwrap_or(Said::Critical).state(), said);
        return ItemResult { said: format!("{} is not there", item.name), metric: None };
    }
    match item.read_as {
        ReadAs::Text => judge_text(item, text(value), complaints),
        ReadAs::Hex => judge_text(item, hex(value), complaints),
        ReadAs::Rate => {
            let rate = match counters {
                Some(counters) => counters.rate(name, value),
                None => Err("nothing is kept of it"),
            };
            match rate {
                Ok(rate) => judge_number(item, rate, "/s", complaints),
                Err(why) => {
                    if item.has_thresholds() {
                        complaints.open(format!("{} has no rate yet: {why}", item.name));
                    }
                    ItemResult { said: format!("{} has no rate yet", item.name), metric: None }
                }
            }
        }
        ReadAs::Value => {
            if item.has_texts() {
                texts(item, &text(value), complaints);
            }
            match number(value) {
                Some(number) => judge_number(item, number, "", complaints),
                None => {
                    let said = said_text(item, &text(value));
                    if item.has_thresholds() {
                        complaints.open(format!("{said}, which is not a number"));
                    }
                    ItemResult { said, metric: None }
                }
            }
        }
    }
    .with_unit(value, item)
}

impl ItemResult {
    /// Spans of time have one by themselves.
    fn with_unit(mut self, value: &Value, item: &Item) -> ItemResult {
        if let (Value::Ticks(_), true, Some(metric)) = (value, item.unit.is_empty(), &mut self.metric)
            && item.read_as == ReadAs::Value
        {
            "seconds".clone_into(&mut metric.unit);
        }
        self
    }
}

fn fix(error: &str) -> &'static str {
    match error {
        "noAccess" => "; hint: its view for this community or user leaves it out",
        _ => "",
    }
}

pub(crate) fn missing(value: &Value) -> Option<&'static str> {
    match value {
        Value::NoSuchObject => Some("the agent knows no such object, or does not show it to everybody"),
        Value::NoSuchInstance => {
            Some("the agent knows the object, and no such instance of it; a single value ends in `.0`")
        }
        Value::EndOfMibView => Some("the agent knows nothing from there on"),
        _ => None,
    }
}

fn complain(complaints: &mut Complaints, state: State, said: String) {
    match state {
        State::Ok => {}
        State::Warning => complaints.warning(said),
        State::Critical => complaints.critical(said),
        State::Unknown => complaints.open(said),
    }
}

fn judge_text(item: &Item, text: String, complaints: &mut Complaints) -> ItemResult {
    texts(item, &text, complaints);
    ItemResult { said: said_text(item, &text), metric: None }
}

fn said_text(item: &Item, text: &str) -> String {
    format!("{} is `{}`", item.name, clipped(text))
}

fn texts(item: &Item, text: &str, complaints: &mut Complaints) {
    let mut wanted = String::new();
    for glob in &item.expect.0 {
        wanted.push_str(if wanted.is_empty() { "`" } else { " or `" });
        wanted.push_str(&clipped(&glob.text()));
        wanted.push('`');
    }
    if !Glob::are_none_or_fit(&item.expect, text) {
        complaints.critical(format!("{}, and {wanted} was expected", said_text(item, text)));
    }
    if let Some(glob) = item.refuse.0.iter().find(|glob| glob.fits(text)) {
        complaints.critical(format!("{}, which `{}` refuses", said_text(item, text), clipped(&glob.text())));
    }
}

fn judge_number(item: &Item, number: f64, per: &str, complaints: &mut Complaints) -> ItemResult {
    let number = number * item.scale;
    let unit = if item.unit.is_empty() { String::new() } else { format!(" {}", item.unit) };
    let said = format!("{} is {}{unit}{per}", item.name, short(number));
    if !number.is_finite() {
        complaints.open(format!("{}: its value is not a number that can be judged", item.name));
        return ItemResult { said: format!("{} is not a number", item.name), metric: None };
    }
    let passed = [
        (item.critical_above.filter(|limit| number > *limit), "above", State::Critical),
        (item.critical_below.filter(|limit| number < *limit), "below", State::Critical),
        (item.warning_above.filter(|limit| number > *limit), "above", State::Warning),
        (item.warning_below.filter(|limit| number < *limit), "below", State::Warning),
    ];
    if let Some((limit, word, state)) =
        passed.into_iter().find_map(|(limit, word, state)| Some((limit?, word, state)))
    {
        complain(complaints, state, format!("{said}, {word} {}", plain(limit)));
    }
    let mut metric = Metric::new(&format!("snmp_{}", item.name), number, &item.unit);
    metric.warning = Item::range(item.warning_below, item.warning_above);
    metric.critical = Item::range(item.critical_below, item.critical_above);
    ItemResult { said, metric: Some(metric) }
}

/// As people write it.
fn short(number: f64) -> String {
    let digits = if number.abs() < 10.0 { 1_000.0 } else { 10.0 };
    let rounded = (number * digits).round() / digits;
    plain(if rounded.is_finite() { rounded } else { number })
}

/// Texts may be numbers too: Net-SNMP's load is one.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) => Some(*number as f64),
        Value::Counter32(number) | Value::Gauge(number) | Value::Counter64(number) => Some(*number as f64),
        Value::Ticks(hundredths) => Some(*hundredths as f64 / 100.0),
        Value::Float(number) => Some(*number),
        Value::Octets(bytes) => {
            // As the config's numbers are read: the standard library's reader of floats is 20 KB of a component.
            config::parse(std::str::from_utf8(bytes.trim_ascii()).ok()?).ok()
        }
        _ => None,
    }
}

/// Bytes that are no text are written in hexadecimal.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Octets(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) if !text.contains(|c: char| c.is_control() && !c.is_whitespace()) => text.to_owned(),
            _ => hex(value),
        },
        Value::Integer(number) => number.to_string(),
        Value::Counter32(number) | Value::Gauge(number) | Value::Ticks(number) | Value::Counter64(number) => {
            number.to_string()
        }
        Value::Float(number) => plain(*number),
        Value::Name(name) => name.text(),
        Value::Address(bytes) => match **bytes {
            [a, b, c, d] => format!("{a}.{b}.{c}.{d}"),
            _ => hex(value),
        },
        Value::Opaque(_) => hex(value),
        Value::Null => "null".to_owned(),
        Value::Other(tag) => format!("a value of the unknown type {tag}"),
        Value::NoSuchObject | Value::NoSuchInstance | Value::EndOfMibView => String::new(),
    }
}

/// `00:1b:21:0a:ff:01`.
fn hex(value: &Value) -> String {
    match value {
        Value::Octets(bytes) | Value::Opaque(bytes) | Value::Address(bytes) => {
            let mut text = String::new();
            for byte in bytes {
                if !text.is_empty() {
                    text.push(':');
                }
                for digit in [byte >> 4, byte & 0xf] {
                    text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
                }
            }
            text
        }
        other => text(other),
    }
}
