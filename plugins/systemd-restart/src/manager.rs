//! What is asked of systemd, and what its answers mean.

use watchkeep_sdk::clipped;
use watchkeep_sdk::prelude::*;

use crate::bus::{Bus, No};
use crate::config::{How, Systemd};
use crate::wire::Call;

const NAME: &str = "org.freedesktop.systemd1";
const PATH: &str = "/org/freedesktop/systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const JOB_REMOVED: &str = "type='signal',sender='org.freedesktop.systemd1',path='/org/freedesktop/systemd1',\
                           interface='org.freedesktop.systemd1.Manager',member='JobRemoved'";

fn manager<'a>(member: &'a str, arguments: &'a [&'a str]) -> Call<'a> {
    Call { destination: NAME, path: PATH, interface: MANAGER, member, arguments }
}

/// The connection that systemd has on the bus. Anybody may send a signal to this one: it counts only if it comes from there.
pub(crate) struct Owner(String);

/// Before anything is done: a job may be over before its number is known.
pub(crate) fn subscribe(bus: &mut Bus<'_>) -> Result<Owner, Fault> {
    let owner = match bus.owner(NAME) {
        Ok(owner) => Owner(owner),
        Err(No::Refused { name, said }) => return Err(refused(&name, &said, NAME)),
        Err(No::Late) => return Err(bus.broken("does not answer in time; nothing was done")),
        Err(No::Broken(fault)) => return Err(fault),
    };
    bus.hear(JOB_REMOVED)?;
    match bus.call(&manager("Subscribe", &[])) {
        Ok(_) => Ok(owner),
        // This connection has subscribed already, by another name of the same thing.
        Err(No::Refused { name, .. }) if name.ends_with(".AlreadySubscribed") => Ok(owner),
        Err(No::Refused { name, said }) => Err(refused(&name, &said, "Subscribe")),
        Err(No::Late) => Err(bus.broken("systemd does not answer in time; nothing was done")),
        Err(No::Broken(fault)) => Err(fault),
    }
}

/// What came of a job that did not fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    Done,
    /// The unit does not run, and was to be restarted only if it does.
    Skipped,
}

pub(crate) fn act(bus: &mut Bus<'_>, owner: &Owner, config: &Systemd, unit: &str) -> Result<Ended, Fault> {
    let method = config.how.method();
    if config.reset_failed && config.how != How::TryRestart {
        match bus.call(&manager("ResetFailedUnit", &[unit])) {
            // Whether that was needed is seen from what becomes of the job.
            Ok(_) | Err(No::Refused { .. }) => {}
            Err(No::Late) => return Err(bus.broken("systemd does not answer in time; nothing was done")),
            Err(No::Broken(fault)) => return Err(fault),
        }
    }
    let answer = match bus.call(&manager(method, &[unit, "replace"])) {
        Ok(answer) => answer,
        Err(No::Refused { name, said }) => return Err(refused(&name, &said, unit)),
        Err(No::Late) => {
            return Err(bus.broken(&format!("systemd does not answer `{method}` in time; it may have acted")));
        }
        Err(No::Broken(fault)) => {
            return Err(Fault::inconclusive(format!("{}; it may have acted", fault.message())));
        }
    };
    let [job] = answer.as_slice() else {
        return Err(
            bus.broken(&format!("systemd names no job in its answer to `{method}`; it may have acted"))
        );
    };
    match result(bus, owner, job) {
        Ok(result) => told(unit, &result),
        Err(No::Late) => Err(Fault::inconclusive(format!(
            "the job for `{unit}` is still under way; systemd goes on with it; hint: raise the action's `timeout`"
        ))),
        Err(No::Broken(fault)) => Err(Fault::inconclusive(format!(
            "{}; systemd goes on with the job for `{unit}`",
            fault.message()
        ))),
        Err(No::Refused { said, .. }) => Err(bus.broken(&clipped(&said))),
    }
}

/// How the job ended, in systemd's word.
fn result(bus: &mut Bus<'_>, owner: &Owner, job: &str) -> Result<String, No> {
    loop {
        let signal = bus.signal()?;
        if signal.sender != owner.0
            || signal.interface != MANAGER
            || signal.member != "JobRemoved"
            || signal.signature != "uoss"
        {
            continue;
        }
        let strings = signal.strings().map_err(|said| No::Broken(bus.broken(&said)))?;
        if let [path, _unit, result] = strings.as_slice()
            && path == job
        {
            return Ok(result.clone());
        }
    }
}

fn told(unit: &str, result: &str) -> Result<Ended, Fault> {
    let hint = format!("hint: `journalctl -u {unit} -n 50`");
    Err(Fault::inconclusive(match result {
        "done" => return Ok(Ended::Done),
        "skipped" => return Ok(Ended::Skipped),
        "failed" => format!("`{unit}` did not start: its job failed; {hint}"),
        "timeout" => format!("`{unit}` was not up in time: its job was given up by systemd; {hint}"),
        "dependency" => format!("`{unit}` was not started, since a unit that it needs did not start; {hint}"),
        "canceled" => format!("the job for `{unit}` was replaced by another one"),
        "assert" => format!("`{unit}` was not started: one of its assertions does not hold; {hint}"),
        "unsupported" => format!("units such as `{unit}` are not supported on this machine"),
        other => format!("the job for `{unit}` ended as `{}`; {hint}", clipped(other)),
    }))
}

fn refused(name: &str, said: &str, what: &str) -> Fault {
    let said = if said.is_empty() { String::new() } else { format!(": `{}`", clipped(said)) };
    let short = name.rsplit('.').next().unwrap_or_default();
    match short {
        "AccessDenied" | "InteractiveAuthorizationRequired" | "AuthFailed" => Fault::config(format!(
            "systemd does not allow it to the user of the host{said}; nothing was done; hint: a rule of polkit for \
             `org.freedesktop.systemd1.manage-units` (see the plugin's page), or run the host as root"
        )),
        "NoSuchUnit" | "LoadFailed" | "UnknownUnit" => Fault::config(format!(
            "systemd has no unit `{what}`{said}; nothing was done; hint: is its name right, and its file in place?"
        )),
        "UnitMasked" => Fault::config(format!(
            "`{what}` is masked{said}; nothing was done; hint: `systemctl unmask {what}`"
        )),
        "ServiceUnknown" | "NameHasNoOwner" => Fault::config(format!(
            "there is no systemd on this bus{said}; nothing was done; hint: is the socket that of the system bus?"
        )),
        "ShuttingDown" => Fault::inconclusive("the machine is shutting down; nothing was done"),
        _ => Fault::inconclusive(format!("systemd refuses it: {}{said}; nothing was done", clipped(name))),
    }
}
