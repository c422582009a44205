//! The command line beside a running host, and where none runs.

use serde_json::Value;
use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, eventually, eventually_seeing, run_to_end};

use crate::notices::{alerting, webhook};

/// Exit code and standard output; what goes to standard error is shown if a test fails.
pub(crate) async fn typed(folder: &Folder, arguments: &[&str]) -> (i32, String) {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--config", "watchkeep.toml"]).collect();
    let (code, output, errors) = run_to_end(folder, &arguments).await;
    assert!(!errors.contains("panicked"), "{arguments:?}: {errors}");
    (code, format!("{output}{errors}"))
}

pub(crate) async fn json(folder: &Folder, arguments: &[&str]) -> Value {
    let arguments: Vec<&str> = arguments.iter().copied().chain(["--json"]).collect();
    let (code, text) = typed(folder, &arguments).await;
    assert_eq!(code, 0, "{arguments:?}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {text}"))
}

#[tokio::test]
async fn an_operator_asks_a_running_host_and_then_its_database() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let checks = [("shop", site.url("/shop")), ("blog", site.url("/blog"))];
    let folder = Folder::new(&alerting(&checks, &webhook(&hook)));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    site.set("/blog", Answering::Status(500));
    host.state("blog", "critical").await;
    eventually("the page arrives", async || hook.of("firing", "blog").pop()).await;

    let listed = json(&folder, &["check", "list", "--state", "critical"]).await;
    assert_eq!(listed.as_array().unwrap().len(), 1, "{listed:#}");
    assert_eq!((&listed[0]["name"], &listed[0]["plugin"]), (&"blog".into(), &"http".into()));
    let (code, text) = typed(&folder, &["check", "list"]).await;
    assert!(code == 0 && text.contains("NAME") && text.contains("shop"), "{text}");

    // Like a Nagios plugin: 0 ok, 2 critical; 1 for a check that is not there is the command's own failure.
    assert_eq!(typed(&folder, &["check", "run", "shop"]).await.0, 0);
    assert_eq!(typed(&folder, &["check", "run", "blog"]).await.0, 2);
    let (code, text) = typed(&folder, &["check", "run", "shopp"]).await;
    assert!(code == 1 && text.contains("shopp"), "{text}");

    eventually_seeing("the receiver's answer is known", async || {
        let (code, text) = typed(&folder, &["alert", "explain", "blog"]).await;
        if code == 0 && text.contains("`people` was told by route") { Ok(()) } else { Err(text) }
    })
    .await;
    let alerts = json(&folder, &["alert", "list"]).await;
    assert_eq!(alerts[0]["check"], "blog", "{alerts:#}");
    let deliveries = eventually("the delivery is recorded", async || {
        let listed = json(&folder, &["delivery", "list", "--status", "delivered"]).await;
        (listed.as_array().is_some_and(|all| !all.is_empty())).then_some(listed)
    })
    .await;
    assert_eq!(deliveries[0]["receiver"], "people", "{deliveries:#}");
    let (code, text) = typed(&folder, &["receiver", "test", "people"]).await;
    assert!(code == 0 && text.contains("took the test"), "{text}");
    let plugins = json(&folder, &["plugin", "list"]).await;
    let names: Vec<&str> =
        plugins.as_array().unwrap().iter().filter_map(|plugin| plugin["name"].as_str()).collect();
    assert_eq!(names, ["http", "webhook"]);

    assert_eq!(typed(&folder, &["check", "pause", "shop"]).await.0, 0);
    host.state("blog", "critical").await;
    assert_eq!(host.check("shop").await.unwrap()["status"], "paused");
    host.signal("TERM").await;
    assert!(host.ended().await.success());

    // No host: what was is read from the database; what only a host can do is refused with a sentence.
    let listed = json(&folder, &["check", "list"]).await;
    assert_eq!(listed[0]["state"], "critical", "{listed:#}");
    assert_eq!(listed[1]["status"], "paused", "{listed:#}");
    let history = json(&folder, &["check", "history", "blog", "--limit", "3"]).await;
    assert_eq!(history[0]["state"], "critical", "{history:#}");
    let (code, text) = typed(&folder, &["check", "resume", "shop"]).await;
    assert!(code == 1 && text.contains("hint: start one with `watchkeep run"), "{text}");
}

#[tokio::test]
async fn a_config_is_asked_without_a_host() {
    let site = Site::start().await;
    let hook = Hook::start().await;
    let folder = Folder::new(&alerting(&[("shop", site.url("/"))], &webhook(&hook)));
    let routes = json(&folder, &["route", "test", "--label", "team=web"]).await;
    assert_eq!(routes[0]["receivers"][0], "people", "{routes:#}");
    let (code, text) = typed(&folder, &["config", "show", "shop"]).await;
    assert!(code == 0 && text.contains("plugin = \"http\"") && text.contains("300ms"), "{text}");
    let schema = json(&folder, &["config", "schema"]).await;
    assert!(schema["properties"]["check"].is_object(), "{schema:#}");
    let (code, text) = typed(&folder, &["validate"]).await;
    assert!(code == 0 && text.contains("the config is good"), "{text}");
    let (code, text) = typed(&folder, &["completions", "bash"]).await;
    assert!(code == 0 && text.contains("watchkeep"), "{text}");
    let (code, text) = typed(&folder, &["no-such-command"]).await;
    assert!(code == 2 && text.contains("--help"), "{text}");
}

