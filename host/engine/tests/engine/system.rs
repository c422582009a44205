//! `system`: the readings are those of the machine that the test runs on, as its own tools tell them.

mod made;
mod sockets;
mod timers;

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use watchkeep_core::grant::Rights;
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::{Ended, Engine, Systemd, Tape};

use crate::room;
use crate::support::{
    Memory, call, engine, failure, lasting_cache, load, module, options, ports, report, rights,
};

fn allowed(entries: &[&str]) -> Arc<Rights> {
    let allow: Vec<_> = entries.iter().map(|entry| ("system", *entry)).collect();
    rights("system-caller", &[], &allow)
}

async fn read(what: &str, pattern: &str, rights: Arc<Rights>) -> Ended<Outcome> {
    read_by(engine(), what, pattern, rights, Duration::from_secs(60)).await
}

async fn read_by(
    engine: &Engine,
    what: &str,
    pattern: &str,
    rights: Arc<Rights>,
    timeout: Duration,
) -> Ended<Outcome> {
    let generation = engine.load(module("system_caller").into(), "system_caller.wasm").await.unwrap();
    let config = format!(r#"{{"read":"{what}","pattern":"{}"}}"#, pattern.replace('\\', "\\\\"));
    let mut call = call(&config, rights);
    call.timeout = timeout;
    engine.run_check(&generation, call, &ports(&Arc::default())).await
}

/// What was read, a line for each thing.
fn lines(ended: &Ended<Outcome>) -> Vec<String> {
    let report = report(ended);
    assert!(report.summary.ends_with(" lines"), "{report:?}");
    report.details.clone().unwrap_or_default().lines().map(str::to_owned).collect()
}

fn value<'a>(line: &'a str, field: &str) -> &'a str {
    let (_, rest) = line.split_once(&format!(" {field}: ")).unwrap_or_else(|| panic!("no {field}: {line}"));
    match rest.strip_prefix('"') {
        Some(text) => text.split_once('"').unwrap().0,
        None => rest.split([',', ' ']).next().unwrap(),
    }
}

fn number(line: &str, field: &str) -> f64 {
    value(line, field).parse().unwrap_or_else(|_| panic!("{field} is not a number: {line}"))
}

