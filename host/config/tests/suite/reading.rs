//! What a good config comes to.

use std::time::Duration;

use crate::lab::{Lab, good, plugins, taken};
use watchkeep_config::{Config, Limits, altered, load, load_beside, preliminary};
use watchkeep_core::ids::{CheckName, ReceiverName};
use watchkeep_core::limits::Limit;
use watchkeep_core::setup::{CheckSpec, GroupBy, Grouping, Missed, Schedule};
use watchkeep_core::time::Wall;

fn check<'c>(config: &'c Config, name: &str) -> &'c CheckSpec {
    &config.setup.checks[name]
}

#[test]
fn a_check_has_the_documented_defaults() {
    let config = good("[[check]]\nname = \"a\"\nplugin = \"tcp\"\nconfig = { address = \"db:5432\" }\n");
    let spec = check(&config, "a");
    assert_eq!(spec.schedule, Schedule::Interval(Duration::from_secs(60)));
    assert_eq!(spec.timeout, Duration::from_secs(10));
    assert_eq!(spec.retry_interval, Some(Duration::from_secs(15)));
    assert_eq!((spec.firing.needed(), spec.firing.of()), (3, 3));
    assert_eq!(spec.success_threshold.get(), 2);
    assert_eq!(spec.missed, Missed::Skip);
    assert_eq!(spec.grace, Duration::from_secs(120));
    assert!(spec.enabled && !spec.send_short && spec.run_hours.is_none() && spec.depends_on.is_empty());
    assert_eq!(&*spec.config, r#"{"address":"db:5432"}"#);
}

#[test]
fn the_host_has_the_documented_defaults() {
    let lab = Lab::new(&[("conf/main.toml", "")]);
    let host = lab.load("conf/main.toml").config.unwrap().host;
    assert_eq!(host.data_dir, lab.path("conf/data"));
    assert_eq!(host.plugin_dir, lab.path("conf/plugins"));
    assert_eq!(host.listen.to_string(), "127.0.0.1:8686");
    assert_eq!(host.external_url, "http://127.0.0.1:8686");
    assert_eq!(host.plugin_settle, Duration::from_millis(300));
    assert_eq!(host.plugin_settle_max, Duration::from_secs(2));
    assert_eq!(host.plugin_canary, Duration::from_secs(300));
    assert_eq!(host.results_keep, Duration::from_secs(90 * 86_400));
    assert_eq!(host.store_cache_bytes, 48 << 20);
}

#[test]
fn paths_are_relative_to_the_file_that_names_them() {
    let lab = Lab::new(&[
        ("main.toml", "[host]\ninclude = [\"sub/*.toml\"]\n"),
        ("sub/host.toml", "[host]\ndata_dir = \"state\"\nplugin_dir = \"/opt/plugins\"\n"),
    ]);
    let host = preliminary(&lab.path("main.toml")).unwrap();
    assert_eq!(host.data_dir, lab.path("sub/state"));
    assert_eq!(host.plugin_dir.to_str(), Some("/opt/plugins"));
}

#[test]
fn preliminary_says_where_plugins_are_whatever_else_is_wrong() {
    let lab = Lab::new(&[("main.toml", "[host]\nlisten = 3\nplugin_dir = \"p\"\n[[check]\n")]);
    assert_eq!(preliminary(&lab.path("main.toml")).unwrap().plugin_dir, lab.path("p"));
    assert!(preliminary(&lab.path("gone.toml")).is_err());
}

#[test]
fn a_folder_is_merged_in_the_order_of_names_without_hidden_files() {
    let route = |name: &str, under: &str| format!("[[route]]\nname = \"{name}\"\nunder = \"{under}\"\n");
    let lab = Lab::new(&[
        ("conf/20.toml", &route("second", "root")),
        ("conf/10.toml", &route("first", "root")),
        ("conf/00.toml", "[[route]]\nname = \"root\"\n"),
        ("conf/.hidden.toml", "nonsense"),
        ("conf/notes.txt", "nonsense"),
    ]);
    let loaded = lab.load("conf");
    assert_eq!(loaded.problems, []);
    let root = loaded.config.unwrap().setup.root.unwrap();
    let children: Vec<&str> = root.children.iter().map(|route| route.name.as_str()).collect();
    assert_eq!(children, ["first", "second"]);
}

#[test]
fn a_file_that_two_patterns_name_is_read_once() {
    let lab = Lab::new(&[
        ("main.toml", "[host]\ninclude = [\"b*.toml\", \"*b.toml\"]\n"),
        ("b.toml", "[site.oslo]\n"),
    ]);
    assert_eq!(lab.load("main.toml").problems, []);
}

#[test]
fn a_text_of_several_lines_is_the_same_whatever_ends_the_files_lines() {
    let lines = [
        "[[check]]",
        "name = \"a\"",
        "plugin = \"http\"",
        "[check.config]",
        "url = \"https://example.com\"",
        "find = \"\"\"",
        "<p>",
        "  up\"\"\"",
        "headers = { x-kept = \"a\\r\\nb\" }",
    ];
    let (unix, windows) = (good(&lines.join("\n")), good(&lines.join("\r\n")));
    let wanted = r#""find":"<p>\n  up","headers":{"x-kept":"a\r\nb"}"#;
    for config in [unix, windows] {
        assert!(check(&config, "a").config.contains(wanted), "{}", check(&config, "a").config);
    }
    let lab = Lab::new(&[("main.toml", "a = 1\r\n\r\nb = 2\r\n")]);
    assert!(lab.printed("main.toml").contains("main.toml:3:1"), "{}", lab.printed("main.toml"));
}

#[test]
fn a_byte_order_mark_and_carriage_returns_do_no_harm() {
    let text = "\u{feff}[[check]]\r\nname = \"a\"\r\nplugin = \"tcp\"\r\nconfig = { address = \"db:1\" }\r\ntimeout = 3\r\n";
    let lab = Lab::new(&[("main.toml", text)]);
    let problems = lab.load("main.toml").problems;
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].place.line, problems[0].place.column), (5, 11));
    assert_eq!(problems[0].place.snippet.as_ref().unwrap().text, "timeout = 3");
}

