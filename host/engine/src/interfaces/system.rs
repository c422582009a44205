//! `system`: readings of the machine that the host runs on, each under a grant of its own. Nothing is measured between
//! calls and nothing is changed; counters are returned as they are.

mod clock;
mod disks;
mod kernel;
mod listeners;
mod machine;
mod processes;
mod readers;
mod reboot;
mod small;
mod systemctl;
mod temperatures;
mod timers;
#[cfg(test)]
mod tree;
mod trouble;
mod units;

use std::path::Path;
use std::sync::Arc;

use wasmtime::component::Linker;
use watchkeep_core::grant::{Access, Machine, NameGlob, SystemPattern};

use super::gate::{Gate, Gated};
use crate::call::CallState;
use crate::contract::system::{
    self, ClockState, Disk, FileHandleUse, Host, Listener, Load, Memory, NetworkLink, Pressures, Process,
    RebootState, SystemError, Temperature, Timer, Unit,
};
use readers::At;
pub(crate) use readers::Readers;
use trouble::Trouble;

/// The most units in one answer; a machine with more is asked with narrower patterns.
const UNITS_MAX: usize = 5_000;
const TIMERS_MAX: usize = 1_000;
const PROCESSES_MAX: usize = 10_000;
const SENSORS_MAX: usize = 2_000;
const LISTENERS_MAX: usize = 10_000;

