//! CPU time, of counters that are compared with those of an earlier run.

use serde_json::{Value, json};
use watchkeep_plugin_docker::run;
use watchkeep_sdk::State;
use watchkeep_sdk::http::Sent;
use watchkeep_sdk::testing::{Answer, Host, NOW};

use crate::double::{Container, Cpu, container, cpu, exited};
use crate::{Runs, config};

/// The second run, a minute after the first.
#[track_caller]
fn then(first: Container, second: Container, more: Value, state: State, summary: &str) {
    let mut runs = Runs::of([first], more);
    assert_eq!(runs.says(0), (State::Ok, "web is up for 59 min".to_owned()), "nothing is known of before");
    runs.daemon.with(|daemon| daemon.containers = vec![second]);
    assert_eq!(runs.says(1), (state, format!("web is up for {summary}")));
}

fn web(used: f64, machine: f64) -> Container {
    Container { cpu: cpu(used, machine), ..container("web") }
}

#[test]
fn cpu_time_is_judged_by_the_containers_own_limit_or_else_by_the_machine() {
    // In a minute four CPUs have 240 s.
    let limits = || json!({ "cpu_warning": 50, "cpu_critical": 90 });
    then(web(100.0, 5_000.0), web(160.0, 5_240.0), limits(), State::Ok, "1 h");
    then(
        web(100.0, 5_000.0),
        web(250.0, 5_240.0),
        limits(),
        State::Warning,
        "1 h; used 62.5 % of the machine's 4 CPUs in 60 s, more than 50 %",
    );
    then(
        web(100.0, 5_000.0),
        web(340.0, 5_240.0),
        limits(),
        State::Critical,
        "1 h; used 100 % of the machine's 4 CPUs in 60 s, more than 90 %",
    );
    let half = |used, machine| Container { nano_cpus: 500_000_000, ..web(used, machine) };
    then(
        half(100.0, 5_000.0),
        half(118.0, 5_240.0),
        limits(),
        State::Warning,
        "1 h; used 60 % of its limit of 0.5 CPUs in 60 s, more than 50 %",
    );
    let quota = |used, machine| Container { quota: (150_000, 0), ..web(used, machine) };
    then(
        quota(100.0, 5_000.0),
        quota(190.0, 5_240.0),
        limits(),
        State::Critical,
        "1 h; used 100 % of its limit of 1.5 CPUs in 60 s, more than 90 %",
    );
    // A limit beyond the machine limits nothing.
    let more = |used, machine| Container { quota: (900_000, 100_000), ..web(used, machine) };
    then(
        more(100.0, 5_000.0),
        more(250.0, 5_240.0),
        limits(),
        State::Warning,
        "1 h; used 62.5 % of the machine's 4 CPUs in 60 s, more than 50 %",
    );
}

#[test]
fn the_measurements_are_those_since_the_last_run() {
    let limited = |used, machine, periods, throttled| Container {
        cpu: Some(Cpu { used, machine, cpus: 2, periods, throttled }),
        nano_cpus: 1_000_000_000,
        ..container("web")
    };
    let mut runs =
        Runs::of([limited(10.0, 1_000.0, 600, 500), exited("job", 0)], json!({ "cpu_warning": 90 }));
    let metrics = |runs: &mut Runs, at: u64| {
        let ran = runs.at(at);
        let metrics = &ran.report().findings[0].metrics;
        let cpu = metrics.iter().filter(|metric| metric.name.starts_with("docker_container_cpu"));
        cpu.map(|metric| (metric.name.clone(), metric.value)).collect::<Vec<_>>()
    };
    assert_eq!(metrics(&mut runs, 0), []);
    runs.daemon.with(|daemon| daemon.containers[0] = limited(40.0, 1_120.0, 1_200, 650));
    let (used, throttled) =
        ("docker_container_cpu_used".to_owned(), "docker_container_cpu_throttled".to_owned());
    assert_eq!(metrics(&mut runs, 1), [(used, 0.5), (throttled, 0.25)]);
    let asked = runs.asked();
    assert_eq!(asked.iter().filter(|path| path.contains("/stats")).count(), 2, "only what runs has some");
}