fn said(program: &str, args: &[&str]) -> String {
    let output = Command::new(program).args(args).env("LC_ALL", "C").output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
pub(crate) async fn readings_are_those_of_the_machine() {
    disks_are_as_df_has_them().await;
    memory_is_as_the_kernel_has_it().await;
    load_is_as_the_kernel_has_it().await;
    links_are_as_ip_has_them().await;
    made::pressure_is_as_the_kernel_has_it().await;
    made::file_handles_are_as_the_kernel_has_them().await;
    made::the_clock_is_as_the_kernel_has_it().await;
}

async fn disks_are_as_df_has_them() {
    let told = lines(&read("disks", "", allowed(&["disks"])).await);
    let told: Vec<_> = told
        .iter()
        .map(|disk| {
            ["mount", "filesystem", "total", "inodes-total"].map(|field| value(disk, field)).join(" ")
        })
        .collect();
    let df = said("df", &["--block-size=1", "--output=target,fstype,size,itotal"]);
    let mut df: Vec<_> =
        df.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    df.sort();
    assert_eq!(told, df.iter().map(|line| line.replace(" - ", " 0 ")).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_a_disk_has_left_is_as_df_has_it() {
    let told = lines(&read("disks", "", allowed(&["disks"])).await);
    let root = told.iter().find(|disk| value(disk, "mount") == "/").unwrap();
    let df = said("df", &["--block-size=1", "--output=avail,iavail", "/"]);
    let df: Vec<f64> =
        df.lines().nth(1).unwrap().split_whitespace().map(|field| field.parse().unwrap()).collect();
    // Others write meanwhile.
    assert!((number(root, "available") - df[0]).abs() < 4e9, "{root} {df:?}");
    assert!((number(root, "inodes-free") - df[1]).abs() < 1e5, "{root} {df:?}");
    assert_eq!(value(root, "read-only"), "false");
}

async fn memory_is_as_the_kernel_has_it() {
    let told = lines(&read("memory", "", allowed(&["memory"])).await);
    let text = std::fs::read_to_string("/proc/meminfo").unwrap();
    let kernel = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).unwrap();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap() * 1024.0
    };
    assert_eq!(number(&told[0], "total"), kernel("MemTotal"));
    assert_eq!(number(&told[0], "swap-total"), kernel("SwapTotal"));
    let moved = (number(&told[0], "available") - kernel("MemAvailable")).abs();
    assert!(moved < kernel("MemTotal") / 4.0, "{told:?} {text}");
    assert!(number(&told[0], "swap-free") <= kernel("SwapTotal"));
}

async fn load_is_as_the_kernel_has_it() {
    let kernel = || {
        let stat = std::fs::read_to_string("/proc/stat").unwrap();
        let ticks: Vec<f64> =
            stat.lines().next().unwrap().split_whitespace().skip(1).map(|n| n.parse().unwrap()).collect();
        let hertz: f64 = said("getconf", &["CLK_TCK"]).trim().parse().unwrap();
        let busy = [0, 1, 2, 5, 6].iter().map(|&at| ticks[at]).sum::<f64>() / hertz;
        (busy, (ticks[3] + ticks[4]) / hertz, ticks[7] / hertz)
    };
    let average = || std::fs::read_to_string("/proc/loadavg").unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let (before, loads) = (kernel(), average());
        let told = lines(&read("load", "", allowed(&["load"])).await).remove(0);
        let (after, loads_after) = (kernel(), average());
        // Some kernels let the idle time go back a little.
        let within = |field: &str, before: f64, after: f64| {
            let told = number(&told, field);
            assert!(before - 1.0 <= told && told <= after + 1.0, "{field}: {before} {told} {after}");
        };
        within("busy-seconds", before.0, after.0);
        within("idle-seconds", before.1, after.1);
        within("steal-seconds", before.2, after.2);
        assert_eq!(value(&told, "cores"), said("getconf", &["_NPROCESSORS_ONLN"]).trim());
        let three =
            |text: &str| -> Vec<f64> { text.split(' ').take(3).map(|load| load.parse().unwrap()).collect() };
        // The kernel changes them every five seconds.
        if three(&loads) == three(&loads_after) {
            let told: Vec<_> =
                ["load1", "load5", "load15"].iter().map(|field| number(&told, field)).collect();
            assert_eq!(told, three(&loads));
            return;
        }
        assert!(Instant::now() < deadline, "the load is never the same twice");
    }
}

async fn links_are_as_ip_has_them() {
    let told = lines(&read("links", "", allowed(&["links"])).await);
    let told: Vec<_> =
        told.iter().map(|link| format!("{} {}", value(link, "name"), value(link, "up"))).collect();
    let ip = said("ip", &["-brief", "link"]);
    let mut ip: Vec<_> = ip
        .lines()
        .map(|line| {
            let words: Vec<_> = line.split_whitespace().collect();
            let up = words[1] == "UP" || (words[1] == "UNKNOWN" && words[3].contains("UP"));
            format!("{} {up}", words[0].split('@').next().unwrap())
        })
        .collect();
    ip.sort();
    assert_eq!(told, ip);
}

#[tokio::test]
async fn a_links_counters_count_what_goes_over_it() {
    module("system_caller");
    if !room::inside("system::a_links_counters_count_what_goes_over_it", "mount -t sysfs none /sys") {
        return;
    }
    let told = async || lines(&read("links", "", allowed(&["links"])).await);
    let lo = |links: &[String]| links.iter().find(|link| value(link, "name") == "lo").unwrap().clone();
    let before = lo(&told().await);
    assert_eq!(value(&before, "up"), "true");
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(&[0; 5_000], socket.local_addr().unwrap()).unwrap();
    let after = lo(&told().await);
    for field in ["received-bytes", "sent-bytes"] {
        let gone = number(&after, field) - number(&before, field);
        assert!((5_000.0..6_000.0).contains(&gone), "{field}: {before} {after}");
    }
    Command::new("ip").args(["link", "set", "lo", "down"]).status().unwrap();
    assert_eq!(value(&lo(&told().await), "up"), "false");
}

