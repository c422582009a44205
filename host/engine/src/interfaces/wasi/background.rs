//! Exchanges that run beside the guest: `wasi:http` hands a request over and the guest continues, so an exchange cannot
//! borrow the call's state. It gets a state of its own with the same rights. What it meets (denials, limits, secrets to
//! mask, whether something was sent) is added to the call's state afterwards.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::output::End;
use crate::call::{CallContext, CallState, Refusals};
use crate::http::mask::Mask;

/// How many exchanges of one call run at once; further ones wait for their turn.
const AT_ONCE_MAX: usize = 4;

/// What a call's exchanges share. Cheap to clone; all clones share one account.
#[derive(Clone)]
pub(crate) struct Background {
    account: Arc<Mutex<Account>>,
    turns: Arc<Semaphore>,
}

impl Default for Background {
    fn default() -> Self {
        Self { account: Arc::default(), turns: Arc::new(Semaphore::new(AT_ONCE_MAX)) }
    }
}

#[derive(Default)]
struct Account {
    refusals: Refusals,
    mask: Mask,
    sent: bool,
    /// Exchanges that have begun and not ended. Each may have sent something.
    under_way: u32,
    /// The bytes of all bodies so far, and the room for those that are being read: the guest may hold all of them at
    /// once.
    body_bytes: u64,
}

impl Background {
    fn with<T>(&self, act: impl FnOnce(&mut Account) -> T) -> T {
        // A panic while the lock was held has left every field whole: each change writes one.
        act(&mut self.account.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn turn(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.turns).acquire_owned().await.expect("the turns are never closed")
    }

    /// Moves what has been reported so far into the call's own state.
    pub(super) fn settle(&self, call: &mut CallContext, end: End) {
        self.with(|account| {
            call.refusals.absorb(std::mem::take(&mut account.refusals));
            call.mask.absorb(std::mem::take(&mut account.mask));
            call.network.sent |= account.sent || (end == End::Reached && account.under_way > 0);
        });
    }
}

/// The state of one exchange. It reports to its account when it is dropped, however the exchange ends.
pub(super) struct BackgroundExchange {
    pub(super) state: CallState,
    background: Background,
}

impl BackgroundExchange {
    pub(super) fn of(call: &CallContext, background: Background) -> BackgroundExchange {
        background.with(|account| account.under_way += 1);
        BackgroundExchange { state: CallState::around(call.fork()), background }
    }

    /// The turn of the exchange, held while it is under way.
    pub(super) fn turn(&self) -> impl Future<Output = OwnedSemaphorePermit> + use<> {
        let background = self.background.clone();
        async move { background.turn().await }
    }

    /// Room for a body of the largest size. A call has room for as many of them as exchanges can be under way at once.
    pub(super) fn room(&self) -> Room {
        let bytes_max = self.state.limits.http_body_bytes;
        let all = bytes_max.saturating_mul(AT_ONCE_MAX as u64);
        let bytes = self.background.with(|account| {
            let bytes = bytes_max.min(all.saturating_sub(account.body_bytes));
            account.body_bytes = account.body_bytes.saturating_add(bytes);
            bytes
        });
        Room { bytes, background: self.background.clone() }
    }
}

/// Bytes that are reserved for a body; what it does not use is given back.
pub(super) struct Room {
    pub(super) bytes: u64,
    background: Background,
}

impl Room {
    pub(super) fn taken(mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes as u64);
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.background.with(|account| account.body_bytes = account.body_bytes.saturating_sub(self.bytes));
    }
}

impl Drop for BackgroundExchange {
    fn drop(&mut self) {
        let CallContext { refusals, mask, network, .. } = &mut self.state.call;
        self.background.with(|account| {
            account.under_way = account.under_way.saturating_sub(1);
            account.refusals.absorb(std::mem::take(refusals));
            account.mask.absorb(std::mem::take(mask));
            account.sent |= network.sent;
        });
    }
}
