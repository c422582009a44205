//! How many sockets all calls together may hold: descriptors are the host's, and a plugin that opens many must
//! not take them from the store, the pages or other plugins. Of those that there are, some are for notifiers alone: what
//! checks hold open keeps nobody from being told.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use watchkeep_core::kind::PluginKind;

use super::failure::Problem;
use crate::call::CallState;
use crate::contract::transport::Phase;
use crate::shortage::Shortage;

pub(crate) struct Sockets {
    all: Arc<Semaphore>,
    /// Beside those.
    of_notifiers: Arc<Semaphore>,
}

/// One socket's place; given back when it is dropped.
pub(crate) type Place = OwnedSemaphorePermit;

impl Sockets {
    pub(crate) fn new(max: u32) -> Self {
        let max = max as usize;
        let of_notifiers = (max / 8).max(1);
        Self {
            all: Arc::new(Semaphore::new(max.saturating_sub(of_notifiers).max(1))),
            of_notifiers: Arc::new(Semaphore::new(of_notifiers)),
        }
    }

    /// A place, as soon as one is free: waiting for it takes part of the call's own time.
    pub(crate) async fn place(state: &mut CallState, span: Duration) -> Result<Place, Problem> {
        let sockets = &state.network.shared.sockets;
        let places = match state.subject.kind {
            Some(PluginKind::Notifier) => &sockets.of_notifiers,
            Some(PluginKind::Check | PluginKind::Action) | None => &sockets.all,
        };
        if let Ok(place) = Arc::clone(&sockets.all).try_acquire_owned() {
            return Ok(place);
        }
        match tokio::time::timeout(span, Arc::clone(places).acquire_owned()).await {
            Ok(place) => Ok(place.expect("the places are never closed")),
            Err(_) => {
                let hint = "raise the limit on open files of the host (`LimitNOFILE=` in its systemd unit)";
                let shortage = Shortage::new("all sockets that calls may hold are in use", hint);
                Err(Problem::short(shortage, Phase::Policy))
            }
        }
    }
}
