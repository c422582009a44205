//! Folders and programs of this machine.

use super::Answer::Denied;
use super::*;

#[test]
fn files_are_granted_by_the_folders_name_and_only_below_it() {
    let named = "root logs /var/log; root mail /var/mail";
    let logs = "root logs /var/log; root mail /var/mail; files logs";
    check(&[
        ("", "file logs app.log", Never),
        ("files logs", "file logs app.log", Never),
        (named, "file logs app.log", Denied),
        (logs, "file logs app.log", Open),
        (logs, "file logs ", Open),
        (logs, "file logs app/2026/today.log", Open),
        (logs, "file logs ..log", Open),
        (logs, "file mail ann", Denied),
        (logs, "file log app.log", Never),
        (logs, "file logs /etc/passwd", Never),
        (logs, "file logs ..", Never),
        (logs, "file logs ../mail/ann", Never),
        (logs, "file logs app/../../mail/ann", Never),
        (logs, "file logs app/../app.log", Never),
        (logs, "file logs a\0b", Never),
        ("root logs /var/log; asks files mail; files logs", "file logs app.log", Never),
        ("root logs /var/log; asks files logs; files logs", "file logs app.log", Open),
    ]);
}

#[test]
fn the_hosts_own_files_are_never_read() {
    let own = "root all /; files all; closed /srv/data; closed /etc/watchkeep.toml";
    check(&[
        (own, "file all etc/hosts -> /etc/hosts", Open),
        (own, "file all etc/watchkeep.toml -> /etc/watchkeep.toml", Never),
        (own, "file all etc/watchkeep.toml.d -> /etc/watchkeep.toml.d", Open),
        (own, "file all srv/data -> /srv/data", Never),
        (own, "file all srv/data/state.redb -> /srv/data/state.redb", Never),
        (own, "file all srv/database -> /srv/database", Open),
        ("root all /; closed /srv/data", "file all etc/hosts -> /etc/hosts", Denied),
    ]);
}

#[test]
fn commands_are_granted_by_name() {
    check(&[
        ("", "command disks", Never),
        ("commands disks", "command disks", Never),
        ("program disks; program raid", "command disks", Denied),
        ("program disks; program raid; commands disks", "command disks", Open),
        ("program disks; program raid; commands disks", "command raid", Denied),
        ("program disks; commands disks", "command /bin/sh", Never),
        ("program disks; asks commands raid; commands disks", "command disks", Never),
    ]);
}

#[test]
fn a_denial_names_what_there_is_and_what_to_add() {
    let text = |given: &str, tried: &str| decided(&rights(given), tried).unwrap_err().to_string();
    insta::assert_snapshot!(
        [
            text("root logs /var/log", "file logs app.log"),
            text("root logs /var/log", "file lgos app.log"),
            text("root logs /var/log; files logs", "file logs ../x"),
            text("root logs /var/log; files logs; closed /var/log/key", "file logs key -> /var/log/key"),
            text("program disks", "command disks"),
            text("", "command disks"),
            text("", "command /bin/sh"),
        ]
        .join("\n"),
        @r#"
        denied: files below folder `logs`; hint: add `files = ["logs"]` under [plugin.probe.allow]
        denied: files below folder `lgos`, which the config does not name (it names `logs`); hint: name it as `lgos = { path = "/srv/lgos" }` under [roots], and add `files = ["lgos"]` under [plugin.probe.allow]
        denied: `../x` below folder `logs`: the path has the part `..`; hint: paths are relative to the folder and stay below it, such as `app/today.log`
        denied: files logs key, since `/var/log/key` belongs to this host itself: its data, its config or a secret; hint: no grant opens the host's own files to a plugin
        denied: command `disks`; hint: add `commands = ["disks"]` under [plugin.probe.allow]
        denied: command `disks`, which the config does not name (it names none); hint: name it as `program = "/usr/bin/disks"` under [commands.disks], and add `commands = ["disks"]` under [plugin.probe.allow]
        denied: commands to `/bin/sh`: it names no single program; hint: name a program that stands under [commands.NAME]; names have letters, digits and `-_.`
        "#
    );
}
