//! What a good config comes to: what is told to whom, and when not.

use std::time::Duration;

use crate::lab::{Lab, good, taken};
use watchkeep_core::heartbeat::Expects;
use watchkeep_core::ids::{CheckName, EscalationName, ReceiverName};
use watchkeep_core::report::Severity;
use watchkeep_core::rule::{Aggregate, Bound};
use watchkeep_core::setup::{Absent, CheckSpec, Difference, Parent, Schedule, Work};
use watchkeep_core::time::Wall;
use watchkeep_core::window::{When, WindowKind};

const MINUTE: Duration = Duration::from_mins(1);

fn check(name: &str, more: &str) -> String {
    format!("[[check]]\nname = \"{name}\"\nplugin = \"tcp\"\nconfig = {{ address = \"db:1\" }}\n{more}")
}

fn spec<'c>(config: &'c watchkeep_config::Config, name: &str) -> &'c CheckSpec {
    &config.setup.checks[name]
}

fn wall(text: &str) -> Wall {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc().into()
}

#[test]
fn a_check_depends_on_checks_findings_and_redundancy_groups() {
    let text = check("shop", "depends_on = [\"gateway\", \"disks/sda1/x\", [\"link-a\", \"link-b\"]]\n")
        + &["gateway", "disks", "link-a", "link-b"].map(|name| check(name, "")).concat();
    let config = good(&text);
    let parent = |name: &str| Parent::Check(CheckName::from(name));
    assert_eq!(
        spec(&config, "shop").depends_on,
        [
            vec![parent("gateway")],
            vec![Parent::Finding("disks".into(), "sda1/x".into())],
            vec![parent("link-a"), parent("link-b")],
        ]
    );
    let shown = watchkeep_config::show(&config, &CheckName::from("shop")).unwrap();
    assert!(
        shown.contains("depends_on = [\"gateway\", \"disks/sda1/x\", [\"link-a\", \"link-b\"]]"),
        "{shown}"
    );
}

#[test]
fn an_entry_of_each_names_its_own_parents() {
    let text = "[template.t]\nplugin = \"tcp\"\nabsent = \"critical\"\ndepends_on = [[\"${each.up}\", \"spare\"]]\nconfig = { address = \"db:1\" }\n\
                [[check]]\nname = \"${each.key}\"\nuse = [\"t\"]\neach = { a = { up = \"one\" }, b = { up = \"two/x\" } }\n"
        .to_owned()
        + &["one", "two", "spare"].map(|name| check(name, "")).concat();
    let config = good(&text);
    assert_eq!(spec(&config, "b").depends_on[0][0], Parent::Finding("two".into(), "x".into()));
    assert_eq!(spec(&config, "a").absent, Absent::Critical);
}

#[test]
fn a_check_says_how_its_reports_are_taken() {
    let plain = good(&check("a", ""));
    let a = spec(&plain, "a");
    assert_eq!((a.beyond_witness, a.absent, a.flapping), (false, Absent::Resolve, true));
    assert_eq!(a.event_memory, Duration::from_hours(30 * 24));
    assert_eq!(a.work, Work::Plugin);
    let more = "beyond_witness = true\nabsent = \"keep\"\nflapping = false\nevent_memory = \"7d\"\n";
    let config = taken(&check("a", more));
    let a = spec(&config, "a");
    assert_eq!((a.beyond_witness, a.absent, a.flapping), (true, Absent::Keep, false));
    assert_eq!(a.event_memory, Duration::from_hours(7 * 24));
    let shown = watchkeep_config::show(&config, &CheckName::from("a")).unwrap();
    assert_eq!(taken(&shown).setup.checks, config.setup.checks);
}

