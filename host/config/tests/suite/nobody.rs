//! Configs that are taken and page nobody: each is told, with the place and what to do.

use std::time::{Duration, Instant};

use crate::lab::{Lab, but_for_telling, check, good, plugins};
use watchkeep_config::load;

const TOLD: &str = "[host]\nexternal_url = \"https://watch.example.com\"\n\
    [[receiver]]\nname = \"chat\"\nplugin = \"console\"\n\
    [[check]]\nname = \"shop\"\nplugin = \"tcp\"\nlabels = { team = \"web\", env = \"prod\" }\nconfig = { address = \"shop:1\" }\n\
    [[check]]\nname = \"blog\"\nplugin = \"tcp\"\nlabels = { team = \"press\", env = \"test\" }\nconfig = { address = \"blog:1\" }\n\
    [[route]]\nname = \"root\"\nreceivers = [\"chat\"]\n";

/// What is said of a config with these routes, each `NAME: KEYS` under the root.
fn routes(routes: &[(&str, &str)]) -> String {
    let mut text = TOLD.to_owned();
    for (name, keys) in routes {
        text.push_str(&format!("[[route]]\nname = \"{name}\"\nunder = \"root\"\n{keys}\n"));
    }
    check(&text)
}

#[test]
fn a_config_whose_routes_are_all_met_is_good() {
    let met = "[[route]]\nname = \"web\"\nunder = \"root\"\nmatch = ['team=\"web\"', 'state=\"critical\"']\n\
        [[route]]\nname = \"events\"\nunder = \"root\"\nmatch = ['kind=\"event\"', 'severity=\"info\"']\n\
        [[route]]\nname = \"disk\"\nunder = \"root\"\nmatch = ['finding=~\"/dev/.*\"']\n\
        [[route]]\nname = \"own\"\nunder = \"root\"\nmatch = ['kind=~\"plugin|host|not-judged\"']\n\
        [[route]]\nname = \"store\"\nunder = \"own\"\nmatch = ['problem=\"store\"']\n\
        [[route]]\nname = \"unlabelled\"\nunder = \"root\"\nmatch = ['finding!=\"\"', 'unit=\"\"']\n";
    good(&format!("{TOLD}{met}"));
}

