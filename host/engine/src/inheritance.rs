//! Settings that the host has changed for itself, and that programs which it starts for plugins get as they were when
//! the host was started. A program that reads its limit on open files and closes that many, or uses `select`, would go
//! wrong with the host's limit. Setting the limit from outside comes too late for a program that reads it first, and
//! lowering the host's own for a moment would take descriptors away from everything else.
//!
//! One `unsafe`: a setting for the child alone has to be made between its fork and its program. It is sound because the
//! code there makes two system calls with numbers that were copied before. It takes no lock, allocates no memory, and
//! touches nothing that threads of the host may have held at the fork.

use std::io;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::process::Command;

/// Nothing by default: programs get what the host has.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Inheritance {
    /// The soft limit on open files.
    pub open_files: Option<u64>,
    /// Transparent huge pages, which the host does without.
    pub huge_pages: Option<HugePages>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HugePages {
    AsTheSystemHasThem,
    None,
}

impl Inheritance {
    /// Makes the program get these settings when it starts.
    #[allow(unsafe_code, reason = "a child's own limits are set in the child; argued above")]
    pub(crate) fn hand_down(self, starting: &mut Command) {
        if self == Self::default() {
            return;
        }
        // SAFETY: see the module's documentation.
        unsafe { starting.pre_exec(move || self.take_on()) };
    }

    /// Runs in the child. A program that cannot have a limit of its own runs with the host's.
    fn take_on(self) -> io::Result<()> {
        if let Some(soft) = self.open_files {
            let hard = getrlimit(Resource::Nofile).maximum;
            let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(soft), maximum: hard });
        }
        #[cfg(target_os = "linux")]
        if let Some(huge_pages) = self.huge_pages {
            let _ = nix::sys::prctl::set_thp_disable(huge_pages == HugePages::None);
        }
        Ok(())
    }
}
