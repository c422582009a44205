//! Sockets that listen: those that the test opens.

use std::net::{TcpListener, UdpSocket};

use super::*;

async fn listening() -> Vec<String> {
    lines(&read("listeners", "", allowed(&["listeners"])).await)
}

/// The listener at this place.
fn find<'a>(all: &'a [String], protocol: &str, address: &str, port: u16) -> Option<&'a String> {
    let port = port.to_string();
    all.iter().find(|it| {
        value(it, "protocol") == protocol && value(it, "address") == address && value(it, "port") == port
    })
}

#[tokio::test]
async fn sockets_are_told_while_they_listen() {
    let v4 = TcpListener::bind("127.0.0.1:0").unwrap();
    let v6 = TcpListener::bind("[::1]:0").unwrap();
    let udp = UdpSocket::bind("0.0.0.0:0").unwrap();
    let port = |address: std::io::Result<std::net::SocketAddr>| address.unwrap().port();
    let ports = [port(v4.local_addr()), port(v6.local_addr()), port(udp.local_addr())];
    let places = [("tcp", "127.0.0.1", ports[0]), ("tcp", "::1", ports[1]), ("udp", "0.0.0.0", ports[2])];
    let connected = std::net::TcpStream::connect(v4.local_addr().unwrap()).unwrap();
    let all = listening().await;
    let me = std::fs::read_to_string("/proc/self/comm").unwrap();
    let user = said("id", &["-un"]);
    for (protocol, address, port) in places {
        let told = find(&all, protocol, address, port)
            .unwrap_or_else(|| panic!("no {protocol} {address} {port}: {all:?}"));
        assert!(told.contains(&format!("processes: [\"{}\"", me.trim())), "{told} {me}");
        assert_eq!(value(told, "user"), user.trim());
    }
    let client = connected.local_addr().unwrap().port();
    assert_eq!(find(&all, "tcp", "127.0.0.1", client), None, "a connection does not listen");
    let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
    peer.connect(udp.local_addr().map(|at| ("127.0.0.1", at.port())).unwrap()).unwrap();
    drop((v4, v6, connected));
    let all = listening().await;
    for (protocol, address, port) in &places[..2] {
        assert_eq!(find(&all, protocol, address, *port), None);
    }
    assert!(find(&all, "udp", "0.0.0.0", ports[2]).is_some());
    let with_peer = peer.local_addr().unwrap().port();
    assert_eq!(find(&all, "udp", "127.0.0.1", with_peer), None, "it has a peer");
}

#[tokio::test]
async fn a_holders_name_is_masked_as_all_is() {
    let _held = TcpListener::bind("127.0.0.1:0").unwrap();
    let me = std::fs::read_to_string("/proc/self/comm").unwrap();
    let generation = load("system_caller").await;
    let memory = Arc::new(Memory::default());
    memory.secret("api-key", me.trim(), &[]);
    let allow = [("system", "listeners"), ("reveal", "api-key")];
    let config = r#"{"read":"listeners","secret":"api-key"}"#;
    let call = call(config, rights("system-caller", &[], &allow));
    let ended = engine().run_check(&generation, call, &ports(&memory)).await;
    let all = lines(&ended);
    assert!(all.iter().any(|told| told.contains("***")), "{all:?}");
    assert!(!all.iter().any(|told| told.contains(me.trim())), "{all:?}");
}
