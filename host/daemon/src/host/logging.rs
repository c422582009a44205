//! Where log lines go: standard error, one line each. What a `console` notifier prints goes to standard output
//! as it is, so that a newcomer sees alerts among nothing else.
//!
//! To a plugin, printing is a log line with the single field `console` = `line`: the contract has no standard output,
//! and needs none. Such a line from a check is an ordinary log line.

use std::fmt;
use std::io::{IsTerminal as _, Write as _};

use anyhow::{Context as _, Result};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FormatFields, MakeWriter};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

/// The target under which the engine logs what a plugin wants printed.
const CONSOLE: &str = "watchkeep::console";

pub(crate) fn start_logging(filter: &str) -> Result<()> {
    let filter = EnvFilter::try_new(filter).with_context(|| {
        format!("`{filter}` is not a valid log filter; hint: try `info`, or `info,watchkeep_engine=debug`")
    })?;
    subscriber(filter).try_init().context("logging was started twice")
}

/// Each part says up to which level it listens. If one did not, every library would format all that it traces, some of
/// it several times in each run, only for nobody to take it.
fn subscriber(filter: EnvFilter) -> impl Subscriber + for<'s> LookupSpan<'s> {
    let of_console = |metadata: &Metadata<'_>| metadata.target() == CONSOLE;
    let others = filter_fn(move |metadata| !of_console(metadata)).with_max_level_hint(LevelFilter::TRACE);
    let is_coloured = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let lines = lines(std::io::stderr, is_coloured).with_filter(filter.and(others));
    let console = Console.with_filter(filter_fn(of_console).with_max_level_hint(LevelFilter::INFO));
    tracing_subscriber::registry().with(lines).with(console)
}

fn lines<S, W>(
    writer: W,
    is_coloured: bool,
) -> tracing_subscriber::fmt::Layer<S, Tame, tracing_subscriber::fmt::format::Format, W>
where
    S: Subscriber + for<'s> LookupSpan<'s>,
    W: for<'w> MakeWriter<'w> + 'static,
{
    tracing_subscriber::fmt::layer()
        .with_writer(writer)
        .with_target(false)
        .fmt_fields(Tame)
        // It would complain on standard error, and panic if that cannot be written, for example on a full disk.
        .log_internal_errors(false)
        .with_ansi(is_coloured)
}

struct Console;

impl<S: Subscriber> Layer<S> for Console {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        // Nobody reads a console that is closed.
        let _ = writeln!(std::io::stdout().lock(), "{}", line.0);
    }
}

/// The event's message alone.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == MESSAGE {
            self.0 = tame(&format!("{value:?}"));
        }
    }
}

const MESSAGE: &str = "message";

/// Writes whatever is logged as one line without control characters for a terminal. This is the only place for it:
/// names of files and plugins, what targets say and what strangers write into configs reach the log in many ways, and
/// all of them lead through here.
struct Tame;

impl<'w> FormatFields<'w> for Tame {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut written = Fields { writer, before: "", result: Ok(()) };
        fields.record(&mut written);
        written.result
    }
}

struct Fields<'w> {
    writer: Writer<'w>,
    before: &'static str,
    result: fmt::Result,
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            MESSAGE => self.record_debug(field, &format_args!("{value}")),
            _ => self.record_debug(field, &value),
        }
    }
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if self.result.is_err() {
            return;
        }
        let (before, text) = (self.before, tame(&format!("{value:?}")));
        let plain = |name: &str| name.trim_start_matches("r#").to_owned();
        self.result = match field.name() {
            MESSAGE => write!(self.writer, "{before}{text}"),
            name if self.writer.has_ansi_escapes() => {
                write!(self.writer, "{before}\u{1b}[3m{}\u{1b}[0m\u{1b}[2m=\u{1b}[0m{text}", plain(name))
            }
            name => write!(self.writer, "{before}{}={text}", plain(name)),
        };
        self.before = " ";
    }
}

/// The text without anything that moves a cursor, begins a line, or changes the direction of reading.
fn tame(text: &str) -> String {
    let turns_text = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let mut tamed = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || turns_text(c) {
            tamed.extend(c.escape_default());
        } else {
            tamed.push(c);
        }
    }
    tamed
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no writer panics").extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is written of that which `log` logs, without the time.
    fn logged(log: impl FnOnce()) -> String {
        let written = Written::default();
        let writer = written.clone();
        let lines = lines(move || writer.clone(), false).without_time();
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), log);
        let bytes = written.0.lock().expect("no writer panics").clone();
        String::from_utf8(bytes).expect("a log is text")
    }

    #[test]
    fn whatever_is_logged_is_one_line_and_drives_no_terminal() {
        let hostile = "a\u{1b}]0;owned\u{7}\u{1b}[2J\nERROR forged\r\u{202e}gnp.exe\u{2028}b\u{9b}31m";
        let error = std::io::Error::other(hostile);
        let path = std::path::Path::new(hostile);
        let all = logged(|| {
            tracing::error!(file = %path.display(), ?hostile, text = hostile, %error, number = 7, "plugin `{hostile}`");
        });
        assert_eq!(all.matches('\n').count(), 1, "{all:?}");
        let text = all.trim_end();
        assert!(text.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{text:?}");
        assert!(
            text.contains("number=7") && text.contains("\\u{1b}") && text.contains("ERROR forged"),
            "{text:?}"
        );
        let spanned = logged(|| {
            let _inside = tracing::info_span!("call", name = hostile).entered();
            tracing::info!("said");
        });
        assert_eq!(spanned.matches('\n').count(), 1, "{spanned:?}");
        assert!(!spanned.contains('\u{1b}'), "{spanned:?}");
    }

    #[test]
    fn nothing_below_the_level_of_the_filter_is_even_formatted() {
        for (written, level) in [
            ("warn", LevelFilter::INFO),
            ("info,watchkeep=info", LevelFilter::INFO),
            ("info,watchkeep_engine=debug", LevelFilter::DEBUG),
            ("trace", LevelFilter::TRACE),
        ] {
            let filter = EnvFilter::try_new(written).expect("it is a filter");
            assert_eq!(subscriber(filter).max_level_hint(), Some(level), "{written}");
        }
    }

    #[test]
    fn plain_words_stay_as_they_are() {
        let name = "caf\u{e9}";
        let text = logged(|| tracing::info!(%name, r#type = "x", "\"quoted\" \u{1f600}"));
        assert_eq!(text, " INFO \"quoted\" \u{1f600} name=caf\u{e9} type=\"x\"\n");
    }
}
