//! Starts the compiling child in its lane, and kills it when its turn is over. Compiling cannot be cancelled
//! in-process, and a hostile function of 4 MiB takes half a minute and gigabytes.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use watchkeep_core::ids::Digest;

use super::cache::Cache;
use super::child::{Answer, Task};
use super::inspect::Facts;
use super::lanes::{Lanes, Origin, Turn};
use crate::error::{LoadStage, Refusal};
use crate::options::{CompileLimits, CompilerCommand};
use crate::wasm::Reservation;

/// The longest answer; anything longer is not one.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// How much of the child's error output is shown.
const COMPLAINT_BYTES_MAX: u64 = 2 << 10;

pub(crate) struct Compiler {
    pub(crate) command: CompilerCommand,
    pub(crate) limits: CompileLimits,
    pub(crate) reservation: Reservation,
    pub(crate) lanes: Lanes,
}

impl Compiler {
    /// Compiles a plugin. `source_name` says whether it came with the host, which has a lane for its own.
    pub(super) async fn compile(
        &self,
        cache: &Cache,
        digest: Digest,
        bytes: &Arc<[u8]>,
        source_name: &str,
    ) -> Result<Facts, Refusal> {
        let origin = Origin::of(source_name);
        let first = {
            let (_place, turn) = self.lanes.first(&self.limits, origin, bytes.len()).await;
            self.attempt(cache, digest, bytes, turn).await
        };
        match first {
            Ok(facts) => Ok(facts),
            Err(Ended::Refused(refusal)) => Err(refusal),
            // Either the file's own fault, or that of a busy machine. A longer turn tells them apart.
            Err(Ended::Unfinished(_)) => {
                let (_place, turn) = self.lanes.last(&self.limits).await;
                self.attempt(cache, digest, bytes, turn).await.map_err(|ended| match ended {
                    Ended::Refused(refusal) | Ended::Unfinished(refusal) => refusal,
                })
            }
        }
    }

    async fn attempt(
        &self,
        cache: &Cache,
        digest: Digest,
        bytes: &Arc<[u8]>,
        turn: Turn,
    ) -> Result<Facts, Ended> {
        let output = cache.temporary().map_err(host("the cache folder cannot be written"))?;
        let task = Task {
            output: output.path().to_owned(),
            address_space_max: turn.memory_bytes_max,
            cpu_seconds_max: turn.processor_time.as_secs().max(1),
            reservation: self.reservation,
        };
        let asking = tokio::time::timeout(turn.wall_time, self.ask(&task, bytes));
        let facts = asking.await.unwrap_or_else(|_| Err(too_long(&turn)))?;
        cache.keep_code(digest, output).map_err(host("compiled code cannot be stored"))?;
        Ok(facts)
    }

    async fn ask(&self, task: &Task, bytes: &Arc<[u8]>) -> Result<Facts, Ended> {
        let mut child = Command::new(&self.command.program)
            .args(&self.command.args)
            .args(task.to_args())
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(host("the compiler cannot be started"))?;
        let mut stdin = child.stdin.take().expect("stdin was asked for");
        let stdout = child.stdout.take().expect("stdout was asked for");
        let stderr = child.stderr.take().expect("stderr was asked for");
        let (mut answer, mut complaint) = (Vec::new(), Vec::new());
        let feed = async {
            // A child that refuses early closes its end: its answer counts, not the broken pipe.
            let _ = stdin.write_all(bytes).await;
            drop(stdin);
        };
        let (_, read, _) = tokio::join!(
            feed,
            async { stdout.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await },
            async { stderr.take(COMPLAINT_BYTES_MAX).read_to_end(&mut complaint).await },
        );
        read.map_err(host("the compiler's answer cannot be read"))?;
        let status = child.wait().await.map_err(host("the compiler's end cannot be read"))?;
        match serde_json::from_slice(&answer) {
            Ok(Answer::Compiled(facts)) => Ok(facts),
            Ok(Answer::Refused { stage, message, hint }) => {
                let stage = match stage.as_str() {
                    "inspect" => LoadStage::Inspect,
                    "compile" => LoadStage::Compile,
                    _ => LoadStage::Host,
                };
                Err(Ended::Refused(Refusal { stage, message, hint }))
            }
            Err(_) if status.signal() == Some(OUT_OF_PROCESSOR_TIME) => {
                Err(unfinished_after(Duration::from_secs(task.cpu_seconds_max)))
            }
            Err(_) => {
                let complaint = String::from_utf8_lossy(&complaint);
                let last =
                    complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
                let refusal = Refusal::new(
                    LoadStage::Compile,
                    format!(
                        "made the compiler end with {status} under its limits of {} MiB: {last}",
                        task.address_space_max >> 20
                    ),
                )
                .hint("split very large functions; a plugin should compile in a few hundred MiB");
                Err(Ended::Unfinished(refusal))
            }
        }
    }
}

/// How a child ended without having compiled.
enum Ended {
    Refused(Refusal),
    /// It reached a limit of its turn.
    Unfinished(Refusal),
}

/// SIGXCPU, on every processor that Rust runs on but MIPS.
const OUT_OF_PROCESSOR_TIME: i32 = 24;

fn too_long(turn: &Turn) -> Ended {
    unfinished_after(turn.processor_time)
}

fn unfinished_after(processor_time: Duration) -> Ended {
    let seconds = processor_time.as_secs_f64();
    let message = format!("was not compiled within {seconds} s of processor time");
    let hint = "split very large functions, or build the plugin with optimisation";
    Ended::Unfinished(Refusal::new(LoadStage::Compile, message).hint(hint))
}

fn host(what: &'static str) -> impl Fn(std::io::Error) -> Ended {
    move |error| Ended::Refused(Refusal::new(LoadStage::Host, format!("{what}: {error}")))
}
