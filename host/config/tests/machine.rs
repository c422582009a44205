//! `[roots]` and `[commands.NAME]`: what is read, and what is told of what cannot be.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod lab;

use std::path::Path;
use std::time::Duration;

use lab::{Lab, check, good};
use watchkeep_core::grant::Capability;

const USED: &str = "\n[[check]]\nname = \"c\"\nplugin = \"tcp\"\nconfig = { address = \"a.example:1\" }\n";

#[test]
fn roots_and_commands_are_read_and_granted_by_name() {
    let config = good(&format!(
        r#"
[roots]
logs = {{ path = "/var/log" }}

[commands.disks]
program = "/usr/bin/df"
args = ["-x", "--type={{kind}}", "-x", "{{{{}}}}"]
parameters = {{ kind = "[a-z0-9]+" }}
env = {{ LANG = "C" }}
folder = "/tmp"
timeout = "2s"
output_max = "1KiB"

[plugin.tcp]
allow = {{ commands = ["disks"] }}
limits = {{ file_bytes = "1MiB", commands = 3 }}
{USED}allow = {{ files = ["logs"] }}
"#
    ));
    assert_eq!(config.roots.get("logs").map(|path| &**path), Some(Path::new("/var/log")));
    let disks = config.commands.get("disks").unwrap();
    assert_eq!(disks.program, Path::new("/usr/bin/df"));
    assert_eq!(disks.folder, Path::new("/tmp"));
    assert_eq!(disks.timeout, Some(Duration::from_secs(2)));
    assert_eq!((disks.output_bytes_max, disks.environment["LANG"].as_str()), (1 << 10, "C"));
    let given = [("kind".to_owned(), "ext4".to_owned())];
    assert_eq!(disks.filled(&given).unwrap(), ["-x", "--type=ext4", "-x", "{}"]);
    let tcp = &config.plugins["tcp"];
    assert_eq!((tcp.limits.file_bytes, tcp.limits.commands), (1 << 20, 3));
    assert!(tcp.allow.entries().eq([(Capability::Commands, "disks".to_owned())]));
    assert!(config.check_allow["c"].entries().eq([(Capability::Files, "logs".to_owned())]));
}

#[test]
fn a_grant_of_something_that_has_no_such_name_is_told() {
    insta::assert_snapshot!(check(&format!(
        r#"
[roots]
logs = {{ path = "/var/log" }}
{USED}allow = {{ files = ["lgos"], commands = ["disks"] }}
"#
    )), @"");
}

#[test]
fn what_is_no_root_is_told_with_its_fix() {
    insta::assert_snapshot!(check(
        r#"
[roots]
relative = { path = "var/log" }
none = {}
text = "/var/log"
"two words" = { path = "/x" }
extra = { path = "/x", pth = "/y" }
"#
    ), @"");
}

#[test]
fn what_is_no_command_is_told_with_its_fix() {
    insta::assert_snapshot!(check(
        r#"
[commands.none]
args = []

[commands.relative]
program = "df"
folder = "tmp"

[commands.holes]
program = "/bin/true"
args = ["{who}", "{unclosed", "{knid}"]
parameters = { kind = "[a-z]+", odd = "[a-z" }
env = { "A=B" = "x" }

[commands.kinds]
program = "/bin/true"
args = "x"
parameters = ["x"]
timeout = 5
output_max = "1GiB"
"#
    ), @"");
}

#[test]
fn what_a_config_names_of_the_machine_is_read_without_its_checks() {
    let lab = Lab::new(&[(
        "main.toml",
        "[roots]\nlogs = { path = \"/var/log\" }\n[secrets]\nkey = { file = \"key\" }\n[[check]]\nname = \"odd\"\n",
    )]);
    lab.write_private("key", b"value");
    let machine = watchkeep_config::machine(&lab.path("main.toml"), &lab.env).unwrap();
    assert_eq!(machine.roots.len(), 1);
    assert_eq!(machine.files, [lab.path("main.toml"), lab.path("key")]);
    assert_eq!(machine.data_dir, lab.path("data"));
    lab.write("main.toml", b"[roots]\nlogs = { path = \"log\" }\n");
    assert!(watchkeep_config::machine(&lab.path("main.toml"), &lab.env).is_err());
}
