//! A run ends in exactly one of: report, fault, trap, timeout (CPU or wall), memory, limit, denied, invalid
//! report, host error. Only a report judges the target.

use wasmtime::{Trap, WasmBacktrace};
use watchkeep_core::limits::Limit;
use watchkeep_core::outcome::{Failure, FailureReason, Stage};
use watchkeep_core::report::{Report, State};

use super::exception::Exception;
use super::memory::Refused;
use super::refusals::Refusal;
use super::state::{CallState, HostStop};
use super::{Stop, report::ReportProblem};
use crate::contract::types::Fault;
use crate::interfaces::wasi::Exit;
use crate::shortage::Shortage;

/// A report counts, unless it is worse than ok after the host refused something. Such a report would judge the refusal
/// and not the target (a library may turn a denied call into "the target is down").
pub(super) fn report(report: Report, state: &CallState) -> Result<Report, Failure> {
    if let Some(shortage) = state.refusals.shortage() {
        return Err(short(shortage, state));
    }
    match report.state {
        State::Ok => Ok(report),
        State::Warning | State::Critical | State::Unknown => match &state.refusals.first {
            None => Ok(report),
            Some(refusal) => Err(refused(refusal, state)),
        },
    }
}

/// A failure that neither the plugin nor the target had a part in.
fn short(shortage: &Shortage, state: &CallState) -> Failure {
    let message = format!("the host could not serve {}: {}", state.subject.generation, shortage.message);
    Failure {
        reason: FailureReason::Host,
        stage: Stage::Call,
        message: super::report::one_line(state.mask.told(message)),
        hint: Some(shortage.hint.clone()),
        backtrace: None,
    }
}

pub(super) fn invalid_report(problem: ReportProblem, state: &CallState) -> Failure {
    invalid("a report", &problem, state)
}

/// The failure of an action whose answer is invalid.
pub(super) fn invalid_answer(problem: ReportProblem, state: &CallState) -> Failure {
    invalid("an answer", &problem, state)
}

fn invalid(what: &str, problem: &ReportProblem, state: &CallState) -> Failure {
    if let Some(shortage) = state.refusals.shortage() {
        return short(shortage, state);
    }
    Failure {
        reason: FailureReason::InvalidReport,
        stage: Stage::Report,
        message: format!("{} returned {what} that is not valid: {problem}", state.subject.generation),
        hint: Some("the plugin's author has to change it".to_owned()),
        backtrace: None,
    }
}

/// What a check says when it could not judge. `task` is what it could not do.
pub(super) fn fault(fault: Fault, task: &str, state: &CallState) -> Failure {
    said(fault, state, |said| format!("{} could not {task}: {said}", state.subject.generation))
}

/// The same of an action. People read its own sentence in a notice, without the plugin and its generation before it.
pub(super) fn unable(fault: Fault, state: &CallState) -> Failure {
    said(fault, state, |said| match said.is_empty() {
        true => format!("{} could not act, and does not say why", state.subject.generation),
        false => said,
    })
}

fn said(fault: Fault, state: &CallState, in_words: impl FnOnce(String) -> String) -> Failure {
    if let Some(shortage) = state.refusals.shortage() {
        return short(shortage, state);
    }
    let (reason, message) = match fault {
        Fault::Config(message) => (FailureReason::Config, message),
        Fault::Denied(message) => (FailureReason::Denied, message),
        Fault::Inconclusive(message) => (FailureReason::Inconclusive, message),
        Fault::Other(message) => (FailureReason::Fault, message),
    };
    let message = super::report::sentence(&message, &state.mask);
    match (reason, &state.refusals.first) {
        // The host's own sentence says what to grant, which the plugin's seldom does.
        (_, Some(refusal @ Refusal::Unusable { .. })) => refused(refusal, state),
        (FailureReason::Denied | FailureReason::Inconclusive | FailureReason::Fault, Some(refusal)) => {
            refused(refusal, state)
        }
        _ => Failure { reason, stage: Stage::Call, message: in_words(message), hint: None, backtrace: None },
    }
}

fn refused(refusal: &Refusal, state: &CallState) -> Failure {
    let who = &state.subject.generation;
    let (reason, message, hint) = match refusal {
        Refusal::Denied(denial) => {
            (FailureReason::Denied, format!("{who} was denied {}", denial.message), Some(denial.hint.clone()))
        }
        Refusal::Short(shortage) => return short(shortage, state),
        Refusal::Limited { message, hint } => {
            let hint = hint.clone().or_else(|| Some(FIXED.to_owned()));
            (FailureReason::Limit, format!("{who} met a limit: {message}"), hint)
        }
        Refusal::Unusable { message, hint } => (
            FailureReason::Config,
            format!("{who} was given what cannot be used: {message}"),
            Some(hint.clone()),
        ),
    };
    Failure { reason, stage: Stage::Call, message: state.mask.told(message), hint, backtrace: None }
}

