//! For notifiers: people acknowledge from within a message. It needs no grant: the operator decides with `people` of the
//! receiver who may.
//!
//! A message that is delivered asks [`Alert::invitation`] what it may carry. A service that tells of pressed buttons is
//! listened to by a [`Listener`], which hands each press to [`take`].

use crate::config::Config;
use crate::ending::Fault;
use crate::wording::location;
use crate::{Alert, Notification, backend};

pub use crate::bindings::imports::watchkeep::plugin::replies::Invitation;
pub use crate::bindings::listening::exports::watchkeep::plugin::listener::Listening;

impl Alert {
    /// How whoever reads the message can acknowledge this alert; `None` if it is over or taken, or if nobody may.
    pub fn invitation(&self) -> Option<Invitation> {
        match (self.until, &self.acknowledged_by) {
            (None, None) => backend::replies_invite(&self.id),
            (_, _) => None,
        }
    }
}

impl Notification {
    /// The invitations of its alerts, each with its alert.
    pub fn invitations(&self) -> impl Iterator<Item = (&Alert, Invitation)> {
        self.alerts.iter().filter_map(|alert| Some((alert, alert.invitation()?)))
    }
}

/// The longest label of a button, in characters: no service cuts it.
const LABEL_CHARS_MAX: usize = 40;

/// A button of a message.
#[derive(Clone, PartialEq, Debug)]
pub struct Button {
    /// `Acknowledge`; with the name of the check or finding where the message tells of several alerts.
    pub label: String,
    pub invitation: Invitation,
}

impl Notification {
    /// The buttons of a message, in the order of its alerts; `count_max` of them if there are more.
    pub fn buttons(&self, count_max: usize) -> Vec<Button> {
        let several = self.alerts.len() > 1 || self.omitted > 0;
        let button = |(alert, invitation): (&Alert, Invitation)| {
            let label = match several {
                true => format!("Acknowledge {}", location(alert)),
                false => "Acknowledge".to_owned(),
            };
            let label = match label.char_indices().nth(LABEL_CHARS_MAX) {
                Some((at, _)) => format!("{}…", &label[..at]),
                None => label,
            };
            Button { label, invitation }
        };
        self.invitations().take(count_max).map(button).collect()
    }
}

/// Hands over that somebody pressed the button with this token. `person` is the service's own id of who did. Returns the
/// sentence to show to who pressed: `Ok` if the alert is acknowledged now.
pub fn take(token: &str, person: &str) -> Result<String, String> {
    backend::replies_take(token, person)
}

/// The config of a notifier with `#[notifier(..., listens)]`.
pub trait Listener: Config {
    /// What is listened to, as a text: several receivers with the same text are listened to once. `None` if this config has
    /// no buttons of the service's own. No host call may be made.
    fn source(&self) -> Option<String>;
    /// Hands every press to [`take`], and returns some time before the deadline.
    fn listen(self, listening: Listening) -> Result<(), Fault>;
}
