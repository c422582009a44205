//! `log`: lines for the host's own log, up to a limit. Lines over the limit are counted and dropped.

mod minutes;

use std::sync::Arc;

use wasmtime::component::{HasSelf, Linker};
use watchkeep_core::kind::PluginKind;

use crate::call::{CallState, LastWords};
use crate::contract::log::{self, Host, Level};
pub(crate) use minutes::Minutes;
use minutes::{Admission, LINES_A_MINUTE};

/// The most bytes of one line, fields included.
pub(crate) const LINE_BYTES_MAX: usize = 4 << 10;
const FIELDS_MAX: usize = 20;
/// How much of one text is looked at, however long it is: enough for what is shown, and for a secret that ends there.
const LOOKED_BYTES_MAX: usize = 64 << 10;
/// A notifier's line with only this field is meant for the host's standard output, which is how the notifier `console`
/// writes. The daemon prints what arrives under the target `watchkeep::console`.
const CONSOLE_FIELD: (&str, &str) = ("console", "line");

#[derive(Debug, Default)]
pub(crate) struct LogState {
    pub(crate) lines: u32,
    pub(crate) dropped: u32,
    /// The last line at level `error`. After a trap, it usually shows the panic.
    pub(crate) last_error: Option<String>,
    /// What was written to standard error.
    pub(crate) last_words: LastWords,
    /// The limits that all calls of the engine share; `None` where nothing is logged.
    minutes: Option<Arc<Minutes>>,
}

impl LogState {
    pub(crate) fn of(minutes: Arc<Minutes>) -> Self {
        Self { minutes: Some(minutes), ..Self::default() }
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    log::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)
}

impl CallState {
    /// Logs a line of the guest's, from whichever source: bounded, masked, and as a single line.
    pub(crate) fn log_line(&mut self, level: Level, message: String, fields: &[(String, String)]) {
        if self.own.log.lines >= self.limits.log_lines {
            self.own.log.dropped = self.own.log.dropped.saturating_add(1);
            return;
        }
        self.own.log.lines += 1;
        if is_console(self.subject.kind, fields) {
            let line = self.mask.told_within(&message, LINE_BYTES_MAX);
            tracing::info!(target: "watchkeep::console", "{line}");
            return;
        }
        // A guest's line stays one line in the host's log, and secrets are looked for in it as such.
        let told = |text: &str| {
            let text = &text[..text.floor_char_boundary(LOOKED_BYTES_MAX)];
            self.mask.told_within(&text.replace(['\n', '\r'], " "), LINE_BYTES_MAX)
        };
        let admission = self
            .own
            .log
            .minutes
            .as_ref()
            .map_or(Admission::Logged, |minutes| minutes.admit(&self.subject.plugin));
        match admission {
            Admission::Logged => {}
            Admission::LoggedAfter(dropped) => {
                let plugin = &*self.subject.plugin;
                tracing::warn!(
                    plugin,
                    dropped,
                    "more than {LINES_A_MINUTE} lines of a plugin in a minute were not logged"
                );
            }
            Admission::Dropped => {
                let line = told(&message);
                self.own.log.dropped = self.own.log.dropped.saturating_add(1);
                // It is kept even if it is not logged: after a trap, it still shows the reason.
                if level == Level::Error {
                    self.own.log.last_error = Some(line);
                }
                return;
            }
        }
        let mut line = told(&message);
        for (name, value) in fields.iter().take(FIELDS_MAX) {
            if line.len() > LINE_BYTES_MAX {
                break;
            }
            let (name, value) = (told(name), told(value));
            line.push_str(&format!(" {name}={value:?}"));
        }
        line.truncate(line.floor_char_boundary(LINE_BYTES_MAX));
        let (plugin, subject) = (&*self.subject.plugin, &*self.subject.name);
        match level {
            Level::Trace => tracing::trace!(target: "watchkeep::plugin", plugin, subject, "{line}"),
            Level::Debug => tracing::debug!(target: "watchkeep::plugin", plugin, subject, "{line}"),
            Level::Info => tracing::info!(target: "watchkeep::plugin", plugin, subject, "{line}"),
            Level::Warn => tracing::warn!(target: "watchkeep::plugin", plugin, subject, "{line}"),
            Level::Error => {
                tracing::error!(target: "watchkeep::plugin", plugin, subject, "{line}");
                self.own.log.last_error = Some(line);
            }
        }
    }
}

/// Whether a line is meant for standard output. A notifier speaks to people whom the operator named; a check that
/// printed there would speak in its place.
fn is_console(kind: Option<PluginKind>, fields: &[(String, String)]) -> bool {
    let is_marked = matches!(fields, [(name, value)] if (name.as_str(), value.as_str()) == CONSOLE_FIELD);
    is_marked && kind == Some(PluginKind::Notifier)
}

impl Host for CallState {
    async fn write(
        &mut self,
        level: Level,
        message: String,
        fields: Vec<(String, String)>,
    ) -> wasmtime::Result<()> {
        self.enter()?;
        self.log_line(level, message, &fields);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_but_a_notifier_prints() {
        let marked = [("console".to_owned(), "line".to_owned())];
        assert!(is_console(Some(PluginKind::Notifier), &marked));
        for kind in [Some(PluginKind::Check), Some(PluginKind::Action), None] {
            assert!(!is_console(kind, &marked), "{kind:?}");
        }
        assert!(!is_console(Some(PluginKind::Notifier), &[]));
    }
}
