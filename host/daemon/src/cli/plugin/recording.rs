//! The file that `plugin run --record` writes, and `--replay` and `plugin test` compare a plugin with. People write it
//! too. Described in `docs/authoring/testing.md`.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use watchkeep_core::delivery::NotificationKind;
use watchkeep_core::grant::Aim;
use watchkeep_core::time::Wall;
use watchkeep_engine::RecordedCall;

use super::by_hand::{Input, NOTIFICATIONS, USUAL_NOTIFICATION};

/// The version of the format.
const VERSION: u32 = 1;
const BYTES_MAX: u64 = 64 << 20;
/// Numbers whose relative difference is smaller than this count as equal.
const TOLERANCE: f64 = 1e-9;

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recording {
    pub(super) recording: u32,
    pub(super) plugin: String,
    #[serde(default)]
    pub(super) config: Map<String, Value>,
    /// RFC 3339.
    #[serde(default = "usual_moment")]
    pub(super) at: String,
    #[serde(default = "usual_timeout_ms")]
    pub(super) timeout_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) notification: Option<String>,
    /// Whether an action was only asked what it would do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) dry_run: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) kv: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) calls: Vec<RecordedCall>,
    pub(super) ends: Map<String, Value>,
}

fn usual_moment() -> String {
    "2026-03-04T05:06:07Z".to_owned()
}
const fn usual_timeout_ms() -> u64 {
    10_000
}

impl Recording {
    pub(super) fn of(
        plugin: &str,
        input: &Input,
        calls: Vec<RecordedCall>,
        ends: Map<String, Value>,
    ) -> Self {
        let at = input.at.utc().map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true));
        Self {
            recording: VERSION,
            plugin: plugin.to_owned(),
            config: input.config.as_object().cloned().unwrap_or_default(),
            at: at.unwrap_or_else(usual_moment),
            timeout_ms: u64::try_from(input.timeout.as_millis()).unwrap_or(u64::MAX),
            notification: (input.notification != USUAL_NOTIFICATION)
                .then(|| input.notification.as_str().to_owned()),
            dry_run: input.aim == Aim::Look,
            kv: input.kv.clone(),
            calls,
            ends,
        }
    }

    pub(super) fn read(path: &Path) -> Result<Self> {
        let shown = path.display();
        let size = std::fs::metadata(path).with_context(|| format!("cannot read `{shown}`"))?.len();
        if size > BYTES_MAX {
            bail!("`{shown}` has {size} bytes, and a recording has at most {BYTES_MAX}");
        }
        let text = std::fs::read(path).with_context(|| format!("cannot read `{shown}`"))?;
        let recording: Recording = serde_json::from_slice(&text).map_err(|error| {
            let what = if error.is_eof() { "is cut off" } else { "is not a recording" };
            anyhow!("`{shown}` {what}: {error}; hint: record it again with `watchkeep plugin run --record`")
        })?;
        if recording.recording != VERSION {
            bail!(
                "`{shown}` is a recording of format {}, and this program reads format {VERSION}; hint: record it again",
                recording.recording
            );
        }
        Ok(recording)
    }

    /// Writes the file, completely or not at all.
    pub(super) fn write(&self, path: &Path) -> Result<()> {
        let mut text = serde_json::to_vec_pretty(self)?;
        text.push(b'\n');
        super::build::put(path, &text)
    }

    /// Refuses a recording of another plugin.
    pub(super) fn must_be_of(&self, plugin: &str, path: &Path) -> Result<()> {
        if self.plugin != plugin {
            bail!(
                "`{}` is a recording of plugin `{}`, and this is plugin `{plugin}`; hint: name that plugin's file, or \
                 record this one",
                path.display(),
                self.plugin
            );
        }
        Ok(())
    }

    pub(super) fn input(&self) -> Result<Input> {
        let at: DateTime<Utc> = self.at.parse().map_err(|error| {
            anyhow!("`at` is `{}`: {error}; hint: write it as `{}`", self.at, usual_moment())
        })?;
        let notification = match &self.notification {
            None => USUAL_NOTIFICATION,
            Some(name) => notification(name)?,
        };
        Ok(Input {
            config: Value::Object(self.config.clone()),
            at: Wall::from(at),
            timeout: Duration::from_millis(self.timeout_ms),
            notification,
            aim: if self.dry_run { Aim::Look } else { Aim::Act },
            kv: self.kv.clone(),
        })
    }

    /// How the end differs from the recorded one, if it does. What the recording leaves out may be anything.
    pub(super) fn ends_otherwise(&self, facts: &Map<String, Value>) -> Option<String> {
        self.ends.iter().find_map(|(name, expected)| differs(name, expected, facts.get(name)))
    }
}

pub(super) fn notification(name: &str) -> Result<NotificationKind> {
    NOTIFICATIONS.into_iter().find(|kind| kind.as_str() == name).ok_or_else(|| {
        let names = NOTIFICATIONS.map(|kind| format!("`{}`", kind.as_str())).join(", ");
        anyhow!("there is no sample of a notification `{name}`; hint: there are {names}")
    })
}

fn differs(place: &str, expected: &Value, found: Option<&Value>) -> Option<String> {
    match (expected, found) {
        (Value::Object(wanted), Some(Value::Object(found))) => wanted
            .iter()
            .find_map(|(name, expected)| differs(&format!("{place}.{name}"), expected, found.get(name))),
        (Value::Number(wanted), Some(Value::Number(found))) => {
            let (a, b) = (wanted.as_f64().unwrap_or(f64::NAN), found.as_f64().unwrap_or(f64::NAN));
            let same = (a - b).abs() <= TOLERANCE * a.abs().max(b.abs());
            (!same).then(|| format!("`{place}` is {b} and was to be {a}"))
        }
        (expected, Some(found)) if expected == found => None,
        (Value::Null, None) => None,
        (expected, found) => {
            let found = found.map_or_else(|| "not there".to_owned(), |found| format!("`{found}`"));
            Some(format!("`{place}` is {found} and was to be `{expected}`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn ends(expected: Value, found: Value) -> Option<String> {
        let recording = json!({"recording": 1, "plugin": "p", "ends": expected});
        let recording: Recording = serde_json::from_value(recording).expect("it is a recording");
        recording.ends_otherwise(found.as_object().expect("facts have names"))
    }

    #[test]
    fn an_end_is_held_to_what_the_recording_says_and_no_more() {
        let found = json!({"state": "ok", "summary": "fine", "metrics": {"a": 0.30000000000000004}});
        assert_eq!(ends(json!({"state": "ok", "metrics": {"a": 0.3}}), found.clone()), None);
        assert_eq!(
            ends(json!({"state": "critical"}), found.clone()).as_deref(),
            Some("`state` is `\"ok\"` and was to be `\"critical\"`")
        );
        assert_eq!(
            ends(json!({"metrics": {"a": 0.4}}), found.clone()).as_deref(),
            Some("`metrics.a` is 0.30000000000000004 and was to be 0.4")
        );
        assert_eq!(
            ends(json!({"failure": "trap"}), found).as_deref(),
            Some("`failure` is not there and was to be `\"trap\"`")
        );
    }
}
