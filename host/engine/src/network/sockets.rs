//! How many sockets all calls together may hold: a plugin that opens many must not take descriptors from the store, the
//! pages or other plugins. Some are for notifiers only, so that people are told however many sockets checks hold open.

use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::kind::PluginKind;

use super::failure::Problem;
use crate::call::CallContext;
use crate::contract::transport::Phase;
pub(crate) use crate::places::Place;
use crate::places::Places;
use crate::shortage::Shortage;

pub(crate) struct Sockets {
    all: Places,
    /// The places of notifiers, besides those.
    of_notifiers: Places,
}

impl Sockets {
    pub(crate) fn new(max: u32) -> Self {
        let max = max as usize;
        let of_notifiers = (max / 8).max(1);
        Self { all: Places::new(max.saturating_sub(of_notifiers)), of_notifiers: Places::new(of_notifiers) }
    }

    /// Waits for a place, which takes part of the call's own time.
    pub(crate) async fn place(state: &mut CallContext, span: Duration) -> Result<Place, Problem> {
        let (network, plugin) = (Arc::clone(&state.network.shared), Arc::clone(&state.subject.plugin));
        let (sockets, plugin) = (&network.sockets, &plugin);
        let places = match state.subject.kind {
            Some(PluginKind::Notifier) => &sockets.of_notifiers,
            Some(PluginKind::Check | PluginKind::Action) | None => &sockets.all,
        };
        if let Some(place) = sockets.all.try_take(plugin) {
            return Ok(place);
        }
        tokio::time::timeout(span, places.take(plugin)).await.map_err(|_| {
            let shortage = match places.holds_its_most(plugin) {
                true => {
                    let most = places.of_plugin_max();
                    let message = format!("all {most} sockets that one plugin may hold are in use");
                    Shortage::new(message, "run its checks less often, give them a shorter `timeout`, or raise the limit on open files of the host (`LimitNOFILE=` in its systemd unit)")
                }
                false => Shortage::new(
                    "all sockets that calls may hold are in use",
                    "raise the limit on open files of the host (`LimitNOFILE=` in its systemd unit)",
                ),
            };
            Problem::short(shortage, Phase::Policy)
        })
    }
}
