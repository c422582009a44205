//! A program of the Nagios convention (`wasi:cli/command`) as a check: its exit status is the state, the first line
//! of its output the summary, the rest details and metrics; arguments come from the check's config.

mod output;
mod perfdata;

use std::sync::Arc;

use wasmtime_wasi::p2::bindings::CommandPre;
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::report::Report;

use super::masked::masked;
use super::{
    CallInputs, CallState, CheckCall, Ended, Finished, HostStop, Setup, Stop, classify, in_store, report,
};
use crate::contract::log::Level;
use crate::contract::types;
use crate::engine::Shared;
use crate::generation::Generation;
use crate::interfaces::wasi::{Exit, Said, Wasi};
use crate::ports::Ports;

pub(super) async fn run(
    shared: &Shared,
    generation: &Generation,
    pre: &CommandPre<CallState>,
    call: CheckCall,
    ports: &Ports,
) -> Ended<Outcome> {
    let args = match arguments(generation, &call.config) {
        Ok(args) => args,
        Err(failure) => return Ended::unstarted(Outcome::Failed(Arc::new(failure))),
    };
    let scope = call.scope.clone();
    let given = CallInputs {
        config: call.config,
        timeout: call.timeout,
        limits: call.limits,
        rights: call.rights,
        scope: call.scope,
    };
    let setup =
        Setup { wasi: Wasi::Program(args), ..Setup::of(generation, call.run.check.as_str(), ports, given) };
    let mut finished = in_store(shared, setup, async move |store| {
        let program = pre.instantiate_async(&mut *store).await?;
        store.data_mut().entered = true;
        program.wasi_cli_run().call_run(&mut *store).await
    })
    .await;
    let outcome = match judged(&mut finished) {
        Ok(report) => {
            let masked = masked(report, finished.state.masking()).await;
            checked(masked, &finished.state)
        }
        Err(failure) => Err(failure),
    };
    match outcome {
        Ok(report) => {
            let kv = finished.state.take_kv(&scope);
            finished.ended(Outcome::Report(Arc::new(report)), kv)
        }
        Err(failure) => finished.ended(Outcome::Failed(Arc::new(failure)), Vec::new()),
    }
}

/// The program's own name, and what is under `args`. The config satisfies the schema already, unless a check was run by
/// hand.
fn arguments(generation: &Generation, config: &str) -> Result<Vec<String>, Failure> {
    let config: serde_json::Value = serde_json::from_str(config).unwrap_or_default();
    let args =
        config.get("args").and_then(serde_json::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let name = std::iter::once(Some(generation.plugin.to_string()));
    let args = args.iter().map(|arg| arg.as_str().map(str::to_owned));
    // The guest's C library ends every argument with a zero byte.
    name.chain(args).map(|arg| arg.filter(|arg| !arg.contains('\0'))).collect::<Option<Vec<_>>>().ok_or_else(
        || Failure {
            reason: FailureReason::Config,
            stage: Stage::Call,
            message: format!("{} is given arguments that are not text", generation.label),
            hint: Some("write `args` as a list of texts, such as `args = [\"-w\", \"5\"]`".to_owned()),
            backtrace: None,
        },
    )
}

fn checked(masked: wasmtime::Result<types::Report>, state: &CallState) -> Result<Report, Failure> {
    let report = masked.map_err(|error| classify::stopped(Stop::Error(error), state))?;
    match report::checked(report) {
        // A program makes no attachments.
        Ok((report, _)) => classify::report(report, state),
        Err(problem) => Err(classify::invalid_report(problem, state)),
    }
}

fn judged(finished: &mut Finished<Result<(), ()>>) -> Result<types::Report, Failure> {
    let state = &mut finished.state;
    let exit = match std::mem::replace(&mut finished.result, Err(Stop::Timeout)) {
        Ok(result) => Exit::of(result),
        Err(Stop::Error(error)) => match error.downcast_ref::<HostStop>() {
            Some(HostStop::Exit(exit)) => *exit,
            Some(HostStop::Limit { .. } | HostStop::Host(_) | HostStop::Replay(_)) | None => {
                return Err(classify::stopped(Stop::Error(error), state));
            }
        },
        Err(Stop::Timeout) => return Err(classify::stopped(Stop::Timeout, state)),
    };
    let Said { bytes, over } = state.take_said();
    if over > 0 {
        let kept = bytes.len();
        let problem =
            report::problem("output", format!("has {} bytes, {kept} are allowed", kept as u64 + over));
        return Err(classify::invalid_report(problem, state));
    }
    let said = output::parse(&String::from_utf8_lossy(&bytes));
    let judged = match exit {
        Exit::Status(0) => types::State::Ok,
        Exit::Status(1) => types::State::Warning,
        Exit::Status(2) => types::State::Critical,
        Exit::Status(3) => types::State::Unknown,
        Exit::Status(_) => return Err(fault(exit, &said.summary, state)),
        Exit::Failed => match output::named_state(&said.summary) {
            Some("WARNING") => types::State::Warning,
            Some("CRITICAL") => types::State::Critical,
            Some("UNKNOWN") => types::State::Unknown,
            Some(_) | None => return Err(fault(exit, &said.summary, state)),
        },
    };
    if let Some(first) = &said.perfdata.first_not_understood {
        let count = said.perfdata.not_understood;
        let line =
            format!("{count} values of its performance data are not understood, the first is `{first}`");
        state.log_line(Level::Warn, line, &[]);
    }
    let output::Parsed { summary, details, perfdata } = said;
    let report = types::Report {
        state: judged,
        summary: if summary.is_empty() { format!("ended with {exit} and said nothing") } else { summary },
        details,
        metrics: perfdata.metrics,
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: Vec::new(),
    };
    Ok(report)
}

/// The program could not judge, or did not say what it judged.
fn fault(exit: Exit, summary: &str, state: &CallState) -> Failure {
    let said = if summary.is_empty() { "it said nothing" } else { summary };
    let mut failure =
        classify::fault(types::Fault::Other(format!("it ended with {exit}: {said}")), "judge", state);
    if failure.reason == FailureReason::Fault {
        failure.hint = Some(match exit {
            Exit::Status(_) => {
                "a check ends with 0 (ok), 1 (warning), 2 (critical) or 3 (unknown)".to_owned()
            }
            Exit::Failed => {
                "its toolchain passes on no exit status: let its first line begin with WARNING, CRITICAL \
                             or UNKNOWN, or build it for `wasm32-wasip1`"
                    .to_owned()
            }
        });
    }
    failure
}