#[test]
fn a_route_has_receivers_or_an_escalation_of_its_own_or_from_above() {
    let text = "[[receiver]]\nname = \"chat\"\nplugin = \"console\"\nfallback = \"mail\"\n[[receiver]]\nname = \"mail\"\nplugin = \"console\"\n\
                [[receiver]]\nname = \"lead\"\nplugin = \"console\"\n\
                [[escalation.on-call]]\nreceivers = [\"chat\"]\n[[escalation.on-call]]\nreceivers = [\"lead\"]\nrepeat = 2\n\
                [[escalation.on-call]]\nafter = \"1h\"\nreceivers = [\"lead\", \"chat\"]\n\
                [[route]]\nname = \"root\"\nreceivers = [\"chat\"]\n\
                [[route]]\nname = \"plain\"\nunder = \"root\"\n\
                [[route]]\nname = \"urgent\"\nunder = \"root\"\nescalation = \"on-call\"\n\
                [[route]]\nname = \"below\"\nunder = \"urgent\"\n\
                [[route]]\nname = \"quiet\"\nunder = \"urgent\"\nreceivers = []\n";
    let setup = good(text).setup;
    let root = setup.root.unwrap();
    let chat = || vec![ReceiverName::from("chat")];
    let on_call = || Some(EscalationName::from("on-call"));
    let [plain, urgent] = &root.children[..] else { panic!("{root:?}") };
    let [below, quiet] = &urgent.children[..] else { panic!("{urgent:?}") };
    assert_eq!((&plain.receivers, &plain.escalation), (&chat(), &None));
    for route in [urgent, below] {
        assert_eq!((&route.receivers, &route.escalation), (&Vec::new(), &on_call()));
    }
    assert_eq!((&quiet.receivers, &quiet.escalation), (&Vec::new(), &None));
    let steps = &setup.escalations["on-call"].steps;
    let after: Vec<(Duration, u32)> = steps.iter().map(|step| (step.after, step.repeat)).collect();
    assert_eq!(after, [(Duration::ZERO, 0), (10 * MINUTE, 2), (60 * MINUTE, 0)]);
    assert_eq!(setup.receivers["chat"].fallback, Some("mail".into()));
}

#[test]
fn a_rule_is_a_check_without_a_plugin() {
    let text = "[defaults]\ninterval = \"30s\"\nrunbook = \"https://wiki/\"\nlabels = { team = \"web\" }\n\
                [[rule]]\nname = \"slow\"\nmatch = ['check=\"shop\"']\nmetric = \"probe_duration_seconds\"\naggregate = \"p95\"\nover = \"5m\"\n\
                above = 1\nfor = \"5m\"\nby = [\"path\"]\nseverity = \"error\"\n\
                [[rule]]\nname = \"full\"\nmetric = \"disk_used_ratio\"\naggregate = \"forecast\"\nover = \"1d\"\nwithin = \"24h\"\nbelow = 0.5\ninterval = \"10m\"\n";
    let config = good(text);
    let slow = spec(&config, "slow");
    let Work::Rule(rule) = &slow.work else { panic!("{slow:?}") };
    assert_eq!((slow.plugin.as_str(), &*slow.config), ("rule", "{}"));
    assert_eq!(slow.schedule, Schedule::Interval(Duration::from_secs(30)));
    assert_eq!((slow.firing.needed(), slow.firing.of(), slow.success_threshold.get()), (11, 11, 1));
    assert_eq!(slow.retry_interval, None);
    assert_eq!((slow.labels.get("team"), slow.runbook.as_deref()), ("web", Some("https://wiki/")));
    assert_eq!((rule.aggregate, rule.over, rule.bound), (Aggregate::P95, 5 * MINUTE, Bound::Above(1.0)));
    assert_eq!((&rule.by[..], rule.severity), (&["path".to_owned()][..], Severity::Error));
    let full = spec(&config, "full");
    let Work::Rule(rule) = &full.work else { panic!("{full:?}") };
    assert_eq!((rule.aggregate, rule.bound), (Aggregate::Forecast(24 * 60 * MINUTE), Bound::Below(0.5)));
    assert_eq!((rule.severity, full.firing.needed(), rule.matchers.len()), (Severity::Warning, 1, 0));
}

