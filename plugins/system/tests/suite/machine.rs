//! Memory, load, cores and links; machines that do not answer, or answer too much.

use serde_json::json;
use watchkeep_plugin_system::run;
use watchkeep_sdk::system::{Memory, NetworkLink, SystemError};
use watchkeep_sdk::testing::Host;
use watchkeep_sdk::{Fault, State};

use crate::{GIB, Runs, disk, link, load, memory, metric, of, says};

#[test]
fn memory_and_swap_are_judged_by_what_is_left() {
    let mut runs = Runs::of(json!({ "parts": "memory" }));
    let ran = runs.at(0, "memory", memory(8, 4));
    says(&ran, "memory", State::Ok, "memory is 50 % used, 8 GiB of 16 GiB are available");
    says(&ran, "swap", State::Ok, "swap of 4 GiB is 0 % used");
    let ran = runs.at(60, "memory", memory(1, 1));
    says(
        &ran,
        "memory",
        State::Warning,
        "memory is 93.8 % used, 1 GiB of 16 GiB are available; it is more than 90 %",
    );
    says(&ran, "swap", State::Warning, "swap of 4 GiB is 75 % used; it is more than 60 %");
    let ran = runs.at(60, "memory", memory(0, 0));
    says(
        &ran,
        "memory",
        State::Critical,
        "memory is 100 % used, 0 B of 16 GiB are available; it is more than 97 %",
    );
    says(&ran, "swap", State::Critical, "swap of 4 GiB is 100 % used; it is more than 90 %");
    let none = Memory { swap_total: 0, swap_free: 0, ..memory(8, 0) };
    assert_eq!(runs.at(60, "memory", none).report().findings.len(), 1);
}

#[test]
fn load_is_judged_per_core_and_cores_by_the_time_since_the_last_run() {
    let mut runs = Runs::of(json!({ "parts": "load", "cpu_warning": 70, "cpu_critical": 90 }));
    let ran = runs.at(0, "load", load(2.5, 1_000.0, 9_000.0));
    says(&ran, "load", State::Ok, "load is 2.5 on 4 cores over 5 minutes");
    assert_eq!(metric(of(&ran, "load"), "system_load_per_core"), Some(0.625));
    assert_eq!(ran.report().findings.len(), 1, "of the cores there is nothing to compare with");
    let ran = runs.at(60, "load", load(8.25, 1_060.0, 9_180.0));
    says(&ran, "load", State::Warning, "load is 8.3 on 4 cores over 5 minutes; it is more than 2 a core");
    let said = "cores were busy for 25 % of the time since the last run, and waited for the machine below them for 12.5 %";
    says(&ran, "cores", State::Ok, said);
    let ran = runs.at(120, "load", load(16.5, 1_240.0, 9_240.0));
    says(&ran, "load", State::Critical, "load is 16.5 on 4 cores over 5 minutes; it is more than 4 a core");
    assert_eq!(of(&ran, "cores").state, State::Warning);
    let ran = runs.at(180, "load", load(1.0, 1_480.0, 9_241.0));
    assert_eq!(of(&ran, "cores").state, State::Critical);
    assert!(of(&ran, "cores").summary.ends_with("they are busy for more than 90 %"));
    // The machine started anew, or no time has passed.
    assert_eq!(runs.at(240, "load", load(1.0, 3.0, 5.0)).report().findings.len(), 1);
    assert_eq!(runs.at(240, "load", load(1.0, 4.0, 6.0)).report().findings.len(), 1);
    assert_eq!(runs.at(300, "load", load(1.0, 4.0, 6.0)).report().findings.len(), 1);
}

