//! What may be read of the machine that the host runs on. Units and processes are granted by patterns for their names,
//! and a question is granted only if one pattern covers all of it: if names were left out of an answer, a check could
//! not tell what it may not see from what does not exist.

use std::fmt;

use super::glob::NameGlob;
use super::{GrantError, Machine};

/// An entry for `system`: `disks`, `memory`, `units:nginx*`, `processes:postgres`, `commands-of:java` and so on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum SystemPattern {
    Disks,
    Memory,
    Load,
    Links,
    Pressure,
    Clock,
    FileHandles,
    Temperatures,
    Reboot,
    /// Sockets that listen, with the names of the processes that hold them.
    Listeners,
    Units(NameGlob),
    Processes(NameGlob),
    /// The whole command lines of processes, which may contain passwords.
    CommandsOf(NameGlob),
}

/// The types of units, as in systemd's manual.
const UNIT_TYPES: [&str; 11] = [
    "service",
    "socket",
    "device",
    "mount",
    "automount",
    "swap",
    "target",
    "path",
    "timer",
    "slice",
    "scope",
];
/// The longest name of a unit or process.
const NAME_BYTES_MAX: usize = 255;

impl SystemPattern {
    /// The words that an entry begins with.
    pub const WORDS: [&str; 13] = [
        "disks",
        "memory",
        "load",
        "links",
        "pressure",
        "clock",
        "file-handles",
        "temperatures",
        "reboot",
        "listeners",
        "units",
        "processes",
        "commands-of",
    ];

    pub fn parse(entry: &str) -> Result<Self, GrantError> {
        let (word, pattern) = match entry.split_once(':') {
            Some((word, pattern)) => (word, Some(pattern)),
            None => (entry, None),
        };
        let whole = |target: Self| match pattern {
            None => Ok(target),
            Some(_) => {
                let problem = format!("`{word}` takes no pattern");
                Err(GrantError::new(entry, problem, format!("write it as `{word}`")))
            }
        };
        let names = || {
            pattern.ok_or_else(|| {
                let hint = format!("write it as `{word}:NAME`, or `{word}:*` for all");
                GrantError::new(entry, format!("`{word}` wants a name or a pattern"), hint)
            })
        };
        let of = |error: GrantError| error.of(entry);
        match word {
            "disks" => whole(SystemPattern::Disks),
            "memory" => whole(SystemPattern::Memory),
            "load" => whole(SystemPattern::Load),
            "links" => whole(SystemPattern::Links),
            "pressure" => whole(SystemPattern::Pressure),
            "clock" => whole(SystemPattern::Clock),
            "file-handles" => whole(SystemPattern::FileHandles),
            "temperatures" => whole(SystemPattern::Temperatures),
            "reboot" => whole(SystemPattern::Reboot),
            "listeners" => whole(SystemPattern::Listeners),
            "units" => unit_names(names()?).map(SystemPattern::Units).map_err(of),
            "processes" => process_names(names()?).map(SystemPattern::Processes).map_err(of),
            "commands-of" => process_names(names()?).map(SystemPattern::CommandsOf).map_err(of),
            other => Err(GrantError::new(
                entry,
                format!("a machine has no `{other}` to grant"),
                "targets are `disks`, `memory`, `load`, `links`, `pressure`, `clock`, `file-handles`, `temperatures`, \
                 `reboot`, `listeners`, `units:NAME`, `processes:NAME` and `commands-of:NAME`",
            )),
        }
    }

    /// The entry that grants a question.
    pub fn asked(asked: Machine<'_>) -> Result<Self, GrantError> {
        match asked {
            Machine::Disks => Ok(SystemPattern::Disks),
            Machine::Memory => Ok(SystemPattern::Memory),
            Machine::Load => Ok(SystemPattern::Load),
            Machine::Links => Ok(SystemPattern::Links),
            Machine::Pressure => Ok(SystemPattern::Pressure),
            Machine::Clock => Ok(SystemPattern::Clock),
            Machine::FileHandles => Ok(SystemPattern::FileHandles),
            Machine::Temperatures => Ok(SystemPattern::Temperatures),
            Machine::Reboot => Ok(SystemPattern::Reboot),
            Machine::Listeners => Ok(SystemPattern::Listeners),
            Machine::Units(pattern) => unit_names(pattern).map(SystemPattern::Units),
            Machine::Processes(pattern) => process_names(pattern).map(SystemPattern::Processes),
            Machine::CommandOf(name) => process_names(name).map(SystemPattern::CommandsOf),
        }
    }

