//! The bundled action `command`: runs a command that the operator named under `[commands]`.

use std::time::Duration;

use watchkeep_sdk::action::{Template, parameters};
use watchkeep_sdk::clipped;
use watchkeep_sdk::commands::{CommandError, Failure, Output};
use watchkeep_sdk::config::{OneOrMany, Place, Problems, Table};
use watchkeep_sdk::prelude::*;

/// So many lines of what the command printed last are shown.
const LINES_MAX: usize = 20;

/// Runs a command that the operator named under `[commands]`.
#[derive(Config)]
#[config(check = Run::consistent)]
pub struct Run {
    /// The command's name under `[commands]`. Needs the grant `commands`.
    #[config(non_empty, example = "restart-shop")]
    command: String,
    /// Values for the holes in its arguments. `{check}`, `{finding}`, `{summary}`, `{id}` and `{label.NAME}` in them are
    /// replaced; the whole value must match the hole's pattern.
    #[config(default, example = "{finding}")]
    parameters: Table<Template>,
    /// Exit codes that say that it was done.
    #[config(default = 0)]
    exit_codes_ok: OneOrMany<u32>,
    /// Exit codes that say that there was nothing to do.
    #[config(default, example = 3)]
    exit_codes_nothing: OneOrMany<u32>,
    /// How long it may take, no longer than the action's timeout; then it is killed.
    timeout: Option<Duration>,
}

impl Run {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.timeout.is_some_and(|timeout| timeout.is_zero()) {
            problems.add::<()>(&place.key("timeout"), "no command ends in no time; hint: `30s`");
        }
        let codes = place.key("exit_codes_nothing");
        for (at, code) in self.exit_codes_nothing.0.iter().enumerate() {
            if self.exit_codes_ok.0.contains(code) {
                problems
                    .add::<()>(&codes.index(at), format!("{code} is in `exit_codes_ok` too; hint: keep one"));
            }
        }
    }
}

#[action(name = "command", summary = "Runs a command that the operator named", plan = plan)]
pub fn perform(config: Run, occasion: Occasion) -> Result<Effect, Unable> {
    // What a command does the second time is not known.
    occasion.first_attempt()?;
    occasion.once(|| {
        let mut command = commands::command(&config.command);
        for (name, value) in parameters(&config.parameters, &occasion)? {
            command = command.parameter(name, value);
        }
        if let Some(timeout) = config.timeout {
            command = command.timeout(timeout);
        }
        match command.run() {
            Ok(output) => judged(&config, &output),
            Err(failure) => Err(Unable(not_run(&failure))),
        }
    })
}

/// A dry run: which command would be run, and with what. What a command does is not known, so none is run.
pub fn plan(config: Run, occasion: Occasion) -> Result<Vec<Step>, Unable> {
    let mut target = config.command.clone();
    for (name, value) in parameters(&config.parameters, &occasion)? {
        target.push_str(&format!(" {name}=`{}`", clipped(&value)));
    }
    Ok(vec![Step::new("run the command", target)])
}

fn judged(config: &Run, output: &Output) -> Result<Effect, Unable> {
    let name = &config.command;
    let printed = last_lines(output);
    let is = |codes: &OneOrMany<u32>, status: i32| {
        codes.0.iter().any(|code| i64::from(*code) == i64::from(status))
    };
    let effect = match output.status {
        Some(status) if is(&config.exit_codes_ok, status) => Effect::done(match status {
            0 => format!("ran `{name}`"),
            status => format!("ran `{name}`, which exited with {status}"),
        }),
        Some(status) if is(&config.exit_codes_nothing, status) => {
            Effect::nothing_to_do(format!("`{name}` had nothing to do: it exited with {status}"))
        }
        ended => {
            let how = match ended {
                Some(status) => format!("exited with {status}"),
                None if output.killed => "printed without end, and was killed".to_owned(),
                None => "was ended by a signal".to_owned(),
            };
            let last = printed.lines().last().map(clipped).unwrap_or_default();
            let last = if last.is_empty() { String::new() } else { format!(": `{last}`") };
            return Err(Unable(Fault::inconclusive(format!("`{name}` {how}{last}; it may have acted"))));
        }
    };
    Ok(if printed.is_empty() { effect } else { effect.details(printed) })
}

fn not_run(failure: &Failure) -> Fault {
    let told = failure.to_string();
    match failure.error {
        CommandError::TimedOut => Fault::inconclusive(format!("{told}, and was killed; it may have acted")),
        CommandError::Denied(_) => Fault::Denied(told),
        CommandError::Parameter(_) => Fault::config(format!("{told}; nothing was done")),
        CommandError::NotStartable(_) | CommandError::Other(_) => {
            Fault::other(format!("{told}; nothing was done"))
        }
    }
}

/// What it printed last: its complaints after its output, since the reason stands there.
fn last_lines(output: &Output) -> String {
    let (text, complaints) = (output.text(), output.complaints());
    let lines: Vec<String> =
        text.lines().chain(complaints.lines()).map(|line| clipped(line.trim_end())).collect();
    lines[lines.len().saturating_sub(LINES_MAX)..].join("\n")
}
