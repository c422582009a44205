//! Units of systemd, as `systemctl show` prints them: its words are the contract's words.

use std::time::Duration;

use watchkeep_core::grant::NameGlob;

use super::UNITS_MAX;
use super::systemctl::{Block, show};
use super::trouble::Trouble;
use crate::contract::system::Unit;
use crate::options::Systemd;

const PROPERTIES: &str = "Id,Names,LoadState,ActiveState,SubState,NRestarts,MainPID,Result";

pub(super) async fn read(systemd: &Systemd, span: Duration, names: &NameGlob) -> Result<Vec<Unit>, Trouble> {
    Ok(units(&show(systemd, span, PROPERTIES, &[asked(names)]).await?, names))
}

/// How systemd is asked. In a pattern, a `\` of a unit's name would escape the next letter. So `?` is asked for in its
/// place, and units that match by that alone are left out of the answer.
pub(super) fn asked(names: &NameGlob) -> String {
    if names.is_one_name() { names.as_str().to_owned() } else { names.as_str().replace('\\', "?") }
}

/// Whether one of the unit's names was asked for.
pub(super) fn was_asked_for(block: Block<'_>, names: &NameGlob) -> bool {
    !block.value("Id").is_empty() && block.names().any(|name| names.matches(name))
}

/// The units in the output. There is one more than allowed if there are more.
fn units(text: &str, names: &NameGlob) -> Vec<Unit> {
    let found = Block::all(text).filter(|block| was_asked_for(*block, names));
    let mut units: Vec<Unit> = found.map(unit).take(UNITS_MAX + 1).collect();
    units.sort_by(|a, b| a.name.cmp(&b.name));
    // An alias and its unit are shown as one.
    units.dedup_by(|a, b| a.name == b.name);
    units
}

fn unit(block: Block<'_>) -> Unit {
    Unit {
        name: block.text("Id"),
        load: block.text("LoadState"),
        active: block.text("ActiveState"),
        sub: block.text("SubState"),
        restarts: block.value("NRestarts").parse().unwrap_or(0),
        main_pid: block.value("MainPID").parse().ok().filter(|&pid| pid != 0),
        last_result: block.text("Result"),
    }
}