#[tokio::test]
async fn a_calendar_is_shown_with_what_closes_each_day() {
    let folder = Folder::new(
        "[calendars.office]\nhours = { mon-fri = [\"08:00-18:00\"] }\nholidays = \"days.ics\"\n\
         exceptions = { 2027-12-24 = [\"08:00-12:00\"] }\n",
    );
    folder.write(
        "days.ics",
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:may\nSUMMARY:May Day\nDTSTART;VALUE=DATE:20250501\nRRULE:FREQ=YEARLY\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:may\nSUMMARY:May Day, moved\nRECURRENCE-ID;VALUE=DATE:20270501\nDTSTART;VALUE=DATE:20270503\nEND:VEVENT\n\
         END:VCALENDAR\n",
    );
    let shown = json(&folder, &["calendar", "show", "office", "--year", "2027"]).await;
    let days = shown["days"].as_array().unwrap();
    let day = |date: &str| days.iter().find(|day| day["date"] == date);
    assert_eq!(day("2027-05-03").unwrap()["by"], "May Day, moved (days.ics, line 8)", "{shown:#}");
    assert_eq!(day("2027-05-01").unwrap()["by"], "`hours`", "a Saturday, and no holiday of that year");
    assert_eq!(day("2027-12-24").unwrap()["hours"], serde_json::json!(["08:00-12:00"]));
    assert!(day("2027-05-04").is_none(), "a day like others");
    let (code, text) = typed(&folder, &["calendar", "show", "office", "--year", "2027"]).await;
    assert!(code == 0 && text.contains("2027-05-03  Mon  closed       May Day, moved"), "{text}");
    assert!(text.contains("closed by `hours` on Sat, Sun: 104 more days in 2027"), "{text}");
    let (code, text) = typed(&folder, &["calendar", "show", "offices"]).await;
    assert!(code == 1 && text.contains("there are `office`"), "{text}");
}

#[tokio::test]
async fn a_database_is_audited_where_no_host_has_it() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &webhook(&hook)));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    let (code, text) = typed(&folder, &["audit"]).await;
    assert!(code == 1 && text.contains("is open in a running host"), "{text}");
    // The audit log is checked all the same.
    assert_eq!(typed(&folder, &["check", "pause", "shop"]).await.0, 0);
    let (code, whole) = typed(&folder, &["audit", "verify"]).await;
    assert!(code == 0 && whole.contains("the audit log is whole up to entry"), "{whole}");
    let known = whole.trim().rsplit(' ').next().unwrap().to_owned();
    host.signal("TERM").await;
    assert!(host.ended().await.success());
    let (code, text) = typed(&folder, &["audit"]).await;
    assert!(code == 0 && text.contains("every row is as it has to be"), "{text}");
    assert_eq!(typed(&folder, &["audit", "verify", "--expect", &known]).await.0, 0);
    let other = known.replace(|digit: char| digit.is_ascii_hexdigit() && digit.is_alphabetic(), "0");
    let (code, text) = typed(&folder, &["audit", "verify", "--expect", &other]).await;
    assert!(code == 1 && text.contains("is not the one that had this hash"), "{text}");

    let path = folder.path().join("data/watchkeep.redb");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[4096..middle].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();
    for command in [vec!["audit"], vec!["run"], vec!["check", "list"]] {
        let (code, text) = typed(&folder, &command).await;
        assert!(
            code == 1 && text.contains("is damaged") && text.contains("restore a backup"),
            "{command:?}: {text}"
        );
        assert!(!text.contains("stack backtrace"), "{command:?}: {text}");
    }
}

#[tokio::test]
async fn a_deployment_asks_whether_all_is_green_and_has_been() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let checks = [("shop", site.url("/shop")), ("blog", site.url("/blog"))];
    let folder = Folder::new(&alerting(&checks, &webhook(&hook)));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    host.state("blog", "ok").await;
    let gate = async |what: &[&str]| {
        let arguments: Vec<&str> = ["gate"].iter().chain(what).copied().collect();
        typed(&folder, &arguments).await
    };
    let (code, text) = gate(&["--match", "plugin=\"http\"", "--no-critical", "1h"]).await;
    assert!(code == 0 && text.contains("green: 2 checks"), "{text}");
    let (code, text) = gate(&["--match", "check=\"nobody\""]).await;
    assert!(code == 1 && text.contains("no check fits"), "{text}");
    let (code, text) = gate(&["--match", "plugin=\"http\"", "--no-critical", "an hour"]).await;
    assert!(code == 2 && text.contains("write it as `1h`"), "{text}");

    // It stays open while all is well, and shuts at once when something is not.
    let watching = gate(&["--match", "check=\"shop\"", "--watch", "10m"]);
    let breaking = async {
        site.set("/shop", Answering::Status(500));
        host.state("shop", "critical").await;
    };
    let ((code, text), ()) = tokio::join!(watching, breaking);
    assert!(code == 1 && text.contains("shop is critical"), "{text}");
    let (code, text) = gate(&["--match", "check=\"blog\"", "--no-critical", "1h"]).await;
    assert!(code == 0, "{text}");

    site.set("/shop", Answering::Well);
    host.state("shop", "ok").await;
    let (code, text) = gate(&["--match", "check=\"shop\""]).await;
    assert!(code == 0, "{text}");
    let seen = async || {
        let (code, text) = gate(&["--match", "check=\"shop\"", "--no-critical", "1h"]).await;
        (code == 1 && text.contains("shop was critical at 20")).then_some(())
    };
    eventually("what was critical is remembered", seen).await;
}
