//! What a dry run may not do, whatever is granted: anything that may change something where it arrives.

use super::{Access, Aim, Denial, Rights};

/// Methods that only read (RFC 9110, 9.2.1).
const SAFE: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

pub(super) fn decide(rights: &Rights, access: &Access<'_>) -> Result<(), Denial> {
    match rights.aim {
        Aim::Act => Ok(()),
        Aim::Look if looks(access) => Ok(()),
        Aim::Look => Err(Denial {
            message: format!("{access} in a dry run, which may only look"),
            hint: "the plugin's author moves the call from `plan` to `perform`".to_owned(),
        }),
    }
}

fn looks(access: &Access<'_>) -> bool {
    match access {
        Access::Method { method, .. } | Access::LocalRequest { method, .. } => SAFE.contains(method),
        // The host cannot tell what is sent over a stream or in a datagram, or what a program does.
        Access::Endpoint { .. } | Access::Socket { .. } | Access::Command { .. } => false,
        Access::Resolved { call, .. } | Access::SocketFile { call, .. } | Access::FoundFile { call, .. } => {
            looks(call)
        }
        Access::Origin { .. }
        | Access::Question { .. }
        | Access::NameServer(_)
        | Access::Echo { .. }
        | Access::Reveal(_)
        | Access::UnverifiedTls { .. }
        | Access::ServerName { .. }
        | Access::Series { .. }
        | Access::File { .. }
        | Access::System(_) => true,
    }
}
