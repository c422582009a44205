//! The bundled `vpn` against real tunnels of wireguard-go and OpenVPN, in a room of their own.

use watchkeep_end_to_end::cases::{case, checks, hold, outcome};
use watchkeep_end_to_end::servers::{
    Bench, FarNetwork, OpenVpnClient, OpenVpnServer, Stranger, Wanted, WireGuard, WireGuardKey,
    openvpn_ports, shell,
};
use watchkeep_end_to_end::{Folder, Host, eventually, eventually_seeing};

use crate::room;

/// Sockets of tunnels lie in `/run`.
const OWN_RUN: &str = "mount -t tmpfs none /run";
const NEAR: u16 = 51_820;
const FAR: u16 = 51_821;

/// What a check says, sooner or later.
async fn says(host: &Host, name: &str, state: &str, words: &[&str]) {
    eventually_seeing(&format!("`{name}` is {state}: {words:?}"), async || {
        let (found, said) = outcome(host, name).await;
        let is_it = found == state && words.iter().all(|word| said.contains(word));
        if is_it { Ok(()) } else { Err((found, said)) }
    })
    .await;
}

/// A tunnel from `near` to `far`, whose interface lies in a network of its own.
struct Tunnel {
    near: Option<WireGuard>,
    far: Option<WireGuard>,
    network: FarNetwork,
    near_key: WireGuardKey,
    far_key: WireGuardKey,
}

impl Tunnel {
    fn start() -> Tunnel {
        let (near_key, far_key) = (WireGuardKey::new(), WireGuardKey::new());
        let near = WireGuard::start("near");
        let more = format!("endpoint 127.0.0.1:{FAR} persistent-keepalive 1 allowed-ips 10.9.0.2/32");
        near.set(&near_key, NEAR, &far_key, &more);
        shell("ip address add 10.9.0.1/32 dev near; ip link set near up; ip route add 10.9.0.2/32 dev near");
        let mut tunnel =
            Tunnel { near: Some(near), far: None, network: FarNetwork::new(), near_key, far_key };
        tunnel.start_far();
        tunnel
    }

    fn start_far(&mut self) {
        let far = WireGuard::start("far");
        let more = format!("endpoint 127.0.0.1:{NEAR} persistent-keepalive 1 allowed-ips 10.9.0.1/32");
        far.set(&self.far_key, FAR, &self.near_key, &more);
        self.network.takes("far");
        self.network.shell(
            "ip address add 10.9.0.2/32 dev far; ip link set far up; ip route add 10.9.0.1/32 dev far",
        );
        self.far = Some(far);
    }

    /// Until both ends have met: a first handshake that is lost is repeated after 5 s.
    async fn is_up(&self) {
        let met = async || (!shell("wg show near latest-handshakes").ends_with("\t0")).then_some(());
        eventually("a first handshake", met).await;
    }

    fn config(&self, asked: &str, more: &str) -> String {
        let key = &self.far_key.public;
        format!(
            "wireguard = {{ interface = \"near\", {asked}, silence_critical = \"4s\", peers = [{{ name = \"berlin\", public_key = \"{key}\" }}] }}{more}"
        )
    }
}

/// As an operator grants `wg`, without what prints secrets.
fn rights() -> String {
    let wg = shell("command -v wg");
    let socket = WireGuard::socket("near");
    format!(
        "[sockets]\nnear = {{ path = \"{}\" }}\n\n[commands.wg]\nprogram = \"{wg}\"\nargs = [\"show\", \"{{interface}}\", \"{{what}}\"]\n\
         parameters = {{ interface = \"[a-z]+\", what = \"latest-handshakes|transfer|endpoints|persistent-keepalive\" }}\n\n\
         [plugin.vpn.allow]\nnet_local = [\"near\"]\ncommands = [\"wg\"]\n",
        socket.display()
    )
}