#[test]
fn links_are_judged_by_their_rates_since_the_last_run() {
    let config = json!({ "parts": "links", "link_rate_warning": "10MiB", "link_rate_critical": "50MiB", "link_drops_warning": 5 });
    let mut runs = Runs::of(config);
    let mib = |count: u64| count << 20;
    let ran =
        runs.at(0, "links", vec![link("eth0", mib(5), 7, 0), link("lo", 1, 0, 0), link("veth12", 1, 0, 0)]);
    says(&ran, "link eth0", State::Ok, "eth0 is up");
    assert_eq!(ran.report().findings.len(), 1);
    let ran = runs.at(10, "links", vec![link("eth0", mib(15), 7, 0)]);
    says(&ran, "link eth0", State::Ok, "eth0 is up, 1 MiB/s in, 512 KiB/s out");
    assert_eq!(metric(of(&ran, "link eth0"), "system_link_sent_bytes_per_second"), Some(524_288.0));
    let ran = runs.at(20, "links", vec![link("eth0", mib(215), 27, 60)]);
    says(
        &ran,
        "link eth0",
        State::Warning,
        "eth0 is up, 20 MiB/s in, 10 MiB/s out; more than 10 MiB/s in; 2 errors a second, more than 1; 6 dropped packets a \
         second, more than 5",
    );
    let ran = runs.at(30, "links", vec![link("eth0", mib(1_415), 2_027, 60)]);
    says(
        &ran,
        "link eth0",
        State::Critical,
        "eth0 is up, 120 MiB/s in, 60 MiB/s out; more than 50 MiB/s in; more than 50 MiB/s out; 200 errors a second, more than \
         100",
    );
    // Counted from the start of the link, which was made anew.
    says(&runs.at(40, "links", vec![link("eth0", 5, 0, 0)]), "link eth0", State::Ok, "eth0 is up");
}

#[test]
fn links_that_are_expected_must_be_up() {
    let down = || NetworkLink { up: false, ..link("eth0", 1, 0, 0) };
    let mut runs = Runs::of(json!({ "parts": "links" }));
    says(&runs.at(0, "links", vec![down()]), "link eth0", State::Ok, "eth0 is down");
    let mut runs =
        Runs::of(json!({ "parts": "links", "links": "none", "expected_links": ["eth0", "lo", "wg0"] }));
    let ran = runs.at(0, "links", vec![down(), link("lo", 1, 0, 0)]);
    let said = "eth0 is down; it is expected to be up; hint: is the cable in, and the link set up?";
    says(&ran, "link eth0", State::Critical, said);
    says(&ran, "link lo", State::Ok, "lo is up");
    says(&ran, "link wg0", State::Critical, "there is no link wg0");
}

#[test]
fn a_part_that_is_not_granted_is_a_fault_and_one_that_is_not_told_is_unknown() {
    let host = || Host::new().answer("system disks", vec![disk("/", 100, 50)]);
    let denied = SystemError::Denied("denied: memory; hint: add `system = [\"memory\"]`".to_owned());
    let ran = host().answer("system memory", denied).check(run, "{}");
    assert!(matches!(ran.error(), Fault::Denied(said) if said.contains("hint: add")), "{:?}", ran.error());

    let ran = host()
        .answer("system memory", SystemError::Other("no answer of `/proc`".to_owned()))
        .answer("system load", load(100.0, 1.0, 1.0))
        .answer("system links", SystemError::Unsupported("there are no links".to_owned()))
        .check(run, "{}");
    says(&ran, "memory", State::Unknown, "memory cannot be read: no answer of `/proc`");
    says(&ran, "links", State::Unknown, "links cannot be read: there are no links");
    assert_eq!(ran.report().state, State::Critical, "the load is judged all the same");
}

#[test]
fn a_machine_with_too_much_of_everything_is_reported_within_limits() {
    let many: Vec<_> =
        (0..2_000).map(|at| disk(&format!("/mnt/{at}"), 100, u64::from(at != 1_999))).collect();
    let mut runs = Runs::of(json!({ "parts": "disks", "findings_max": 1000, "disk_used_critical": 99.5 }));
    let ran = runs.at(0, "disks", many);
    assert_eq!(ran.report().findings.len(), 1_000);
    assert_eq!(ran.report().findings[0].key, "disk /mnt/1999");
    assert!(
        ran.report().summary.ends_with("3000 of 4000 findings are not shown"),
        "{}",
        ran.report().summary
    );

    let names = ["", "a b", "a\nb", "x".repeat(3_000).as_str()].map(str::to_owned);
    let odd: Vec<_> = names
        .iter()
        .map(|name| NetworkLink { name: name.clone(), ..link("", u64::MAX, u64::MAX, 9) })
        .collect();
    let mut runs = Runs::of(json!({ "parts": "links" }));
    for at in [0, 60] {
        assert_eq!(runs.at(at, "links", odd.clone()).report().findings.len(), 4);
    }
    let nowhere = load(f64::MAX, f64::MAX, f64::MAX);
    let mut runs = Runs::of(json!({ "parts": "load" }));
    for at in [0, 60] {
        assert_eq!(runs.at(at, "load", nowhere).report().state, State::Critical);
    }
    let nothing = Memory { total: 0, available: GIB, swap_total: 1, swap_free: u64::MAX };
    assert!(!Runs::of(json!({ "parts": "memory" })).at(0, "memory", nothing).report().summary.is_empty());
}
