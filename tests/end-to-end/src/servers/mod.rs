//! Real servers, each on loopback and below a folder of its own, so that many can run at once. Each says in one line
//! what is missing where the machine cannot start it.

mod authority;
mod between;
mod bus;
mod cameras;
mod chrony;
mod dnsmasq;
mod docker;
mod dovecot;
mod grpc;
mod lighttpd;
mod mariadb;
mod mosquitto;
mod nsd;
mod openid;
mod openssl;
mod openvpn;
mod postfix;
mod postgresql;
mod prometheus;
mod prosody;
mod rbldnsd;
mod redis;
mod running;
mod slapd;
mod snmpd;
mod sshd;
mod stranger;
mod unbound;
mod vsftpd;
mod websocket;
mod wireguard;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

pub use authority::Wanted;
pub use between::Between;
pub use bus::Bus;
pub use cameras::{CameraDouble, Cameras, Mjpeg};
pub use chrony::{Chrony, Clock, free_udp_port};
pub use dnsmasq::Dnsmasq;
pub use docker::Docker;
pub use dovecot::Dovecot;
pub use grpc::Grpc;
pub use lighttpd::Lighttpd;
pub use mariadb::MariaDb;
pub use mosquitto::Mosquitto;
pub use nsd::Nsd;
pub use openid::OpenIdProvider;
pub use openssl::{Bench, SServer};
pub use openvpn::{OpenVpnClient, OpenVpnServer, openvpn_ports};
pub use postfix::Postfix;
pub use postgresql::PostgreSql;
pub use prometheus::Prometheus;
pub use prosody::Prosody;
pub use rbldnsd::{Addresses, Rbldnsd};
pub use redis::Redis;
pub use running::{Running, Server};
pub(crate) use running::{free_port, program};
pub use slapd::Slapd;
pub use snmpd::Snmpd;
pub use sshd::Sshd;
pub use stranger::Stranger;
pub use unbound::Unbound;
pub use vsftpd::Vsftpd;
pub use websocket::WebSocketServer;
pub use wireguard::{FarNetwork, WireGuard, WireGuardKey, shell};

use crate::Identity;

/// Whether a server starts TLS where it is asked to.
pub enum Tls<'a> {
    With(&'a Identity),
    Off,
}

/// A port of loopback at which nobody listens, for a server that takes one.
pub fn unused_port() -> u16 {
    free_port()
}

fn at(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("a file can be written");
}

/// `chain.pem` and `key.pem`, the key for its owner alone.
fn keep(folder: &Path, identity: &Identity) {
    use std::os::unix::fs::PermissionsExt as _;

    write(folder, "chain.pem", &identity.chain);
    write(folder, "key.pem", &identity.key);
    let owner_only = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(folder.join("key.pem"), owner_only).expect("a file's mode can be set");
}
