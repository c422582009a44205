//! What doubles are made of: stand-ins for services that nobody can have at hand for a test. Each is a state and a pure
//! answer to a request, held to the service's documentation: what the service refuses is refused, in its own words. It
//! lies among the tests of the plugin that speaks to it (`plugins/NAME/tests/suite/double`), or here where several rooms do.
//!
//! One double serves both ends: [`native`] answers a plugin's function under the SDK's scripted host, [`Served`] listens
//! on loopback for the real host.

mod exchange;
pub mod message;
mod native;
pub mod onvif;
pub mod pace;
mod served;
pub mod signing;
pub mod statuscake;

pub use exchange::{Double, Reply, Request};
pub use native::{Answering, native};
pub use served::Served;
