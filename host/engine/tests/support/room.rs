//! A test in namespaces of its own: it may set what a whole machine has only once (the resolver, who may ping), and
//! nothing of it is seen outside. Needs no rights where users may make namespaces, or root.

use std::process::Command;

/// By which a test knows that it is inside.
const NAME: &str = "watchkeep-room";

/// Whether this test is inside of its room. Outside, it is run again inside, after `prepare` (for a shell), and has to
/// pass there. `test` is the test's whole name.
pub(crate) fn inside(test: &str, prepare: &str) -> bool {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a machine has a name");
    if host.trim() == NAME {
        return true;
    }
    let itself = std::env::current_exe().expect("a test knows where it lies");
    let script = format!("set -e; hostname {NAME}; ip link set lo up; {prepare}\nexec \"$0\" \"$@\"");
    let output = Command::new("unshare")
        .args(["--map-root-user", "--net", "--mount", "--uts", "sh", "-c", &script])
        .arg(itself)
        .args(["--exact", test, "--nocapture"])
        .output()
        .expect("`unshare` can be started");
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success() && said.contains("1 passed"), "{test}, in its room:\n{said}");
    false
}
