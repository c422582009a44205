//! A running host: its parts, in the order in which they start.

mod clock;
mod logging;

mod plugin_files;
mod plugins;
mod ports;
mod prepared;

mod people;
mod plugin_reloader;

mod actions;
mod attachments;
mod backup;
mod board;
mod dead_man_signal;
mod deliveries;
mod filling;
mod health;
mod identity_provider;
mod letters;
mod main_loop;
mod numbers;
mod plugin_views;
mod posted;
mod reload;
mod replies;
mod rules;
mod runs;

pub(crate) mod control;
mod host_api;
mod listeners;
mod start;
pub(crate) mod tls;

pub(crate) use board::Board;
pub(crate) use clock::{Clock, wall};
pub(crate) use host_api::HostApi;
pub(crate) use logging::start_logging;
pub(crate) use numbers::Tally;
pub(crate) use people::People;
pub(crate) use plugin_reloader::kept_plugin;
pub(crate) use plugins::{Catalogue, engine, engine_by_hand};
pub(crate) use ports::{NamedSecrets, StoredState};
pub(crate) use posted::{PostedMarkers, PostedNotes, PostedSubscribers};
pub(crate) use prepared::{HostEndpoints, InForce};
pub(crate) use reload::load_config;
pub(crate) use replies::Listeners;
pub(crate) use start::{StartError, start};
