//! Text to config: what is read, and what every mistake is told as.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

#[path = "../lab/mod.rs"]
mod lab;

mod actions;
mod bad_checks;
mod bad_files;
mod bad_maintenance;
mod bad_plugins;
mod bad_routes;
mod bad_rules;
mod bad_values;
mod documents;
mod eight_mistakes;
mod machine;
mod nobody;
mod oidc;
mod people;
mod plugin_config;
mod reading;
mod reading_alerting;
mod robustness;
mod routes_like_alertmanager;
mod secrets;
mod services;
mod status_pages;