#[test]
fn checks_without_any_receiver_are_told() {
    let lab = Lab::new(&[(
        "main.toml",
        "[[check]]\nname = \"shop\"\nplugin = \"tcp\"\nconfig = { address = \"shop:1\" }\n",
    )]);
    insta::assert_snapshot!(lab.printed_whole("main.toml"), @r#"
warning: there is no [[receiver]] and no [[route]], so nobody is told of any alert
 --> main.toml:1:1
  |
1 | [[check]]
  | ^^^^^^^^^
  |
  = key: receiver
  = hint: add a [[receiver]], and a [[route]] with `name = "root"` and `receivers = ["..."]`

1 warning
"#);
}

#[test]
fn a_root_that_tells_nobody_is_told() {
    let text = TOLD.replace("receivers = [\"chat\"]\n", "")
        + "[[route]]\nname = \"web\"\nunder = \"root\"\nmatch = ['team=\"web\"']\nreceivers = [\"chat\"]\n";
    insta::assert_snapshot!(check(&text), @r#"
warning: the root `root` tells nobody: an alert that no route under it takes is lost
  --> main.toml:17:8
   |
17 | name = "root"
   |        ^^^^^^
   |
   = key: route.root
   = hint: add `receivers = ["..."]` to it, or an `escalation`

1 warning
"#);
    let empty = TOLD.replace("[\"chat\"]", "[]")
        + "[[route]]\nname = \"web\"\nunder = \"root\"\nreceivers = [\"chat\"]\n";
    assert!(check(&empty).contains("the root `root` tells nobody"), "{}", check(&empty));
}

#[test]
fn a_matcher_that_no_check_fits_is_told_with_the_values_that_there_are() {
    insta::assert_snapshot!(routes(&[
        ("a", "match = ['team=\"wbe\"']"),
        ("b", "match = ['teem=\"web\"']"),
        ("c", "match = ['team=\"web\"', 'env=~\"staging.*\"']"),
        ("d", "match = ['state=\"ok\"']"),
        ("e", "match = ['check=\"shopp\"']"),
        ("f", "match = ['datacenter=\"x\"']"),
        ("g", "match = ['severity=\"critical\"']"),
    ]), @r#"
warning: no check fits `team="wbe"`
  --> main.toml:22:10
   |
22 | match = ['team="wbe"']
   |          ^^^^^^^^^^^^
   |
   = key: route.a.match
   = hint: did you mean `web`?

warning: no check fits `teem="web"`
  --> main.toml:26:10
   |
26 | match = ['teem="web"']
   |          ^^^^^^^^^^^^
   |
   = key: route.b.match
   = hint: no check has the label `teem`; did you mean `team`?

warning: no check fits `env=~"staging.*"`
  --> main.toml:30:24
   |
30 | match = ['team="web"', 'env=~"staging.*"']
   |                        ^^^^^^^^^^^^^^^^^^
   |
   = key: route.c.match
   = hint: values of `env` are `prod`, `test`

warning: no check fits `state="ok"`
  --> main.toml:34:10
   |
34 | match = ['state="ok"']
   |          ^^^^^^^^^^^^
   |
   = key: route.d.match
   = hint: `state` is one of `warning`, `critical` and `unknown` in an alert

warning: no check fits `check="shopp"`
  --> main.toml:38:10
   |
38 | match = ['check="shopp"']
   |          ^^^^^^^^^^^^^^^
   |
   = key: route.e.match
   = hint: did you mean `shop`?

warning: no check fits `datacenter="x"`
  --> main.toml:42:10
   |
42 | match = ['datacenter="x"']
   |          ^^^^^^^^^^^^^^^^
   |
   = key: route.f.match
   = hint: no check has the label `datacenter`: give it to one under `labels`, unless the reports of a plugin bring it

warning: no check fits `severity="critical"`
  --> main.toml:46:10
   |
46 | match = ['severity="critical"']
   |          ^^^^^^^^^^^^^^^^^^^^^
   |
   = key: route.g.match
   = hint: `severity` is one of `error`, `warning` and `info`

7 warnings
"#);
}

#[test]
fn a_route_that_nothing_reaches_is_told() {
    insta::assert_snapshot!(routes(&[
        ("prod", "match = ['env=\"prod\"']"),
        ("web", "match = ['team=\"web\"']"),
        ("never", "match = ['team=\"press\"', 'env=\"prod\"']"),
        ("finding-of-none", "match = ['finding=\"\"', 'kind=\"finding\"']"),
    ]), @r#"
warning: nothing reaches the route `web`: what is asked before it, such as `prod`, takes all of it
  --> main.toml:24:8
   |
24 | name = "web"
   |        ^^^^^
   |
  ::: main.toml:20:8
   |
20 | name = "prod"
   |        ------ this one is asked first
   |
   = key: route.web
   = hint: put it before `prod`, or give that one `continue = true`

warning: nothing reaches the route `never`: no alert fits all of its matchers and those above it
  --> main.toml:30:1
   |
30 | match = ['team="press"', 'env="prod"']
   | ^^^^^
   |
   = key: route.never
   = hint: give a check the labels that it asks for, or take the route out

warning: nothing reaches the route `finding-of-none`: no alert fits all of its matchers and those above it
  --> main.toml:34:1
   |
34 | match = ['finding=""', 'kind="finding"']
   | ^^^^^
   |
   = key: route.finding-of-none
   = hint: give a check the labels that it asks for, or take the route out

3 warnings
"#);
}

#[test]
fn a_route_below_one_that_nothing_reaches_is_not_told_beside_it() {
    let below = "[[route]]\nname = \"below\"\nunder = \"wrong\"\nmatch = ['env=\"prod\"']\n";
    let text =
        format!("{TOLD}[[route]]\nname = \"wrong\"\nunder = \"root\"\nmatch = ['team=\"wbe\"']\n{below}");
    let printed = check(&text);
    assert!(printed.contains("1 warning\n"), "{printed}");
}

#[test]
fn a_route_that_goes_on_and_one_for_a_part_leave_something_for_the_next() {
    let printed = routes(&[
        ("all", "continue = true"),
        ("critical", "match = ['state=\"critical\"']"),
        ("some-disk", "match = ['finding=\"/\"']"),
        ("rest", ""),
    ]);
    assert_eq!(printed, "");
}

#[test]
fn maintenance_and_rules_that_fit_no_check_are_told() {
    let text = format!(
        "{TOLD}[[maintenance]]\nname = \"patching\"\nmatch = ['team=\"webb\"']\nschedule = \"0 3 * * 1\"\nlasts = \"1h\"\n\
         [[rule]]\nname = \"slow\"\nmatch = ['check=\"shpo\"']\nmetric = \"x\"\naggregate = \"avg\"\nover = \"5m\"\nabove = 1.0\n"
    );
    insta::assert_snapshot!(check(&text), @r#"
warning: no check fits `team="webb"`
  --> main.toml:21:10
   |
21 | match = ['team="webb"']
   |          ^^^^^^^^^^^^^
   |
   = key: maintenance.patching.match
   = hint: did you mean `web`?

warning: no check fits `check="shpo"`
  --> main.toml:26:10
   |
26 | match = ['check="shpo"']
   |          ^^^^^^^^^^^^^^
   |
   = key: rule.slow.match
   = hint: did you mean `shop`?

2 warnings
"#);
}

#[test]
fn links_to_this_machine_in_notices_that_leave_it_are_told() {
    let slack = "[secrets]\nhook = { env = \"HOOK\" }\n[[receiver]]\nname = \"chat\"\nplugin = \"slack\"\nconfig = { webhook_url = { secret = \"hook\" } }\n[[route]]\nname = \"root\"\nreceivers = [\"chat\"]\n";
    let printed = |host: &str, hook: &str| {
        let mut lab = Lab::new(&[("main.toml", &format!("{host}{slack}"))]);
        lab.env.insert("HOOK".to_owned(), hook.to_owned());
        lab.printed_whole("main.toml")
    };
    let there = "https://hooks.example.com/x";
    insta::assert_snapshot!(printed("", there), @r#"
warning: notices of `chat` leave this machine, and their links begin with `http://127.0.0.1:8686`, which leads nowhere from elsewhere
 --> main.toml:4:8
  |
4 | name = "chat"
  |        ^^^^^^
  |
  = key: host.external_url
  = hint: write `external_url = "https://watch.example.com"` under [host], as people reach the pages

1 warning
"#);
    for written in ["http://localhost:8686", "http://[::1]:8686", "http://127.0.0.1"] {
        let text = printed(&format!("[host]\nexternal_url = \"{written}\"\n"), there);
        assert!(text.contains("main.toml:2:16") && text.contains("leads nowhere"), "{text}");
    }
    assert_eq!(printed("[host]\nexternal_url = \"https://watch.example.com\"\n", there), "");
    assert_eq!(printed("", "http://127.0.0.1:9999/hook"), "", "a receiver on this machine opens them");
}

/// Not a benchmark: a guard against work that grows with the product of checks and routes.
#[test]
fn ten_thousand_checks_and_a_thousand_routes_are_asked_about_in_good_time() {
    let mut text = TOLD.to_owned();
    for at in 0..10_000 {
        text.push_str(&format!("[[check]]\nname = \"c{at}\"\nplugin = \"tcp\"\nlabels = {{ team = \"t{at}\" }}\nconfig = {{ address = \"h:1\" }}\n"));
    }
    for at in 0..1_000 {
        text.push_str(&format!(
            "[[route]]\nname = \"r{at}\"\nunder = \"root\"\nmatch = ['team=~\"t{at}x.*\"']\n"
        ));
    }
    let lab = Lab::new(&[("main.toml", &text)]);
    let plugins = plugins();
    let started = Instant::now();
    let loaded = but_for_telling(load(&lab.path("main.toml"), &plugins, &lab.env));
    let took = started.elapsed();
    assert!(loaded.config.is_some());
    assert!(took < Duration::from_secs(30), "{took:?}");
}