#[tokio::test]
async fn a_tunnel_its_peer_and_a_server_behind_it_go_down_and_come_up_one_by_one() {
    let test = "vpn::a_tunnel_its_peer_and_a_server_behind_it_go_down_and_come_up_one_by_one";
    if !room::inside(test, OWN_RUN) {
        return;
    }
    let mut tunnel = Tunnel::start();
    let server = tunnel.network.serves("10.9.0.2", 8_080);
    let servers = ", servers = [{ name = \"crm\", address = \"10.9.0.2:8080\" }, { name = \"gateway\", ping = \"10.9.0.2\", peer = \"berlin\" }]";
    let up = ["near is up with 1 peer, 2 servers reachable behind it"];
    let both = [("socket", "socket = \"near\""), ("command", "command = \"wg\"")];
    let cases = both.map(|(name, asked)| case(name, tunnel.config(asked, servers), "ok", &up));
    let folder = Folder::new("");
    folder.config(&format!("{}\n{}", rights(), checks("vpn", &cases)));
    let host = Host::start(&folder).await;
    for (name, _) in both {
        says(&host, name, "ok", &up).await;
    }

    drop(server);
    let down = "1 of 4 critical: server down: `crm`: connection refused by 10.9.0.2:8080";
    for (name, _) in both {
        says(&host, name, "critical", &[down]).await;
    }
    let server = tunnel.network.serves("10.9.0.2", 8_080);
    for (name, _) in both {
        says(&host, name, "ok", &up).await;
    }

    // Without a word: its process is killed.
    tunnel.far = None;
    for (name, _) in both {
        let silent = "1 of 4 critical, 2 unknown: peer silent: `berlin`: nothing received for ";
        says(&host, name, "critical", &[silent, ", more than 4.0 s"]).await;
    }
    tunnel.start_far();
    for (name, _) in both {
        says(&host, name, "ok", &up).await;
    }

    shell("ip link delete near");
    let gone = "1 of 4 critical, 3 unknown: tunnel down: there is no interface near";
    for (name, _) in both {
        says(&host, name, "critical", &[gone]).await;
    }
    drop(server);
    host.kill().await;
    holds_no_key(&folder, &tunnel);
}

/// Neither in base64 nor as the socket has it.
fn holds_no_key(folder: &Folder, tunnel: &Tunnel) {
    let hex = |key: &str| shell(&format!("echo {key} | base64 -d | od -An -v -tx1 | tr -d ' \\n'"));
    let private = &tunnel.near_key.private;
    for secret in [private.clone(), hex(private)] {
        assert!(secret.len() >= 44, "{secret}");
        for (path, bytes) in folder.contents() {
            let is_there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!is_there, "the private key is in {}", path.display());
        }
    }
}

#[tokio::test]
async fn a_process_that_was_killed_and_rights_that_are_missing_are_told_apart() {
    let test = "vpn::a_process_that_was_killed_and_rights_that_are_missing_are_told_apart";
    if !room::inside(test, OWN_RUN) {
        return;
    }
    let mut tunnel = Tunnel::start();
    tunnel.is_up().await;
    let socket = "socket = \"near\"";
    let other = tunnel.config(socket, "").replace(&tunnel.far_key.public, &tunnel.near_key.public);
    let cases = [
        case("well", tunnel.config(socket, ""), "ok", &["near is up with 1 peer"]),
        case("missing", other, "critical", &["peer missing: near has no peer `berlin`"]),
        case(
            "no-right",
            tunnel.config("socket = \"other\"", ""),
            "fault",
            &["denied", "net_local = [\"other\"]"],
        ),
        case(
            "no-such",
            "wireguard = { interface = \"other\", command = \"wg\" }",
            "critical",
            &["tunnel down: there is no interface other"],
        ),
        case(
            "secret",
            "wireguard = { interface = \"near\", command = \"leak\" }",
            "fault",
            &["line 1 has another number of columns"],
        ),
    ];
    let wg = shell("command -v wg");
    let leak = format!(
        "\n[commands.leak]\nprogram = \"/bin/sh\"\nargs = [\"-c\", \"{wg} show $1 dump\", \"{{what}}\", \"{{interface}}\"]\n\
         parameters = {{ interface = \"[a-z]+\", what = \".*\" }}\n"
    );
    let rights = rights().replace("commands = [\"wg\"]", "commands = [\"wg\", \"leak\"]") + &leak;
    let folder = Folder::new("");
    hold(&folder, &rights, "vpn", &cases).await.kill().await;
    holds_no_key(&folder, &tunnel);
    // Its socket stays where it was, until `wg` is asked: it clears such a socket away.
    let alone = Folder::new("");
    let host = hold(&alone, &rights, "vpn", &cases[..1]).await;
    tunnel.near = None;
    says(&host, "well", "critical", &["tunnel down: the process behind near has ended"]).await;
    host.kill().await;
}

fn openvpn_bench() -> Bench {
    let bench = Bench::new();
    bench.root("root");
    bench.signed("root", "server", Wanted::default());
    bench.signed("root", "site", Wanted::default());
    bench
}

