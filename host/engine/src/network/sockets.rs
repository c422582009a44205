//! How many sockets all calls together may hold: descriptors are the host's, and a plugin that opens many must
//! not take them from the store, the pages or other plugins.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Resource, getrlimit};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::failure::Problem;
use crate::call::CallState;
use crate::contract::transport::{FailureKind, Phase};

/// No machine needs more for checks.
const MOST: u64 = 16_384;
/// What the host itself needs: files, listeners, pages that are open in browsers.
const RESERVED: u64 = 256;

pub(crate) struct Sockets {
    permits: Arc<Semaphore>,
    max: u32,
}

/// One socket's place; given back when it is dropped.
pub(crate) type Place = OwnedSemaphorePermit;

impl Sockets {
    pub(crate) fn new(max: u32) -> Self {
        Self { permits: Arc::new(Semaphore::new(max as usize)), max }
    }

    /// A place, as soon as one is free: waiting for it takes part of the call's own time.
    pub(crate) async fn place(state: &mut CallState, span: Duration) -> Result<Place, Problem> {
        let sockets = &state.network.shared.sockets;
        if let Ok(place) = Arc::clone(&sockets.permits).try_acquire_owned() {
            return Ok(place);
        }
        let waiting = Arc::clone(&sockets.permits).acquire_owned();
        match tokio::time::timeout(span, waiting).await {
            Ok(place) => Ok(place.expect("the places are never closed")),
            Err(_) => {
                let message = format!("all {} sockets of the host are in use", sockets.max);
                let hint = "raise the limit on open files of the host (`LimitNOFILE=` in its systemd unit)";
                let message = state.refusals.limit_with(message, hint);
                Err(Problem::new(FailureKind::Limit, Phase::Policy, message))
            }
        }
    }
}

/// Half of the files that this process may open, less what the host itself needs.
pub(crate) fn sockets_max() -> u32 {
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let sockets = (files.saturating_sub(RESERVED) / 2).clamp(64, MOST);
    u32::try_from(sockets).unwrap_or(u32::MAX)
}