#[test]
fn a_container_that_lacks_cpu_time_by_its_quota_is_a_warning() {
    let throttled = |machine, periods, throttled| Container {
        cpu: Some(Cpu { used: 1.0, machine, cpus: 2, periods, throttled }),
        nano_cpus: 100_000_000,
        ..container("web")
    };
    let limit = || json!({ "throttled_warning": 25 });
    let (first, second) = (|| throttled(1_000.0, 600, 0), |count| throttled(1_120.0, 1_200, count));
    then(first(), second(150), limit(), State::Ok, "1 h");
    then(
        first(),
        second(240),
        limit(),
        State::Warning,
        "1 h; was throttled in 40 % of its periods in 60 s, more than 25 %",
    );
    // More than there were is nonsense.
    then(first(), second(700), limit(), State::Ok, "1 h");
    // Without a quota there are no periods.
    then(throttled(1_000.0, 0, 0), throttled(1_120.0, 0, 0), limit(), State::Ok, "1 h");
}

#[test]
fn counters_that_began_anew_are_not_judged() {
    let limit = || json!({ "cpu_warning": 1 });
    // Less than before; no time; the machine was started anew; more than there is; more CPUs than before.
    then(web(100.0, 5_000.0), web(90.0, 5_240.0), limit(), State::Ok, "1 h");
    then(web(100.0, 5_000.0), web(160.0, 5_000.0), limit(), State::Ok, "1 h");
    then(web(100.0, 5_000.0), web(100.0, 5_000.0), limit(), State::Ok, "1 h");
    then(web(100.0, 5_000.0), web(160.0, 40.0), limit(), State::Ok, "1 h");
    then(web(100.0, 5_000.0), web(900.0, 5_240.0), limit(), State::Ok, "1 h");
    let wider = Container { cpu: Some(Cpu { cpus: 8, ..cpu(200.0, 5_480.0).unwrap() }), ..container("web") };
    then(web(100.0, 5_000.0), wider, limit(), State::Ok, "1 h");
    let endless = |used, machine| Container {
        cpu: Some(Cpu { cpus: 1 << 17, ..cpu(used, machine).unwrap() }),
        ..container("web")
    };
    then(endless(100.0, 5_000.0), endless(200.0, 5_240.0), limit(), State::Ok, "1 h");
    // Started anew, it has passed what it was by now; and the run after that compares again.
    let mut runs = Runs::of([web(1.0, 5_000.0)], limit());
    assert_eq!(runs.says(0).0, State::Ok);
    runs.daemon.with(|daemon| {
        *daemon.of("web") = Container { started: "2026-03-04T05:06:37Z", ..web(30.0, 5_240.0) };
    });
    assert_eq!(runs.says(1), (State::Ok, "web is up for 30 s".to_owned()));
    runs.daemon.with(|daemon| daemon.of("web").cpu = cpu(150.0, 5_480.0));
    let said = "web is up for 90 s; used 50 % of the machine's 4 CPUs in 60 s, more than 1 %";
    assert_eq!(runs.says(2), (State::Warning, said.to_owned()));
}

#[test]
fn a_container_that_waited_for_its_turn_is_compared_with_its_own_last_reading() {
    let both = [web(100.0, 5_000.0), Container { cpu: cpu(7.0, 5_000.0), ..container("db") }];
    let mut runs = Runs::of(both, json!({ "cpu_warning": 50, "requests_max": 2 }));
    let mut said = Vec::new();
    for minute in 0..4 {
        let machine = 5_000.0 + minute as f64 * 240.0;
        runs.daemon.with(|daemon| {
            daemon.of("web").cpu = cpu(100.0 + minute as f64 * 180.0, machine);
            daemon.of("db").cpu = cpu(7.0 + minute as f64, machine);
        });
        let ran = runs.at(minute);
        let web = ran.report().findings.iter().find(|finding| finding.key == "web").unwrap();
        said.push(web.summary.clone());
    }
    assert_eq!(
        said[2], "web is up for 1 h 1 min; used 75 % of the machine's 4 CPUs in 2 min, more than 50 %",
        "{said:?}"
    );
}