#[test]
fn a_heartbeat_is_a_check_that_waits() {
    let text = "[[heartbeat]]\nname = \"job\"\nkey = \"0123456789abcdef\"\nevery = \"1d\"\n\
                [[heartbeat]]\nname = \"nightly\"\nkey = \"0e8b0b6e-3a0c-4d0e-9d1f-6f5b3c2a1d00\"\nschedule = \"30 2 * * *\"\ntime_zone = \"Europe/Oslo\"\n\
                grace = \"1h\"\nlasts_max = \"3h\"\nfailure_threshold = 2\ndepends_on = [\"job\"]\n";
    let config = good(text);
    let job = spec(&config, "job");
    let Work::Heartbeat(heartbeat) = &job.work else { panic!("{job:?}") };
    assert_eq!(job.plugin.as_str(), "heartbeat");
    assert_eq!(
        (&*heartbeat.key, &heartbeat.expects),
        ("0123456789abcdef", &Expects::Every(24 * 60 * MINUTE))
    );
    assert_eq!((heartbeat.lasts_max, job.grace), (24 * 60 * MINUTE, 5 * MINUTE));
    assert_eq!((job.firing.needed(), job.success_threshold.get()), (1, 1));
    let nightly = spec(&config, "nightly");
    let Work::Heartbeat(heartbeat) = &nightly.work else { panic!("{nightly:?}") };
    assert!(
        matches!((&heartbeat.expects, &nightly.schedule), (Expects::At(one), Schedule::Cron(other)) if one == other)
    );
    assert_eq!((heartbeat.lasts_max, nightly.grace, nightly.firing.needed()), (180 * MINUTE, 60 * MINUTE, 2));
}

#[test]
fn maintenance_is_once_or_again_and_again_and_may_be_over() {
    let text = "[defaults]\ntime_zone = \"Europe/Oslo\"\n\
                [[maintenance]]\nname = \"move\"\nmatch = ['site=\"oslo-12\"']\nfrom = \"2026-12-24 22:00\"\nuntil = 2026-12-25T02:00:00+01:00\ncomment = \"new rack\"\n\
                [[maintenance]]\nname = \"old\"\nmatch = ['a=b']\nfrom = 2001-10-28T02:30:00\nuntil = \"2001-10-28 02:30:00\"\n\
                [[maintenance]]\nname = \"weekly\"\nmatch = ['team=\"db\"']\nschedule = \"0 2 * * sun\"\nlasts = \"2h\"\ntime_zone = \"UTC\"\n";
    let windows = good(text).setup.windows;
    let ids: Vec<&str> = windows.iter().map(|window| window.id.as_str()).collect();
    assert_eq!(ids, ["config:move", "config:old", "config:weekly"]);
    assert!(windows.iter().all(|window| window.kind == WindowKind::Maintenance && window.author == "config"));
    let (from, until) = (wall("2026-12-24T21:00:00Z"), wall("2026-12-25T01:00:00Z"));
    assert_eq!(windows[0].when, When::Once { from, until });
    assert_eq!(windows[0].comment, "new rack");
    // That hour came twice: it begins with the first and ends with the last.
    let (from, until) = (wall("2001-10-28T00:30:00Z"), wall("2001-10-28T01:30:00Z"));
    assert_eq!(windows[1].when, When::Once { from, until });
    let When::Recurring { starts, lasts, ended: None } = &windows[2].when else { panic!("{windows:?}") };
    assert_eq!((starts.zone(), *lasts), (chrono_tz::UTC, 120 * MINUTE));
}

#[test]
fn reading_a_config_again_makes_no_difference() {
    let text = check("a", "")
        + "[[maintenance]]\nname = \"m\"\nmatch = ['check=a']\nfrom = \"2026-12-24 22:00\"\nuntil = \"2026-12-25 02:00\"\n\
           [[heartbeat]]\nname = \"job\"\nkey = \"0123456789abcdef\"\nevery = \"1d\"\n";
    let difference = Difference::between(&good(&text).setup, &good(&text).setup);
    assert_eq!(difference, Difference::default());
}

