//! What `bindgen!` makes of `wit/`: private to this crate. Types are generated once, with the imports, and
//! shared with the half worlds that name the exports, so that a label is the same type on both sides.

mod imports {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "watchkeep:plugin/imports",
        imports: { default: async | trappable },
        // Needed by tapes (`crate::tape`).
        additional_derives: [serde::Serialize, serde::Deserialize],
        with: { "watchkeep:plugin/net.connection": crate::interfaces::net::Connection },
    });
}

mod described {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "watchkeep:plugin/described",
        exports: { default: async },
    });
}

mod checking {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "watchkeep:plugin/checking",
        exports: { default: async },
        // A run's texts are copied once, into the guest.
        ownership: Borrowing { duplicate_if_necessary: false },
        with: {
            "watchkeep:plugin/types": crate::contract::imports::watchkeep::plugin::types,
        },
    });
}

mod notifying {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "watchkeep:plugin/notifying",
        exports: { default: async },
        with: {
            "watchkeep:plugin/types": crate::contract::imports::watchkeep::plugin::types,
        },
    });
}

mod listening {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "watchkeep:plugin/listening",
        exports: { default: async },
        with: {
            "watchkeep:plugin/types": crate::contract::imports::watchkeep::plugin::types,
        },
    });
}

mod acting {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1.0",
        world: "watchkeep:plugin/acting",
        exports: { default: async },
        with: {
            "watchkeep:plugin/types": crate::contract::imports::watchkeep::plugin::types,
        },
    });
}

pub(crate) use imports::watchkeep::plugin::*;

pub(crate) use described::DescribedPre;
pub(crate) use described::exports::watchkeep::plugin::manifest;

pub(crate) use checking::CheckingPre;
pub(crate) use checking::exports::watchkeep::plugin::check;

pub(crate) use acting::ActingPre;
pub(crate) use acting::exports::watchkeep::plugin::action;

pub(crate) use listening::ListeningPre;
pub(crate) use listening::exports::watchkeep::plugin::listener;

pub(crate) use notifying::NotifyingPre;
pub(crate) use notifying::exports::watchkeep::plugin::notifier;

/// The contract's version that this host speaks.
pub(crate) const VERSION: Version = Version { major: 0, minor: 1, patch: 0 };
/// What every name of the contract begins with.
pub(crate) const PREFIX: &str = "watchkeep:plugin/";

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Version {
    pub(crate) major: u32,
    pub(crate) minor: u32,
    pub(crate) patch: u32,
}

impl Version {
    /// Reads `0.1.0`; anything after a `-` or `+` is left out.
    pub(crate) fn parse(text: &str) -> Option<Version> {
        let text = text.split(['-', '+']).next()?;
        let mut parts = text.split('.').map(|part| part.parse::<u32>().ok());
        let version = Version { major: parts.next()??, minor: parts.next()??, patch: parts.next()?? };
        parts.next().is_none().then_some(version)
    }
    /// Whether a plugin made for `self` runs on this host: same major, before 1.0 same minor.
    pub(crate) fn runs_here(self) -> bool {
        if self.major == 0 {
            self.major == VERSION.major && self.minor == VERSION.minor
        } else {
            self.major == VERSION.major
        }
    }
}
impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}
