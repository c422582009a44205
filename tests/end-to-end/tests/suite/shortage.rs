//! What strangers, and files that lie in the plugin folder, do to a host: it has less, and goes on.

use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use watchkeep_end_to_end::{
    Answering, Folder, Hook, Host, Site, build, closed_port, digest, eventually, run_to_end,
};

use crate::hot_loading::{config, drop_in, every_run_was_ok, file, runs, said, started, status};
use crate::notices::{alerting, webhook};

const KEY: &str = "0f0e0d0c-0b0a-4908-8706-050403020100";
const HALF: &str = "POST /ping/unknown HTTP/1.1\r\nhost: watch.example.com\r\ncontent-le";

/// 1,100 of them once took every descriptor: each check paged "Too many open files", no notice left, and the command line
/// was locked out.
#[tokio::test]
async fn a_thousand_connections_that_say_nothing_whole_keep_no_check_no_notice_and_no_order_out() {
    let (site, hook, public) = (Site::start().await, Hook::start().await, closed_port().await);
    let heartbeat = format!("\n[[heartbeat]]\nname = \"backup\"\nkey = \"{KEY}\"\nevery = \"1d\"\n");
    let folder = Folder::new(&format!(
        "public_listen = \"{public}\"\n{}{heartbeat}",
        alerting(&[("shop", site.url("/shop"))], &webhook(&hook))
    ));
    // So few that whoever takes what he gets has all of them.
    let few = ["prlimit", "--nofile=256:384"];
    let host = Host::start_or_end(&folder, "info", &[], &few).await.unwrap();
    said(&host, "limit=384 limit_before=256").await;
    host.state("shop", "ok").await;
    let mut idle = Vec::new();
    for _ in 0..1_100 {
        let mut stream = TcpStream::connect(&public).await.unwrap();
        // It may have given way already.
        let _ = stream.write_all(HALF.as_bytes()).await;
        idle.push(stream);
    }

    let before = site.requests("/shop").len();
    eventually("the check goes on", async || (site.requests("/shop").len() > before + 5).then_some(())).await;
    host.state("shop", "ok").await;
    assert!(hook.received().is_empty(), "{:#?}", hook.received());
    site.set("/shop", Answering::Status(500));
    let page = eventually("the page arrives", async || hook.of("firing", "shop").pop()).await;
    assert!(page.text("title").contains("500"), "{}", page.text("title"));
    let (code, listed, errors) = run_to_end(&folder, &["check", "list"]).await;
    assert!(code == 0 && listed.contains("shop"), "{listed}{errors}");
    let ping = reqwest::get(format!("http://{public}/ping/{KEY}")).await.unwrap();
    assert_eq!(ping.status().as_u16(), 200);
    assert!(
        !host.log().contains("descriptor") && !host.log().contains("Too many open files"),
        "{}",
        host.log()
    );
}

/// 540 of them once kept the job's own pings out, and the host paged that it had not run.
#[tokio::test]
async fn a_job_whose_pings_the_host_turns_away_is_not_judged_and_not_missed() {
    let (site, hook, public) = (Site::start().await, Hook::start().await, closed_port().await);
    let heartbeats = format!(
        "\n[[heartbeat]]\nname = \"backup\"\nkey = \"{KEY}\"\nevery = \"2s\"\ngrace = \"0s\"\n\
         \n[[heartbeat]]\nname = \"other\"\nkey = \"another-key-of-a-job\"\nevery = \"1d\"\n"
    );
    let folder = Folder::new(&format!(
        "public_listen = \"{public}\"\n{}{heartbeats}",
        alerting(&[("shop", site.url("/shop"))], &webhook(&hook))
    ));
    let host = Host::start(&folder).await;
    let mut drips = Vec::new();
    for _ in 0..40 {
        let mut stream = TcpStream::connect(&public).await.unwrap();
        let head = format!("POST /ping/{KEY} HTTP/1.1\r\nhost: a.test\r\ncontent-length: 10\r\n\r\nx");
        stream.write_all(head.as_bytes()).await.unwrap();
        drips.push(stream);
    }
    let ping = async |key: &str| {
        reqwest::get(format!("http://{public}/ping/{key}")).await.unwrap().status().as_u16()
    };
    eventually("the job's pings are turned away", async || (ping(KEY).await == 429).then_some(())).await;
    assert_eq!(ping("another-key-of-a-job").await, 200, "each heartbeat has places of its own");
    let check = eventually("its ping was due", async || {
        ping(KEY).await;
        host.check("backup").await.filter(|check| check["state"] != "ok" && !check["last_run"].is_null())
    })
    .await;
    assert_eq!(check["state"], "unknown", "{check:#}");
    assert!(
        hook.of("firing", "backup").iter().all(|told| !told.text("title").contains("no ping")),
        "{check:#}"
    );
    drop(drips);
    eventually("it is heard again", async || (ping(KEY).await == 200).then_some(())).await;
    host.state("backup", "ok").await;
}

/// Eight references to itself, followed 24 deep, once hung the host for ever.
#[tokio::test]
async fn a_schema_that_leads_to_itself_by_many_ways_is_refused_and_nothing_waits_for_it() {
    let (one, costly, two) = (build("steady", 1), build("costly", 1), build("steady", 2));
    let (folder, host) = started("300ms", &one).await;
    drop_in(&folder, &costly);
    said(&host, "the config does not fit it").await;
    drop_in(&folder, &two);
    runs(&host, &two).await;
    drop_in(&folder, &costly);
    let (code, _, errors) = run_to_end(&folder, &["validate"]).await;
    assert!(code == 1 && errors.contains("steady"), "{errors}");
    every_run_was_ok(&host).await;
    host.signal("TERM").await;
    assert!(host.ended().await.success());
}