#[test]
fn hostile_statistics_are_as_if_they_were_not_there() {
    let id = "0123456789abcdef";
    let list =
        json!([{ "Id": id, "Names": ["/web"], "State": "running", "Status": "Up 3 minutes" }]).to_string();
    let good = json!({
        "cpu_usage": { "total_usage": 9_000_000_000_u64 }, "system_cpu_usage": 90_000_000_000_u64, "online_cpus": 2,
        "throttling_data": { "periods": 10, "throttled_periods": 1 },
    });
    let odd = [
        json!(null),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!("9"),
        json!([]),
        json!({}),
        json!(true),
        json!(u64::MAX),
        json!(0),
    ];
    let places = [
        "/cpu_usage",
        "/cpu_usage/total_usage",
        "/system_cpu_usage",
        "/online_cpus",
        "/throttling_data",
        "/throttling_data/periods",
        "/throttling_data/throttled_periods",
    ];
    let mut all = Vec::new();
    for odd in &odd {
        for place in places {
            let mut bad = good.clone();
            *bad.pointer_mut(place).unwrap() = odd.clone();
            all.push((bad, json!({ "NanoCpus": odd, "CpuQuota": odd, "CpuPeriod": odd })));
        }
    }
    all.push((good.clone(), json!({ "NanoCpus": 1 })));
    all.push((good.clone(), json!({ "CpuQuota": 1, "CpuPeriod": u64::MAX })));
    let config = config(
        json!({ "api_version": "1.41", "cpu_warning": 50, "cpu_critical": 90, "throttled_warning": 50 }),
    );
    for (bad, limits) in &all {
        let mut kept = None;
        // After what is good, before it, and after itself.
        for cpu in [&good, bad, &good, bad, bad] {
            let inspection = json!({ "State": { "Status": "running" }, "HostConfig": limits }).to_string();
            let (list, stats) = (list.clone(), json!({ "cpu_stats": cpu }).to_string());
            let serve = move |sent: &Sent| {
                Answer::status(200).body(match sent.url.rsplit('/').next().unwrap_or_default() {
                    page if page.contains("limit=") => list.clone(),
                    stats_of if stats_of.starts_with("stats") => stats.clone(),
                    _ => inspection.clone(),
                })
            };
            let host =
                kept.iter().fold(Host::new().clock(NOW), |host, kept: &Vec<u8>| host.kv("containers", kept));
            let ran = host.served_by(serve).check(run, &config);
            let report = ran.report();
            let metrics = report.findings.iter().flat_map(|finding| &finding.metrics);
            assert!(
                metrics.into_iter().all(|metric| metric.value.is_finite()),
                "{bad}: {:?}",
                report.findings
            );
            let text = String::from_utf8(ran.kv("containers").unwrap().to_vec()).unwrap();
            assert!(text.lines().count() == 1 && text.len() < 300, "{text}");
            kept = Some(text.into_bytes());
        }
    }
}

#[test]
fn what_was_kept_by_others_is_no_reading() {
    let mut runs = Runs::of([web(100.0, 5_000.0)], json!({ "cpu_warning": 1 }));
    let _ = runs.at(0);
    let kept = String::from_utf8(runs.kept.clone().unwrap()).unwrap();
    let (before, reading) = kept.trim_end().rsplit_once(' ').unwrap();
    for other in
        ["", ":", "1", "1:2:3:4:5:6", "1:2:3:4:5:6:x", "-1:2:3:4:5:6:7", "99999999999999999999:2:3:4:5:6:7"]
    {
        runs.kept = Some(format!("{before} {other}\n").into_bytes());
        runs.daemon.with(|daemon| daemon.of("web").cpu = cpu(200.0, 5_240.0));
        assert_eq!(runs.says(1), (State::Ok, "web is up for 1 h".to_owned()), "{other}");
    }
    // As a host kept it that knew of no CPU time.
    runs.kept = Some(format!("{before}\n").into_bytes());
    assert_eq!(runs.says(1).0, State::Ok);
    runs.kept = Some(format!("{before} {reading}\n").into_bytes());
    assert_eq!(runs.says(1).0, State::Warning);
}
