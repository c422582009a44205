//! Streams and datagrams: TCP, TLS at once or after STARTTLS, sockets of this machine, UDP. Targets are written
//! `host:port`; a config field with `#[config(grants = "tcp")]` (or `udp`, `net`) is its own grant.

mod connection;
mod intake;
mod lines;
mod starttls;
mod target;

pub use crate::bindings::imports::watchkeep::plugin::net::{Datagram, Inspection};
pub use crate::transport::{
    Address, Certificate, Encoding, Failure, FailureKind, Family, Phase, Timings, TlsFacts, TlsOptions,
    Trust, span,
};

pub use connection::{Connection, LINE_BYTES_MAX};
pub use intake::{Intake, Unread};
pub use lines::Lines;
pub use starttls::{NoTls, StartTls};
pub(crate) use starttls::{refused, reply};
pub use target::{Target, connect, connect_local, inspect_tls, target};
