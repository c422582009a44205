//! What a plugin says while it is run by hand: lines of its log, and what a notifier wants printed. A host writes these
//! to its log; an author sees them on the terminal.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::cli::{Global, output};

/// The target under which the engine logs what plugins say.
const LOG: &str = "watchkeep::plugin";
const CONSOLE: &str = "watchkeep::console";
/// The target of the engine's own log, of which only what a person has to know is shown.
const ENGINE: &str = "watchkeep_engine";

fn concerns() -> Targets {
    Targets::new()
        .with_target(LOG, Level::TRACE)
        .with_target(CONSOLE, Level::INFO)
        .with_target(ENGINE, Level::WARN)
}

/// Cheap to clone; all clones share the same lines.
#[derive(Clone, Debug)]
pub(super) struct Heard {
    lines: Arc<Mutex<Vec<Line>>>,
    how: How,
}

/// What becomes of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum How {
    /// Printed at once, so that one can see where a plugin hangs.
    Told,
    /// Kept for whoever asks.
    Kept,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Line {
    level: String,
    text: String,
}

impl Line {
    pub(super) fn told(&self) -> String {
        output::plain(&format!("log {}: {}", self.level, self.text))
    }
    fn json(&self) -> Value {
        json!({ "level": self.level, "message": self.text })
    }
}

impl Heard {
    /// Listens from now on until the program ends. With JSON, the lines are kept for it; a terminal gets them as they
    /// come.
    pub(super) fn listen(global: &Global, how: How) -> Result<Self> {
        let how = if global.json { How::Kept } else { how };
        let heard = Self::nothing(how);
        let listening = tracing_subscriber::registry().with(heard.clone().with_filter(concerns()));
        listening.try_init().context("logging was started twice")?;
        Ok(heard)
    }
    fn nothing(how: How) -> Self {
        Self { lines: Arc::default(), how }
    }
    /// What was said since the last time.
    pub(super) fn take(&self) -> Vec<Line> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }
    pub(super) fn take_json(&self) -> Value {
        self.take().iter().map(Line::json).collect()
    }
    fn hear(&self, line: Line) {
        match self.how {
            How::Told => output::remark(&line.told()),
            // The engine bounds how much a plugin says in a run.
            How::Kept => self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line),
        }
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Heard {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let Message(text) = message;
        if event.metadata().target() == CONSOLE && self.how == How::Told {
            // Nobody reads a console that is closed.
            let _ = output::print_line(&output::plain(&text));
            return;
        }
        self.hear(Line { level: event.metadata().level().as_str().to_lowercase(), text });
    }
}

/// The event's message alone: who speaks is known.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_plugin_says_is_heard_and_what_the_host_says_is_not() {
        let heard = Heard::nothing(How::Kept);
        let hearing = tracing_subscriber::registry().with(heard.clone().with_filter(concerns()));
        tracing::subscriber::with_default(hearing, || {
            tracing::debug!(target: LOG, plugin = "shop", subject = "by-hand", "about to\u{1b}[2J fail");
            tracing::info!(target: CONSOLE, "an alert");
            tracing::info!("the host's own");
            tracing::warn!(target: "watchkeep_engine::log", "lines were dropped");
            tracing::info!(target: "watchkeep_engine::log", "compiled");
        });
        let told: Vec<String> = heard.take().iter().map(Line::told).collect();
        assert_eq!(
            told,
            ["log debug: about to [2J fail", "log info: an alert", "log warn: lines were dropped"]
        );
        assert_eq!(heard.take_json(), json!([]));
    }
}
