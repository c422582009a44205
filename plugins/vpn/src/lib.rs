//! The check `vpn`: judges a tunnel of WireGuard or OpenVPN, and the servers behind it.
//!
//! A tunnel that is down, a peer that is silent and a server that is down are findings of their own. What cannot be judged
//! because of another is unknown, so that one cause makes one alert. No key of WireGuard is kept: what the interface says about
//! private and preshared keys is dropped where it is read.

mod clients;
mod config;
mod lines;
mod management;
mod memory;
mod peers;
mod servers;
mod show;
mod status;
mod tunnel;
mod uapi;
mod words;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Vpn;
pub use show::{Table, table};
pub use status::{Role, Status};
pub use uapi::{Interface, Peer};
pub use words::without_keys;

use memory::Memory;

/// Keeps what peers and clients had sent and received, and from where.
#[check(name = "vpn", summary = "Judges a VPN tunnel, its peers and the servers behind it")]
pub fn run(config: Vpn, _: Run) -> Verdict {
    let mut memory = Memory::load(clock::now());
    let tunnel = match (&config.wireguard, &config.openvpn) {
        (Some(wireguard), _) => peers::look(wireguard, config.timeout, &mut memory)?,
        (None, Some(openvpn)) => clients::look(openvpn, config.timeout, &mut memory)?,
        (None, None) => return Err(Fault::config(config::ONE_OF_THEM).into()),
    };
    let servers = servers::look(&config, &tunnel)?;
    memory.keep()?;
    Ok(tunnel.report(servers))
}
