//! From text to a validated config, or to every problem at once, each with file, line, column, key and fix.
//!
//! The config is read in stages, a module each, in this order: files and includes become trees of values that know
//! their places; sections of all files are gathered by name; each section is read with the keys that the table in
//! `keys` defines; names are resolved; checks are expanded from `each` and laid over their templates and defaults;
//! plugins' parts are checked against plugins' schemas.
//!
//! Nothing is started or changed here, and no clock is read. A secret's value is in `Secret` and nowhere else: neither
//! in a problem nor in any `Debug` output.

mod environment;
mod plugin_facts;

mod keys;
mod source;
mod text;

mod files;
mod tree;

mod gather;
mod names;

mod each;
mod fields;
mod reader;

mod allow;
mod budget;
mod hours;
mod limits;
mod marks;
mod needs;
mod parents;
mod plugin_config;
mod secret;
mod sections;
mod validator;
mod values;

mod altered;
mod config;
mod load;
mod machine;
mod named;
mod nobody;
mod refit;
mod remedies;

mod problem;
mod problems;
mod render;

mod reference;
mod schema;
mod show;

pub use altered::altered;
pub use config::{
    ActionGrants, ClosedBy, Closing, Config, DeadManSignal, HostConfig, OidcConfig, OidcRole, PluginSettings,
    PluginUser, TlsFiles,
};
pub use environment::{Environment, ProcessEnvironment};
pub use fields::{FieldDoc, fields};
pub use load::{Loaded, load, load_beside, preliminary};
pub use machine::{Machine, machine};
pub use named::{granting_values, plugins_named, secrets_named};
pub use plugin_facts::PluginFacts;
pub use problem::{Note, Place, Problem, Severity, Snippet};
pub use reference::reference;
pub use render::{Colour, render, to_json};
pub use schema::config_schema;
pub use secret::Secret;
pub use show::show;
pub use text::parse_span;
pub use watchkeep_core::kind::PluginKind;
pub use watchkeep_core::limits::Limits;
