//! One module for each section of the config, in the order in which they are read.

pub(crate) mod actions;
pub(crate) mod calendars;
pub(crate) mod checks;
pub(crate) mod commands;
pub(crate) mod dead_man_signal;
pub(crate) mod dependencies;
pub(crate) mod entries;
pub(crate) mod escalations;
pub(crate) mod heartbeats;
pub(crate) mod host;
pub(crate) mod maintenance;
pub(crate) mod oidc;
pub(crate) mod plugin_use;
pub(crate) mod plugins;
pub(crate) mod receivers;
pub(crate) mod roots;
pub(crate) mod routes;
pub(crate) mod rules;
pub(crate) mod secrets;
pub(crate) mod services;
pub(crate) mod sites;
pub(crate) mod sockets;
pub(crate) mod templates;
pub(crate) mod without_plugin;
pub(crate) mod witness;
