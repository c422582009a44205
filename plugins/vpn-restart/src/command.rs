//! A command that restarts the tunnel, and the interface that has to be up afterwards.

use watchkeep_sdk::action::parameters;
use watchkeep_sdk::clipped;
use watchkeep_sdk::commands::CommandError;
use watchkeep_sdk::http::span;
use watchkeep_sdk::prelude::*;

use crate::config::WireGuard;

const PAUSE: Duration = Duration::from_millis(500);
/// A run has a thousand host calls, and a look is two of them.
const LOOKS_MAX: u32 = 200;

pub(crate) fn restart(config: &WireGuard, occasion: &Occasion, until: Duration) -> Result<Effect, Unable> {
    let begun = clock::monotonic();
    let name = &config.command;
    let mut command = commands::command(name).timeout(until.saturating_sub(begun));
    for (name, value) in parameters(&config.parameters, occasion)? {
        command = command.parameter(name, value);
    }
    let output = command.run().map_err(|failure| {
        let told = failure.to_string();
        Unable(match failure.error {
            CommandError::TimedOut => {
                Fault::inconclusive(format!("{told}, and was killed; it may have acted"))
            }
            CommandError::Denied(_) => Fault::Denied(told),
            CommandError::Parameter(_) => Fault::config(format!("{told}; nothing was done")),
            CommandError::NotStartable(_) | CommandError::Other(_) => {
                Fault::other(format!("{told}; nothing was done"))
            }
        })
    })?;
    let is_fine =
        |status: i32| config.exit_codes_ok.0.iter().any(|code| i64::from(*code) == i64::from(status));
    if !output.status.is_some_and(is_fine) {
        let how = output
            .status
            .map_or_else(|| "was ended by a signal".to_owned(), |status| format!("exited with {status}"));
        let (text, complaints) = (output.text(), output.complaints());
        let last = complaints.lines().last().or_else(|| text.lines().last()).map(clipped).unwrap_or_default();
        let last = if last.is_empty() { String::new() } else { format!(": `{last}`") };
        return Err(Unable(Fault::inconclusive(format!("`{name}` {how}{last}; it may have acted"))));
    }
    let Some(interface) = &config.interface else { return Ok(Effect::done(format!("ran `{name}`"))) };
    for _ in 0..LOOKS_MAX {
        match is_up(interface) {
            Ok(Some(true)) => {
                let took = span(clock::monotonic().saturating_sub(begun));
                return Ok(Effect::done(format!("ran `{name}`, and `{interface}` is up after {took}")));
            }
            Ok(_) if clock::monotonic() + PAUSE < until => clock::sleep(PAUSE),
            Ok(_) => break,
            Err(fault) => {
                let told =
                    format!("ran `{name}`; whether `{interface}` is up is not known: {}", fault.message());
                return Ok(Effect::done(told));
            }
        }
    }
    let told = format!("ran `{name}`, and `{interface}` is not up in time; hint: `wg show {interface}`");
    Err(Unable(Fault::inconclusive(told)))
}

/// None if there is no such interface.
pub(crate) fn is_up(interface: &str) -> Result<Option<bool>, Fault> {
    let links = system::links().map_err(|error| error.as_fault())?;
    Ok(links.iter().find(|link| link.name == interface).map(|link| link.up))
}
