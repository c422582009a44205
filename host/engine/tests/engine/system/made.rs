//! What the kernel counts, and a made machine for what the machine that runs the test may not have.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;

pub(super) async fn pressure_is_as_the_kernel_has_it() {
    let told = read("pressure", "", allowed(&["pressure"])).await;
    let total = || {
        let text = fs::read_to_string("/proc/pressure/io").ok()?;
        let total = text.lines().next()?.rsplit_once("total=")?.1.parse::<f64>().ok()?;
        Some(total / 1e6)
    };
    let Some(kernel) = total() else {
        assert!(report(&told).summary.starts_with("unsupported: "), "{told:?}");
        return;
    };
    let told = lines(&told).remove(0);
    let io = told.split_once(" io: ").unwrap().1;
    let told = number(io, "total-seconds");
    assert!(kernel - 5.0 < told && told <= kernel, "{told} {kernel}");
}

pub(super) async fn file_handles_are_as_the_kernel_has_them() {
    let told = lines(&read("file-handles", "", allowed(&["file-handles"])).await).remove(0);
    let text = fs::read_to_string("/proc/sys/fs/file-nr").unwrap();
    let numbers: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(value(&told, "max"), numbers[2]);
    assert!(
        (number(&told, "allocated") - numbers[0].parse::<f64>().unwrap()).abs() < 5_000.0,
        "{told} {text}"
    );
}

/// As the C library has it, in the order of its structure: offset, frequency, maximum and estimated error, status.
const ASK_CLOCK: &str = "
import ctypes
told = (ctypes.c_long * 64)()
assert ctypes.CDLL(None).ntp_adjtime(told) >= 0
print(told[3], told[4], told[5] & 0xffffffff)
";

pub(super) async fn the_clock_is_as_the_kernel_has_it() {
    let told = lines(&read("clock", "", allowed(&["clock"])).await).remove(0);
    let python = said("/usr/bin/python3", &["-c", ASK_CLOCK]);
    let numbers: Vec<f64> = python.split_whitespace().map(|number| number.parse().unwrap()).collect();
    const UNSYNCHRONISED: u64 = 0x40;
    assert_eq!(
        value(&told, "synchronised") == "true",
        numbers[2] as u64 & UNSYNCHRONISED == 0,
        "{told} {python}"
    );
    // It grows by half a thousandth of the time that passes.
    assert!((number(&told, "maximum-error-seconds") - numbers[0] / 1e6).abs() < 0.5, "{told} {python}");
    assert!((number(&told, "estimated-error-seconds") - numbers[1] / 1e6).abs() < 0.5, "{told} {python}");
}

const FILES: [(&str, &str); 12] = [
    ("proc/pressure/cpu", "some avg10=1.00 avg60=2.50 avg300=3.00 total=4000000\n"),
    (
        "proc/pressure/memory",
        "some avg10=1.00 avg60=2.00 avg300=3.00 total=4\nfull avg10=1.00 avg60=0.50 avg300=3.00 total=4\n",
    ),
    ("proc/pressure/io", "some avg10=1.00 avg60=2.00 avg300=3.00 total=4\n"),
    ("proc/sys/fs/file-nr", "1312\t0\t100000\n"),
    ("proc/sys/kernel/osrelease", "6.1.0-28-amd64\n"),
    ("run/reboot-required", ""),
    ("run/reboot-required.pkgs", "libc6\n"),
    ("lib/modules/6.1.0-28-amd64/modules.dep", ""),
    ("lib/modules/6.1.0-30-amd64/modules.dep", ""),
    ("boot/vmlinuz-6.1.0-30-amd64", ""),
    ("sys/class/hwmon/hwmon0/name", "k10temp\n"),
    ("sys/class/hwmon/hwmon0/temp1_input", "55500\n"),
];

fn machine() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        put(root.path(), path, text);
    }
    root
}

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn engine_for(root: &Path) -> Engine {
    let mut options = options(&lasting_cache());
    options.machine_root = root.to_owned();
    Engine::new(options).unwrap()
}

const SPAN: Duration = Duration::from_secs(60);
const READINGS: [&str; 4] = ["pressure", "file-handles", "temperatures", "reboot"];

