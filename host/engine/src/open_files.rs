//! The limit on the descriptors of this process. Most systems set it low for programs that do not ask for more.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that this process may have open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenFiles {
    /// When it was started.
    pub before: u64,
    pub now: u64,
}

/// Raises the soft limit to the hard one.
pub fn raise_open_files() -> OpenFiles {
    let limit = || getrlimit(Resource::Nofile);
    let soft = |limit: Rlimit| limit.current.unwrap_or(u64::MAX);
    let before = limit();
    // If this is refused, the host continues with what it has.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: before.maximum, maximum: before.maximum });
    OpenFiles { before: soft(before), now: soft(limit()) }
}
