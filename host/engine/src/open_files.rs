//! The limit on descriptors that this process may hold, which most systems set low for programs that ask for no more.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors that this process may have open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenFiles {
    /// When it was started.
    pub before: u64,
    pub now: u64,
}

/// Takes as many as the system gives: the soft limit becomes the hard one.
pub fn raise_open_files() -> OpenFiles {
    let limit = || getrlimit(Resource::Nofile);
    let soft = |limit: Rlimit| limit.current.unwrap_or(u64::MAX);
    let before = limit();
    // Where it is refused, the host goes on with what it has.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: before.maximum, maximum: before.maximum });
    OpenFiles { before: soft(before), now: soft(limit()) }
}