#[tokio::test]
async fn a_made_machine_is_told_as_it_was_made() {
    let root = machine();
    let engine = engine_for(root.path());
    let told = async |what: &str| lines(&read_by(&engine, what, "", allowed(&[what]), SPAN).await).remove(0);
    let pressure = told("pressure").await;
    assert!(pressure.contains("avg60: 0.025, avg300: 0.03, total-seconds: 4.0 }, full: None"), "{pressure}");
    assert!(pressure.contains("full: Some(Stall { avg10: 0.01, avg60: 0.005"), "{pressure}");
    assert_eq!(told("file-handles").await, "FileHandleUse { allocated: 1312, max: 100000 }");
    assert_eq!(
        told("temperatures").await,
        r#"Temperature { chip: "k10temp", device: "", label: "temp1", celsius: Some(55.5), high: None, critical: None }"#
    );
    let reboot = told("reboot").await;
    assert!(reboot.contains(r#"kernel: "6.1.0-28-amd64""#), "{reboot}");
    assert!(reboot.contains(r#"kind: "marked", names: ["libc6"], since: Some("#), "{reboot}");
    assert!(reboot.contains(r#"kind: "newer-kernel", names: ["6.1.0-30-amd64"], since: Some("#), "{reboot}");
}

#[tokio::test]
async fn each_reading_is_denied_until_the_hints_entry_is_granted() {
    let root = machine();
    let engine = engine_for(root.path());
    let readings = READINGS.into_iter().chain(["clock", "listeners"]);
    for what in readings.clone() {
        let others: Vec<&str> =
            readings.clone().filter(|other| *other != what).chain(["units:*", "disks"]).collect();
        let ended = read_by(&engine, what, "", allowed(&others), SPAN).await;
        assert_eq!(failure(&ended).reason, FailureReason::Denied, "{ended:?}");
        let hint = failure(&ended).hint.clone().unwrap();
        let entry = hint.split('"').nth(1).unwrap();
        assert_eq!(entry, what);
        assert!(
            report(&read_by(&engine, what, "", allowed(&[entry]), SPAN).await).summary.ends_with(" lines")
        );
    }
}

#[tokio::test]
async fn readings_of_a_made_machine_on_tape_need_no_machine() {
    let root = machine();
    let made = engine_for(root.path());
    for what in READINGS.into_iter().chain(["clock", "listeners"]) {
        let ask = async |engine: &Engine, rights: Arc<Rights>, tape: &Tape| {
            let mut ports = ports(&Arc::default());
            ports.tape = Some(tape.clone());
            let config = format!(r#"{{"read":"{what}"}}"#);
            let generation = engine.load(module("system_caller").into(), "system_caller.wasm").await.unwrap();
            engine.run_check(&generation, call(&config, rights), &ports).await
        };
        let tape = Tape::record();
        let told = ask(&made, allowed(&[what]), &tape).await;
        let again = Tape::replay(tape.recorded());
        let replayed = ask(engine(), allowed(&[]), &again).await;
        assert_eq!(lines(&replayed), lines(&told));
        assert_eq!(again.differs(), None);
    }
}

#[tokio::test]
async fn a_machine_that_has_none_of_it_says_so() {
    let root = tempfile::tempdir().unwrap();
    let engine = engine_for(root.path());
    let told =
        async |what: &str| report(&read_by(&engine, what, "", allowed(&[what]), SPAN).await).summary.clone();
    assert!(
        told("pressure").await.starts_with("unsupported: this kernel does not measure what work waits for")
    );
    assert!(told("temperatures").await.starts_with("unsupported: this machine has no sensors"));
    for what in ["file-handles", "reboot"] {
        assert!(told(what).await.starts_with("other: cannot read `"), "{what}");
    }
}

#[tokio::test]
async fn too_many_sensors_are_no_answer() {
    let root = machine();
    for sensor in 0..2_001 {
        put(root.path(), &format!("sys/class/hwmon/hwmon1/temp{sensor}_input"), "1000");
    }
    let engine = engine_for(root.path());
    let ended = read_by(&engine, "temperatures", "", allowed(&["temperatures"]), SPAN).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit, "{ended:?}");
    assert!(failure(&ended).message.contains("more than 2000 sensors of temperature"), "{ended:?}");
}

#[tokio::test]
async fn a_sensor_that_does_not_answer_is_named_and_holds_nothing_up() {
    module("system_caller");
    if !room::inside("system::made::a_sensor_that_does_not_answer_is_named_and_holds_nothing_up", DEAD_MOUNT)
    {
        return;
    }
    let root = machine();
    let sensor = root.path().join("sys/class/hwmon/hwmon0/temp2_input");
    std::os::unix::fs::symlink("/mnt/nas/sensor", sensor).unwrap();
    let engine = engine_for(root.path());
    let ended =
        read_by(&engine, "temperatures", "", allowed(&["temperatures"]), Duration::from_secs(2)).await;
    let told = &report(&ended).summary;
    assert!(told.contains("hwmon0/temp2_input` gave no answer within 1."), "{told}");
    assert!(!lines(&read_by(&engine, "pressure", "", allowed(&["pressure"]), SPAN).await).is_empty());
}
