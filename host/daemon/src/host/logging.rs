//! Where log lines go: standard error, one line each. What a `console` notifier prints goes to standard output
//! as it is, so that a newcomer sees alerts among nothing else.

use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context as _, Result};
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

/// The target under which the engine logs what a plugin wants printed.
const CONSOLE: &str = "watchkeep::console";

pub(crate) fn start_logging(filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| {
        format!("`{filter}` is no log filter; hint: try `info`, or `info,watchkeep_engine=debug`")
    })?;
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_target(false)
        // It would complain on standard error, and panic if that is what cannot be written: a full disk.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_filter(filter)
        .with_filter(tracing_subscriber::filter::filter_fn(|metadata| metadata.target() != CONSOLE));
    tracing_subscriber::registry().with(lines).with(Console).try_init().context("logging was started twice")
}

struct Console;

impl<S: tracing::Subscriber> Layer<S> for Console {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != CONSOLE {
            return;
        }
        let mut line = Line(String::new());
        event.record(&mut line);
        // Nobody reads a console that is closed.
        let _ = writeln!(std::io::stdout().lock(), "{}", line.0);
    }
}

/// The event's message, without control characters: a target's text must not drive a terminal.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            let text = format!("{value:?}");
            self.0 = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        }
    }
}
