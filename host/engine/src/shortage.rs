//! What this machine has run out of: descriptors, ports, memory, threads. This is the only place that says which of the
//! system's errors mean that, in whatever interface a plugin met them. Such a run judges nothing, and neither the
//! target nor the plugin is blamed.

use std::io;

use rustix::io::Errno;

/// What the host lacked, and what would change that.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Shortage {
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl Shortage {
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }

    /// Set if `error` says that the machine lacks something, and nothing about the peer. A socket of this machine whose
    /// queue is full answers with one of these errors too (`EAGAIN`); code that connects to such a socket must handle
    /// that first.
    pub(crate) fn of(error: &io::Error) -> Option<Self> {
        // A library may have put an error of its own around the system's.
        let inner = || error.get_ref()?.downcast_ref::<io::Error>().and_then(Self::of);
        match error.raw_os_error() {
            Some(code) => Self::of_errno(Errno::from_raw_os_error(code)),
            None if error.kind() == io::ErrorKind::OutOfMemory => Self::of_errno(Errno::NOMEM),
            None => inner(),
        }
    }

    pub(crate) fn of_errno(error: Errno) -> Option<Self> {
        const FILES: &str = "raise the limit on open files of the host (`LimitNOFILE=` in its systemd unit)";
        let (what, hint) = match error {
            Errno::MFILE => ("the host has no descriptor left", FILES),
            Errno::NFILE => ("this machine has no descriptor left", "raise `fs.file-max` by sysctl"),
            Errno::NOBUFS => (
                "the system has no room for what is to be sent",
                "look whether a link of this machine is overloaded (`ip -s link`)",
            ),
            Errno::NOMEM => (
                "this machine has no memory left",
                "give the host more memory, or run fewer checks at once (`concurrency` under [host])",
            ),
            Errno::ADDRNOTAVAIL | Errno::ADDRINUSE => (
                "this machine has no address or port to connect from",
                "look for many connections (`ss -s`), and whether this machine has an address of that family (`ip address`)",
            ),
            Errno::AGAIN => (
                "the system has no room for another thread, program or connection",
                "raise the limit on tasks of the host (`TasksMax=` in its systemd unit)",
            ),
            Errno::NOSPC => {
                ("the system can watch no more descriptors", "raise `fs.epoll.max_user_watches` by sysctl")
            }
            _ => return None,
        };
        let code = io::Error::from(error);
        Some(Self::new(format!("{what}: {code}"), hint))
    }

    /// Whether the error concerns one address only: this machine may lack an address of one family, and reach the
    /// target by the other.
    pub(crate) fn is_of_one_address(error: &io::Error) -> bool {
        let code = error.raw_os_error().map(Errno::from_raw_os_error);
        matches!(code, Some(Errno::ADDRNOTAVAIL))
    }
}

/// The shortage if no descriptor can be had at this moment. Libraries that were refused one may report something else.
pub(crate) fn of_descriptors() -> Option<Shortage> {
    std::fs::File::open("/dev/null").err().and_then(|error| Shortage::of(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_lacks_is_told_from_what_a_target_does() {
        let lacks = [
            Errno::MFILE,
            Errno::NFILE,
            Errno::NOBUFS,
            Errno::NOMEM,
            Errno::ADDRNOTAVAIL,
            Errno::ADDRINUSE,
            Errno::AGAIN,
            Errno::NOSPC,
        ];
        for error in lacks {
            let error = io::Error::from(error);
            assert!(Shortage::of(&error).is_some(), "{error}");
            let around = io::Error::other(io::Error::from_raw_os_error(error.raw_os_error().unwrap()));
            assert!(Shortage::of(&around).is_some(), "{around}");
        }
        let targets =
            [Errno::CONNREFUSED, Errno::CONNRESET, Errno::TIMEDOUT, Errno::HOSTUNREACH, Errno::NOENT];
        for error in targets {
            assert_eq!(Shortage::of(&error.into()), None, "{error}");
        }
        assert_eq!(Shortage::of(&io::Error::from(io::ErrorKind::UnexpectedEof)), None);
        assert_eq!(Shortage::of(&io::Error::from(io::ErrorKind::WouldBlock)), None, "of no system call");
    }
}