#[tokio::test]
async fn an_openvpn_client_and_its_server_go_down_and_come_up_one_by_one() {
    let test = "vpn::an_openvpn_client_and_its_server_go_down_and_come_up_one_by_one";
    if !room::inside(test, OWN_RUN) {
        return;
    }
    let bench = openvpn_bench();
    let (port, management) = openvpn_ports();
    let server = OpenVpnServer::start(&bench, port, management);
    let client = OpenVpnClient::start(&bench, "site", port);
    let cases = [
        case(
            "client",
            "openvpn = { socket = \"client\" }, servers = [{ ping = \"10.8.0.1\" }]",
            "ok",
            &["OpenVPN is connected for ", ", 1 server reachable behind it"],
        ),
        case(
            "server",
            format!(
                "openvpn = {{ address = \"127.0.0.1:{management}\", password = {{ secret = \"management\" }}, clients = [\"site\"] }}"
            ),
            "ok",
            &["OpenVPN is up with 1 client"],
        ),
    ];
    let with_secrets = || {
        let folder = Folder::new("");
        folder.secret("management", OpenVpnServer::PASSWORD);
        folder.secret("wrong", "sesame-close-slowly");
        folder
    };
    let folder = with_secrets();
    let link = folder.path().join("client.sock");
    std::os::unix::fs::symlink(client.socket(), &link).unwrap();
    let rights = format!(
        "[sockets]\nclient = {{ path = \"{}\" }}\n\n[secrets]\nmanagement = {{ file = \"management\", to = [\"tcp://127.0.0.1:{management}\"] }}\n\
         wrong = {{ file = \"wrong\", to = [\"tcp://127.0.0.1:{management}\"] }}\n\n\
         [plugin.vpn.allow]\nnet_local = [\"client\"]\n",
        link.display()
    );
    folder.config(&format!("{rights}\n{}", checks("vpn", &cases)));
    let host = Host::start(&folder).await;
    says(&host, "client", "ok", &["OpenVPN is connected for ", ", 1 server reachable behind it"]).await;
    says(&host, "server", "ok", &["OpenVPN is up with 1 client"]).await;

    // Whoever holds the interface is in the way.
    let holder = std::os::unix::net::UnixStream::connect(&link).unwrap();
    says(&host, "client", "fault", &["is busy", "one client at a time"]).await;
    drop(holder);
    says(&host, "client", "ok", &["OpenVPN is connected for "]).await;

    drop(client);
    says(&host, "client", "critical", &["1 of 2 critical, 1 unknown: tunnel down: OpenVPN does not run"])
        .await;
    says(&host, "server", "critical", &["client missing: `site` is not connected"]).await;
    let client = OpenVpnClient::start(&bench, "site", port);
    std::fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(client.socket(), &link).unwrap();
    says(&host, "client", "ok", &["OpenVPN is connected for "]).await;
    says(&host, "server", "ok", &["OpenVPN is up with 1 client"]).await;

    drop(server);
    says(&host, "client", "critical", &["1 of 2 critical, 1 unknown: ", ": OpenVPN "]).await;
    says(
        &host,
        "server",
        "critical",
        &["tunnel down: OpenVPN does not run: `127.0.0.1:", "refuses connections"],
    )
    .await;
    let _server = OpenVpnServer::start(&bench, port, management);
    says(&host, "client", "ok", &["OpenVPN is connected for "]).await;
    says(&host, "server", "ok", &["OpenVPN is up with 1 client"]).await;
    host.kill().await;

    for (name, password, said) in [
        ("wrong", ", password = { secret = \"wrong\" }", "refuses the password"),
        ("none", "", "asks for a password; hint: "),
    ] {
        let config = format!("openvpn = {{ address = \"127.0.0.1:{management}\"{password} }}");
        let host = hold(&with_secrets(), &rights, "vpn", &[case(name, config, "fault", &[said])]).await;
        host.kill().await;
    }
}

#[tokio::test]
async fn what_is_no_management_interface_is_a_fault() {
    let at = |address: &str| format!("openvpn = {{ address = \"{address}\" }}, timeout = \"1s\"");
    let silent = Stranger::Silent.start().await;
    let ssh = Stranger::Saying(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n".to_vec()).start().await;
    let binary = Stranger::Saying((0..=255).cycle().take(70_000).collect()).start().await;
    let drip = Stranger::Dripping(b">", std::time::Duration::from_millis(20)).start().await;
    let cases = [
        case("silent", at(&silent), "fault", &["is busy: it says nothing within 1.0 s"]),
        case("ssh", at(&ssh), "fault", &["it greets with `SSH-2.0-OpenSSH_9.2p1 Debian-2`"]),
        case("binary", at(&binary), "fault", &["it greets with "]),
        case("drip", at(&drip), "fault", &["is busy: it says nothing within 1.0 s"]),
    ];
    hold(&Folder::new(""), "", "vpn", &cases).await;
}
