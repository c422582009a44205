//! What a notifier is given.

use crate::http::{Failure, FailureKind, Phase};

pub use crate::bindings::notifying::exports::watchkeep::plugin::notifier::{
    Alert, DeliveryError, Notice, Notification, NotificationKind, Picture,
};

impl Notification {
    /// A label that all alerts of the notification share.
    pub fn label(&self, name: &str) -> Option<&str> {
        find(&self.common_labels, name)
    }
}

impl Alert {
    pub fn label(&self, name: &str) -> Option<&str> {
        find(&self.labels, name)
    }
}

fn find<'a>(labels: &'a [crate::Label], name: &str) -> Option<&'a str> {
    labels.iter().find(|label| label.name == name).map(|label| label.value.as_str())
}

/// What a failed call means for a delivery. The difference between "certainly not accepted" and "may have been
/// accepted" decides whether a resolve must be sent, so it is decided by how far the call came.
impl From<Box<Failure>> for DeliveryError {
    fn from(failure: Box<Failure>) -> Self {
        let sentence = failure.sentence();
        match (failure.kind, failure.phase) {
            (FailureKind::Invalid, _) => DeliveryError::Rejected(sentence),
            // Nothing left the host. Even a missing right may be granted while the delivery waits.
            (_, Phase::Policy | Phase::Name | Phase::Connect | Phase::Tls) => {
                DeliveryError::Retryable(sentence)
            }
            (_, Phase::Send | Phase::Wait | Phase::Transfer) => DeliveryError::Unsure(sentence),
        }
    }
}
