//! What a run of each bundled check costs, beside a real server that answers at once: the host's processor time from the
//! schedule to the stored result, and how large the plugin is.

use std::any::Any;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixListener;
use watchkeep_doubles::Served;
use watchkeep_doubles::statuscake::{StatusCake, uptime_test};
use watchkeep_end_to_end::servers::{
    Addresses, Bench, Chrony, Clock, Dnsmasq, Grpc, Mosquitto, Postfix, Prometheus, Rbldnsd, Redis, Snmpd,
    Sshd, Tls, Wanted, WebSocketServer, free_udp_port,
};
use watchkeep_end_to_end::{Folder, Host, Identity, eventually};

use crate::metrics::Scrape;
use crate::process::processor_time;
use crate::report::{Section, median, say};
use crate::targets;

#[allow(dead_code, unreachable_pub, reason = "the plugin's tests use the other part of it")]
#[path = "../../../plugins/detectify/tests/suite/double/mod.rs"]
mod detectify;
#[allow(dead_code, unreachable_pub, reason = "the plugin's tests use the other part of it")]
#[path = "../../../plugins/domain/tests/suite/double/mod.rs"]
mod registry;

mod pictures;

/// The number of checks of the one plugin, all alike.
const CHECKS: usize = 20;
const INTERVAL: &str = "200ms";