#[test]
fn templates_are_laid_under_a_check_the_later_wins_and_defaults_lie_below() {
    let config = good(
        r#"
[host]
labels = { env = "prod", from = "host" }
[defaults]
interval = "20s"
timeout = "5s"
labels = { from = "defaults" }
[template.base]
plugin = "http"
timeout = "6s"
config = { method = "GET", expect_status = ["200"] }
allow = { http = ["https://one.example.com"] }
labels = { a = "base", b = "base" }
[template.web]
use = ["base"]
interval = "30s"
config = { expect_status = ["200-299"] }
allow = { http = ["https://two.example.com"] }
labels = { b = "web" }
[template.slow]
interval = "5m"
[[check]]
name = "shop"
use = ["web", "slow"]
config = { url = "https://shop.example.com/" }
labels = { c = "own" }
"#,
    );
    let spec = check(&config, "shop");
    assert_eq!(spec.schedule, Schedule::Interval(Duration::from_secs(300)));
    assert_eq!(spec.timeout, Duration::from_secs(6));
    assert_eq!(
        &*spec.config,
        r#"{"expect_status":["200-299"],"method":"GET","url":"https://shop.example.com/"}"#
    );
    let labels: Vec<_> = spec.labels.iter().collect();
    assert_eq!(labels, [("a", "base"), ("b", "web"), ("c", "own"), ("env", "prod"), ("from", "defaults")]);
    let allow: Vec<String> =
        config.check_allow["shop"].entries().map(|(of, entry)| format!("{of} {entry}")).collect();
    assert_eq!(allow, ["http https://one.example.com", "http https://two.example.com"]);
}