    /// Whether both may be about the same thing. If in doubt, yes.
    pub(super) fn meets(&self, other: &SystemPattern) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    pub fn covers(&self, narrow: &SystemPattern) -> bool {
        match (self, narrow) {
            (SystemPattern::Units(wide), SystemPattern::Units(narrow))
            | (SystemPattern::Processes(wide), SystemPattern::Processes(narrow))
            | (SystemPattern::CommandsOf(wide), SystemPattern::CommandsOf(narrow)) => wide.covers(narrow),
            (wide, narrow) => wide == narrow,
        }
    }
}

impl fmt::Display for SystemPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SystemPattern::Disks => f.write_str("disks"),
            SystemPattern::Memory => f.write_str("memory"),
            SystemPattern::Load => f.write_str("load"),
            SystemPattern::Links => f.write_str("links"),
            SystemPattern::Pressure => f.write_str("pressure"),
            SystemPattern::Clock => f.write_str("clock"),
            SystemPattern::FileHandles => f.write_str("file-handles"),
            SystemPattern::Temperatures => f.write_str("temperatures"),
            SystemPattern::Reboot => f.write_str("reboot"),
            SystemPattern::Listeners => f.write_str("listeners"),
            SystemPattern::Units(names) => write!(f, "units:{names}"),
            SystemPattern::Processes(names) => write!(f, "processes:{names}"),
            SystemPattern::CommandsOf(names) => write!(f, "commands-of:{names}"),
        }
    }
}

impl fmt::Display for Machine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Machine::Disks => f.write_str("disks"),
            Machine::Memory => f.write_str("memory"),
            Machine::Load => f.write_str("load"),
            Machine::Links => f.write_str("links"),
            Machine::Pressure => f.write_str("pressure"),
            Machine::Clock => f.write_str("clock"),
            Machine::FileHandles => f.write_str("file-handles"),
            Machine::Temperatures => f.write_str("temperatures"),
            Machine::Reboot => f.write_str("reboot"),
            Machine::Listeners => f.write_str("listeners"),
            Machine::Units(pattern) => write!(f, "units:{pattern}"),
            Machine::Processes(pattern) => write!(f, "processes:{pattern}"),
            Machine::CommandOf(name) => write!(f, "commands-of:{name}"),
        }
    }
}

fn unit_names(pattern: &str) -> Result<NameGlob, GrantError> {
    bounded(pattern, "units")?;
    let fits = |b: u8| b.is_ascii_alphanumeric() || b":-_.\\@*?".contains(&b);
    if let Some(odd) = pattern.chars().find(|odd| !u8::try_from(*odd).is_ok_and(fits)) {
        let problem = format!("no unit has `{odd}` in its name");
        return Err(GrantError::new(
            pattern,
            problem,
            "patterns are made of `*` (any letters) and `?` (one)",
        ));
    }
    let names = NameGlob::new(pattern);
    let of_a_type =
        pattern.rsplit_once('.').is_some_and(|(name, last)| !name.is_empty() && UNIT_TYPES.contains(&last));
    if names.is_one_name() && !of_a_type {
        let hint = format!("write it as `{pattern}.service`, or `{pattern}*` for all that begin so");
        return Err(GrantError::new(pattern, "a unit's name ends in its type", hint));
    }
    Ok(names)
}

fn process_names(pattern: &str) -> Result<NameGlob, GrantError> {
    bounded(pattern, "processes")?;
    if pattern.chars().any(char::is_control) {
        let problem = "it has a control character";
        return Err(GrantError::new(pattern, problem, "write `?` in its place"));
    }
    Ok(NameGlob::new(pattern))
}

fn bounded(pattern: &str, what: &str) -> Result<(), GrantError> {
    if pattern.is_empty() {
        return Err(GrantError::new(pattern, format!("it names no {what}"), "write `*` for all"));
    }
    if pattern.len() > NAME_BYTES_MAX {
        let problem = format!("it is longer than {NAME_BYTES_MAX} bytes");
        return Err(GrantError::new(pattern, problem, "write `*` in place of a part"));
    }
    Ok(())
}
