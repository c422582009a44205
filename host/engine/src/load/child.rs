//! The compiling child: bytes in on stdin, compiled code out into a file, one line of JSON about it on stdout.
//! It limits itself before it reads anything; whoever started it kills it when its time is over.

use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use rustix::process::{Resource, Rlimit, nice, setrlimit};
use serde::{Deserialize, Serialize};

use super::componentize::componentize;
use super::inspect::{self, Facts};
use crate::error::{LoadStage, Refusal};
use crate::wasm::{self, Reservation};

/// The answer: one line on stdout.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Answer {
    Compiled(Facts),
    Refused { stage: String, message: String, hint: Option<String> },
}

/// What the parent tells the child, as arguments after its own.
pub(super) struct Task {
    pub(super) output: PathBuf,
    pub(super) address_space_max: u64,
    pub(super) cpu_seconds_max: u64,
    pub(super) reservation: Reservation,
}

impl Task {
    pub(super) fn to_args(&self) -> [std::ffi::OsString; 4] {
        [
            self.output.clone().into_os_string(),
            self.address_space_max.to_string().into(),
            self.cpu_seconds_max.to_string().into(),
            self.reservation.bytes().to_string().into(),
        ]
    }
    /// The last four arguments.
    fn from_args(args: &[std::ffi::OsString]) -> Option<Task> {
        let [.., output, space, seconds, reservation] = args else { return None };
        Some(Task {
            output: output.into(),
            address_space_max: space.to_str()?.parse().ok()?,
            cpu_seconds_max: seconds.to_str()?.parse().ok()?,
            reservation: Reservation::of_bytes(reservation.to_str()?.parse().ok()?),
        })
    }
}

/// The whole of the hidden subcommand with which the daemon starts itself as a compiler. Its arguments are
/// appended to those of [`crate::CompilerCommand`]; it exits 0 if it answered, whatever the answer.
pub fn compile_child_main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    let Some(task) = Task::from_args(&args) else { return ExitCode::from(2) };
    let answer = match limit(&task).and_then(|()| compile(&task)) {
        Ok(facts) => Answer::Compiled(facts),
        Err(Refusal { stage, message, hint }) => {
            Answer::Refused { stage: stage.as_str().to_owned(), message, hint }
        }
    };
    let mut line = serde_json::to_vec(&answer).expect("an answer is plain data");
    line.push(b'\n');
    match std::io::stdout().write_all(&line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn limit(task: &Task) -> Result<(), Refusal> {
    first_to_give_way();
    let set = |resource, soft, hard| setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) });
    let (space, seconds) = (task.address_space_max, task.cpu_seconds_max);
    set(Resource::As, space, space)
        // The signal of the soft limit tells the parent what happened.
        .and_then(|()| set(Resource::Cpu, seconds, seconds + 1))
        .and_then(|()| set(Resource::Core, 0, 0))
        .map_err(|error| {
            Refusal::new(LoadStage::Host, format!("cannot be compiled under limits: {error}"))
        })?;
    // Only a courtesy to other work. If it is refused, compiling continues.
    let _ = nice(10);
    Ok(())
}

/// When memory runs out, the kernel ends this process and no other. A kernel without this setting does no harm.
fn first_to_give_way() {
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
}

fn compile(task: &Task) -> Result<Facts, Refusal> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).map_err(|error| match error.kind() {
        // A part of the limit is used by the compiler itself.
        ErrorKind::OutOfMemory => Refusal::new(LoadStage::Compile, "does not fit into the compiler's memory")
            .hint("make the plugin smaller; one should compile in a few hundred MiB"),
        _ => Refusal::new(LoadStage::Host, format!("cannot be read by the compiler: {error}")),
    })?;
    let (facts, code) = make(bytes, task.reservation)?;
    write(&task.output, &code)
        .map_err(|error| Refusal::new(LoadStage::Host, format!("compiled code cannot be stored: {error}")))?;
    Ok(facts)
}

/// Makes facts and code from a plugin's bytes.
pub(crate) fn make(bytes: Vec<u8>, reservation: Reservation) -> Result<(Facts, Vec<u8>), Refusal> {
    let component = componentize(bytes)?;
    let facts = inspect::inspect(&component)?;
    let engine = wasm::compiler(reservation)
        .map_err(|error| Refusal::new(LoadStage::Host, format!("cannot be compiled: {error}")))?;
    let code = engine.precompile_component(&component).map_err(|error| {
        Refusal::new(LoadStage::Compile, format!("does not compile: {error:#}"))
            .hint("build the plugin again; a component must be valid WebAssembly without 64-bit memories")
    })?;
    Ok((facts, code))
}

/// Durable before the parent renames it: a torn file would be run as code.
fn write(path: &Path, code: &[u8]) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().write(true).truncate(true).open(path)?;
    file.write_all(code)?;
    file.sync_all()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #[test]
    fn a_compiler_is_the_first_that_the_kernel_ends() {
        super::first_to_give_way();
        let told = std::fs::read_to_string("/proc/self/oom_score_adj").unwrap();
        assert_eq!(told.trim(), "1000");
    }
}