#[test]
fn a_schedule_of_a_check_takes_the_place_of_an_interval_below() {
    let config = good(
        "[defaults]\ninterval = \"20s\"\ntime_zone = \"Europe/Oslo\"\nfailures = \"3 of 5\"\n\
         [[check]]\nname = \"a\"\nplugin = \"tcp\"\nschedule = \"30 2 * * *\"\nfailure_threshold = 1\n\
         missed = \"run_once\"\nconfig = { address = \"db:1\" }\n",
    );
    let spec = check(&config, "a");
    let Schedule::Cron(cron) = &spec.schedule else { panic!("{:?}", spec.schedule) };
    assert_eq!((cron.as_str(), cron.zone().name()), ("30 2 * * *", "Europe/Oslo"));
    assert_eq!((spec.firing.needed(), spec.firing.of()), (1, 1));
    assert_eq!(spec.missed, Missed::RunOnce);
}

#[test]
fn a_retry_is_never_slower_than_the_interval() {
    let config = good(
        "[[check]]\nname = \"a\"\nplugin = \"tcp\"\ninterval = \"5s\"\nconfig = { address = \"db:1\" }\n",
    );
    assert_eq!(check(&config, "a").retry_interval, None);
}

#[test]
fn every_entry_makes_a_check_and_a_lone_placeholder_keeps_its_type() {
    let config = good(
        r#"
[[check]]
name = "site-${each.key}"
plugin = "http"
labels = { team = "${each.team}", price = "$${each.key}" }
config = { url = "${each.url}", redirects_max = "${each.hops}", find = "${each.hops} hops" }
[check.each.shop]
url = "https://shop.example.com/"
team = "web"
hops = 3
[check.each.blog]
url = "https://blog.example.com/"
team = "press"
hops = 0
"#,
    );
    assert_eq!(config.setup.checks.len(), 2);
    let shop = check(&config, "site-shop");
    assert_eq!(&*shop.config, r#"{"find":"3 hops","redirects_max":3,"url":"https://shop.example.com/"}"#);
    assert_eq!(shop.labels.get("team"), "web");
    assert_eq!(shop.labels.get("price"), "${each.key}");
}

#[test]
fn a_csv_file_gives_entries_and_its_numbers_are_numbers_where_they_are_wanted() {
    let main = "[[check]]\nname = \"${each.key}\"\nplugin = \"tcp\"\neach_file = \"sites.csv\"\n\
                timeout = \"${each.timeout}\"\nconfig = { address = \"${each.host}\", port = \"${each.port}\" }\n";
    let csv = "host,key,port,timeout\n\"db:1\",a,5432,3s\nweb:2 , b ,80,4s\n";
    let lab = Lab::new(&[("main.toml", main), ("sites.csv", csv)]);
    let loaded = lab.load("main.toml");
    assert_eq!(loaded.problems, []);
    let config = loaded.config.unwrap();
    assert_eq!(&*check(&config, "a").config, r#"{"address":"db:1","port":5432}"#);
    assert_eq!(&*check(&config, "b").config, r#"{"address":"web:2","port":80}"#);
    assert_eq!(check(&config, "b").timeout, Duration::from_secs(4));
    assert!(config.files.contains(&lab.path("sites.csv")));
}

#[test]
fn a_file_of_200_cameras_gives_200_readable_checks_and_names_the_one_line_that_is_broken() {
    let main = "[[check]]\nname = \"camera-${each.key}\"\nplugin = \"tcp\"\neach_file = \"cameras.csv\"\n\
                labels = { site = \"${each.site}\" }\nconfig = { address = \"${each.host}:554\" }\n";
    let line = |at: usize| format!("hall-{at:03},10.20.{}.{},oslo\n", at / 100, at % 100 + 1);
    let csv = |broken: usize| {
        let lines =
            (1..=200).map(|at| if at == broken { "hall-broken,10.20.9.9\n".to_owned() } else { line(at) });
        format!("key,host,site\n{}", lines.collect::<String>())
    };
    let lab = Lab::new(&[("main.toml", main), ("cameras.csv", &csv(0))]);
    let loaded = lab.load("main.toml");
    assert_eq!(loaded.problems, []);
    let config = loaded.config.unwrap();
    assert_eq!(config.setup.checks.len(), 200);
    let one = check(&config, "camera-hall-117");
    assert_eq!(&*one.config, r#"{"address":"10.20.1.18:554"}"#);
    assert_eq!(one.labels.get("site"), "oslo");
    let lab = Lab::new(&[("main.toml", main), ("cameras.csv", &csv(117))]);
    let printed = lab.printed("main.toml");
    assert!(printed.contains("cameras.csv:118:1") && printed.contains("hall-broken"), "{printed}");
    assert!(printed.ends_with("1 error\n"), "{printed}");
}

#[test]
fn calendars_have_hours_holidays_and_exceptions() {
    let config = good(
        r#"
[calendars.office]
time_zone = "Europe/Oslo"
hours = { mon-fri = ["08:00-18:00"], sat = ["22:00-06:00"] }
holidays = ["2026-12-25", 2026-12-28]
exceptions = { 2026-12-24 = ["08:00-12:00"] }
[[check]]
name = "a"
plugin = "tcp"
run_hours = "office"
notify_hours = "always"
config = { address = "db:1" }
"#,
    );
    let office = check(&config, "a").run_hours.clone().unwrap();
    let at = |text: &str| {
        let time = chrono::DateTime::parse_from_rfc3339(text).unwrap();
        office.is_open(Wall::from_millis(time.timestamp_millis()))
    };
    assert!(at("2026-12-23T17:59:00+01:00") && !at("2026-12-23T18:01:00+01:00"));
    assert!(at("2026-12-24T11:59:00+01:00") && !at("2026-12-24T12:01:00+01:00"));
    assert!(!at("2026-12-25T10:00:00+01:00") && !at("2026-12-28T10:00:00+01:00"));
    assert!(at("2026-12-27T05:59:00+01:00"), "the night from Saturday");
}

#[test]
fn holidays_come_from_an_icalendar_file() {
    let ics = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    let main = "[calendars.office]\nhours = { mon-sun = [\"00:00-24:00\"] }\nholidays = \"no.ics\"\n\
                [[check]]\nname = \"a\"\nplugin = \"tcp\"\nrun_hours = \"office\"\nconfig = { address = \"db:1\" }\n";
    let lab = Lab::new(&[("main.toml", main), ("no.ics", ics)]);
    let loaded = lab.load("main.toml");
    assert_eq!(loaded.problems, []);
    let config = loaded.config.unwrap();
    let office = config.setup.checks["a"].run_hours.clone().unwrap();
    let noon = |day: i64| Wall::from_millis((day * 86_400 + 43_200) * 1000);
    let christmas = 20_812; // days from 1970 to 2026-12-25
    assert!(office.is_open(noon(christmas - 1)) && !office.is_open(noon(christmas)));
}

#[test]
fn a_site_gives_its_hours_and_its_label_unless_the_check_says_otherwise() {
    let config = good(
        r#"
[calendars.office]
hours = { mon-fri = ["08:00-18:00"] }
[site.oslo-12]
calendar = "office"
labels = { city = "oslo" }
[template.camera]
plugin = "tcp"
site = "oslo-12"
config = { address = "cam:554" }
[[check]]
name = "a"
use = ["camera"]
[[check]]
name = "b"
use = ["camera"]
run_hours = "always"
"#,
    );
    let a = check(&config, "a");
    assert_eq!(a.run_hours.as_ref().map(|calendar| calendar.name().as_str()), Some("office"));
    assert_eq!((a.labels.get("site"), a.labels.get("city")), ("oslo-12", "oslo"));
    assert!(check(&config, "b").run_hours.is_none());
}

#[test]
fn what_a_route_does_not_say_it_has_from_above() {
    let config = good(
        r#"
[calendars.office]
hours = { mon-fri = ["08:00-18:00"] }
[[receiver]]
name = "chat"
plugin = "console"
[[receiver]]
name = "pager"
plugin = "console"
grouping = "per_alert"
rate_per_minute = 120
[[route]]
name = "urgent"
under = "root"
match = ['priority="high"', 'severity="error"']
receivers = ["pager"]
group_by = ["..."]
group_wait = "0s"
continue = true
[[route]]
name = "root"
receivers = ["chat"]
group_by = ["team"]
repeat_interval = "1h"
notify_hours = "office"
[[route]]
name = "night"
under = "urgent"
notify_hours = "always"
[[route]]
name = "rest"
under = "root"
"#,
    );
    let root = config.setup.root.clone().unwrap();
    assert_eq!(root.group_wait, Duration::from_secs(30));
    assert_eq!(root.group_interval, Duration::from_secs(300));
    let [urgent, rest] = &root.children[..] else { panic!("{root:?}") };
    assert_eq!((urgent.name.as_str(), urgent.matchers.len(), urgent.continues), ("urgent", 2, true));
    assert_eq!((&urgent.group_by, urgent.group_wait), (&GroupBy::Nothing, Duration::ZERO));
    assert_eq!(urgent.repeat_interval, Duration::from_secs(3600));
    assert!(urgent.notify_hours.is_some());
    let night = &urgent.children[0];
    assert_eq!(night.receivers, [ReceiverName::from("pager")]);
    assert!(night.notify_hours.is_none() && night.matchers.is_empty() && !night.continues);
    assert_eq!(rest.group_by, GroupBy::Labels(vec!["team".to_owned()]));
    assert_eq!(rest.receivers, [ReceiverName::from("chat")]);
    let pager = &config.setup.receivers["pager"];
    assert_eq!(pager.grouping, Grouping::PerAlert);
    assert_eq!(pager.rate_per_minute.map(std::num::NonZero::get), Some(120));
    assert_eq!((pager.timeout, pager.concurrency.get()), (Duration::from_secs(30), 4));
}

#[test]
fn a_plugin_says_whether_it_wants_single_alerts_and_the_receiver_has_the_last_word() {
    let lab = Lab::new(&[(
        "main.toml",
        "[[receiver]]\nname = \"own\"\nplugin = \"console\"\n\n[[receiver]]\nname = \"other\"\nplugin = \"console\"\n\
         grouping = \"per_group\"\n\n[[route]]\nname = \"root\"\nreceivers = [\"own\", \"other\"]\n",
    )]);
    let mut plugins = plugins();
    plugins.get_mut("console").unwrap().schema["x-watchkeep-grouping"] = "per_alert".into();
    let config = load(&lab.path("main.toml"), &plugins, &lab.env).config.unwrap();
    assert_eq!(config.setup.receivers["own"].grouping, Grouping::PerAlert);
    assert_eq!(config.setup.receivers["other"].grouping, Grouping::PerGroup);
}

#[test]
fn limits_and_owners_labels_of_a_plugin_are_read() {
    let config = good(
        "[plugin.http]\nlimits = { memory = \"32MiB\", cpu = \"200ms\", concurrency = 2 }\nlabels = { team = \"web\" }\n\
         allow = { dns = [\"*.example.com\"] }\n",
    );
    let settings = &config.plugins["http"];
    let expected = Limits {
        memory_bytes: 32 << 20,
        cpu: Duration::from_millis(200),
        concurrency: 2,
        ..Limits::default()
    };
    assert_eq!(settings.limits, expected);
    assert_eq!(config.setup.plugin_labels["http"].get("team"), "web");
    assert!(!settings.allow.is_empty());
}

#[test]
fn every_limit_of_a_plugin_is_read_and_no_plugin_is_above_the_hosts_ceilings() {
    let config = good(
        "[host.ceilings]\nmemory = \"32MiB\"\ncpu = \"500ms\"\nkv_keys = 10\nechoes = 200\n\
         [plugin.http.limits]\nmemory = \"16MiB\"\ntables = 500\ncpu = \"500ms\"\nhost_calls = 7\n\
         call_bytes = \"1MiB\"\nlog_lines = 8\nhttp_requests = 9\nhttp_body = \"2MiB\"\nconnections = 3\n\
         net_bytes = \"3MiB\"\ndatagrams = 11\ndns_queries = 12\nechoes = 13\nfile_bytes = \"6MiB\"\ncommands = 15\n\
         snapshot_bytes = \"7MiB\"\nkv = \"4MiB\"\n\
         kv_value = \"5KiB\"\nkv_keys = 10\nconcurrency = 14\n",
    );
    let limits = config.limits(&"http".into());
    let amounts: Vec<u64> = Limit::ALL.iter().map(|limit| limits.get(*limit)).collect();
    let expected = [
        16 << 20,
        500,
        500,
        7,
        1 << 20,
        8,
        9,
        2 << 20,
        3,
        3 << 20,
        11,
        12,
        13,
        6 << 20,
        15,
        7 << 20,
        4 << 20,
        5 << 10,
        10,
        14,
    ];
    assert_eq!(amounts, expected);
    assert_eq!(Limit::ALL.iter().filter(|limit| limits.held.has(**limit)).count(), 2, "{:?}", limits.held);
    // A plugin without a section of its own.
    let others = config.limits(&"tcp".into());
    assert_eq!((others.memory_bytes, others.cpu), (32 << 20, Duration::from_millis(500)));
    assert_eq!((others.kv_keys, others.echoes), (10, Limits::default().echoes));
}

#[test]
fn limits_and_ceilings_are_shown_with_a_check() {
    let text = "[host.ceilings]\nmemory = \"32MiB\"\ncpu = \"500ms\"\n[plugin.tcp.limits]\nechoes = 7\n\
                [[check]]\nname = \"a\"\nplugin = \"tcp\"\nconfig = { address = \"db:1\" }\n";
    let config = good(text);
    let shown = watchkeep_config::show(&config, &CheckName::from("a")).unwrap();
    for says in ["[host.ceilings]\ncpu = \"500ms\"\nmemory = \"32MiB\"", "[plugin.tcp.limits]", "echoes = 7"]
    {
        assert!(shown.contains(says), "{shown}");
    }
    let again = good(&shown);
    assert_eq!(again.limits(&"tcp".into()), config.limits(&"tcp".into()));
}

#[test]
fn owners_of_plugins_have_routes_of_their_own_that_wait_as_the_root_does() {
    let receivers: String = ["a", "b", "c"]
        .map(|name| format!("[[receiver]]\nname = \"{name}\"\nplugin = \"console\"\n"))
        .concat();
    let config = good(&format!(
        "{receivers}[plugin.http]\nowner = \"a\"\n[plugin.tcp]\nowner = [\"a\", \"b\"]\n[plugin.console]\nlabels = {{ team = \"x\" }}\n\
         [[route]]\nname = \"root\"\nreceivers = [\"c\"]\ngroup_wait = \"7s\"\n"
    ));
    let routes = &config.setup.owner_routes;
    let told: Vec<(&str, usize, Duration)> =
        routes.values().map(|route| (route.name.as_str(), route.receivers.len(), route.group_wait)).collect();
    let wait = Duration::from_secs(7);
    assert_eq!(told, [("owner of http", 1, wait), ("owner of tcp", 2, wait)]);
    // Without a tree it waits as a root that says nothing.
    let config = good("[[receiver]]\nname = \"a\"\nplugin = \"console\"\n[plugin.http]\nowner = \"a\"\n");
    assert_eq!(config.setup.owner_routes["http"].group_wait, Duration::from_secs(30));
}

#[test]
fn a_disabled_and_renamed_check_is_carried_as_such() {
    let config = good(
        "[[check]]\nname = \"b\"\nrenamed_from = \"a\"\nenabled = false\nrunbook = \"https://wiki/b\"\nplugin = \"tcp\"\nconfig = { address = \"db:1\" }\n",
    );
    let spec = check(&config, "b");
    assert_eq!(spec.renamed_from, Some(CheckName::from("a")));
    assert_eq!((spec.enabled, spec.runbook.as_deref()), (false, Some("https://wiki/b")));
}

#[test]
fn a_check_as_it_is_after_templates_can_be_read_back() {
    let text = r#"
[calendars.office]
hours = { mon-fri = ["08:00-18:00"] }
[template.web]
plugin = "http"
failures = "3 of 5"
config = { expect_status = ["200-299"] }
[[check]]
name = "shop"
use = ["web"]
run_hours = "office"
labels = { team = "web", odd = "$${each.key}" }
config = { url = "https://shop.example.com/", redirects_max = 3, find = "$${price}" }
allow = { http = ["https://cdn.example.com"] }
"#;
    let config = good(text);
    let shown = watchkeep_config::show(&config, &CheckName::from("shop")).unwrap();
    let again = good(&format!("[calendars.office]\nhours = {{ mon-fri = [\"08:00-18:00\"] }}\n{shown}"));
    assert_eq!(again.setup.checks, config.setup.checks);
    assert_eq!(again.check_allow, config.check_allow);
    assert!(watchkeep_config::show(&config, &CheckName::from("gone")).is_none());
}

#[test]
fn problems_are_told_as_json_too() {
    let lab = Lab::new(&[("main.toml", "[host]\ndata-dir = \"x\"\n")]);
    let problems = load(&lab.path("main.toml"), &plugins(), &lab.env).problems;
    let json = watchkeep_config::to_json(&problems);
    assert_eq!(json[0]["line"], 2);
    assert_eq!(json[0]["column"], 1);
    assert_eq!(json[0]["severity"], "error");
    assert_eq!(json[0]["key"], "host.data-dir");
    assert_eq!(json[0]["hint"], "did you mean `data_dir`?");
    assert_eq!(json[0]["snippet"], "data-dir = \"x\"");
}

#[test]
fn a_config_that_names_a_plugin_whose_file_is_none_yet_is_told_why() {
    let text =
        "[[check]]\nname = \"a\"\nplugin = \"slow\"\n\n[[receiver]]\nname = \"b\"\nplugin = \"broken\"\n";
    let lab = Lab::new(&[("main.toml", text)]);
    let absent = [
        ("slow", "is being compiled"),
        ("broken", "failed: compile: does not compile; hint: build it again"),
    ];
    let absent = absent.map(|(name, why)| (name.into(), why.to_owned())).into();
    let problems = load_beside(&lab.path("main.toml"), &plugins(), &absent, &lab.env).problems;
    let told = |part: &str| {
        let found = problems.iter().find(|problem| problem.message.contains(part));
        found.unwrap_or_else(|| panic!("{part} is not in {problems:#?}"))
    };
    assert_eq!(told("`slow`").message, "plugin `slow` is not there yet: its file is being compiled");
    let broken = told("`broken`");
    assert_eq!(
        broken.message,
        "plugin `broken` is not there yet: its file failed: compile: does not compile"
    );
    assert_eq!(broken.hint.as_deref(), Some("build it again"));
}

#[test]
fn a_warning_leaves_the_config_as_it_is() {
    assert!(taken("[[receiver]]\nname = \"a\"\nplugin = \"console\"\n").setup.root.is_none());
}

#[test]
fn tables_in_a_templates_config_are_merged_and_keys_of_it_can_be_left_out() {
    let text = "[secrets]\ntoken = { env = \"TOKEN\", to = [\"https://a.example.com\"] }\n\
        [template.web]\nplugin = \"http\"\nconfig = { url = \"https://a.example.com/\", find = \"x\", headers = { accept = \"text/html\", x-team = \"web\" } }\n\
        [template.api]\nuse = [\"web\"]\nunset = [\"headers.accept\"]\nconfig = { headers = { x-api = \"1\" } }\n\
        [[check]]\nname = \"a\"\nuse = [\"api\"]\nunset = [\"find\"]\nconfig = { headers = { x-team = { secret = \"token\" } } }\n\
        [[check]]\nname = \"b\"\nuse = [\"api\"]\n";
    let mut lab = Lab::new(&[("main.toml", text)]);
    lab.env.insert("TOKEN".to_owned(), "0123456789".to_owned());
    let loaded = lab.load("main.toml");
    let config = loaded.config.unwrap_or_else(|| panic!("{:?}", loaded.problems));
    let json = |name: &str| -> serde_json::Value {
        serde_json::from_str(&config.setup.checks[&CheckName::from(name)].config).unwrap()
    };
    assert_eq!(
        json("a"),
        serde_json::json!({ "url": "https://a.example.com/", "headers": { "x-team": { "secret": "token" }, "x-api": "1" } })
    );
    assert_eq!(
        json("b"),
        serde_json::json!({ "url": "https://a.example.com/", "find": "x", "headers": { "x-team": "web", "x-api": "1" } })
    );
}

#[test]
fn what_no_template_gives_cannot_be_left_out() {
    let text = "[template.web]\nplugin = \"http\"\nconfig = { url = \"https://a.example.com/\", find = \"x\" }\n\
        [[check]]\nname = \"a\"\nuse = [\"web\"]\nunset = [\"fnd\", \"headers.accept\"]\n\
        [[check]]\nname = \"b\"\nplugin = \"http\"\nunset = [\"url\"]\nconfig = { url = \"https://a.example.com/\" }\n";
    insta::assert_snapshot!(crate::lab::check(text), @r#"
error: no template gives `fnd` in its `config`
 --> main.toml:7:10
  |
7 | unset = ["fnd", "headers.accept"]
  |          ^^^^^
  |
  = key: check.a.unset
  = hint: did you mean `find`?

error: no template gives `headers.accept` in its `config`
 --> main.toml:7:17
  |
7 | unset = ["fnd", "headers.accept"]
  |                 ^^^^^^^^^^^^^^^^
  |
  = key: check.a.unset
  = hint: they give `find`, `url`; a key in a table is `headers.NAME`

error: no template gives `url` in its `config`
  --> main.toml:11:10
   |
11 | unset = ["url"]
   |          ^^^^^
   |
   = key: check.b.unset
   = hint: take it out: there is nothing to unset

3 errors
"#);
}

#[test]
fn a_dollar_can_stand_before_a_placeholder() {
    for (written, read) in [
        ("${each.price}", "5"),
        ("$${each.price}", "${each.price}"),
        ("$$${each.price}", "$5"),
        ("costs $$${each.price}, not $", "costs $5, not $"),
        ("$$$${each.price}", "$${each.price}"),
        ("$$$$${each.price}", "$$5"),
        ("$5 $$ ${each.key}", "$5 $$ a"),
    ] {
        let config = good(&format!(
            "[[check]]\nname = \"c-${{each.key}}\"\nplugin = \"http\"\neach = {{ a = {{ price = \"5\" }} }}\n\
             config = {{ url = \"https://a.example.com/\", find = \"{written}\" }}\n"
        ));
        let spec = config.setup.checks.values().next().unwrap();
        let json: serde_json::Value = serde_json::from_str(&spec.config).unwrap();
        assert_eq!(json["find"], read, "{written}");
    }
}

#[test]
fn what_changes_beside_checks_and_routes_is_told() {
    let text = |allow: &str, limits: &str, secret: &str, more: &str| {
        let mut lab = Lab::new(&[(
            "main.toml",
            &format!(
                "[plugin.http]\nallow = {{ http = [{allow}] }}\nlimits = {{ {limits} }}\n[secrets]\ntoken = {{ env = \"T\", to = [\"https://a.example.com\"] }}\n\
                 [[check]]\nname = \"a\"\nplugin = \"http\"\nconfig = {{ url = \"https://a.example.com/\", bearer = {{ secret = \"token\" }} }}\n\
                 [[check]]\nname = \"b\"\nplugin = \"tcp\"\nconfig = {{ address = \"db:1\" }}\n{more}"
            ),
        )]);
        lab.env.insert("T".to_owned(), secret.to_owned());
        lab.load("main.toml").config.unwrap()
    };
    let before = text("", "", "0123456789abcdefXY", "");
    let altered = |after: &Config| altered(&before, after);
    assert_eq!(altered(&text("", "", "0123456789abcdefXY", "")), [""; 0]);
    let wider = text("\"https://cdn.example.com\"", "", "0123456789abcdefXY", "");
    assert_eq!(altered(&wider), ["rights of check `a`"]);
    assert_eq!(
        altered(&text("", "memory = \"32MiB\"", "0123456789abcdefXY", "")),
        ["limits of plugin `http`"]
    );
    assert_eq!(altered(&text("", "", "another value 0815", "")), ["secret `token`"]);
    let own = text(
        "",
        "",
        "0123456789abcdefXY",
        "allow = { net = [\"db:2\"] }\n[roots]\nlogs = { path = \"/var/log\" }\n",
    );
    assert_eq!(altered(&own), ["rights of check `b`", "root `logs`, which is new"]);
}