/// Whoever holds this is compiling, as far as any host can tell: so a file is made to compile slowly.
fn compiling(folder: &Folder, bytes: &[u8]) -> std::fs::File {
    let cache = folder.data().join("cache");
    let lock = std::fs::File::create(cache.join(format!("{}-compiling.lock", digest(bytes)))).unwrap();
    lock.lock().unwrap();
    lock
}

/// Five such files once delayed a reload by two minutes and a half, and a good plugin with it.
#[tokio::test]
async fn files_that_compile_slowly_delay_no_reload_no_good_plugin_and_no_removal() {
    let (one, two) = (build("steady", 1), build("steady", 2));
    let (folder, host) = started("300ms", &one).await;
    let held: Vec<_> = (0..5)
        .map(|at| {
            let slow = build("shaky", 100 + at);
            let lock = compiling(&folder, &slow);
            std::fs::write(folder.path().join(format!("plugins/slow-{at}.wasm")), slow).unwrap();
            lock
        })
        .collect();
    let site = Site::start().await;
    let more = format!(
        "\n[[check]]\nname = \"more\"\nplugin = \"http\"\ninterval = \"200ms\"\nconfig = {{ url = \"{}\" }}\n",
        site.url("/more")
    );
    folder.config(&(config("300ms") + &more));
    let (code, said, errors) = run_to_end(&folder, &["reload"]).await;
    assert_eq!(code, 0, "{said}{errors}");
    host.state("more", "ok").await;
    // Whoever wonders where their file is finds it.
    let (_, listed, _) = run_to_end(&folder, &["plugin", "list", "--json"]).await;
    let listed: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    let under_way = listed.iter().filter(|plugin| plugin["status"] == "compiling");
    let names: Vec<&str> = under_way.map(|plugin| plugin["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["slow-0", "slow-1", "slow-2", "slow-3", "slow-4"]);
    drop_in(&folder, &two);
    runs(&host, &two).await;
    std::fs::remove_file(file(&folder)).unwrap();
    status(&host, "disabled").await;
    let slow = build("steady", 9);
    let slow_lock = compiling(&folder, &slow);
    drop_in(&folder, &slow);
    status(&host, "compiling").await;
    let (_, why, _) = run_to_end(&folder, &["alert", "explain", "it"]).await;
    assert!(why.contains("is being compiled), so it does not run"), "{why}");
    drop(slow_lock);
    runs(&host, &slow).await;
    assert!(!host.log().contains("slow-"), "they were waited for: {}", host.log());
    drop(held);
}

#[tokio::test]
async fn a_reload_waits_for_a_plugin_that_its_config_needs() {
    let (folder, host) = started("300ms", &build("steady", 1)).await;
    let needed = build("crowd", 1);
    let lock = compiling(&folder, &needed);
    std::fs::write(folder.path().join("plugins/crowd.wasm"), &needed).unwrap();
    let check = "\n[[check]]\nname = \"new\"\nplugin = \"crowd\"\ninterval = \"200ms\"\nconfig = {}\n";
    folder.config(&(config("300ms") + check));
    let reload = run_to_end(&folder, &["reload"]);
    // Whether it has looked already or not: the plugin is not there before this.
    let free = async { drop(lock) };
    let ((code, said, errors), ()) = tokio::join!(reload, free);
    assert_eq!(code, 0, "{said}{errors}");
    host.ran("new").await;
}

#[tokio::test]
async fn a_file_whose_name_speaks_to_terminals_is_told_of_in_one_plain_line() {
    let (folder, host) = started("300ms", &build("steady", 1)).await;
    let name = b"\x1b]0;owned\x07\x1b[2J\nERROR forged\r\xe2\x80\xaegnp.wasm";
    let path: PathBuf = folder.path().join("plugins").join(std::ffi::OsStr::from_bytes(name));
    std::fs::write(path, "no plugin").unwrap();
    let log = eventually("the file is told of", async || {
        let log = host.log();
        log.contains("plugin not taken").then_some(log)
    })
    .await;
    assert!(!log.contains(['\u{1b}', '\u{7}', '\r', '\u{202e}']), "{log:?}");
    assert!(!log.lines().any(|line| line.starts_with("ERROR forged")), "{log}");
    let (code, listed, errors) = run_to_end(&folder, &["plugin", "list"]).await;
    assert_eq!(code, 0, "{errors}");
    assert!(!listed.contains(['\u{1b}', '\u{7}', '\r']), "{listed:?}");
    assert!(file(&folder).exists());
}

/// Guests' memories reserve 4 GiB of address space each, as long as that is not limited.
#[tokio::test]
async fn a_limit_on_address_space_costs_speed_and_no_run() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let reserved = async |prefix: &[&str]| {
        let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &webhook(&hook)));
        let host = Host::start_under(&folder, prefix).await;
        host.state("shop", "ok").await;
        let process = host.process().expect("the host runs");
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let size = status.lines().find_map(|line| line.strip_prefix("VmSize:"));
        let kib: u64 = size.and_then(|size| size.trim().strip_suffix(" kB")?.parse().ok()).unwrap();
        kib >> 20
    };
    const GIB: u64 = 1 << 30;
    let (some, little) = (format!("--as={}", 512 * GIB), format!("--as={}", 16 * GIB));
    assert!(reserved(&[]).await > 4_096, "the large reservation is in use");
    let bounded = reserved(&["prlimit", &some]).await;
    assert!((100..512).contains(&bounded), "the pool is in use, with bounded reservations: {bounded} GiB");
    let on_demand = reserved(&["prlimit", &little]).await;
    assert!(on_demand < 16, "no pool fits: {on_demand} GiB");
}
