//! `system` against the scripted host, which is as strict as with HTTP.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::testing::{Host, disk, listener, process, timer, unit};

#[derive(Config)]
struct Nothing {}

fn all(_: Nothing, _: Run) -> Verdict {
    let disks = system::disks()?;
    let memory = system::memory()?;
    let load = system::load()?;
    let links = system::links()?;
    let units = system::units("nginx*")?;
    let processes = system::processes("nginx")?;
    Ok(Report::ok(format!(
        "{:.2} of {}, {:.2} of memory, {} cores, {} links, {} active, {} processes",
        disks[0].used(),
        disks[0].mount,
        memory.used(),
        load.cores,
        links.len(),
        units.iter().filter(|unit| unit.is_active()).count(),
        processes.len(),
    )))
}

fn load() -> system::Load {
    system::Load {
        cores: 2,
        load1: 0.1,
        load5: 0.2,
        load15: 0.3,
        busy_seconds: 1.0,
        idle_seconds: 2.0,
        steal_seconds: 0.0,
    }
}

fn machine() -> Host {
    Host::new()
        .answer("system disks", vec![disk("/", 100, 25)])
        .answer("system memory", system::Memory { total: 8, available: 6, swap_total: 0, swap_free: 0 })
        .answer("system load", load())
        .answer("system links", Vec::<system::NetworkLink>::new())
        .answer(
            "system units nginx*",
            vec![unit("nginx.service", "active", "running"), unit("nginx-a.service", "failed", "failed")],
        )
}

#[test]
fn every_reading_is_answered_by_the_script() {
    let ran = machine().answer("system processes nginx", vec![process(9, "nginx")]).check(all, "{}");
    assert_eq!(ran.report().summary, "0.75 of /, 0.25 of memory, 2 cores, 0 links, 1 active, 1 processes");
}

fn rest(_: Nothing, _: Run) -> Verdict {
    let pressure = system::pressure()?;
    let clock = system::clock_sync()?;
    let handles = system::file_handles()?;
    let temperatures = system::temperatures()?;
    let reboot = system::reboot_needed()?;
    let listening = system::listening()?;
    let timers = system::timers("backup-*.timer")?;
    Ok(Report::ok(format!(
        "io waited for {}, clock {}, {:.2} of handles, {} sensors, {} with {} signs, port {}, {} starts {}",
        pressure.io.some.avg60,
        clock.synchronised,
        handles.used(),
        temperatures.len(),
        reboot.kernel,
        reboot.signs.len(),
        listening[0].port,
        timers[0].name,
        timers[0].unit,
    )))
}

#[test]
fn what_came_later_is_answered_by_the_script_as_well() {
    let stall = system::Stall { avg10: 0.0, avg60: 0.5, avg300: 0.0, total_seconds: 9.0 };
    let stalls = system::Stalls { some: stall, full: None };
    let ran = Host::new()
        .answer("system pressure", system::Pressures { cpu: stalls, memory: stalls, io: stalls })
        .answer(
            "system clock",
            system::ClockState {
                synchronised: true,
                offset_seconds: 0.0,
                estimated_error_seconds: 0.0,
                maximum_error_seconds: 0.1,
            },
        )
        .answer("system file-handles", system::FileHandleUse { allocated: 25, max: 100 })
        .answer("system temperatures", Vec::<system::Temperature>::new())
        .answer("system reboot", system::RebootState { kernel: "6.1.0".to_owned(), signs: Vec::new() })
        .answer("system listeners", vec![listener("tcp", "::", 443)])
        .answer("system timers backup-*.timer", vec![timer("backup-db")])
        .check(rest, "{}");
    assert_eq!(
        ran.report().summary,
        "io waited for 0.5, clock true, 0.25 of handles, 0 sensors, 6.1.0 with 0 signs, port 443, backup-db.timer starts \
         backup-db.service"
    );
}

#[test]
fn a_reading_that_fails_judges_nothing() {
    for (error, fault) in [
        (system::SystemError::Denied("no".to_owned()), Fault::Denied("no".to_owned())),
        (system::SystemError::Unsupported("no".to_owned()), Fault::Config("no".to_owned())),
        (system::SystemError::Other("no".to_owned()), Fault::Other("no".to_owned())),
    ] {
        let ran = Host::new().answer("system disks", error).check(all, "{}");
        assert_eq!(ran.error(), &fault);
    }
}

#[test]
#[should_panic(expected = "unexpected call: `system processes nginx`; the script still answers nothing")]
fn a_reading_that_the_script_does_not_hold_fails_the_test() {
    machine().check(all, "{}");
}

#[test]
#[should_panic(expected = "`system disks` is answered with a reading, and the script holds Load")]
fn another_reading_than_was_asked_for_fails_the_test() {
    Host::new().answer("system disks", load()).check(all, "{}");
}
