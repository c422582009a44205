//! `system`: readings of the machine that the host runs on, each under a grant of its own. Nothing is measured between
//! calls and nothing is changed; counters are returned as they are.

mod disks;
mod machine;
mod processes;
mod readers;
mod trouble;
mod units;

use std::sync::Arc;

use wasmtime::component::Linker;
use watchkeep_core::grant::{Access, Machine, NameGlob, SystemPattern};

use super::gate::{Gate, Gated};
use crate::call::CallState;
use crate::contract::system::{self, Disk, Host, Load, Memory, NetworkLink, Process, SystemError, Unit};
pub(crate) use readers::Readers;
use trouble::Trouble;

/// The most units in one answer; a machine with more is asked with narrower patterns.
const UNITS_MAX: usize = 5_000;
const PROCESSES_MAX: usize = 10_000;

gate! {
    system {
        fn disks() -> Result<Vec<Disk>, SystemError>;
        fn memory_use() -> Result<Memory, SystemError>;
        fn load_now() -> Result<Load, SystemError>;
        fn links() -> Result<Vec<NetworkLink>, SystemError>;
        fn units(pattern: String) -> Result<Vec<Unit>, SystemError>;
        fn processes(pattern: String) -> Result<Vec<Process>, SystemError>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    system::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

impl Host for CallState {
    async fn disks(&mut self) -> wasmtime::Result<Result<Vec<Disk>, SystemError>> {
        self.enter()?;
        if let Err(denied) = permit(self, Machine::Disks) {
            return Ok(Err(denied));
        }
        let read = Readers::read(self, disks::read).await;
        Ok(read.map_err(|trouble| trouble.told(self)))
    }

    async fn memory_use(&mut self) -> wasmtime::Result<Result<Memory, SystemError>> {
        self.enter()?;
        if let Err(denied) = permit(self, Machine::Memory) {
            return Ok(Err(denied));
        }
        let read = Readers::read(self, |_| machine::memory()).await;
        Ok(read.map_err(|trouble| trouble.told(self)))
    }

    async fn load_now(&mut self) -> wasmtime::Result<Result<Load, SystemError>> {
        self.enter()?;
        if let Err(denied) = permit(self, Machine::Load) {
            return Ok(Err(denied));
        }
        let read = Readers::read(self, |_| machine::load()).await;
        Ok(read.map_err(|trouble| trouble.told(self)))
    }

    async fn links(&mut self) -> wasmtime::Result<Result<Vec<NetworkLink>, SystemError>> {
        self.enter()?;
        if let Err(denied) = permit(self, Machine::Links) {
            return Ok(Err(denied));
        }
        let read = Readers::read(self, |_| machine::links()).await;
        Ok(read.map_err(|trouble| trouble.told(self)))
    }

    async fn units(&mut self, pattern: String) -> wasmtime::Result<Result<Vec<Unit>, SystemError>> {
        self.enter()?;
        let names = match permit_names(self, Machine::Units(&pattern)) {
            Ok(names) => names,
            Err(denied) => return Ok(Err(denied)),
        };
        let machine = Arc::clone(&self.readers);
        let read = units::read(&machine.systemd, self.clocks.remaining(), &names).await;
        let units = read.and_then(|units| {
            let found = format!("units that `{names}` matches");
            at_most(self, units, UNITS_MAX, &found)
        });
        Ok(units.map_err(|trouble| trouble.told(self)))
    }

    async fn processes(&mut self, pattern: String) -> wasmtime::Result<Result<Vec<Process>, SystemError>> {
        self.enter()?;
        let names = match permit_names(self, Machine::Processes(&pattern)) {
            Ok(names) => names,
            Err(denied) => return Ok(Err(denied)),
        };
        let found = format!("processes that `{names}` matches");
        let mask = self.mask.clone();
        let read = Readers::read(self, move |at| processes::read(at, &names, PROCESSES_MAX, &mask)).await;
        let processes = read.and_then(|processes| at_most(self, processes, PROCESSES_MAX, &found));
        Ok(processes
            .map(|processes| processes.into_iter().map(|process| shown(self, process)).collect())
            .map_err(|trouble| trouble.told(self)))
    }
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
        Ok(SystemPattern::Disks | SystemPattern::Memory | SystemPattern::Load | SystemPattern::Links) => {
            Err(SystemError::Other("no names were asked for".to_owned()))
        }
        Err(error) => Err(SystemError::Other(error.to_string())),
    }
}

/// Refuses an answer that is too long: if entries were left out, they would seem not to exist.
fn at_most<T>(state: &mut CallState, all: Vec<T>, max: usize, found: &str) -> Result<Vec<T>, Trouble> {
    if all.len() <= max {
        return Ok(all);
    }
    let message = format!("more than {max} {found}; hint: ask for fewer");
    Err(Trouble::Other(state.refusals.limit(message)))
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
