//! The JSON API under `/api/v1`. Lists are `{"items": [...], "next": cursor-or-null}`, times RFC 3339 in UTC,
//! spans seconds.

pub(crate) mod body;
pub(crate) mod json;
pub(crate) mod query;

pub(crate) mod actions;
pub(crate) mod alerts;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod checks;
pub(crate) mod commands;
pub(crate) mod deliveries;
pub(crate) mod explain;
pub(crate) mod groups;
pub(crate) mod history;
pub(crate) mod markers;
pub(crate) mod notes;
pub(crate) mod openapi;
pub(crate) mod people;
pub(crate) mod plugins;
pub(crate) mod reload;
pub(crate) mod results;
pub(crate) mod snapshots;
mod standings;
pub(crate) mod stream;
pub(crate) mod subscribers;
pub(crate) mod take;
pub(crate) mod windows;
