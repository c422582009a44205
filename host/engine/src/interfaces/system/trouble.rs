//! Why this machine could not be read: a message for the guest, or what the host itself lacked.

use std::io;

use procfs::ProcError;

use crate::call::CallState;
use crate::contract::system::SystemError;
use crate::shortage::Shortage;

#[derive(Debug)]
pub(super) enum Trouble {
    Other(String),
    Unsupported(String),
    Short(Shortage),
}

impl Trouble {
    /// The trouble when `what` failed; `what` is a sentence without its cause.
    pub(super) fn of_io(what: &str, error: &io::Error) -> Self {
        match Shortage::of(error) {
            Some(Shortage { message, hint }) => {
                Trouble::Short(Shortage::new(format!("{what}: {message}"), hint))
            }
            None => Trouble::Other(format!("{what}: {error}")),
        }
    }

    pub(super) fn of_proc(what: &str, error: &ProcError) -> Self {
        match error {
            ProcError::Io(error, _) => Self::of_io(what, error),
            _ => Trouble::Other(format!("{what}: {error}")),
        }
    }

    /// The error as the guest gets it.
    pub(super) fn told(self, state: &mut CallState) -> SystemError {
        match self {
            Trouble::Other(message) => SystemError::Other(state.mask.for_guest(message)),
            Trouble::Unsupported(message) => SystemError::Unsupported(state.mask.for_guest(message)),
            Trouble::Short(shortage) => {
                let message = state.refusals.short(shortage);
                SystemError::Other(state.mask.for_guest(message))
            }
        }
    }
}
