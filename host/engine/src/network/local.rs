//! Sockets of this machine, by the names that the operator gave them. First the name is decided on, then the file that
//! it leads to.

use std::path::PathBuf;

use tokio::net::UnixStream;
use watchkeep_core::grant::{Access, Denial};

use super::failure::{self, Problem};
use super::timeline::Timeline;
use crate::call::CallContext;
use crate::contract::transport::{FailureKind, Phase};
use crate::machine::Machine;
use crate::shortage::Shortage;

/// The socket's file, after it was decided on. `call` is what is about to be done over the socket `name`.
pub(crate) async fn file(state: &mut CallContext, call: &Access<'_>, name: &str) -> Result<PathBuf, Problem> {
    permit(state, call)?;
    let path = state.rights.as_ref().and_then(|rights| rights.ceiling.sockets.get(name).cloned());
    // A name without a path was denied above.
    let path = path.ok_or_else(|| Problem::invalid(format!("there is no socket `{name}`")))?;
    // A disk that hangs holds the place of whoever waits for it, as with any other work on files.
    let place = Machine::file_work(state).await.map_err(|lacking| Problem::short(lacking, Phase::Connect))?;
    let asked = path.clone();
    let looking = tokio::task::spawn_blocking(move || {
        let found = asked.canonicalize();
        drop(place);
        found
    });
    let Ok(found) = tokio::time::timeout(state.clocks.remaining(), looking).await else {
        let message = format!("the disk gave no answer about `{}`", path.display());
        let shortage = Shortage::new(message, "look whether a disk hangs (`dmesg`)");
        return Err(Problem::short(shortage, Phase::Connect));
    };
    match found.unwrap_or_else(|stopped| Err(std::io::Error::other(stopped))) {
        Ok(found) => {
            permit(state, &Access::SocketFile { call, path: &found })?;
            Ok(found)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let message = format!("socket `{name}` is not there: no file `{}`", path.display());
            Err(Problem::new(FailureKind::Refused, Phase::Connect, message))
        }
        Err(error) if let Some(shortage) = Shortage::of(&error) => {
            Err(Problem::short(shortage, Phase::Connect))
        }
        Err(error) => {
            let message = format!("socket `{name}` cannot be looked at: `{}`: {error}", path.display());
            Err(Problem::new(FailureKind::Other, Phase::Connect, message))
        }
    }
}

pub(crate) async fn connect(
    state: &mut CallContext,
    timeline: &mut Timeline,
    name: &str,
    path: &PathBuf,
) -> Result<UnixStream, Problem> {
    timeline.connecting();
    match UnixStream::connect(path).await {
        Ok(stream) => {
            timeline.connected();
            Ok(stream)
        }
        // The host itself lacks the permission, which says nothing about the target.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let denial = state.refusals.deny(Denial {
                message: format!("socket `{name}`, since the host itself may not open `{}`", path.display()),
                hint: "let the host's user write to it, such as by the group that owns it".to_owned(),
            });
            Err(Problem::new(FailureKind::Denied, Phase::Connect, denial.to_string()))
        }
        // For such a socket, this error means that its queue is full, and says nothing about this machine.
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            let message = format!("socket `{name}` takes no connection: its queue is full");
            Err(Problem::new(FailureKind::Refused, Phase::Connect, message))
        }
        Err(error) => Err(failure::of_io(&error, Phase::Connect)),
    }
}

fn permit(state: &mut CallContext, access: &Access<'_>) -> Result<(), Problem> {
    state
        .permit(access)
        .map_err(|denial| Problem::new(FailureKind::Denied, Phase::Policy, denial.to_string()))
}
