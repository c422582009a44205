//! Values with a form of their own that several sections accept: matchers, cron schedules, moments, numbers, texts that
//! may be secrets.

use std::str::FromStr as _;

use chrono::{DateTime, MappedLocalTime, NaiveDateTime, TimeZone as _};
use chrono_tz::Tz;
use watchkeep_core::cron::CronSchedule;
use watchkeep_core::ids::SecretName;
use watchkeep_core::matcher::Matcher;
use watchkeep_core::time::Wall;

use crate::problems::{Draft, Problems};
use crate::reader::{Placed, Reader, as_text, wrong_kind};
use crate::sections::host::reference;
use crate::sections::secrets::Secrets;
use crate::tree::Value;

/// Which of two readings of a clock is meant if a local time comes twice: a beginning is at the first, an end at the
/// last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    From,
    Until,
}

/// A text that may be a secret's value, with the secret's name if it is.
#[derive(Debug)]
pub(crate) struct Hidden {
    pub(crate) value: String,
    pub(crate) secret: Option<SecretName>,
}

impl Reader<'_> {
    pub(crate) fn matchers(&self, problems: &mut Problems) -> Vec<Matcher> {
        let path = self.path.key("match");
        let mut matchers = Vec::new();
        for text in self.texts("match", problems).unwrap_or_default() {
            match Matcher::parse(&text.value) {
                Ok(matcher) => matchers.push(matcher),
                Err(error) => {
                    let message = format!("`{}` is not a valid matcher: {}", text.value, error.problem);
                    let hint = "write it as `'team=\"web\"'`, with `=`, `!=`, `=~` or `!~`";
                    problems.push(Draft::error(text.span, &path, message).hint(hint));
                }
            }
        }
        matchers
    }

    pub(crate) fn cron(&self, key: &str, zone: Tz, problems: &mut Problems) -> Option<CronSchedule> {
        let text = self.text(key, problems)?;
        match CronSchedule::parse(&text.value, zone) {
            Ok(cron) => Some(cron),
            Err(error) => {
                let message =
                    format!("`{}` is not a valid cron expression: {}", error.expression, error.problem);
                let draft = Draft::error(text.span, &self.path.key(key), message);
                problems.push(draft.hint(error.hint));
                None
            }
        }
    }

    pub(crate) fn number(&self, key: &str, problems: &mut Problems) -> Option<f64> {
        let node = self.node(key, problems)?;
        match &node.value {
            Value::Integer(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            Value::Text(_)
            | Value::Cell(_)
            | Value::Flag(_)
            | Value::Moment(_)
            | Value::List(_)
            | Value::Table(_) => {
                let draft = wrong_kind(&node, &self.path.key(key), "a number");
                problems.push(draft.hint("write it without quotes, such as `0.8`"));
                None
            }
        }
    }

    /// A moment: RFC 3339 with its offset, or a local time of `zone`.
    pub(crate) fn moment(
        &self,
        key: &str,
        zone: Tz,
        end: End,
        problems: &mut Problems,
    ) -> Option<Placed<Wall>> {
        let node = self.node(key, problems)?;
        let path = self.path.key(key);
        let text = match &node.value {
            Value::Moment(text) | Value::Text(text) | Value::Cell(text) => text,
            Value::Integer(_) | Value::Float(_) | Value::Flag(_) | Value::List(_) | Value::Table(_) => {
                let draft = wrong_kind(&node, &path, "a date and time");
                problems.push(draft.hint(MOMENT));
                return None;
            }
        };
        if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
            return Some(Placed { value: moment.to_utc().into(), span: node.span });
        }
        let Some(local) = local(text) else {
            let draft = Draft::error(node.span, &path, format!("`{text}` is not a date and time"));
            problems.push(draft.hint(MOMENT));
            return None;
        };
        let moment = match (zone.from_local_datetime(&local), end) {
            (MappedLocalTime::Single(moment), _) => moment,
            (MappedLocalTime::Ambiguous(first, _), End::From) => first,
            (MappedLocalTime::Ambiguous(_, last), End::Until) => last,
            (MappedLocalTime::None, _) => {
                let message = format!("`{text}` does not come in {zone}: clocks are put forward over it");
                problems
                    .push(Draft::error(node.span, &path, message).hint("write a time before or after it"));
                return None;
            }
        };
        Some(Placed { value: moment.to_utc().into(), span: node.span })
    }

    /// A text, or the value of a secret. What is written is never shown: a reader of the problem need not know it.
    pub(crate) fn text_or_secret(
        &self,
        key: &str,
        secrets: &Secrets,
        problems: &mut Problems,
    ) -> Option<Placed<Hidden>> {
        let node = self.node(key, problems)?;
        let path = self.path.key(key);
        if let Some(name) = reference(&node) {
            // A secret that cannot be read has been reported already.
            let known = secrets.find(&name, &path, problems)?.secret.as_ref()?;
            let Ok(value) = std::str::from_utf8(known.expose()) else {
                let draft =
                    Draft::error(name.span, &path, format!("the secret `{}` is not text", name.value));
                problems.push(draft.hint("check that it is the right file"));
                return None;
            };
            let secret = Some(SecretName::from(name.value.as_str()));
            return Some(Placed { value: Hidden { value: value.to_owned(), secret }, span: name.span });
        }
        problems.mask(node.span);
        match as_text(&node) {
            Some(text) => {
                Some(Placed { value: Hidden { value: text.to_owned(), secret: None }, span: node.span })
            }
            None => {
                let draft = wrong_kind(&node, &path, "a text or a secret");
                problems.push(draft.hint("put it in quotes, or write it as `{ secret = \"NAME\" }`"));
                None
            }
        }
    }
}

const MOMENT: &str = "write it as `2026-12-24T22:00:00+01:00`, or as `\"2026-12-24 22:00\"` in `time_zone`";

/// A date and a time, with or without seconds.
fn local(text: &str) -> Option<NaiveDateTime> {
    let text = text.replacen(' ', "T", 1);
    let with_seconds = if text.matches(':').count() == 1 { format!("{text}:00") } else { text };
    NaiveDateTime::from_str(&with_seconds).ok()
}
