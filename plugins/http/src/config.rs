//! What an operator writes for an HTTP check.

mod ask;
mod capture;
mod headers;
mod values;
mod way;

use std::time::Duration;

use watchkeep_sdk::config::{Config, Families, Place, Problems, Schema, Table, Value};

pub(crate) use ask::Ask;
pub(crate) use capture::Capture;
pub(crate) use values::{FormValue, Url};
pub(crate) use way::Way;

/// Between two tries, unless it is said.
const PAUSE: Duration = Duration::from_secs(1);

/// A whole config.
pub struct Http(pub(crate) Fetch);

/// Fetches a URL, or several in sequence, and judges the answers.
#[derive(watchkeep_sdk::Config)]
#[config(check = Fetch::consistent)]
pub(crate) struct Fetch {
    /// The URL to fetch, unless there are steps. In a step, `{{name}}` after the host is a captured value.
    #[config(grants = "http", example = "https://example.com/health")]
    pub(crate) url: Option<Url>,
    /// Requests in sequence, each with these same keys; cookies are kept.
    #[config(default)]
    pub(crate) step: Steps,
    /// The step's name in the report.
    pub(crate) name: Option<String>,
    /// Values to keep from a step's answer for later steps, by name.
    #[config(default)]
    pub(crate) capture: Table<Capture>,
    /// How many attempts before a failure counts; with steps, each repeats all of them.
    #[config(default = 1, min = 1, max = 5)]
    pub(crate) attempts: u8,
    /// The pause before another attempt. All must fit into the check's timeout.
    #[config(default = "1s")]
    pub(crate) attempts_pause: Duration,
    #[config(flatten)]
    pub(crate) way: Way,
    #[config(flatten)]
    pub(crate) ask: Ask,
}

/// The same config within itself.
#[derive(Default)]
pub(crate) struct Steps(pub(crate) Vec<Fetch>);

impl Config for Steps {
    const SCHEMA: Schema = Schema::Json(r##""type":"array","items":{"$ref":"#"}"##);

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        Vec::read(value, place, problems).map(Self)
    }
}

/// What may be said of steps together.
const OF_ALL: [&str; 5] =
    ["step", "attempts", "attempts_pause", "response_time_warning", "response_time_critical"];

impl Config for Http {
    const SCHEMA: Schema = Fetch::SCHEMA;

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        if let Value::Object(members) = &value
            && matches!(members.get("step"), Some(Value::Array(steps)) if !steps.is_empty())
        {
            for key in members.keys().filter(|key| !OF_ALL.contains(&key.as_str())) {
                let message = "is of one request; hint: write it in each `step` that it is meant for";
                problems.add::<()>(&place.key(key), message);
            }
        }
        Fetch::read(value, place, problems).map(Http)
    }
}

impl Fetch {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if !self.step.0.is_empty() {
            return self.journey(place, problems);
        }
        let Some(url) = &self.url else {
            problems.add::<()>(place, "`url` is missing");
            return;
        };
        self.way.fits(&url.0, &self.ask, place, problems);
        self.ask.fits(&self.way, place, problems);
        let is_alone = place.pointer().is_empty();
        for (is_given, key) in [(self.name.is_some(), "name"), (!self.capture.0.is_empty(), "capture")] {
            if is_alone && is_given {
                problems.add::<()>(&place.key(key), "is of a step; hint: write it in a `step`");
            }
        }
    }

    fn journey(&self, place: &Place<'_>, problems: &mut Problems) {
        let place = place.key("step");
        for (at, step) in self.step.0.iter().enumerate() {
            let place = place.index(at);
            let of_all = [
                (!step.step.0.is_empty(), "step"),
                (step.attempts > 1, "attempts"),
                (step.attempts_pause != PAUSE, "attempts_pause"),
                (step.way.ip_family == Families::Both, "ip_family"),
            ];
            for (_, key) in of_all.iter().filter(|(is_given, _)| *is_given) {
                problems
                    .add::<()>(&place.key(key), "cannot be within a step; hint: write a check of its own");
            }
            step.follows(at, &self.step.0, &place, problems);
        }
    }
}
