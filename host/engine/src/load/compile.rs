//! Starts the compiling child, a few at a time in two lanes, and kills it when its time is over: compiling cannot be
//! cancelled in-process, and a hostile function of 4 MiB takes half a minute and gigabytes.

use std::process::Stdio;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::sync::Semaphore;
use watchkeep_core::ids::Digest;

use super::cache::Cache;
use super::child::{Answer, Task};
use super::inspect::Facts;
use crate::error::{LoadStage, Refusal};
use crate::options::{CompileLimits, CompilerCommand};

/// Bytes of an answer; more is no answer.
const ANSWER_BYTES_MAX: u64 = 1 << 20;
/// So many bytes of what the child complained about are shown.
const COMPLAINT_BYTES_MAX: u64 = 2 << 10;

pub(crate) struct Compiler {
    pub(crate) command: CompilerCommand,
    pub(crate) limits: CompileLimits,
    pub(crate) memory_bytes_max: usize,
    pub(crate) lanes: Lanes,
}

/// Any number of hostile files takes the memory of three. What is large (a whole Python is compiled for seconds) waits
/// only for what is large.
#[derive(Debug)]
pub(crate) struct Lanes {
    small: Semaphore,
    large: Semaphore,
}

/// Compiling uses one core: with two at once several files that come together are live in half the time.
const SMALL_AT_ONCE: usize = 2;
const LARGE_AT_ONCE: usize = 1;

/// From here on a file is large. Rust plugins have a few hundred KiB, those with an interpreter 10 MiB and more.
const LARGE_BYTES_MIN: usize = 1 << 20;

impl Default for Lanes {
    fn default() -> Self {
        Self { small: Semaphore::new(SMALL_AT_ONCE), large: Semaphore::new(LARGE_AT_ONCE) }
    }
}

impl Lanes {
    fn of(&self, bytes: &[u8]) -> &Semaphore {
        if bytes.len() < LARGE_BYTES_MIN { &self.small } else { &self.large }
    }
}

impl Compiler {
    pub(super) async fn compile(
        &self,
        cache: &Cache,
        digest: Digest,
        bytes: &Arc<[u8]>,
    ) -> Result<Facts, Refusal> {
        let _turn = self.lanes.of(bytes).acquire().await.expect("the lanes are never closed");
        let output = cache.temporary().map_err(host("the cache folder cannot be written"))?;
        let task = Task {
            output: output.path().to_owned(),
            address_space_max: self.limits.memory_bytes_max,
            cpu_seconds_max: self.limits.time_max.as_secs().max(1),
            memory_bytes_max: self.memory_bytes_max,
        };
        let facts =
            tokio::time::timeout(self.limits.time_max, self.ask(&task, bytes)).await.map_err(|_| {
                Refusal::new(
                    LoadStage::Compile,
                    format!("was not compiled within {} s", self.limits.time_max.as_secs_f64()),
                )
                .hint("split very large functions, or build the plugin with optimisation")
            })??;
        cache.keep_code(digest, output).map_err(host("compiled code cannot be stored"))?;
        Ok(facts)
    }

    async fn ask(&self, task: &Task, bytes: &Arc<[u8]>) -> Result<Facts, Refusal> {
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
                Err(Refusal { stage, message, hint })
            }
            Err(_) => {
                let complaint = String::from_utf8_lossy(&complaint);
                let last =
                    complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
                Err(Refusal::new(
                    LoadStage::Compile,
                    format!(
                        "made the compiler end with {status} under its limits of {} MiB: {last}",
                        task.address_space_max >> 20
                    ),
                )
                .hint("split very large functions; a plugin should compile in a few hundred MiB"))
            }
        }
    }
}

fn host(what: &'static str) -> impl Fn(std::io::Error) -> Refusal {
    move |error| Refusal::new(LoadStage::Host, format!("{what}: {error}"))
}
