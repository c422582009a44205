//! The bundled `service` on the machine that runs the test, and in a namespace where a strict double stands in for systemd.

use watchkeep_end_to_end::cases::{case, checks, hold, judge};
use watchkeep_end_to_end::{Folder, Host};

#[tokio::test]
async fn processes_of_this_machine_are_counted() {
    // The host itself is a process.
    let of = |more: &str| format!("processes = [{{ name = \"watchkeep\"{more} }}]");
    let cases = [
        case("one", of(""), "ok", &["watchkeep run", " of memory"]),
        case("too-few", of(", min = 100000"), "critical", &["; at least 100000 must run"]),
        case("too-many", of(", min = 0, max = 0"), "critical", &["; at most 0 may run"]),
        case("small", of(", memory_critical = \"1KiB\""), "critical", &["; more than 1 KiB of memory"]),
        case(
            "by-command",
            of(", command = \"--none-has-this\""),
            "critical",
            &["no watchkeep with `--none-has-this` runs"],
        ),
        case(
            "nobody",
            "processes = [{ name = \"none-of-theirs\" }]",
            "critical",
            &["no none-of-theirs runs"],
        ),
        case("denied", "processes = [{ name = \"sh\" }]", "fault", &["denied", "processes:sh"]),
    ];
    let rights = "[plugin.service.allow]\nsystem = [\"processes:watchkeep\", \"processes:none*\"]\n";
    hold(&Folder::new(""), rights, "service", &cases).await;
}

#[tokio::test]
async fn units_are_judged_by_what_systemd_says() {
    let cases = [
        case("active", "units = \"nginx.service\"", "ok", &["nginx.service is active (running)"]),
        case("alias", "units = \"mysql.service\"", "ok", &["mariadb.service is active (running)"]),
        case("timer", "units = \"backup.timer\"", "ok", &["backup.timer is active (waiting)"]),
        case("masked", "units = \"old.service\"", "critical", &["it is masked"]),
        case("gone", "units = \"gone.service\"", "critical", &["gone.service is not there"]),
        case(
            "all",
            "not_failed = \"nginx*.service\"",
            "critical",
            &["1 of 2 critical: nginx-purge.service does not run; it has failed (exit-code)"],
        ),
        case("none", "units = \"x*.service\"", "critical", &["there is no unit `x*.service`"]),
        case("broken", "units = \"broken.service\"", "fault", &["Failed to list units: Access denied"]),
    ];
    let folder = Folder::new("");
    folder
        .config(&format!("[plugin.service.allow]\nsystem = [\"units:*\"]\n\n{}", checks("service", &cases)));
    let double = concat!(env!("CARGO_MANIFEST_DIR"), "/../../host/engine/tests/support/systemctl");
    // In a namespace of its own: the machine's mounts stay as they are.
    let mount = "mount -t tmpfs none /run && mkdir -p /run/systemd/system && \
                 if [ -e /usr/bin/systemctl ]; then mount --bind \"$1\" /usr/bin/systemctl; \
                 else mkdir -p /run/current-system/sw/bin && cp \"$1\" /run/current-system/sw/bin/systemctl; fi && \
                 shift && exec \"$@\"";
    let under = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh", double];
    let host = Host::start_under(&folder, &under).await;
    judge(&host, &cases).await;
}

#[tokio::test]
async fn a_machine_without_systemd_judges_nothing() {
    let cases = [case("none", "units = \"nginx.service\"", "fault", &["no systemd runs on this machine"])];
    let folder = Folder::new("");
    let rights = "[plugin.service.allow]\nsystem = [\"units:*\"]\n";
    folder.config(&format!("{rights}\n{}", checks("service", &cases)));
    let mount = "mount -t tmpfs none /run && exec \"$@\"";
    let under = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"];
    judge(&Host::start_under(&folder, &under).await, &cases).await;
}