/// A check, and what has to live as long as it runs.
struct Target {
    plugin: &'static str,
    against: &'static str,
    config: String,
    checks: usize,
    /// Stands before the checks.
    rest: String,
    files: Vec<(&'static str, Vec<u8>)>,
    _servers: Vec<Box<dyn Any>>,
}

fn target(
    plugin: &'static str,
    against: &'static str,
    config: impl Into<String>,
    servers: Vec<Box<dyn Any>>,
) -> Target {
    Target {
        plugin,
        against,
        config: config.into(),
        checks: CHECKS,
        rest: String::new(),
        files: Vec::new(),
        _servers: servers,
    }
}

pub(crate) async fn measure(span: Duration, turns: usize) -> Result<Section> {
    let targets = targets().await;
    let mut figures: Vec<Vec<f64>> = vec![Vec::new(); targets.len()];
    for turn in 1..=turns {
        for (target, figures) in targets.iter().zip(&mut figures) {
            say(&format!("{}, turn {turn} of {turns}", target.plugin));
            figures.push(of_a_run(target, span).await.with_context(|| target.plugin.to_owned())?);
        }
    }
    let rows = targets.iter().zip(&mut figures).map(|(target, figures)| {
        let bundled = watchkeep_bundle::BUNDLED.iter().find(|bundled| bundled.name == target.plugin);
        let kib = bundled.map_or(0, |bundled| bundled.bytes.len().div_ceil(1_024));
        vec![
            target.plugin.to_owned(),
            target.against.to_owned(),
            format!("{kib} KiB"),
            format!("{:.2} ms", median(figures) * 1e3),
        ]
    });
    Ok(Section {
        name: "runs",
        columns: vec!["plugin", "against", "file", "processor time of a run"],
        rows: rows.collect(),
        notes: vec![
            format!(
                "{CHECKS} checks every {INTERVAL} ({} of those that decode pictures), the host alone with this plugin for {} s a turn; medians of {turns}",
                pictures::CHECKS,
                span.as_secs()
            ),
            "all of the host's processor time over all finished runs: schedule, sandbox, network, TLS, judging, storing".to_owned(),
        ],
        ..Section::default()
    })
}

/// In seconds.
async fn of_a_run(target: &Target, span: Duration) -> Result<f64> {
    let folder = Folder::new("");
    for (name, bytes) in &target.files {
        folder.write(name, &String::from_utf8_lossy(bytes));
    }
    let each: Vec<String> = (0..target.checks).map(|n| format!("n{n} = {{}}")).collect();
    folder.config(&format!(
        "{}\n[[check]]\nname = \"run-${{each.key}}\"\nplugin = \"{}\"\ninterval = \"{INTERVAL}\"\nconfig = {{ {} }}\neach = {{ {} }}\n",
        target.rest,
        target.plugin,
        target.config,
        each.join(", ")
    ));
    let host = Host::start_with(&folder, "warn,watchkeep=info", &[]).await;
    let finished = async || Scrape::read(&host.get("/metrics").await.text);
    // Compiled, loaded, and every check has judged twice: what compares pictures first keeps one, and waits until it is kept.
    eventually("every check has judged", async || {
        let well = finished().await.sum_with("watchkeep_runs_total", "outcome=\"ok\"");
        (well >= 2.0 * target.checks as f64).then_some(())
    })
    .await;
    let process = host.process().context("the host runs")?;
    let (before, used) = (finished().await, processor_time(process)?);
    tokio::time::sleep(span).await;
    let (after, used) = (finished().await, processor_time(process)?.saturating_sub(used));
    let grown = |label: &str| {
        after.sum_with("watchkeep_runs_total", label) - before.sum_with("watchkeep_runs_total", label)
    };
    let (all, well) = (grown(""), grown("outcome=\"ok\""));
    ensure!(all > 0.0 && all == well, "{well} of {all} runs were well");
    host.signal("TERM").await;
    host.ended().await;
    Ok(used.as_secs_f64() / all)
}

async fn targets() -> Vec<Target> {
    let mut targets = of_the_network().await;
    targets.extend(of_messages().await);
    targets.extend(of_services().await);
    targets.extend(pictures::targets().await);
    targets.extend(of_this_machine());
    targets.sort_by_key(|target| target.plugin);
    targets
}

/// Whatever the machine is like, it is well by these thresholds.
fn of_this_machine() -> Vec<Target> {
    let system = "parts = [\"memory\", \"load\", \"pressure\", \"file_handles\"], memory_used_warning = 100, memory_used_critical = 100, \
                  swap_used_warning = 100, swap_used_critical = 100, load_warning = 100000, load_critical = 100000, \
                  memory_pressure_warning = 100, memory_pressure_critical = 100, io_pressure_warning = 100, \
                  io_pressure_critical = 100, file_handles_used_warning = 100, file_handles_used_critical = 100";
    let service = "processes = [{ name = \"watchkeep\" }]";
    let granted = |plugin: &'static str, config: &str, readings: &str| Target {
        rest: format!("[plugin.{plugin}.allow]\nsystem = [{readings}]\n"),
        ..target(plugin, "this machine", config.to_owned(), Vec::new())
    };
    vec![
        granted("system", system, "\"memory\", \"load\", \"pressure\", \"file-handles\""),
        granted("service", service, "\"processes:watchkeep\""),
    ]
}

/// With a secret of this name in a file.
fn secret(name: &'static str, value: &str, to: &str, more: &str) -> (String, Vec<(&'static str, Vec<u8>)>) {
    let rest = format!("[secrets]\n{name} = {{ file = \"{name}\", to = [\"{to}\"] }}\n{more}");
    (rest, vec![(name, value.as_bytes().to_vec())])
}

