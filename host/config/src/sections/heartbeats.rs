//! `[[heartbeat]]`: which pings are expected, and under which key they arrive.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::heartbeat::{Expects, HeartbeatSpec};
use watchkeep_core::ids::SecretName;
use watchkeep_core::setup::{Schedule, Threshold, Work};

use super::checks::{Checks, ReadContext};
use super::entries;
use super::without_plugin::{self, Common, Own};
use crate::gather::{Element, Gathered};
use crate::keys::HEARTBEAT;
use crate::names::KnownNames;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, as_text, refuse_unknown_keys};
use crate::source::{Sources, Span};

/// The shortest key: shorter ones can be guessed.
const KEY_LENGTH_MIN: usize = 16;
/// The longest key: it is part of an address.
const KEY_LENGTH_MAX: usize = 128;

/// Keys, and where each was first given.
#[derive(Default)]
struct Keys(BTreeMap<String, Span>);

pub(crate) fn read(
    gathered: &Gathered<'_>,
    around: &ReadContext<'_>,
    given: &mut KnownNames,
    checks: &mut Checks,
    sources: &mut Sources,
    problems: &mut Problems,
) {
    let mut keys = Keys::default();
    for element in gathered.many("heartbeat") {
        let root = KeyPath::Root;
        let all = root.key("heartbeat");
        let name = element.table.get("name").and_then(|entry| as_text(&entry.node)).unwrap_or("");
        let path = all.key(name);
        refuse_unknown_keys(&HEARTBEAT, element.table, &path, problems);
        entries::for_each(element, "heartbeat", &path, sources, problems, |placeholders, problems| {
            let layers = [element.table];
            let reader = without_plugin::reader(&HEARTBEAT, &layers, path, placeholders);
            let common = Common::read(&reader, element, around, given, problems);
            let key = key(&reader, element, around, &mut keys, problems);
            let secret = key.as_ref().and_then(|(_, secret)| secret.clone());
            let own = own(&reader, element, key.map(|(key, _)| key), around, problems);
            let before = checks.jobs.len();
            common.add_to(checks, "heartbeat", own, element.span);
            if let Some(job) = checks.jobs.get_mut(before) {
                job.secrets.extend(secret);
            }
        });
    }
}

fn own(
    reader: &Reader<'_>,
    element: &Element<'_>,
    key: Option<String>,
    around: &ReadContext<'_>,
    problems: &mut Problems,
) -> Option<Own> {
    let expects = expects(reader, element, around, problems);
    let grace = reader.span("grace", problems).unwrap_or(const { Duration::from_mins(5) });
    let lasts_max = reader.span("lasts_max", problems);
    let failures = reader.nonzero("failure_threshold", problems).unwrap_or(NonZeroU32::MIN);
    let (key, expects) = (key?, expects?);
    let (schedule, lasts_default) = match &expects {
        Expects::Every(every) => (Schedule::Interval(*every), *every),
        Expects::At(cron) => (Schedule::Cron(cron.clone()), const { Duration::from_hours(1) }),
    };
    let lasts_max = lasts_max.unwrap_or(lasts_default);
    Some(Own {
        plugin: without_plugin::HEARTBEAT,
        work: Work::Heartbeat(Arc::new(HeartbeatSpec { key, expects, lasts_max })),
        schedule,
        firing: Threshold::new(failures, failures)?,
        grace,
    })
}

fn expects(
    reader: &Reader<'_>,
    element: &Element<'_>,
    around: &ReadContext<'_>,
    problems: &mut Problems,
) -> Option<Expects> {
    let zone = reader.zone("time_zone", problems).unwrap_or(around.zone);
    match (reader.entry("every"), reader.entry("schedule")) {
        (None, None) => {
            let message = "the heartbeat has neither `every` nor `schedule`";
            let draft = Draft::error(element.span, &reader.path, message);
            problems.push(draft.hint("add `every = \"1h\"`, or the job's own `schedule`"));
            None
        }
        (Some(every), Some(schedule)) => {
            let message = "`every` and `schedule` exclude each other";
            let draft = Draft::error(schedule.key, &reader.path.key("schedule"), message);
            problems.push(draft.hint("keep one of the two").note(every.key, "the other one"));
            None
        }
        (Some(_), None) => reader.span("every", problems).map(Expects::Every),
        (None, Some(_)) => reader.cron("schedule", zone, problems).map(Expects::At),
    }
}

/// The key, and the secret that holds it. Neither the key nor a part of it is shown.
fn key(
    reader: &Reader<'_>,
    element: &Element<'_>,
    around: &ReadContext<'_>,
    keys: &mut Keys,
    problems: &mut Problems,
) -> Option<(String, Option<SecretName>)> {
    const MAKE: &str = "use a new UUID, as `uuidgen` prints it";
    if reader.entry("key").is_none() {
        let draft = Draft::error(element.span, &reader.path, "the heartbeat has no `key`");
        problems.push(draft.hint(format!("add `key = \"...\"`: {MAKE}")));
        return None;
    }
    let path = reader.path.key("key");
    let given = reader.text_or_secret("key", around.secrets, problems)?;
    let key = given.value.value;
    let message = match key.chars().count() {
        count if count < KEY_LENGTH_MIN => format!("the key has less than {KEY_LENGTH_MIN} characters"),
        count if count > KEY_LENGTH_MAX => format!("the key has more than {KEY_LENGTH_MAX} characters"),
        _ if !key.chars().all(|char| char.is_ascii_alphanumeric() || char == '-' || char == '_') => {
            "the key has characters that cannot be in an address".to_owned()
        }
        _ => match keys.0.get(&key) {
            Some(first) => {
                let draft = Draft::error(given.span, &path, "two heartbeats have the same key");
                problems.push(draft.hint(MAKE).note(*first, "first given here"));
                return None;
            }
            None => {
                keys.0.insert(key.clone(), given.span);
                return Some((key, given.value.secret));
            }
        },
    };
    problems
        .push(Draft::error(given.span, &path, message).hint(format!("letters, digits, `-` and `_`; {MAKE}")));
    None
}
