//! People answer from within messages: what a message may carry, and what becomes of a press. Whether an answer counts is
//! decided in the core; presses that the service itself tells of are heard in `listening`.

mod key;
mod listening;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use watchkeep_core::delivery::Notification;
use watchkeep_core::ids::AlertId;
use watchkeep_core::replies;
use watchkeep_core::reply::{Replier, Reply};
use watchkeep_core::reply_token::ReplyKey;
use watchkeep_core::setup::Setup;
use watchkeep_core::time::Wall;
use watchkeep_engine::{Invited, Taker};
use watchkeep_web::{Host as _, ReplyError, take_reply};

use super::board::Board;
use super::host_api::HostApi;
pub(crate) use key::load as load_key;
pub(crate) use listening::{Listeners, watch};

/// What the message may carry for each of its alerts, as they are now.
pub(crate) fn invitations(
    key: &ReplyKey,
    board: &Board,
    setup: &Setup,
    notification: &Notification,
    now: Wall,
) -> BTreeMap<AlertId, Invited> {
    let receiver = &notification.receiver;
    let mut readers = replies::readers(setup, receiver);
    let Some(first) = readers.next() else { return BTreeMap::new() };
    let only = readers.next().is_none();
    let invited = notification.alerts.iter().filter_map(|notice| {
        let record = board.alert(&notice.key).filter(|record| record.id == notice.id)?;
        let invitation = replies::invitation(setup, &record, receiver, now)?;
        let token = key.seal(&invitation)?;
        let link = format!("{}/reply/{token}", setup.public_url);
        let reader = only.then(|| first.shown.clone());
        Some((notice.id.clone(), Invited { token, link, reader, expires_at: invitation.expires_at }))
    });
    invited.collect()
}

/// Takes presses of one service.
pub(crate) struct Presses {
    pub(crate) host: Arc<HostApi>,
    /// The plugin that speaks to the service.
    pub(crate) plugin: String,
}

impl Taker for Presses {
    fn take(&self, token: String, person: String) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(async move {
            let Some(invitation) = self.host.invitation(&token) else {
                return Err("this button is none of this host's; use the alert's page".to_owned());
            };
            // A listener of one service does not speak for people of another.
            let setup = self.host.setup();
            let of_service = setup.receivers.get(&invitation.receiver).map(|spec| spec.plugin.as_str());
            if of_service != Some(self.plugin.as_str()) {
                return Err(format!("this button is none of a receiver of `{}`", self.plugin));
            }
            let from = format!("{} {person}", self.plugin);
            let reply = Reply { invitation, who: Replier::Known(person) };
            match take_reply(&*self.host, reply, &from).await {
                Ok(said) => Ok(said),
                Err(ReplyError::Refused(refused)) => Err(refused.to_string()),
                Err(ReplyError::Host(error)) => {
                    tracing::error!(%error, "an answer from within a message could not be kept");
                    Err("the host could not keep it; try again".to_owned())
                }
            }
        })
    }
}
