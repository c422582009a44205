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
        case(
            "on-time",
            "timers = [{ name = \"backup.timer\", fired_within_warning = \"2h\" }]",
            "ok",
            &["backup.timer waits, last fired "],
        ),
        case(
            "silent",
            "timers = [{ name = \"backup.timer\", fired_within_critical = \"30m\" }]",
            "critical",
            &["that is longer ago than 30 min"],
        ),
        case(
            "late",
            "timers = [{ name = \"late.timer\" }]",
            "critical",
            &[
                "late.timer waits, last fired 1 d 1 h ago; it was due 2 h ago; nginx-purge.service has failed (exit-code)",
            ],
        ),
        case(
            "elapsed",
            "timers = [{ name = \"boot.timer\" }]",
            "warning",
            &["boot.timer waits for nothing, has not fired yet"],
        ),
        case(
            "poll",
            "timers = [{ name = \"poll.timer\", fired_within_critical = \"10m\" }]",
            "ok",
            &["poll.timer waits, last fired "],
        ),
        case("no-timer", "timers = [{ name = \"gone.timer\" }]", "critical", &["gone.timer is not there"]),
        case(
            "no-timers",
            "timers = [{ name = \"x*.timer\" }]",
            "critical",
            &["there is no timer `x*.timer`"],
        ),
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
async fn ports_of_this_machine_are_judged_by_what_listens() {
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = std::net::UdpSocket::bind("[::1]:0").unwrap();
    let (open, datagrams) = (tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port());
    let me = std::fs::read_to_string("/proc/self/comm").unwrap();
    let rule = |port: u16, more: &str| format!("ports = [{{ port = {port}{more} }}]");
    let of_me = format!(", process = \"{}\"", me.trim());
    let cases = [
        case("open", rule(open, ""), "ok", &["is open at 127.0.0.1"]),
        case("held", rule(open, &of_me), "ok", &["is open at 127.0.0.1"]),
        case("udp", rule(datagrams, ", protocol = \"udp\", address = \"::1\""), "ok", &["is open at ::1"]),
        case(
            "by-another",
            rule(open, ", process = \"postgres\""),
            "critical",
            &[me.trim(), " holds it, and not postgres"],
        ),
        case(
            "elsewhere",
            rule(open, ", address = \"192.0.2.7\""),
            "critical",
            &["is open at 127.0.0.1 only; it must be reachable at 192.0.2.7"],
        ),
        case(
            "closed",
            rule(1, ""),
            "critical",
            &["nobody listens on tcp port 1; something must listen there"],
        ),
    ];
    let rights = "[plugin.service.allow]\nsystem = [\"listeners\"]\n";
    hold(&Folder::new(""), rights, "service", &cases).await;
    let denied = [case("denied", rule(open, ""), "fault", &["denied", "system = [\"listeners\"]"])];
    hold(&Folder::new(""), "[plugin.service.allow]\nsystem = [\"units:*\"]\n", "service", &denied).await;
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
