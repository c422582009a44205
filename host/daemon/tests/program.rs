//! The program as it lies in the target folder. That there is a test of it makes cargo build it for the end-to-end
//! tests too.

use std::process::Command;

#[test]
fn says_its_version_and_refuses_what_it_does_not_know() {
    let program = env!("CARGO_BIN_EXE_watchkeep");
    let said = Command::new(program).arg("--version").output().expect("it starts");
    let version = concat!("watchkeep ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(String::from_utf8_lossy(&said.stdout), version);
    let full = std::fs::File::create("/dev/full").expect("Linux has it");
    let unsaid =
        Command::new(program).args(["completions", "bash"]).stdout(full).output().expect("it starts");
    let errors = String::from_utf8_lossy(&unsaid.stderr).into_owned();
    assert!(unsaid.status.code() == Some(1) && errors.contains("cannot print the completions"), "{errors}");
    let refused = Command::new(program).arg("wach").output().expect("it starts");
    assert_eq!(refused.status.code(), Some(2));
}
