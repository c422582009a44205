//! `commands`: programs that the operator named, with values for the parameters in their arguments. Calls are decided
//! by the command's name and by the patterns of its parameters.

mod process;

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::Linker;
use watchkeep_core::grant::{Access, Denial};
use watchkeep_core::limits::Limit;

use super::gate::{Gate, Gated};
use crate::call::CallState;
use crate::contract::commands::{self, CommandError, Host, Output};
use crate::machine::Machine;
use crate::network::guard::{self, Destination};
use crate::shortage::Shortage;
use process::{Ended, Problem, Process};

#[derive(Debug, Default)]
pub(crate) struct CommandsState {
    started: u32,
}

gate! {
    commands {
        fn run(name: String, parameters: Vec<(String, String)>, timeout: u64) -> Result<Output, CommandError>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    commands::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

impl Host for CallState {
    async fn run(
        &mut self,
        name: String,
        parameters: Vec<(String, String)>,
        timeout: u64,
    ) -> wasmtime::Result<Result<Output, CommandError>> {
        self.enter()?;
        Ok(run(self, &name, &parameters, Duration::from_millis(timeout)).await)
    }
}

async fn run(
    state: &mut CallState,
    name: &str,
    parameters: &[(String, String)],
    timeout: Duration,
) -> Result<Output, CommandError> {
    state.permit(&Access::Command { name }).map_err(|denial| CommandError::Denied(denial.to_string()))?;
    let known = state.rights.as_ref().and_then(|rights| rights.ceiling.commands.get(name).map(Arc::clone));
    // A name without a program was denied above.
    let command = known.ok_or_else(|| CommandError::Other(format!("there is no command `{name}`")))?;
    // The operator's pattern is a grant too: a value that does not match it says nothing about the target.
    let arguments = command.filled(parameters).map_err(|problem| {
        let message = state.mask.for_guest(format!("command `{name}`: {}", problem.message));
        let denial = state.refusals.deny(Denial { message, hint: problem.hint });
        CommandError::Parameter(format!("{}; hint: {}", denial.message, denial.hint))
    })?;
    let given: Vec<&[u8]> = parameters.iter().map(|(_, value)| value.as_bytes()).collect();
    guard::check_words(state, Destination::Other("an argument of a command"), &given)
        .map_err(|problem| CommandError::Denied(problem.message))?;
    if state.own.commands.started >= state.limits.commands {
        let message = format!("more than {} commands in one call", state.limits.commands);
        return Err(CommandError::Other(state.meet(Limit::Commands, message)));
    }
    state.own.commands.started += 1;
    let place = Machine::command(state).await;
    let _place = place.map_err(|lacking| CommandError::Other(state.refusals.short(lacking)))?;
    let span = state.clocks.span(timeout.min(command.timeout.unwrap_or(Duration::MAX)));
    state.network.sent = true;
    let bytes_max = command.output_bytes_max;
    let ended = match Process::start(&command, &arguments, state.machine.inheritance) {
        Ok(process) => process.until_its_end(bytes_max.saturating_add(state.mask.longest()), span).await,
        Err(problem) => Err(problem),
    };
    match ended {
        Ok(Ended { status, killed, stdout, stderr, took }) => {
            let (stdout, stderr) = (stdout.told(bytes_max, &state.mask), stderr.told(bytes_max, &state.mask));
            Ok(Output {
                status,
                killed,
                truncated: stdout.truncated || stderr.truncated,
                stdout: stdout.bytes,
                stderr: stderr.bytes,
                took: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            })
        }
        Err(Problem::TimedOut) => Err(CommandError::TimedOut),
        Err(Problem::NotStartable(error) | Problem::Other(error))
            if let Some(Shortage { message, hint }) = Shortage::of(&error) =>
        {
            let shortage = Shortage::new(format!("command `{name}` cannot be run: {message}"), hint);
            Err(CommandError::NotStartable(state.refusals.short(shortage)))
        }
        // The host's own installation is at fault, which says nothing about the target.
        Err(Problem::NotStartable(error)) => {
            let message =
                format!("command `{name}`: `{}` cannot be started: {error}", command.program.display());
            let hint = "let the host's user run it, and look whether `program` and `folder` are there";
            Err(CommandError::NotStartable(state.refusals.limit_with(message, hint)))
        }
        Err(Problem::Other(error)) => Err(CommandError::Other(format!("command `{name}`: {error}"))),
    }
}