/// A call that did not return.
pub(super) fn stopped(stop: Stop, state: &CallState) -> Failure {
    // The guest trapped over what it was told, or waited for what cannot come.
    if let Some(shortage) = state.refusals.shortage() {
        return short(shortage, state);
    }
    let who = &state.subject.generation;
    let failure = |reason, stage, message, hint| Failure { reason, stage, message, hint, backtrace: None };
    let error = match stop {
        Stop::Timeout => {
            let message = format!("{who} did not end within {:?}", state.clocks.timeout);
            let hint = Some("raise `timeout`, or find out what the plugin waits for".to_owned());
            return failure(FailureReason::WallTime, Stage::Call, message, hint);
        }
        Stop::Error(error) => error,
    };
    let exception = state.own.log.last_words.exception();
    let backtrace = error.downcast_ref::<WasmBacktrace>().map(|trace| state.mask.told(trace.to_string()));
    let stage = if state.entered { Stage::Call } else { Stage::Instantiate };
    let (reason, message, hint) = match (error.downcast_ref::<HostStop>(), error.downcast_ref::<Trap>()) {
        (Some(HostStop::Limit { message, limit }), _) => {
            let hint = limit.map_or_else(|| FIXED.to_owned(), |limit| raise(limit, state));
            (FailureReason::Limit, format!("{who} met a limit: {message}"), Some(hint))
        }
        (Some(HostStop::Host(problem)), _) => {
            (FailureReason::Host, format!("the host could not serve {who}: {problem}"), None)
        }
        (Some(HostStop::Replay(problem)), _) => (
            FailureReason::Host,
            format!("{who} does not do what was recorded: {problem}"),
            Some("if that is meant, record it again with `watchkeep plugin run --record`".to_owned()),
        ),
        (Some(HostStop::Exit(exit)), _) => (
            FailureReason::Trap,
            exit_message(who, exit, exception.as_ref()),
            Some("the plugin's author lets it return a fault".to_owned()),
        ),
        (None, Some(Trap::Interrupt)) => (
            FailureReason::CpuTime,
            format!("{who} used up its CPU time of {:?}", state.limits.cpu),
            Some(format!("{}; or look for an endless loop", raise(Limit::Cpu, state))),
        ),
        (None, trap) => match state.memory.refused() {
            Some(Refused::Memory { wanted, allowed }) => (
                FailureReason::Memory,
                format!("{who} wanted {} MiB of memory, {} MiB are allowed", wanted >> 20, allowed >> 20),
                memory_hint(allowed, state),
            ),
            Some(Refused::Table { wanted }) => (
                FailureReason::Limit,
                format!("{who} wanted {wanted} table elements, {} are allowed", state.limits.table_elements),
                Some(raise(Limit::Tables, state)),
            ),
            None => match trap {
                Some(trap) => {
                    let message = trap_message(who, *trap, exception.as_ref(), state);
                    (FailureReason::Trap, message, trap_hint(*trap))
                }
                None => unexplained(&error, stage, state),
            },
        },
    };
    let backtrace = match (reason, exception) {
        (FailureReason::Trap, Some(exception)) => below(exception, backtrace),
        _ => backtrace,
    };
    Failure { reason, stage, message: super::report::sentence(&message, &state.mask), hint, backtrace }
}

/// The frames of the interpreted program come first, then those of the interpreter.
fn below(exception: Exception, backtrace: Option<String>) -> Option<String> {
    let trace = (!exception.trace.is_empty()).then_some(exception.trace);
    trace.into_iter().chain(backtrace).reduce(|trace, frames| format!("{trace}\n{frames}"))
}

fn exit_message(who: &str, exit: &Exit, exception: Option<&Exception>) -> String {
    let why = exception.map(|exception| format!(": {exception}")).unwrap_or_default();
    format!("{who} ended itself with {exit} instead of returning{why}")
}

fn trap_message(who: &str, trap: Trap, exception: Option<&Exception>, state: &CallState) -> String {
    match (exception, trap) {
        // The trap by which a guest gives up after an exception says nothing about the cause.
        (Some(exception), Trap::UnreachableCodeReached) => return format!("{who} trapped: {exception}"),
        (Some(exception), trap) => return format!("{who} trapped ({trap}); it said last: {exception}"),
        (None, _) => {}
    }
    match &state.own.log.last_error {
        // A panic aborts. Its message is in the log.
        Some(line) => format!("{who} trapped ({trap}); its last error in the log: {line}"),
        None => format!("{who} trapped: {trap}"),
    }
}

fn trap_hint(trap: Trap) -> Option<String> {
    match trap {
        Trap::StackOverflow => Some("look for endless recursion in the plugin".to_owned()),
        _ => Some("the plugin's author finds the place in the backtrace".to_owned()),
    }
}

/// An error that is neither a trap nor the host's: something that wasmtime found wrong during the call.
fn unexplained(
    error: &wasmtime::Error,
    stage: Stage,
    state: &CallState,
) -> (FailureReason, String, Option<String>) {
    let who = &state.subject.generation;
    let cause = error.root_cause().to_string();
    if cause.contains("fuel") {
        return (
            FailureReason::Limit,
            format!("{who} handed over too many bytes in one call: {cause}"),
            Some(raise(Limit::CallBytes, state)),
        );
    }
    match stage {
        Stage::Instantiate | Stage::Load => {
            (FailureReason::Host, format!("{who} could not be instantiated: {cause}"), None)
        }
        Stage::Call | Stage::Report => {
            (FailureReason::Trap, format!("{who} broke the contract: {cause}"), None)
        }
    }
}

fn memory_hint(allowed: usize, state: &CallState) -> Option<String> {
    if allowed < state.limits.memory_bytes {
        return Some(
            "no single memory of a plugin may be larger; its author has to hold less at once".to_owned(),
        );
    }
    Some(raise(Limit::Memory, state))
}

/// Which key to raise, and where.
fn raise(limit: Limit, state: &CallState) -> String {
    state.limits.raise(limit, &state.subject.plugin)
}

/// The hint for a bound that is the same for every plugin.
const FIXED: &str = "no key of the config raises it; the plugin's author has to ask for less";
