//! `[witness]`: which checks show whether the host is cut off, and how many of them must be down (rule A8).

use std::num::NonZeroU32;

use watchkeep_core::ids::CheckName;
use watchkeep_core::setup::{Witness, Work};

use super::checks::ParsedCheck;
use crate::each::Placeholders;
use crate::gather::Gathered;
use crate::keys::WITNESS;
use crate::names::Names;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Placed, Reader, refuse_unknown_keys};

/// Reads the section. `checks` has all checks by name.
pub(crate) fn read(
    gathered: &Gathered<'_>,
    jobs: &[ParsedCheck],
    checks: &Names,
    problems: &mut Problems,
) -> Option<Witness> {
    let Some(table) = gathered.one("witness") else {
        nobody_tells(jobs, problems);
        return None;
    };
    let root = KeyPath::Root;
    let path = root.key("witness");
    refuse_unknown_keys(&WITNESS, table, &path, problems);
    let layers = [table];
    let reader = Reader { section: &WITNESS, layers: &layers, path, placeholders: Placeholders::Literal };
    let quorum = reader.nonzero("quorum", problems);
    let Some(entry) = reader.entry("checks") else {
        let span = table.in_text_order().first().map(|(_, entry)| entry.key)?;
        let draft = Draft::error(span, &path, "[witness] has no `checks`");
        problems.push(draft.hint("add `checks = [\"gateway\"]`, or take the section out"));
        return None;
    };
    let before = problems.len();
    let named = reader.names("checks", checks, problems)?;
    let all_are_there = problems.len() == before;
    for name in &named {
        fits(name, jobs, &path.key("checks"), problems);
    }
    let Some(count) = u32::try_from(named.len()).ok().and_then(NonZeroU32::new) else {
        if all_are_there {
            let draft = Draft::error(entry.node.span, &path.key("checks"), "the witness has no check");
            problems.push(draft.hint("name at least one, or take the section out"));
        }
        return None;
    };
    if let (Some(quorum), Some(entry)) = (quorum.filter(|quorum| *quorum > count), reader.entry("quorum"))
        && all_are_there
    {
        let message = format!("`quorum` is {quorum}, above the number of checks, {count}");
        let draft = Draft::error(entry.node.span, &path.key("quorum"), message);
        problems.push(draft.hint(format!("it goes from 1 to {count}")));
    }
    let checks = named.iter().map(|name| CheckName::from(name.value.as_str())).collect();
    Some(Witness { checks, quorum: quorum.unwrap_or(count) })
}

/// Warns if checks are `beyond_witness` although there is no witness: once, at the first.
fn nobody_tells(jobs: &[ParsedCheck], problems: &mut Problems) {
    let mut beyond = jobs.iter().filter(|job| job.spec.beyond_witness);
    let Some(first) = beyond.next() else { return };
    let others = match beyond.count() {
        0 => String::new(),
        1 => " (and so is 1 more)".to_owned(),
        more => format!(" (and so are {more} more)"),
    };
    let name = &first.spec.name;
    let message = format!("`{name}` is `beyond_witness`{others}, and without [witness] that says nothing");
    let root = KeyPath::Root;
    let all = root.key("check");
    let own = all.key(name.as_str());
    let draft = Draft::warning(first.place, &own.key("beyond_witness"), message);
    problems.push(draft.hint("add [witness] with the checks that tell whether this host is cut off"));
}

/// Checks that a check can be a witness. It is run anew before the host is considered cut off, and its own judgement
/// must count then.
fn fits(name: &Placed<String>, jobs: &[ParsedCheck], path: &KeyPath<'_>, problems: &mut Problems) {
    let Some(job) = jobs.iter().find(|job| job.spec.name.as_str() == name.value) else { return };
    let kind = match &job.spec.work {
        Work::Plugin if job.spec.beyond_witness => {
            let message = format!("the witness `{}` is itself `beyond_witness`", name.value);
            let draft = Draft::error(name.span, path, message);
            problems.push(draft.hint("take `beyond_witness` out of that check, or the check out of here"));
            return;
        }
        Work::Plugin => return,
        Work::Rule(_) => "a rule",
        Work::Heartbeat(_) => "a heartbeat",
    };
    let message = format!("`{}` is {kind}, which cannot be asked whether the host is cut off", name.value);
    problems.push(Draft::error(name.span, path, message).hint("name a [[check]]"));
}
