//! Reads of the machine what its config says, a line for each thing. A secret that it has revealed before may not come
//! back in a command line.

use watchkeep::plugin::secrets;
use watchkeep::plugin::system::{self, SystemError};
use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::check!("system-caller", |run| {
    let pattern = field(&run.config, "pattern").replace("\\\\", "\\");
    let secret = field(&run.config, "secret");
    if !secret.is_empty() {
        // Whether it may is another test's.
        let _ = secrets::reveal(secret);
    }
    let read = match field(&run.config, "read") {
        "disks" => system::disks().map(|disks| lines(&disks, |disk| format!("{disk:?}"))),
        "memory" => system::memory_use().map(|memory| format!("{memory:?}")),
        "load" => system::load_now().map(|load| format!("{load:?}")),
        "links" => system::links().map(|links| lines(&links, |link| format!("{link:?}"))),
        "pressure" => system::pressure().map(|told| format!("{told:?}")),
        "clock" => system::clock_sync().map(|told| format!("{told:?}")),
        "file-handles" => system::file_handles().map(|told| format!("{told:?}")),
        "temperatures" => system::temperatures().map(|all| lines(&all, |sensor| format!("{sensor:?}"))),
        "reboot" => system::reboot_needed().map(|told| format!("{told:?}")),
        "listeners" => system::listening().map(|all| lines(&all, |listener| format!("{listener:?}"))),
        "timers" => system::timers(&pattern).map(|all| lines(&all, |timer| format!("{timer:?}"))),
        "units" => system::units(&pattern).map(|units| lines(&units, |unit| format!("{unit:?}"))),
        _ => system::processes(&pattern).map(|all| lines(&all, |process| format!("{process:?}"))),
    };
    let (state, summary, details) = match read {
        Ok(told) => (State::Ok, format!("{} lines", told.lines().count()), Some(told)),
        Err(SystemError::Denied(message)) => (State::Critical, format!("denied: {message}"), None),
        Err(SystemError::Unsupported(message)) => (State::Warning, format!("unsupported: {message}"), None),
        Err(SystemError::Other(message)) => (State::Critical, format!("other: {message}"), None),
    };
    let mut report = report(state, summary);
    report.details = details;
    Ok(report)
});

fn lines<T>(all: &[T], line: impl Fn(&T) -> String) -> String {
    all.iter().map(line).collect::<Vec<_>>().join("\n")
}