#[test]
fn heartbeats_and_rules_come_from_entries_too() {
    let text = "[[heartbeat]]\nname = \"backup-${each.key}\"\nkey = \"${each.ping}\"\nschedule = \"${each.at}\"\neach_file = \"jobs.csv\"\n\
                labels = { team = \"${each.team}\" }\n\n\
                [[rule]]\nname = \"slow-${each.key}\"\nmetric = \"probe_duration_seconds\"\naggregate = \"p95\"\nover = \"10m\"\n\
                match = [\"team=${each.key}\"]\nabove = \"${each.most}\"\n\
                each = { web = { most = 0.5 }, press = { most = 2 } }\n";
    let jobs =
        "job,ping,at,team\ndb,aaaaaaaaaaaaaaaa,0 3 * * *,data\nfiles,bbbbbbbbbbbbbbbb,30 4 * * sun,web\n";
    let lab = Lab::new(&[("main.toml", text), ("jobs.csv", jobs)]);
    let loaded = lab.load("main.toml");
    assert_eq!(loaded.problems, []);
    let config = loaded.config.unwrap();
    let names: Vec<&str> = config.setup.checks.keys().map(|name| name.as_str()).collect();
    assert_eq!(names, ["backup-db", "backup-files", "slow-press", "slow-web"]);
    assert_eq!(spec(&config, "backup-files").labels.get("team"), "web");
    let Work::Heartbeat(heartbeat) = &spec(&config, "backup-db").work else { panic!("a heartbeat") };
    assert_eq!(heartbeat.key, "aaaaaaaaaaaaaaaa");
    let Work::Rule(rule) = &spec(&config, "slow-press").work else { panic!("a rule") };
    assert_eq!((rule.bound, rule.matchers[0].to_string()), (Bound::Above(2.0), "team=press".to_owned()));
}

#[test]
fn a_witness_is_some_checks_and_a_quorum() {
    let checks = check("one", "") + &check("two", "") + &check("far", "beyond_witness = true\n");
    let witness = good(&format!("{checks}[witness]\nchecks = [\"one\", \"two\"]\n")).setup.witness.unwrap();
    assert_eq!((&witness.checks[..], witness.quorum.get()), (&["one".into(), "two".into()][..], 2));
    let witness =
        good(&format!("{checks}[witness]\nchecks = [\"one\", \"two\"]\nquorum = 1\n")).setup.witness;
    assert_eq!(witness.unwrap().quorum.get(), 1);
    assert_eq!(taken(&checks).setup.witness, None);
}

#[test]
fn the_host_sends_a_dead_man_signal_and_listens_to_heartbeats_elsewhere() {
    let text = "[host]\npublic_listen = \"0.0.0.0:8687\"\ndead_man_signal = { url = { secret = \"beat\" }, interval = \"30s\" }\n[secrets]\nbeat = { env = \"BEAT\" }\n";
    let mut lab = Lab::new(&[("main.toml", text)]);
    lab.env.insert("BEAT".to_owned(), "https://hc.example.com/ping/x".to_owned());
    let loaded = lab.load("main.toml");
    assert_eq!(loaded.problems, []);
    let config = loaded.config.unwrap();
    assert_eq!(config.host.public_listen.unwrap().port(), 8687);
    let beat = config.dead_man_signal.unwrap();
    assert_eq!(
        (beat.url.expose(), beat.interval),
        (&b"https://hc.example.com/ping/x"[..], Duration::from_secs(30))
    );
    assert_eq!(config.setup.dead_man_signal, Some(Duration::from_secs(30)));
    assert!(!format!("{beat:?}").contains("ping/x"));
    let literal = good("[host.dead_man_signal]\nurl = \"https://hc.example.com/y\"\n");
    assert_eq!((literal.setup.dead_man_signal, literal.host.public_listen), (Some(MINUTE), None));
}

#[test]
fn a_receivers_messages_are_in_its_own_zone_else_in_that_of_the_defaults() {
    let receivers = "[[receiver]]\nname = \"here\"\nplugin = \"console\"\n\
                     [[receiver]]\nname = \"there\"\nplugin = \"console\"\ntime_zone = \"Asia/Tokyo\"\n\
                     [[route]]\nname = \"root\"\nreceivers = [\"here\", \"there\"]\n";
    let zones = |text: &str| {
        let config = good(text);
        ["here", "there"].map(|name| config.receiver_zones[&ReceiverName::from(name)].name())
    };
    assert_eq!(zones(receivers), ["UTC", "Asia/Tokyo"]);
    assert_eq!(
        zones(&format!("[defaults]\ntime_zone = \"Europe/Oslo\"\n{receivers}")),
        ["Europe/Oslo", "Asia/Tokyo"]
    );
    let refused = crate::lab::check(&receivers.replace("Asia/Tokyo", "Tokyo"));
    assert!(refused.contains("receiver.there.time_zone") && refused.contains("Tokyo"), "{refused}");
}