gate! {
    system {
        fn disks() -> Result<Vec<Disk>, SystemError>;
        fn memory_use() -> Result<Memory, SystemError>;
        fn load_now() -> Result<Load, SystemError>;
        fn links() -> Result<Vec<NetworkLink>, SystemError>;
        fn units(pattern: String) -> Result<Vec<Unit>, SystemError>;
        fn processes(pattern: String) -> Result<Vec<Process>, SystemError>;
        fn pressure() -> Result<Pressures, SystemError>;
        fn clock_sync() -> Result<ClockState, SystemError>;
        fn file_handles() -> Result<FileHandleUse, SystemError>;
        fn temperatures() -> Result<Vec<Temperature>, SystemError>;
        fn reboot_needed() -> Result<RebootState, SystemError>;
        fn listening() -> Result<Vec<Listener>, SystemError>;
        fn timers(pattern: String) -> Result<Vec<Timer>, SystemError>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    system::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

impl Host for CallState {
    async fn disks(&mut self) -> Read<Vec<Disk>> {
        reading(self, Machine::Disks, |at, _| disks::read(at)).await
    }

    async fn memory_use(&mut self) -> Read<Memory> {
        reading(self, Machine::Memory, |_, _| machine::memory()).await
    }

    async fn load_now(&mut self) -> Read<Load> {
        reading(self, Machine::Load, |_, _| machine::load()).await
    }

    async fn links(&mut self) -> Read<Vec<NetworkLink>> {
        reading(self, Machine::Links, |_, _| machine::links()).await
    }

    async fn pressure(&mut self) -> Read<Pressures> {
        reading(self, Machine::Pressure, |_, root| kernel::pressure(root)).await
    }

    async fn clock_sync(&mut self) -> Read<ClockState> {
        reading(self, Machine::Clock, |_, _| clock::read()).await
    }

    async fn file_handles(&mut self) -> Read<FileHandleUse> {
        reading(self, Machine::FileHandles, |_, root| kernel::file_handles(root)).await
    }

    async fn temperatures(&mut self) -> Read<Vec<Temperature>> {
        let read = reading(self, Machine::Temperatures, |at, root| temperatures::read(at, root, SENSORS_MAX))
            .await?;
        Ok(read.and_then(|sensors| whole(self, sensors, SENSORS_MAX, "sensors of temperature")))
    }

    async fn reboot_needed(&mut self) -> Read<RebootState> {
        reading(self, Machine::Reboot, reboot::read).await
    }

    async fn listening(&mut self) -> Read<Vec<Listener>> {
        let read =
            reading(self, Machine::Listeners, |at, root| listeners::read(at, root, LISTENERS_MAX)).await?;
        let read = read.and_then(|listeners| whole(self, listeners, LISTENERS_MAX, "sockets that listen"));
        Ok(read.map(|mut listeners| {
            let names = listeners.iter_mut().flat_map(|listener| &mut listener.processes);
            names.for_each(|name| *name = self.mask.for_guest(std::mem::take(name)));
            listeners
        }))
    }

    async fn units(&mut self, pattern: String) -> Read<Vec<Unit>> {
        self.enter()?;
        let names = match permit_names(self, Machine::Units(&pattern)) {
            Ok(names) => names,
            Err(denied) => return Ok(Err(denied)),
        };
        let machine = Arc::clone(&self.readers);
        let read = units::read(&machine.systemd, self.clocks.remaining(), &names).await;
        let read = read.map_err(|trouble| trouble.told(self));
        Ok(read.and_then(|units| whole(self, units, UNITS_MAX, &format!("units that `{names}` matches"))))
    }

    async fn timers(&mut self, pattern: String) -> Read<Vec<Timer>> {
        self.enter()?;
        let names = match permit_names(self, Machine::Units(&pattern)) {
            Ok(names) => names,
            Err(denied) => return Ok(Err(denied)),
        };
        let machine = Arc::clone(&self.readers);
        let read = timers::read(&machine.systemd, self.clocks.remaining(), &names).await;
        let read = read.map_err(|trouble| trouble.told(self));
        Ok(read.and_then(|timers| whole(self, timers, TIMERS_MAX, &format!("timers that `{names}` matches"))))
    }

    async fn processes(&mut self, pattern: String) -> Read<Vec<Process>> {
        self.enter()?;
        let names = match permit_names(self, Machine::Processes(&pattern)) {
            Ok(names) => names,
            Err(denied) => return Ok(Err(denied)),
        };
        let found = format!("processes that `{names}` matches");
        let mask = self.mask.clone();
        let read = Readers::read(self, move |at, _| processes::read(at, &names, PROCESSES_MAX, &mask)).await;
        let read = read.map_err(|trouble| trouble.told(self));
        let processes = read.and_then(|processes| whole(self, processes, PROCESSES_MAX, &found));
        Ok(processes.map(|processes| processes.into_iter().map(|process| shown(self, process)).collect()))
    }
}

/// What a reading gives to the guest.
type Read<T> = wasmtime::Result<Result<T, SystemError>>;

/// A reading that takes no names, if it is granted.
async fn reading<T: Send + 'static>(
    state: &mut CallState,
    asked: Machine<'_>,
    read: impl FnOnce(&At, &Path) -> Result<T, Trouble> + Send + 'static,
) -> Read<T> {
    state.enter()?;
    if let Err(denied) = permit(state, asked) {
        return Ok(Err(denied));
    }
    let read = Readers::read(state, read).await;
    Ok(read.map_err(|trouble| trouble.told(state)))
}

fn permit(state: &mut CallState, asked: Machine<'_>) -> Result<(), SystemError> {
    let permitted = state.permit(&Access::System(asked));
    permitted.map_err(|denial| SystemError::Denied(state.mask.for_guest(denial.to_string())))
}

/// The names that were asked for, all of which must be granted.
fn permit_names(state: &mut CallState, asked: Machine<'_>) -> Result<NameGlob, SystemError> {
    permit(state, asked)?;
    match SystemPattern::asked(asked) {
        Ok(
            SystemPattern::Units(names) | SystemPattern::Processes(names) | SystemPattern::CommandsOf(names),
        ) => Ok(names),
        Ok(
            SystemPattern::Disks
            | SystemPattern::Memory
            | SystemPattern::Load
            | SystemPattern::Links
            | SystemPattern::Pressure
            | SystemPattern::Clock
            | SystemPattern::FileHandles
            | SystemPattern::Temperatures
            | SystemPattern::Reboot
            | SystemPattern::Listeners,
        ) => Err(SystemError::Other("no names were asked for".to_owned())),
        Err(error) => Err(SystemError::Other(error.to_string())),
    }
}

/// Refuses an answer that is too long: if entries were left out, they would seem not to exist.
fn whole<T>(state: &mut CallState, all: Vec<T>, max: usize, found: &str) -> Result<Vec<T>, SystemError> {
    if all.len() <= max {
        return Ok(all);
    }
    let message = state.refusals.limit(format!("more than {max} {found}; hint: ask for fewer"));
    Err(Trouble::Other(message).told(state))
}

/// A process as the guest may see it. A command line may contain passwords, so all of it is shown only with a grant of
/// its own, else only the program. Without the grant there is no denial, because most plugins do not ask for it.
fn shown(state: &CallState, mut process: Process) -> Process {
    if state.decide(&Access::System(Machine::CommandOf(&process.name))).is_err() {
        let program = process.command.split([' ', '\t', '\n']).next().unwrap_or_default();
        process.command = program.to_owned();
    }
    process.name = state.mask.for_guest(process.name);
    process
}