async fn of_messages() -> Vec<Target> {
    let bench = Bench::new();
    bench.root("root");
    bench.signed("root", "server", Wanted::default());
    let file = |name: &str| String::from_utf8_lossy(&bench.read(name)).into_owned();
    let identity = || Identity { chain: file("server.pem"), key: file("server.key") };
    let mail = Postfix::start(&identity());
    let smtp = format!("address = \"127.0.0.1:{}\", security = \"plaintext\"", mail.clear_port);
    let broker = Mosquitto::start(&identity(), &file("root.pem"), &["ada"], "user ada\ntopic readwrite #\n");
    let at = format!("127.0.0.1:{}", broker.port);
    let mqtt = format!(
        "address = \"{at}\", user = \"ada\", password = {{ secret = \"ada\" }}, round_trip = {{ topic = \"watchkeep/probe\" }}"
    );
    let (rest, files) = secret(
        "ada",
        Mosquitto::PASSWORD,
        &format!("tcp://{at}"),
        "[plugin.mqtt.allow]\nreveal = [\"ada\"]\n",
    );
    let sockets = WebSocketServer::start(&Tls::Off);
    let websocket =
        format!("url = \"ws://127.0.0.1:{}/echo\", send = \"ping\", expect = \"ping\"", sockets.port);
    vec![
        target("smtp", "Postfix", smtp, vec![Box::new(mail)]),
        Target { rest, files, ..target("mqtt", "Mosquitto", mqtt, vec![Box::new(broker)]) },
        target("websocket", "websockets for Python", websocket, vec![Box::new(sockets)]),
    ]
}

async fn of_services() -> Vec<Target> {
    let agent = Snmpd::start("");
    let snmp = format!("agent = \"127.0.0.1:{0}\", community = {{ secret = \"community\" }}", agent.port);
    let (rest, files) = secret(
        "community",
        Snmpd::COMMUNITY,
        &format!("udp://127.0.0.1:{}", agent.port),
        "[plugin.snmp.allow]\nreveal = [\"community\"]\n",
    );
    let lists =
        Rbldnsd::start(&[("list.example", Addresses::Fourth(":127.0.0.2:known\n127.0.0.2\n!127.0.0.1\n"))]);
    let reputation = format!(
        "addresses = \"192.0.2.1\", server = \"127.0.0.1:{}\", lists = [], own_lists = [{{ zone = \"list.example\" }}]",
        lists.port
    );
    let in_a_year = (chrono::Utc::now() + chrono::Duration::days(365)).to_rfc3339();
    let known =
        registry::Registry::new().lists("example", &[]).with(&registry::domain("shop.example", &in_a_year));
    let known = Served::start(known).await;
    let domain = format!("domains = \"shop.example\", server = \"{}/rdap/\"", known.url);
    let mut scanner = detectify::Detectify::new();
    scanner.ended(&days_ago(3), &days_ago(2), vec![detectify::finding("a", "Cookie without a flag", 3.1)]);
    let scanner = Served::start(scanner).await;
    let scans = format!(
        "profile = \"{}\", key = {{ secret = \"key\" }}, url = \"{}/rest\"",
        detectify::Detectify::PROFILE,
        scanner.url
    );
    let account = Served::start(
        ["shop", "blog", "api"].into_iter().fold(StatusCake::new().unlimited(), |account, name| {
            account.with("uptime", uptime_test(name, name))
        }),
    )
    .await;
    let tests = format!("url = \"{}/v1\", token = {{ secret = \"token\" }}", account.url);
    let (token_rest, token_files) = secret("token", StatusCake::TOKEN, &account.url, "");
    let (key_rest, key_files) = secret("key", detectify::Detectify::KEY, &scanner.url, "");
    vec![
        Target { rest, files, ..target("snmp", "Net-SNMP", snmp, vec![Box::new(agent)]) },
        Target {
            rest: "[plugin.ip-reputation.allow]\ndns = [\"*.list.example\"]\n".to_owned(),
            ..target("ip-reputation", "rbldnsd", reputation, vec![Box::new(lists)])
        },
        target("domain", "a double; the answer is kept", domain, vec![Box::new(known)]),
        tunnels(),
        Target {
            rest: key_rest,
            files: key_files,
            ..target("detectify", "a double", scans, vec![Box::new(scanner)])
        },
        Target {
            rest: token_rest,
            files: token_files,
            ..target("statuscake", "a double without limits; three tests", tests, vec![Box::new(account)])
        },
    ]
}

