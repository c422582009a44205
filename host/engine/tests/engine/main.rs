//! Real guests in the real engine: what loads, how calls end, what they may reach.
#![allow(clippy::unwrap_used, reason = "a test whose server or folder is not there has failed")]

#[path = "../support/room.rs"]
mod room;
#[path = "../support/mod.rs"]
mod support;

mod acting;
mod adversary;
mod authorities;
mod calls;
mod certificates;
mod commands;
mod delivering;
mod dns;
mod extras;
mod fetching;
mod files;
mod hostile;
mod http;
mod http2;
mod icmp;
mod lanes;
mod languages;
mod limits;
mod loading;
mod local;
mod nagios;
mod net;
mod on_stream;
mod openssl;
mod p521;
mod programs;
mod raw;
mod rivals;
mod secrets;
mod servers;
mod shortage;
mod signatures;
mod sleeping;
mod sloppy;
mod snapshots;
mod system;
mod tapes;
mod tls;
mod verifying;
mod wasi;
