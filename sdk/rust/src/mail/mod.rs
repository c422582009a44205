//! Mail: the conversation with a server (RFC 5321), addresses, and how mail encodes bytes and dates.

mod base64;
mod date;
mod mailbox;
mod security;
mod smtp;

pub use base64::base64;
pub use date::date;
pub use mailbox::Mailbox;
pub use security::{Security, is_hello};
pub use smtp::{Login, Reply, Smtp};
