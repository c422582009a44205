//! Sockets of this machine, by the name that the operator gave each. Decided by the name, and then by the file
//! that the name leads to.

use std::path::PathBuf;

use tokio::net::UnixStream;
use watchkeep_core::grant::{Access, Denial};

use super::failure::{self, Problem};
use super::marks::Marks;
use crate::call::CallState;
use crate::contract::transport::{FailureKind, Phase};

/// The socket's file, decided; `call` is what is about to be done over it, `name` its socket.
pub(crate) async fn file(state: &mut CallState, call: &Access<'_>, name: &str) -> Result<PathBuf, Problem> {
    permit(state, call)?;
    let path = state.rights.as_ref().and_then(|rights| rights.ceiling.sockets.get(name).cloned());
    // A name without a path was denied above.
    let path = path.ok_or_else(|| Problem::invalid(format!("there is no socket `{name}`")))?;
    match tokio::fs::canonicalize(&path).await {
        Ok(found) => {
            permit(state, &Access::SocketFile { call, path: &found })?;
            Ok(found)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let message = format!("socket `{name}` is not there: no file `{}`", path.display());
            Err(Problem::new(FailureKind::Refused, Phase::Connect, message))
        }
        Err(error) => {
            let message = format!("socket `{name}` cannot be looked at: `{}`: {error}", path.display());
            Err(Problem::new(FailureKind::Other, Phase::Connect, message))
        }
    }
}

pub(crate) async fn connect(
    state: &mut CallState,
    marks: &mut Marks,
    name: &str,
    path: &PathBuf,
) -> Result<UnixStream, Problem> {
    marks.connecting();
    match UnixStream::connect(path).await {
        Ok(stream) => {
            marks.connected();
            Ok(stream)
        }
        // The host's own rights are too small: that says nothing of the target.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let denial = state.refusals.deny(Denial {
                message: format!("socket `{name}`, since the host itself may not open `{}`", path.display()),
                hint: "let the host's user write to it, such as by the group that owns it".to_owned(),
            });
            Err(Problem::new(FailureKind::Denied, Phase::Connect, denial.to_string()))
        }
        Err(error) => Err(failure::of_io(&error, Phase::Connect)),
    }
}

fn permit(state: &mut CallState, access: &Access<'_>) -> Result<(), Problem> {
    state
        .permit(access)
        .map_err(|denial| Problem::new(FailureKind::Denied, Phase::Policy, denial.to_string()))
}