/// A process with a name of its own, ended with the test.
struct Sleeper {
    child: Child,
    name: String,
    path: String,
    _folder: TempDir,
}

impl Sleeper {
    /// It sleeps for the sum of `args`.
    fn start(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let name = format!("wk-{}", std::process::id());
        let path = folder.path().join(&name);
        // A copy that this process wrote could still be held open by a child that another test has just forked.
        assert!(Command::new("cp").arg("/bin/sleep").arg(&path).status().unwrap().success());
        let child = Command::new(&path).args(args).stdin(Stdio::null()).spawn().unwrap();
        Self { child, name, path: path.display().to_string(), _folder: folder }
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

#[tokio::test]
async fn a_process_is_as_ps_has_it() {
    let sleeper = Sleeper::start(&["600", "1"]);
    let pattern = format!("{}*", &sleeper.name[..sleeper.name.len() - 1]);
    let told = async || lines(&read("processes", &pattern, allowed(&["processes:wk-*"])).await);
    let pid = sleeper.child.id().to_string();
    let mine =
        |lines: &[String]| lines.iter().find(|line| value(line, "pid") == pid).expect("it is there").clone();
    let ps = said("ps", &["-o", "ppid=,comm=,user:64=,rss=", "-p", &pid]);
    let ps: Vec<_> = ps.split_whitespace().collect();
    let process = mine(&told().await);
    assert_eq!(["parent", "name", "user"].map(|field| value(&process, field)), ps[..3], "{process}");
    assert_eq!(value(&process, "command"), sleeper.path, "its arguments are not for everybody");
    assert!(
        (number(&process, "memory") - ps[3].parse::<f64>().unwrap() * 1024.0).abs() < 2e6,
        "{process} {ps:?}"
    );
    assert!(
        number(&process, "cpu-seconds") < 1.0 && number(&process, "started-ago-seconds") < 60.0,
        "{process}"
    );
    let files = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    assert_eq!(value(&process, "open-files"), format!("Some({files})"));
}

#[tokio::test]
async fn a_command_line_is_shown_by_a_grant_of_its_own_and_without_secrets() {
    let sleeper = Sleeper::start(&["600", "5987654321"]);
    let generation = load("system_caller").await;
    let shown = async |commands_of: &str, secret: &str| {
        let processes = format!("processes:{}", sleeper.name);
        let allow = [("system", processes.as_str()), ("system", commands_of), ("reveal", "api-key")];
        let memory = Arc::new(Memory::default());
        memory.secret("api-key", "5987654321", &[]);
        let config = format!(r#"{{"read":"processes","pattern":"{}","secret":"{secret}"}}"#, sleeper.name);
        let call = call(&config, rights("system-caller", &[], &allow));
        let ended = engine().run_check(&generation, call, &ports(&memory)).await;
        assert_eq!(ended.denied, 0, "{ended:?}");
        value(&lines(&ended)[0], "command").to_owned()
    };
    let all = format!("commands-of:{}", sleeper.name);
    assert_eq!(shown("commands-of:other", "").await, sleeper.path);
    assert_eq!(shown(&all, "").await, format!("{} 600 5987654321", sleeper.path));
    assert_eq!(shown(&all, "api-key").await, format!("{} 600 ***", sleeper.path));
}

#[tokio::test]
async fn a_reading_is_denied_until_the_hints_entry_is_granted() {
    for (what, pattern) in
        [("disks", ""), ("memory", ""), ("load", ""), ("links", ""), ("processes", "wk-nobody*")]
    {
        let given = ["units:*", "processes:wk-x*", "commands-of:*"];
        let ended = read(what, pattern, allowed(&given)).await;
        assert_eq!(failure(&ended).reason, FailureReason::Denied, "{ended:?}");
        let hint = failure(&ended).hint.clone().unwrap();
        assert!(hint.ends_with("under [plugin.system-caller.allow]"), "{hint}");
        let entry = hint.split('"').nth(1).unwrap();
        lines(&read(what, pattern, allowed(&[entry])).await);
    }
}

#[tokio::test]
async fn readings_on_tape_need_no_machine() {
    let sleeper = Sleeper::start(&["600"]);
    let generation = load("system_caller").await;
    for (what, pattern) in
        [("disks", ""), ("memory", ""), ("load", ""), ("links", ""), ("processes", sleeper.name.as_str())]
    {
        let ask = async |rights: Arc<Rights>, tape: &Tape| {
            let mut ports = ports(&Arc::default());
            ports.tape = Some(tape.clone());
            let config = format!(r#"{{"read":"{what}","pattern":"{pattern}"}}"#);
            engine().run_check(&generation, call(&config, rights), &ports).await
        };
        let tape = Tape::record();
        let told = ask(allowed(&["disks", "memory", "load", "links", "processes:*"]), &tape).await;
        assert!(!lines(&told).is_empty());
        let again = Tape::replay(tape.recorded());
        let replayed = ask(allowed(&[]), &again).await;
        assert_eq!(lines(&replayed), lines(&told));
        assert_eq!(again.differs(), None);
    }
}

/// A machine that systemd runs, with a strict double of `systemctl`.
fn with_systemd() -> (Engine, TempDir) {
    let running = tempfile::tempdir().unwrap();
    let mut options = options(&lasting_cache());
    options.systemd = Systemd {
        running: running.path().to_owned(),
        systemctl: concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/systemctl").into(),
    };
    (Engine::new(options).unwrap(), running)
}

#[tokio::test]
async fn units_are_told_in_systemds_own_words() {
    let (engine, _running) = with_systemd();
    let told = async |pattern: &str| {
        let span = Duration::from_secs(60);
        lines(&read_by(&engine, "units", pattern, allowed(&["units:*"]), span).await)
    };
    let names = async |pattern: &str| -> Vec<String> {
        told(pattern).await.iter().map(|unit| value(unit, "name").to_owned()).collect()
    };
    insta::assert_snapshot!(
        told("*").await.join("\n"),
        @r#"
    Unit { name: "backup.service", load: "loaded", active: "inactive", sub: "dead", restarts: 0, main-pid: None, last-result: "success" }
    Unit { name: "backup.timer", load: "loaded", active: "active", sub: "waiting", restarts: 0, main-pid: None, last-result: "success" }
    Unit { name: "boot.timer", load: "loaded", active: "active", sub: "elapsed", restarts: 0, main-pid: None, last-result: "success" }
    Unit { name: "dev-disk-by\\x2duuid-1.device", load: "loaded", active: "active", sub: "plugged", restarts: 0, main-pid: None, last-result: "" }
    Unit { name: "dev-diskx.device", load: "loaded", active: "active", sub: "plugged", restarts: 0, main-pid: None, last-result: "" }
    Unit { name: "late.timer", load: "loaded", active: "active", sub: "waiting", restarts: 0, main-pid: None, last-result: "success" }
    Unit { name: "mariadb.service", load: "loaded", active: "active", sub: "running", restarts: 2, main-pid: Some(812), last-result: "success" }
    Unit { name: "multi-user.target", load: "loaded", active: "active", sub: "active", restarts: 0, main-pid: None, last-result: "" }
    Unit { name: "nginx-purge.service", load: "loaded", active: "failed", sub: "failed", restarts: 5, main-pid: None, last-result: "exit-code" }
    Unit { name: "nginx.service", load: "loaded", active: "active", sub: "running", restarts: 0, main-pid: Some(700), last-result: "success" }
    Unit { name: "odd.timer", load: "loaded", active: "active", sub: "waiting", restarts: 0, main-pid: None, last-result: "success" }
    Unit { name: "old.service", load: "masked", active: "inactive", sub: "dead", restarts: 0, main-pid: None, last-result: "success" }
    Unit { name: "poll.timer", load: "loaded", active: "active", sub: "waiting", restarts: 0, main-pid: None, last-result: "success" }
    "#
    );
    assert_eq!(names("nginx*").await, ["nginx-purge.service", "nginx.service"]);
    assert_eq!(names("b*.timer").await, ["backup.timer", "boot.timer"]);
    assert!(names("apache*").await.is_empty());
    assert_eq!(names("mysql.service").await, ["mariadb.service"], "an alias");
    let gone = told("gone.service").await;
    assert_eq!(
        ["name", "load", "active"].map(|field| value(&gone[0], field)),
        ["gone.service", "not-found", "inactive"]
    );
    // Debug doubles a backslash.
    assert_eq!(names(r"dev-disk-by\x2d*").await, [r"dev-disk-by\\x2duuid-1.device"]);
    assert_eq!(names(r"dev-disk-by\x2duuid-1.device").await, [r"dev-disk-by\\x2duuid-1.device"]);
}

#[tokio::test]
async fn units_are_denied_until_the_hints_entry_is_granted() {
    let (engine, _running) = with_systemd();
    let span = Duration::from_secs(60);
    for pattern in ["nginx.service", "*.service"] {
        let ended = read_by(&engine, "units", pattern, allowed(&["units:nginx-*", "disks"]), span).await;
        let hint = failure(&ended).hint.clone().unwrap();
        let entry = hint.split('"').nth(1).unwrap();
        assert!(!lines(&read_by(&engine, "units", pattern, allowed(&[entry]), span).await).is_empty());
    }
    let ended = read_by(&engine, "units", "nginx", allowed(&["units:*"]), span).await;
    let hint = failure(&ended).hint.clone().unwrap();
    assert_eq!(hint, "write it as `nginx.service`, or `nginx*` for all that begin so");
}

#[tokio::test]
async fn a_systemctl_that_fails_or_hangs_or_says_too_much_is_no_answer() {
    let (engine, _running) = with_systemd();
    let told = async |pattern: &str, seconds: u64| {
        let span = Duration::from_secs(seconds);
        read_by(&engine, "units", pattern, allowed(&["units:*"]), span).await
    };
    let broken = report(&told("broken*", 60).await).summary.clone();
    assert!(
        broken.ends_with("ended with exit status: 1 and said: Failed to list units: Access denied"),
        "{broken}"
    );
    let template = report(&told("a@.service", 60).await).summary.clone();
    assert!(template.contains("is neither a valid invocation ID nor unit name"), "{template}");
    let many = told("many*", 60).await;
    assert_eq!(failure(&many).reason, FailureReason::Limit, "{many:?}");
    assert!(failure(&many).message.contains("more than 5000 units that `many*` matches"), "{many:?}");
    let hangs = report(&told("hangs*", 2).await).summary.clone();
    assert!(hangs.contains("gave no answer within 1."), "{hangs}");
    let deadline = Instant::now() + Duration::from_secs(60);
    let parent = std::process::id().to_string();
    while said("ps", &["-o", "args=", "--ppid", &parent]).contains("sleep 600") {
        assert!(Instant::now() < deadline, "what hangs is ended");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn without_systemd_units_are_unsupported() {
    let mut options = options(&lasting_cache());
    options.systemd.running = "/nowhere/systemd".into();
    let engine = Engine::new(options).unwrap();
    let ended = read_by(&engine, "units", "*", allowed(&["units:*"]), Duration::from_secs(60)).await;
    assert_eq!(
        report(&ended).summary,
        "unsupported: no systemd runs on this machine (`/nowhere/systemd` is not there)"
    );
}

/// A file system that nobody serves, as with a server that is gone: whoever asks it waits for ever.
const DEAD_MOUNT: &str = "exec 9<>/dev/fuse; mount -t tmpfs none /mnt; mkdir /mnt/nas; mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 none /mnt/nas";

#[tokio::test]
async fn a_mount_whose_server_is_gone_is_named_and_holds_nothing_up() {
    module("system_caller");
    if !room::inside("system::a_mount_whose_server_is_gone_is_named_and_holds_nothing_up", DEAD_MOUNT) {
        return;
    }
    let span = Duration::from_secs(2);
    let ended = read_by(engine(), "disks", "", allowed(&["disks"]), span).await;
    let told = &report(&ended).summary;
    assert!(told.starts_with("other: file system `/mnt/nas` (fuse) gave no answer within 1."), "{told}");
    lines(&read("memory", "", allowed(&["memory"])).await);
}
