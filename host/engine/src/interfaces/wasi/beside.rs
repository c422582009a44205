//! Exchanges that run beside the guest: `wasi:http` hands a request over and the guest goes on, so an exchange
//! cannot borrow the call's state. It gets one of its own with the same rights, and what it met (denials, limits,
//! secrets to mask, whether something was sent) is told to the call's afterwards.

use std::sync::{Arc, Mutex, PoisonError};

use super::output::End;
use crate::call::{CallState, Refusals};
use crate::http::mask::Mask;

/// Cheap to clone; all clones are one account.
#[derive(Clone, Default)]
pub(crate) struct Aftermath {
    account: Arc<Mutex<Account>>,
}

#[derive(Default)]
struct Account {
    refusals: Refusals,
    mask: Mask,
    sent: bool,
    /// Begun and not ended: such an exchange may have sent something.
    under_way: u32,
}

impl Aftermath {
    fn with<T>(&self, act: impl FnOnce(&mut Account) -> T) -> T {
        // Whoever panicked while it was held had changed one whole field or none.
        act(&mut self.account.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Moves what has been told so far into the call's own state.
    pub(super) fn settle(&self, state: &mut CallState, end: End) {
        self.with(|account| {
            state.refusals.absorb(std::mem::take(&mut account.refusals));
            state.mask.absorb(std::mem::take(&mut account.mask));
            state.http.sent |= account.sent || (end == End::Reached && account.under_way > 0);
        });
    }
}

/// A state for one exchange. Tells its account when it is dropped, however it ends.
pub(super) struct Beside {
    pub(super) state: CallState,
    aftermath: Aftermath,
}

impl Beside {
    pub(super) fn of(call: &CallState, aftermath: Aftermath) -> Beside {
        aftermath.with(|account| account.under_way += 1);
        Beside { state: call.beside(), aftermath }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let CallState { refusals, mask, http, .. } = &mut self.state;
        self.aftermath.with(|account| {
            account.under_way = account.under_way.saturating_sub(1);
            account.refusals.absorb(std::mem::take(refusals));
            account.mask.absorb(std::mem::take(mask));
            account.sent |= http.sent;
        });
    }
}
