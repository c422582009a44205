//! Who may ask: `Host` and `Origin` must be ours, and what comes from beyond loopback, or writes, needs the
//! admin token.

use std::fmt;
use std::path::PathBuf;

use subtle::ConstantTimeEq as _;

/// What the config says about who may ask.
#[derive(Clone, Debug, Default)]
pub struct Access {
    pub admin_token: Option<AdminToken>,
    /// `[host] external_url`; its host is one of ours.
    pub external_url: Option<String>,
    /// Further values of `Host` that are ours, such as the addresses the host listens on, with port.
    pub hosts: Vec<String>,
    /// Named in refusals: through it no token is needed.
    pub control_socket: PathBuf,
}

/// A request extension that the control socket sets: whoever may open the socket is the operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalControl;

/// The admin token. Compared in constant time, never printed.
#[derive(Clone)]
pub struct AdminToken(String);

impl AdminToken {
    pub fn new(token: impl Into<String>) -> Self {
        Self(token.into())
    }
    pub(crate) fn is(&self, given: &str) -> bool {
        self.0.as_bytes().ct_eq(given.as_bytes()).into()
    }
}
impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(..)")
    }
}
