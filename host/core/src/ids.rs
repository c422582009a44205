//! Names and identifiers. Each has a newtype, so that a receiver's name is never taken for a check's.

use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn new(name: impl Into<Arc<str>>) -> Self {
                Self(name.into())
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.into())
            }
        }
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// A configured check.
    CheckName
);
name!(
    /// A plugin, by the name that its manifest states.
    PluginName
);
name!(
    /// A receiver: a notifier plugin with a config.
    ReceiverName
);
name!(
    /// An action: an action plugin with a config.
    ActionName
);
name!(
    /// A service: several checks shown as one.
    ServiceName
);
name!(
    /// A status page: the last part of its address.
    StatusPageName
);
name!(
    /// A note that people posted on a status page: a name given by the host.
    NoteId
);
name!(
    /// Somebody who asked for the letters of a status page: a name drawn at random by the host.
    SubscriberId
);
name!(
    /// A marker in charts: a name given by the host.
    MarkerId
);
name!(
    /// A route of the route tree.
    RouteName
);
name!(
    /// An escalation: who is told next if nobody acknowledges.
    EscalationName
);
name!(
    /// A silence or a maintenance window: a name given by the host, or `config:NAME` if it is from the config.
    WindowId
);
name!(
    /// A calendar.
    CalendarName
);
name!(
    /// A person of the config.
    PersonName
);
name!(
    /// A secret.
    SecretName
);
name!(
    /// A stream socket of this machine, by the operator's name for it.
    SocketName
);
name!(
    /// A folder of this machine whose files may be read, by the operator's name for it.
    RootName
);
name!(
    /// A program of this machine that may be run, by the operator's name for it.
    CommandName
);
name!(
    /// A finding's key: stable across the runs of one check.
    FindingKey
);

/// SHA-256 of a plugin file: the name of a generation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
    /// Parses the 64 hexadecimal digits in lower case that a digest is shown as.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let value = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Some(Self(bytes))
    }
    /// The first twelve hexadecimal digits: enough to distinguish generations in text.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}
impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

/// One execution of a check. It is deterministic, and the same after a crash, because it consists of the check's name
/// and the moment for which the run was scheduled.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RunId {
    pub check: CheckName,
    pub scheduled_at: crate::time::Wall,
}
impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.check, self.scheduled_at.millis())
    }
}

/// One life of one problem: 24 hexadecimal digits, derived from the subject and the run that began the life.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AlertId(Arc<str>);

impl AlertId {
    /// `subject` is the alert key's text, `began` the scheduled moment of the run that began this life.
    pub fn derive(subject: &str, began: crate::time::Wall) -> Self {
        Self(short_hash(&[subject.as_bytes(), &began.millis().to_be_bytes()]).into())
    }
    /// Restores an id that was stored.
    pub fn restore(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for AlertId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One decision to act: 24 hexadecimal digits, derived from the alert's life, the action, and how often it was decided
/// before. An action plugin gets it as its idempotency key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OccasionId(Arc<str>);

impl OccasionId {
    /// `number` counts the occasions of one action in one life, from 1.
    pub fn derive(alert: &AlertId, action: &ActionName, number: u32) -> Self {
        let parts = [alert.as_str().as_bytes(), action.as_str().as_bytes(), &number.to_be_bytes()];
        Self(short_hash(&parts).into())
    }
    /// Restores an id that was stored.
    pub fn restore(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for OccasionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Position of a commit in the sequence of commits of one host start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct CommitId(pub u64);

/// The id of one delivery. Ids rise by one, across restarts too.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct DeliveryId(pub u64);
impl fmt::Display for DeliveryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "d{}", self.0)
    }
}

/// 24 hexadecimal digits from length-prefixed parts, for ids that must be the same after a crash.
pub fn short_hash(parts: &[&[u8]]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize()[..12].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 64 bits from `text`, stable across releases and machines, for spreading starts and for jitter.
pub fn stable_hash(text: &str) -> u64 {
    let digest = Sha256::digest(text.as_bytes());
    u64::from_be_bytes(std::array::from_fn(|i| digest[i]))
}
