//! `log`: lines go to the host's own log, bounded; what is over the limit is counted and dropped.

use wasmtime::component::{HasSelf, Linker};

use crate::call::CallState;
use crate::contract::log::{self, Host, Level};

/// Bytes of one line, fields included.
pub(crate) const LINE_BYTES_MAX: usize = 4 << 10;
const FIELDS_MAX: usize = 20;
/// Of one text, however long it is: enough for what is shown, and a secret that ends there.
const LOOKED_BYTES_MAX: usize = 64 << 10;
/// A line whose only field is this one is meant for the host's standard output, as the notifier `console` writes
/// them; the daemon prints what arrives under the target `watchkeep::console`.
const CONSOLE_FIELD: (&str, &str) = ("console", "line");

#[derive(Debug, Default)]
pub(crate) struct LogState {
    pub(crate) lines: u32,
    pub(crate) dropped: u32,
    /// The last line at level `error`: after a trap it usually tells the panic.
    pub(crate) last_error: Option<String>,
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    log::add_to_linker::<_, HasSelf<CallState>>(linker, |state| state)
}

impl CallState {
    /// A line of the guest's, whichever way it came: bounded, masked, and one line.
    pub(crate) fn log_line(&mut self, level: Level, message: String, fields: &[(String, String)]) {
        if self.log.lines >= self.limits.log_lines {
            self.log.dropped = self.log.dropped.saturating_add(1);
            return;
        }
        self.log.lines += 1;
        if let [(name, value)] = fields
            && (name.as_str(), value.as_str()) == CONSOLE_FIELD
        {
            let line = self.mask.told_within(&message, LINE_BYTES_MAX);
            tracing::info!(target: "watchkeep::console", "{line}");
            return;
        }
        // A guest's line stays one line of the host's log, and is looked through as such.
        let told = |text: &str| {
            let text = &text[..text.floor_char_boundary(LOOKED_BYTES_MAX)];
            self.mask.told_within(&text.replace(['\n', '\r'], " "), LINE_BYTES_MAX)
        };
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
                self.log.last_error = Some(line);
            }
        }
    }
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
