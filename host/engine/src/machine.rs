//! What calls share of this machine besides the network: how many of them may work on files, or run a program, at once.
//! A disk that hangs holds the places of the calls that wait for it, and no others.

use std::sync::Arc;

use crate::call::CallContext;
use crate::inheritance::Inheritance;
use crate::places::{Place, Places};
use crate::shortage::Shortage;

/// Threads that wait for disks.
const FILE_WORK_MAX: usize = 32;
const COMMANDS_MAX: usize = 16;

#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) inheritance: Inheritance,
    file_work: Places,
    commands: Places,
}

impl Machine {
    pub(crate) fn new(inheritance: Inheritance) -> Self {
        Self { inheritance, file_work: Places::new(FILE_WORK_MAX), commands: Places::new(COMMANDS_MAX) }
    }

    pub(crate) async fn file_work(state: &mut CallContext) -> Result<Place, Shortage> {
        let machine = Arc::clone(&state.machine);
        place(state, &machine.file_work).await.map_err(|crowded| {
            let problem = match crowded {
                Crowded::ByItself(most) => {
                    format!("all {most} places of one plugin for work on files are taken")
                }
                Crowded::ByAll => format!("all {FILE_WORK_MAX} places for work on files are taken"),
            };
            Shortage::new(problem, "look whether a disk hangs (`dmesg`), or run such checks less often")
        })
    }

    pub(crate) async fn command(state: &mut CallContext) -> Result<Place, Shortage> {
        let machine = Arc::clone(&state.machine);
        place(state, &machine.commands).await.map_err(|crowded| {
            let problem = match crowded {
                Crowded::ByItself(most) => {
                    format!("{most} commands of this plugin are running already, the most of one plugin")
                }
                Crowded::ByAll => format!("{COMMANDS_MAX} commands are running already"),
            };
            Shortage::new(problem, "give commands a shorter `timeout`, or run such checks less often")
        })
    }
}

/// Who holds the places.
enum Crowded {
    ByItself(usize),
    ByAll,
}

/// Waits for a place, which takes part of the call's own time. If other plugins hold the places, that is a shortage of
/// the host.
async fn place(state: &mut CallContext, places: &Places) -> Result<Place, Crowded> {
    let (plugin, span) = (Arc::clone(&state.subject.plugin), state.clocks.remaining());
    let taken = tokio::time::timeout(span, places.take(&plugin)).await;
    taken.map_err(|_| match places.holds_its_most(&plugin) {
        true => Crowded::ByItself(places.of_plugin_max()),
        false => Crowded::ByAll,
    })
}
