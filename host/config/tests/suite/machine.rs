//! `[roots]` and `[commands.NAME]`: what is read, and what is told of what cannot be.

use std::path::Path;
use std::time::Duration;

use crate::lab::{Lab, check, good};
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
    )), @r#"
    error: unknown root `lgos`
     --> main.toml:9:20
      |
    9 | allow = { files = ["lgos"], commands = ["disks"] }
      |                    ^^^^^^
      |
      = key: check.c.allow.files
      = hint: did you mean `logs`?

    error: unknown command `disks`
     --> main.toml:9:41
      |
    9 | allow = { files = ["lgos"], commands = ["disks"] }
      |                                         ^^^^^^^
      |
      = key: check.c.allow.commands
      = hint: there is none yet: give it as `[commands.NAME]`

    2 errors
    "#);
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
    ), @r#"
    error: `path` is a relative path: `var/log`
     --> main.toml:3:21
      |
    3 | relative = { path = "var/log" }
      |                     ^^^^^^^^^
      |
      = key: roots.relative.path
      = hint: write the whole path, beginning with `/`

    error: root `none` has no `path`
     --> main.toml:4:1
      |
    4 | none = {}
      | ^^^^
      |
      = key: roots.none
      = hint: write it as `logs = { path = "/var/log" }`

    error: `text` wants a table, not a text
     --> main.toml:5:8
      |
    5 | text = "/var/log"
      |        ^^^^^^^^^^
      |
      = key: roots.text
      = hint: write it as `logs = { path = "/var/log" }`

    error: `two words` is not a valid root name
     --> main.toml:6:1
      |
    6 | "two words" = { path = "/x" }
      | ^^^^^^^^^^^
      |
      = key: roots.two words
      = hint: name a folder that stands under [roots]; names have letters, digits and `-_.`

    error: unknown key `pth` in a root
     --> main.toml:7:24
      |
    7 | extra = { path = "/x", pth = "/y" }
      |                        ^^^
      |
      = key: roots.extra.pth
      = hint: did you mean `path`?

    5 errors
    "#);
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
    ), @r#"
    error: command `none` has no `program`
     --> main.toml:2:11
      |
    2 | [commands.none]
      |           ^^^^
      |
      = key: commands.none
      = hint: write it as `program = "/usr/bin/true"`

    error: `program` is a relative path: `df`
     --> main.toml:6:11
      |
    6 | program = "df"
      |           ^^^^
      |
      = key: commands.relative.program
      = hint: write the whole path, beginning with `/`

    error: `folder` is a relative path: `tmp`
     --> main.toml:7:10
      |
    7 | folder = "tmp"
      |          ^^^^^
      |
      = key: commands.relative.folder
      = hint: write the whole path, beginning with `/`

    error: the hole `{who}` has no pattern
      --> main.toml:11:9
       |
    11 | args = ["{who}", "{unclosed", "{knid}"]
       |         ^^^^^^^
       |
       = key: commands.holes.args
       = hint: add `parameters = { who = "[a-z]{1,20}" }`

    error: `{unclosed` is not a valid argument: a hole is not closed
      --> main.toml:11:18
       |
    11 | args = ["{who}", "{unclosed", "{knid}"]
       |                  ^^^^^^^^^^^
       |
       = key: commands.holes.args
       = hint: a hole is written as `{name}`, with letters, digits, `-` and `_`; braces themselves as `{{` and `}}`

    error: the hole `{knid}` has no pattern
      --> main.toml:11:31
       |
    11 | args = ["{who}", "{unclosed", "{knid}"]
       |                               ^^^^^^^^
       |
       = key: commands.holes.args
       = hint: did you mean `{kind}`?

    error: no argument has a hole `{kind}`
      --> main.toml:12:23
       |
    12 | parameters = { kind = "[a-z]+", odd = "[a-z" }
       |                       ^^^^^^^^
       |
       = key: commands.holes.parameters.kind
       = hint: put the hole into `args`, or take the pattern out

    error: `[a-z` is not a valid pattern: the regular expression does not parse: unclosed character class
      --> main.toml:12:39
       |
    12 | parameters = { kind = "[a-z]+", odd = "[a-z" }
       |                                       ^^^^^^
       |
       = key: commands.holes.parameters.odd
       = hint: write a regular expression for the whole value, such as `[a-z]{1,20}`

    error: no argument has a hole `{odd}`
      --> main.toml:12:39
       |
    12 | parameters = { kind = "[a-z]+", odd = "[a-z" }
       |                                       ^^^^^^
       |
       = key: commands.holes.parameters.odd
       = hint: put the hole into `args`, or take the pattern out

    error: `A=B` is not an environment variable name
      --> main.toml:13:17
       |
    13 | env = { "A=B" = "x" }
       |                 ^^^
       |
       = key: commands.holes.env
       = hint: write it as `PATH = "/usr/bin"`

    error: `args` wants a list of texts, not a text
      --> main.toml:17:8
       |
    17 | args = "x"
       |        ^^^
       |
       = key: commands.kinds.args
       = hint: write a list of texts

    error: `parameters` wants a table of texts, not a list
      --> main.toml:18:14
       |
    18 | parameters = ["x"]
       |              ^^^^^
       |
       = key: commands.kinds.parameters
       = hint: write a table of texts

    error: `timeout` wants a duration, not a number
      --> main.toml:19:11
       |
    19 | timeout = 5
       |           ^
       |
       = key: commands.kinds.timeout
       = hint: write it with its unit: `"5s"`

    error: `output_max` cannot be 1GiB
      --> main.toml:20:14
       |
    20 | output_max = "1GiB"
       |              ^^^^^^
       |
       = key: commands.kinds.output_max
       = hint: it goes from 0B to 4MiB

    14 errors
    "#);
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

#[test]
fn a_root_that_shows_the_machines_own_workings_is_refused() {
    let lab = tempfile::tempdir().unwrap();
    let link = lab.path().join("link");
    std::os::unix::fs::symlink("/proc", &link).unwrap();
    let deep = link.join("self");
    for path in
        ["/", "/proc", "/proc/self/fd", "/sys", "/sys/class", "/dev", "/dev/shm", "/var/../proc", "/./"]
            .map(Path::new)
            .into_iter()
            .chain([&*link, &*deep])
    {
        let printed = check(&format!("[roots]\nall = {{ path = \"{}\" }}\n", path.display()));
        assert!(printed.contains("is not a valid root for plugins"), "{}: {printed}", path.display());
        assert!(printed.contains("main.toml:2:16") && printed.contains("hint: "), "{printed}");
    }
    let plain = format!("[roots]\nall = {{ path = \"{}\" }}\n{USED}", lab.path().display());
    assert_eq!(good(&plain).roots.len(), 1);
}
