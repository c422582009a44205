//! What there is: keys and records, and what is remembered beside them. Only data: nothing here decides.

pub(crate) mod keys;

pub(crate) mod clock;
pub(crate) mod table;
pub(crate) mod timers;

pub mod heartbeat;
pub mod setup;
pub mod window;

pub mod access;
pub mod audit_log;
pub mod marker;
pub mod note;

pub mod flapping;

pub mod alert;
pub mod delivery;
pub mod group;
pub mod recovery;
pub mod reply;

pub mod commit;
pub mod effect;
pub mod input;
pub mod view;

pub(crate) mod actions;
pub(crate) mod check;
pub(crate) mod dependencies;
pub(crate) mod events;
pub(crate) mod health;
pub(crate) mod message;
pub(crate) mod outbox;
pub(crate) mod plugin;
pub(crate) mod starts;
pub mod state;
