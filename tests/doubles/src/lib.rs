//! Doubles of services that nobody can have at hand for a test. Each is a state and a pure answer to a request, held to
//! the service's documentation: what the service refuses is refused, in its own words.
//!
//! One double serves both ends: [`native`] answers a plugin's function under the SDK's scripted host, [`Served`] listens
//! on loopback for the real host.

mod exchange;
mod message;
mod native;
mod pace;
mod served;

mod discord;
mod ntfy;
mod pagerduty;
mod slack;
mod teams;
mod telegram;

pub use discord::{Discord, DiscordMessage};
pub use exchange::{Double, Reply, Request};
pub use native::{Answering, native};
pub use ntfy::Ntfy;
pub use pagerduty::{Incident, PagerDuty};
pub use served::Served;
pub use slack::{Message, Slack};
pub use teams::Teams;
pub use telegram::{Telegram, TelegramMessage};
