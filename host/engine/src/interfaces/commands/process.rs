//! One running program, in a process group of its own. The whole group is killed when its time is over, when the call
//! is dropped, and when the program has ended and left processes behind.

use std::io;
use std::os::fd::OwnedFd;
use std::pin::pin;
use std::process::Stdio;
use std::sync::Once;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, ChildStderr, ChildStdout};
use watchkeep_core::grant::Command;

use crate::http::mask::Mask;
use crate::inheritance::Inheritance;

/// How much a program may write to one output before it is killed as one that never ends, even though the rest is not
/// kept.
const FLOOD_BYTES: usize = 16 << 20;
/// How long to wait for a killed program to end, and for what it wrote. Both are there at once, as a rule.
const END_WITHIN: Duration = Duration::from_millis(500);

pub(super) enum Problem {
    NotStartable(io::Error),
    TimedOut,
    Other(io::Error),
}

pub(super) struct Ended {
    /// The exit status; `None` if a signal ended the program.
    pub(super) status: Option<i32>,
    /// Whether the host ended the program because it wrote without end.
    pub(super) killed: bool,
    pub(super) stdout: Captured,
    pub(super) stderr: Captured,
    pub(super) took: Duration,
}

/// The beginning of what was written.
#[derive(Default)]
pub(super) struct Captured {
    pub(super) bytes: Vec<u8>,
    pub(super) truncated: bool,
    written: usize,
}

/// What the guest gets of an output.
pub(super) struct Told {
    pub(super) bytes: Vec<u8>,
    pub(super) truncated: bool,
}

/// Kills the group when it is dropped. The leader is reaped only after that, so that its process id cannot have been
/// reused.
struct Group(Pid);

impl Group {
    fn kill(&self) {
        // If all of the group has ended, it no longer exists.
        let _ = kill_process_group(self.0, Signal::KILL);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(super) struct Process {
    /// Declared before `child`, so that the group is killed before its leader is reaped.
    group: Group,
    /// Readable once the leader has ended.
    leader: AsyncFd<OwnedFd>,
    stdout: ChildStdout,
    stderr: ChildStderr,
    child: Child,
    began: Instant,
}

impl Process {
    pub(super) fn start(
        command: &Command,
        arguments: &[String],
        inheritance: Inheritance,
    ) -> Result<Self, Problem> {
        inherit_nothing();
        let mut starting = tokio::process::Command::new(&command.program);
        starting
            .args(arguments)
            .env_clear()
            .envs(&command.environment)
            .current_dir(&command.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true);
        inheritance.hand_down(&mut starting);
        let began = Instant::now();
        let mut child = starting.spawn().map_err(Problem::NotStartable)?;
        let pid = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let pid = pid.ok_or_else(|| Problem::Other(io::Error::other("it has no number")))?;
        let group = Group(pid);
        let missing = || Problem::Other(io::Error::other("it has no outputs"));
        let (stdout, stderr) =
            (child.stdout.take().ok_or_else(missing)?, child.stderr.take().ok_or_else(missing)?);
        let leader = pidfd_open(pid, PidfdFlags::NONBLOCK).map_err(|error| Problem::Other(error.into()))?;
        #[expect(
            deprecated,
            reason = "what takes its place is unsafe, for kinds of descriptors that may change"
        )]
        let leader = AsyncFd::new(leader).map_err(Problem::Other)?;
        Ok(Self { group, leader, stdout, stderr, child, began })
    }

    pub(super) async fn until_its_end(self, bytes_max: usize, span: Duration) -> Result<Ended, Problem> {
        let (mut child, mut stdout, mut stderr) = (self.child, self.stdout, self.stderr);
        // They are dropped before the child, as in the struct.
        let (leader, group) = (self.leader, self.group);
        let (mut out, mut err) = (Captured::default(), Captured::default());
        let why = {
            let reading = async {
                tokio::try_join!(out.read(&mut stdout, bytes_max), err.read(&mut stderr, bytes_max))
            };
            let mut reading = pin!(reading);
            let mut over = pin!(tokio::time::sleep(span.saturating_sub(self.began.elapsed())));
            let mut read = false;
            let why = loop {
                tokio::select! {
                    biased;
                    ended = leader.readable() => break ended.map(|_| Why::Ended).map_err(Problem::Other)?,
                    () = &mut over => break Why::TimeIsOver,
                    // A program may close its outputs long before it ends.
                    done = &mut reading, if !read => {
                        read = true;
                        if done.is_err() {
                            break Why::Flood;
                        }
                    }
                }
            };
            group.kill();
            // A process that left the group may keep the outputs open for ever.
            if !read {
                let _ = tokio::time::timeout(END_WITHIN, reading).await;
            }
            why
        };
        let reaped = tokio::time::timeout(END_WITHIN, child.wait()).await;
        if why == Why::TimeIsOver {
            return Err(Problem::TimedOut);
        }
        let status = reaped.unwrap_or_else(|late| Err(late.into())).map_err(Problem::Other)?;
        Ok(Ended {
            status: status.code(),
            killed: why == Why::Flood,
            stdout: out,
            stderr: err,
            took: self.began.elapsed(),
        })
    }
}

/// Why a program is not waited for any longer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Why {
    Ended,
    TimeIsOver,
    Flood,
}

struct Flooded;

impl Captured {
    async fn read(&mut self, from: &mut (impl AsyncRead + Unpin), bytes_max: usize) -> Result<(), Flooded> {
        let mut chunk = vec![0; 16 << 10];
        loop {
            let size = match from.read(&mut chunk).await {
                Ok(0) | Err(_) => return Ok(()),
                Ok(size) => size,
            };
            let kept = bytes_max.saturating_sub(self.bytes.len()).min(size);
            self.bytes.extend_from_slice(&chunk[..kept]);
            self.truncated |= kept < size;
            self.written += size;
            if self.written > FLOOD_BYTES {
                return Err(Flooded);
            }
        }
    }
    /// The first `bytes_max` bytes, without secrets. The bytes that are kept beyond them let a secret that is cut there
    /// be recognised.
    pub(super) fn told(self, bytes_max: usize, mask: &Mask) -> Told {
        let truncated = self.truncated || self.bytes.len() > bytes_max;
        Told { bytes: mask.beginning(&self.bytes, bytes_max), truncated }
    }
}

/// Keeps programs from inheriting descriptors that the host itself inherited and that were left open. What the host
/// opens is never inherited.
fn inherit_nothing() {
    const FIRST: i32 = 3;
    static ONCE: Once = Once::new();
    ONCE.call_once(|| close_fds::set_fds_cloexec_threadsafe(FIRST, &[]));
}
