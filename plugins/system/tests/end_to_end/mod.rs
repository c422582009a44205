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

/// What the kernel says of the clock of the machine that runs the test.
fn clock_is_synchronised() -> bool {
    let ask = "import ctypes; told = (ctypes.c_long * 64)(); ctypes.CDLL(None).ntp_adjtime(told); print(told[5] & 0x40)";
    let output = std::process::Command::new("/usr/bin/python3").args(["-c", ask]).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim() == "0"
}

#[tokio::test]
async fn what_the_kernel_counts_is_judged_on_this_machine() {
    let endless = "clock_offset_warning = \"9999h\", clock_offset_critical = \"9999h\", clock_error_warning = \"9999h\", \
                   clock_error_critical = \"9999h\"";
    let clock = match clock_is_synchronised() {
        true => ("ok", "all "),
        false => ("warning", "the clock is not synchronised"),
    };
    let cases = [
        case("clock", format!("parts = \"clock\", {endless}"), clock.0, &[clock.1]),
        case(
            "handles",
            "parts = \"file_handles\", file_handles_used_warning = 100, file_handles_used_critical = 100",
            "ok",
            &["all 1 ok"],
        ),
        case("denied", "parts = \"temperatures\"", "fault", &["denied", "system = [\"temperatures\"]"]),
        case("denied-listing", "parts = [\"file_handles\", \"reboot\"]", "fault", &["system = [\"reboot\"]"]),
    ];
    let rights = "[plugin.system.allow]\nsystem = [\"clock\", \"file-handles\"]\n";
    hold(&Folder::new(""), rights, "system", &cases).await;
}

#[tokio::test]
async fn a_hot_machine_that_waits_and_needs_a_restart_is_told() {
    let cases = [
        case(
            "pressure",
            "parts = \"pressure\"",
            "critical",
            &[
                "1 of 3 critical",
                "all work waited for memory for 35.5 % of the last minute; it is more than 30 %",
            ],
        ),
        case(
            "patient",
            "parts = \"pressure\", memory_pressure_critical = 40",
            "warning",
            &["it is more than 10 %"],
        ),
        case(
            "handles",
            "parts = \"file_handles\"",
            "warning",
            &["850 of 1000 file handles are in use, 85 %; it is more than 80 %"],
        ),
        case(
            "hot",
            "parts = \"temperatures\"",
            "critical",
            &["1 of 2 critical: nvme Composite has 91 °C; it is more than 90 °C"],
        ),
        case("accepted", "parts = \"temperatures\", exclude_sensors = \"nvme*\"", "ok", &["all 1 ok"]),
        case(
            "missing",
            "parts = \"temperatures\", exclude_sensors = \"nvme*\", expected_sensors = \"gpu*\"",
            "critical",
            &["there is no sensor `gpu*`"],
        ),
        case(
            "restart",
            "parts = \"reboot\"",
            "warning",
            &["a restart is needed: packages have asked for it (libc6, linux-image-amd64)"],
        ),
        case(
            "overdue",
            "parts = \"reboot\", reboot_critical_after = \"1d\"",
            "critical",
            &["ago); that is longer ago than 1 d"],
        ),
    ];
    let folder = Folder::new("");
    let rights =
        "[plugin.system.allow]\nsystem = [\"pressure\", \"file-handles\", \"temperatures\", \"reboot\"]\n";
    folder.config(&format!("{rights}\n{}", checks("system", &cases)));
    // In a namespace of its own: the machine's own files stay as they are.
    let mount = "set -e; here=$PWD; mount -t tmpfs none /run; mount -t tmpfs none /sys/class; \
                 touch -d '2 days ago' /run/reboot-required; printf 'libc6\nlinux-image-amd64\n' >/run/reboot-required.pkgs; \
                 mkdir -p /sys/class/hwmon/hwmon0 /sys/class/hwmon/hwmon1 /run/made; \
                 cd /sys/class/hwmon/hwmon0; echo nvme >name; echo Composite >temp1_label; echo 91000 >temp1_input; \
                 echo 90000 >temp1_crit; \
                 cd ../hwmon1; echo k10temp >name; echo 45000 >temp1_input; echo 70000 >temp1_max; cd /run/made; \
                 printf 'some avg10=0.00 avg60=50.00 avg300=0.00 total=9\nfull avg10=0.00 avg60=35.50 avg300=0.00 total=9\n' >memory; \
                 printf 'some avg10=0.00 avg60=1.00 avg300=0.00 total=9\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n' >calm; \
                 printf '850\t0\t1000\n' >file-nr; \
                 mount --bind memory /proc/pressure/memory; mount --bind calm /proc/pressure/io; \
                 mount --bind calm /proc/pressure/cpu; mount --bind file-nr /proc/sys/fs/file-nr; cd \"$here\"; exec \"$@\"";
    let under = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"];
    judge(&Host::start_under(&folder, &under).await, &cases).await;
}