/// The socket of an interface of WireGuard with ten peers.
fn tunnels() -> Target {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("wg0.sock");
    let socket = UnixListener::bind(&path).expect("a socket can be made");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = socket.accept().await {
            let _ = stream.read(&mut [0; 64]).await;
            let _ = stream.write_all(interface().as_bytes()).await;
        }
    });
    let rest = format!(
        "[sockets]\nwg0 = {{ path = \"{}\" }}\n\n[plugin.vpn.allow]\nnet_local = [\"wg0\"]\n",
        path.display()
    );
    let config = "wireguard = { interface = \"wg0\", socket = \"wg0\" }";
    Target { rest, ..target("vpn", "a double; ten peers of WireGuard", config, vec![Box::new(folder)]) }
}

fn interface() -> String {
    let now = chrono::Utc::now().timestamp();
    let peer = |at: usize| {
        format!(
            "public_key={at:064x}\npreshared_key={0:064x}\nprotocol_version=1\nendpoint=192.0.2.{at}:51820\n\
             last_handshake_time_sec={now}\nlast_handshake_time_nsec=0\ntx_bytes=1\nrx_bytes=1\n\
             persistent_keepalive_interval=25\nallowed_ip=10.9.{at}.0/24\n",
            0
        )
    };
    let peers: String = (0..10).map(peer).collect();
    format!("private_key={:064x}\nlisten_port=51820\nfwmark=0\n{peers}errno=0\n\n", 0)
}

fn days_ago(days: i64) -> String {
    (chrono::Utc::now() - chrono::Duration::days(days)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

async fn of_the_network() -> Vec<Target> {
    let nginx = targets::nginx().await;
    let http = format!("url = \"http://127.0.0.1:{}/\"", nginx.port);
    let redis = Redis::start("a-password-for-redis");
    let tcp = format!("address = \"127.0.0.1:{}\"", redis.port);
    let bench = Bench::new();
    bench.root("root");
    bench.signed("root", "server", Wanted::default());
    let server = bench.serve("-cert server.pem -key server.key");
    let root = bench.read("root.pem");
    let tls = format!("address = \"127.0.0.1:{}\"", server.port);
    let name_server = free_udp_port();
    let names = Dnsmasq::start(
        SocketAddr::from((Ipv4Addr::LOCALHOST, name_server)),
        &["--host-record=a.test,192.0.2.7"],
    );
    let dns = format!("name = \"a.test\", server = \"127.0.0.1:{name_server}\", expect = \"192.0.2.7\"");
    let time = Chrony::start(&Clock::Local { stratum: 3 });
    let ntp = format!("server = \"127.0.0.1:{}\"", time.port);
    let shell = Sshd::start(&["ed25519"], "");
    let ssh = format!("address = \"127.0.0.1:{}\"", shell.port);
    let series = Prometheus::start();
    let prometheus =
        format!("url = \"http://127.0.0.1:{}\", query = \"vector(1)\", critical_above = 2", series.port);
    let health = Grpc::start(&[], &[]);
    let grpc = format!("url = \"http://127.0.0.1:{}\"", health.port);
    let over_tls = Target {
        rest: "ca_file = \"authority.pem\"".to_owned(),
        files: vec![("authority.pem", root)],
        ..target("tls", "OpenSSL", tls, vec![Box::new(server), Box::new(bench)])
    };
    vec![
        target("http", "nginx", http, vec![Box::new(nginx)]),
        target("tcp", "Redis", tcp, vec![Box::new(redis)]),
        over_tls,
        target("dns", "dnsmasq", dns, vec![Box::new(names)]),
        target("ping", "loopback", "host = \"127.0.0.1\", count = 3, interval = \"10ms\"", Vec::new()),
        target("ntp", "chrony", ntp, vec![Box::new(time)]),
        target("ssh", "OpenSSH", ssh, vec![Box::new(shell)]),
        target("grpc", "gRPC for Python", grpc, vec![Box::new(health)]),
        target("prometheus", "Prometheus", prometheus, vec![Box::new(series)]),
    ]
}
