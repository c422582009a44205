//! The bundled `system` on the machine that runs the test.

use watchkeep_end_to_end::cases::{case, checks, hold, judge};
use watchkeep_end_to_end::{Folder, Host, eventually};

/// Whatever the machine is like, one pair of thresholds has it well and the other has it bad.
#[tokio::test]
async fn disks_memory_and_load_of_this_machine_are_judged_by_thresholds_and_grants() {
    let root = "parts = \"disks\", mounts = \"/\", exclude_filesystems = []";
    let well = "disk_used_warning = 100, disk_used_critical = 100, inodes_used_warning = 100, inodes_used_critical = 100";
    let bad = "disk_free_critical = \"8388608GiB\"";
    let memory = "parts = \"memory\", swap_used_warning = 100, swap_used_critical = 100";
    let cases = [
        case("disk", format!("{root}, {well}"), "ok", &["all "]),
        case(
            "disk-full",
            format!("{root}, {well}, {bad}"),
            "critical",
            &["/ is ", " full, ", "less than 8192 TiB is free"],
        ),
        case(
            "mount",
            "parts = \"disks\", mounts = \"/nowhere\", expected_mounts = \"/nowhere\"",
            "critical",
            &["/nowhere is not mounted"],
        ),
        case(
            "memory",
            format!("{memory}, memory_used_warning = 100, memory_used_critical = 100"),
            "ok",
            &["all "],
        ),
        case(
            "memory-full",
            format!("{memory}, memory_used_warning = 0, memory_used_critical = 0"),
            "critical",
            &["memory is ", " are available; it is more than 0 %"],
        ),
        case("load", "parts = \"load\", load_warning = 100000, load_critical = 100000", "ok", &["all "]),
        case("denied", "parts = \"links\"", "fault", &["denied", "system = [\"links\"]"]),
    ];
    let rights = "[plugin.system.allow]\nsystem = [\"disks\", \"memory\", \"load\"]\n";
    let host = hold(&Folder::new(""), rights, "system", &cases).await;
    eventually("the cores are compared with the run before", async || {
        let check = host.get("/api/v1/checks/load").await.json().to_string();
        check.contains("of the time since the last run").then_some(())
    })
    .await;
}

#[tokio::test]
async fn links_of_this_machine_are_judged_by_their_rates() {
    let cases = [
        case("loopback", "parts = \"links\", links = \"lo\", exclude_links = []", "ok", &["all 1 ok"]),
        case(
            "missing",
            "parts = \"links\", links = \"lo\", exclude_links = [], expected_links = \"none0\"",
            "critical",
            &["1 of 2 critical: there is no link none0"],
        ),
    ];
    let rights = "[plugin.system.allow]\nsystem = [\"links\"]\n";
    let host = hold(&Folder::new(""), rights, "system", &cases).await;
    eventually("the link is compared with the run before", async || {
        let check = host.get("/api/v1/checks/loopback").await.json().to_string();
        check.contains("/s in, ").then_some(())
    })
    .await;
}

#[tokio::test]
async fn disks_that_are_full_roomy_or_read_only_are_told_apart() {
    let of = |name: &str, more: &str| format!("parts = \"disks\", mounts = \"*/{name}\"{more}");
    let cases = [
        case("roomy", of("roomy", ""), "ok", &["all "]),
        case(
            "full",
            of("full", ""),
            "critical",
            &["1 of ", "/full is 97.7 % full, 24 KiB free; it is more than 95 %"],
        ),
        case(
            "full-accepted",
            of("full", ", disk_used_warning = 99, disk_used_critical = 99"),
            "ok",
            &["all "],
        ),
        case(
            "small",
            of(
                "full",
                ", disks = [{ mounts = \"*\", used_warning = 100, used_critical = 100, free_warning = \"1MiB\" }]",
            ),
            "warning",
            &["less than 1 MiB is free"],
        ),
        case("inodes", of("many", ""), "critical", &["inodes of ", " used; they are more than 95 %"]),
        case("read-only", of("closed", ""), "ok", &["all 1 ok"]),
        case(
            "must-be-writable",
            of("closed", ", writable = \"*\""),
            "critical",
            &[", read-only; it must be writable"],
        ),
    ];
    let folder = Folder::new("");
    let rights = "[plugin.system.allow]\nsystem = [\"disks\"]\n";
    folder.config(&format!("{rights}\n{}", checks("system", &cases)));
    for name in ["roomy", "full", "many", "closed"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    // In a namespace of its own: the machine's mounts stay as they are.
    let mount = "for name in roomy full closed; do mount -t tmpfs -o size=1m none $name || exit 1; done && \
                 head -c 1000k /dev/zero > full/data && mount -o remount,ro closed && \
                 mount -t tmpfs -o size=1m,nr_inodes=20 none many && touch many/a many/b many/c many/d many/e many/f many/g \
                 many/h many/i many/j many/k many/l many/m many/n many/o many/p many/q many/r many/s && exec \"$@\"";
    let under = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"];
    judge(&Host::start_under(&folder, &under).await, &cases).await;
}
