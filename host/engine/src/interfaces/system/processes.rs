//! The processes of this machine, as far as the host's user may see them.

use std::collections::HashMap;
use std::io::Read as _;

use nix::unistd::{Uid, User};
use procfs::process::{Process as Proc, Stat};
use procfs::{Current, ProcError, ProcResult, Uptime};
use watchkeep_core::grant::NameGlob;

use super::machine;
use super::readers::At;
use super::trouble::Trouble;
use crate::contract::system::Process;
use crate::http::mask::Mask;

/// The most bytes of a command line; longer ones are cut off.
const COMMAND_BYTES_MAX: usize = 4_096;

/// The processes with these names: one more than `max` if there are more.
pub(super) fn read(at: &At, names: &NameGlob, max: usize, mask: &Mask) -> Result<Vec<Process>, Trouble> {
    let uptime = machine::read("/proc/uptime", Uptime::current())?.uptime;
    let mut users = HashMap::new();
    let mut found = Vec::new();
    for process in machine::read("/proc", procfs::process::all_processes())? {
        let told = process.and_then(|process| {
            at.now(format!("process {}", process.pid()));
            let stat = process.stat()?;
            if !names.matches(&stat.comm) {
                return Ok(None);
            }
            one(&process, stat, uptime, &mut users, mask).map(Some)
        });
        match told {
            Ok(Some(process)) => found.push(process),
            Ok(None) => {}
            Err(error) if is_out_of_sight(&error) => {}
            Err(error) => return Err(machine::cannot_read("/proc", &error)),
        }
        if found.len() > max {
            break;
        }
    }
    Ok(found)
}

fn one(
    process: &Proc,
    stat: Stat,
    uptime: f64,
    users: &mut HashMap<u32, String>,
    mask: &Mask,
) -> ProcResult<Process> {
    let seconds = |ticks: u64| ticks as f64 / procfs::ticks_per_second() as f64;
    // If a program hides its memory, root owns the folder; the status still names the user.
    let uid = process.status().map(|status| status.euid).or_else(|_| process.uid())?;
    let user = users.entry(uid).or_insert_with(|| user(uid)).clone();
    let started_ago_seconds = (uptime - seconds(stat.starttime)).max(0.0) as u64;
    Ok(Process {
        pid: number(stat.pid),
        parent: number(stat.ppid),
        command: command(process, mask)?,
        user,
        memory: stat.rss.saturating_mul(procfs::page_size()),
        cpu_seconds: seconds(stat.utime.saturating_add(stat.stime)),
        started_ago_seconds,
        open_files: process.fd_count().ok().and_then(|count| u32::try_from(count).ok()),
        name: stat.comm,
    })
}

fn number(pid: i32) -> u32 {
    u32::try_from(pid).unwrap_or(0)
}

/// The arguments, separated by blanks, without secrets; empty for kernel threads.
fn command(process: &Proc, mask: &Mask) -> ProcResult<String> {
    let mut line = Vec::new();
    // Somewhat more, so that a secret that is cut off is recognised.
    let most = COMMAND_BYTES_MAX + mask.longest();
    process.open_relative("cmdline")?.take(most as u64).read_to_end(&mut line)?;
    let end = line.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    line.truncate(end);
    line.iter_mut().filter(|byte| **byte == 0).for_each(|byte| *byte = b' ');
    Ok(String::from_utf8_lossy(&mask.beginning(&line, COMMAND_BYTES_MAX)).into_owned())
}

/// The user's name, or the number if it has no name.
pub(super) fn user(uid: u32) -> String {
    match User::from_uid(Uid::from_raw(uid)) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => uid.to_string(),
    }
}

/// Whether the process ended while it was read, or is hidden from the host's user.
pub(super) fn is_out_of_sight(error: &ProcError) -> bool {
    match error {
        ProcError::NotFound(_) | ProcError::PermissionDenied(_) => true,
        ProcError::Io(error, _) => error.raw_os_error() == Some(nix::libc::ESRCH),
        _ => false,
    }
}
