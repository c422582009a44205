//! What end-to-end tests are made of: a folder with a config, the real `watchkeep` on it, things to watch, and a
//! place where notices arrive. Nothing here knows more of the host than an operator does: its config, its
//! process, its log and its API.
//!
//! The binary is the one that `WATCHKEEP_BIN` names, else the `watchkeep` of the target folder in which the test
//! itself was built; `cargo build -p watchkeep-daemon` puts it there.
//!
//! Nothing waits for a span of time: [`eventually`] polls for a condition until a deadline.

mod alertmanager;
mod browser;
mod builds;
pub mod cases;
mod compiled;
mod eventually;
mod faulty;
mod folder;
mod hand;
mod hook;
mod host;
mod mail;
mod nginx;
pub mod servers;
mod site;

pub use alertmanager::Alertmanager;
pub use browser::{Browser, Device, Look, Page};
pub use builds::{build, digest, numbered};
pub use compiled::user_cache;
pub use eventually::{eventually, eventually_seeing, within};
pub use faulty::{Faulty, Then};
pub use folder::Folder;
pub use hook::{Hook, Received};
pub use host::{Answer, Host, binary, run_to_end, run_with_input};
pub use mail::MailServer;
pub use nginx::{Identity, Nginx, program as nginx_program};
pub(crate) use servers::program;
pub use site::{Answering, Request, Site, closed_port, resetting};
