//! `replies`: what a message may carry for its alerts, and presses that a listener hands over. Which message may be answered,
//! and by whom, is decided in the core.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use wasmtime::component::Linker;
use watchkeep_core::ids::AlertId;
use watchkeep_core::time::Wall;

use super::gate::{Gate, Gated};
use crate::call::{CallState, convert};
use crate::contract::replies::{self, Host, Invitation};

/// The longest id of a person that a service has.
const PERSON_BYTES_MAX: usize = 200;

/// What a message may carry for one alert.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invited {
    pub token: String,
    pub link: String,
    /// What the only reader of the receiver is called.
    pub reader: Option<String>,
    pub expires_at: Wall,
}

/// Takes what people press. The daemon implements it.
pub trait Taker: Send + Sync {
    /// The sentence for who pressed: `Ok` if the alert is acknowledged now. `person` is the service's own id.
    fn take(&self, token: String, person: String) -> BoxFuture<'_, Result<String, String>>;
}

/// What the call at hand may ask; nothing outside `deliver` and `listen`.
#[derive(Default)]
pub(crate) struct RepliesState {
    pub(crate) invitations: BTreeMap<AlertId, Invited>,
    pub(crate) taker: Option<Arc<dyn Taker>>,
}

impl fmt::Debug for RepliesState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RepliesState")
    }
}

gate! {
    replies {
        fn invite(alert: String) -> Option<Invitation>;
        fn take(token: String, person: String) -> Result<String, String>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    replies::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

impl Host for CallState {
    async fn invite(&mut self, alert: String) -> wasmtime::Result<Option<Invitation>> {
        self.enter()?;
        let invited = self.own.replies.invitations.get(&AlertId::restore(alert)).cloned();
        Ok(invited.map(|Invited { token, link, reader, expires_at }| Invitation {
            token,
            link,
            reader,
            expires: convert::timestamp(expires_at),
        }))
    }
    async fn take(&mut self, token: String, person: String) -> wasmtime::Result<Result<String, String>> {
        self.enter()?;
        let Some(taker) = self.own.replies.taker.clone() else {
            return Ok(Err("presses are taken only while a notifier listens".to_owned()));
        };
        if person.is_empty() || person.len() > PERSON_BYTES_MAX {
            let message = format!(
                "the id of who pressed has {} bytes, 1 to {PERSON_BYTES_MAX} are allowed",
                person.len()
            );
            return Ok(Err(message));
        }
        Ok(taker.take(token, person).await)
    }
}
