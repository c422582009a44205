//! Grants: what a plugin may reach. `decide` is the one place that decides, at every host call.
//!
//! There are two layers. The name is decided when the call is made. The address that the name led to is decided when
//! the host is about to connect, and the host connects to that very address. An address that is written as the host
//! passes both at once. What nobody granted is denied, and a denial says what to add. Nothing here looks a name up,
//! reads a clock or keeps state.

mod access;
mod address;
mod allow;
mod command;
mod decide;
mod dry;
mod error;
mod file_system;
mod glob;
mod guessable;
mod host;
mod local;
mod machine;
mod more;
mod origin;
mod pattern;
mod question;
mod secret;
mod series;
mod system;

pub use access::{Access, Aim, Ceiling, Denial, GrantedBy, Machine, Requests, Rights};
pub use address::{Class, Special, class_of};
pub use allow::{Allow, Capability, Target};
pub use command::{Argument, Command, ParameterPattern, ParameterProblem};
pub use decide::decide;
pub use error::GrantError;
pub use file_system::holds_files;
pub use glob::NameGlob;
pub use guessable::is_guessable;
pub use host::Host;
pub use local::{LocalPattern, parse_socket_name};
pub use machine::{parse_command_name, parse_root_name};
pub use more::{Right, asks_for_more};
pub use origin::{Origin, Scheme};
pub use pattern::{EndpointPattern, HostPattern, OriginPattern};
pub use question::NamePattern;
pub use secret::decide_secret;
pub use series::SeriesPattern;
pub use system::SystemPattern;

#[cfg(test)]
mod tests;
