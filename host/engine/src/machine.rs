//! What calls share of this machine beside the network: how many of them may work on files, or run a program, at once.
//! A disk that hangs holds the places of those who wait for it, and nobody else's.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::call::CallState;
use crate::shortage::Shortage;

/// Threads that wait for disks.
const FILE_WORK_MAX: usize = 32;
const COMMANDS_MAX: usize = 16;

#[derive(Debug)]
pub(crate) struct Machine {
    file_work: Arc<Semaphore>,
    commands: Arc<Semaphore>,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            file_work: Arc::new(Semaphore::new(FILE_WORK_MAX)),
            commands: Arc::new(Semaphore::new(COMMANDS_MAX)),
        }
    }
}

/// Given back when it is dropped.
pub(crate) type Place = OwnedSemaphorePermit;

impl Machine {
    pub(crate) async fn file_work(state: &mut CallState) -> Result<Place, Shortage> {
        let places = Arc::clone(&state.machine.file_work);
        let hint = "look whether a disk hangs (`dmesg`), or run such checks less often";
        place(state, places, format!("all {FILE_WORK_MAX} places for work on files are taken"), hint).await
    }

    pub(crate) async fn command(state: &mut CallState) -> Result<Place, Shortage> {
        let places = Arc::clone(&state.machine.commands);
        let hint = "give commands a shorter `timeout`, or run such checks less often";
        place(state, places, format!("{COMMANDS_MAX} commands are running already"), hint).await
    }
}

/// As soon as one is free: waiting for it takes part of the call's own time. What all calls share and others hold is the
/// host's to give.
async fn place(
    state: &mut CallState,
    places: Arc<Semaphore>,
    problem: String,
    hint: &str,
) -> Result<Place, Shortage> {
    match tokio::time::timeout(state.clocks.remaining(), places.acquire_owned()).await {
        Ok(place) => Ok(place.expect("the places are never closed")),
        Err(_) => Err(Shortage::new(problem, hint)),
    }
}
