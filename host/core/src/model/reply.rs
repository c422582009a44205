//! What people answer from within a message: who may, and what the button of a message is bound to.

use std::collections::{BTreeMap, BTreeSet};

use crate::ids::{AlertId, PersonName, PluginName, ReceiverName};
use crate::time::Wall;

/// Somebody who reads messages, and may acknowledge from within them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Person {
    pub name: PersonName,
    /// What others call this person.
    pub shown: String,
    /// By which ids the services know this person, by the plugin that speaks to the service.
    pub ids: BTreeMap<PluginName, BTreeSet<String>>,
}

/// Who reads the messages of a receiver.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Readers {
    /// Every person of the config.
    Everybody,
    These(BTreeSet<PersonName>),
}

impl Readers {
    pub fn include(&self, name: &PersonName) -> bool {
        match self {
            Readers::Everybody => true,
            Readers::These(names) => names.contains(name),
        }
    }
}

/// What a message offers to one receiver: to acknowledge one alert, once, until a moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invitation {
    pub alert: AlertId,
    pub receiver: ReceiverName,
    /// How often the alert had been acknowledged when this was offered. Whoever acknowledges it uses up all that were
    /// offered before.
    pub taken: u32,
    pub expires_at: Wall,
}

/// Somebody took up an invitation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    pub invitation: Invitation,
    pub who: Replier,
}

/// Who that is, as far as it is known where the answer arrived.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Replier {
    /// One of the receiver's readers, who opened the page that the message links to.
    Person(PersonName),
    /// Whom the receiver's service calls so.
    Known(String),
}
