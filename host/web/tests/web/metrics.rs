//! `/metrics` read by a strict parser: what Prometheus would refuse is refused here.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use tower::ServiceExt as _;
use watchkeep_web::LocalControl;

use crate::support::ask::{get, request};
use crate::support::boards::{HOSTILE, busy, varied};
use crate::support::{FakeHost, metric, report, spec, view};
use watchkeep_core::report::State;

struct Family {
    kind: String,
    samples: Vec<(String, BTreeMap<String, String>, f64)>,
}

fn name_end(text: &str) -> usize {
    text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len())
}

/// Labels between braces, unescaped; what follows them.
fn labels(mut text: &str) -> (BTreeMap<String, String>, &str) {
    let mut labels = BTreeMap::new();
    loop {
        if let Some(rest) = text.strip_prefix('}') {
            return (labels, rest);
        }
        let end = name_end(text);
        assert!(end > 0 && !text.starts_with(|c: char| c.is_ascii_digit()), "no label name at {text}");
        let name = &text[..end];
        let mut value = String::new();
        let mut chars = text[end..].strip_prefix("=\"").expect("a quoted value").char_indices();
        let close = loop {
            match chars.next().expect("the value's end") {
                (at, '"') => break at,
                (_, '\\') => value.push(match chars.next().expect("what is escaped").1 {
                    'n' => '\n',
                    c @ ('\\' | '"') => c,
                    other => panic!("`\\{other}` is no escape"),
                }),
                (_, c) => value.push(c),
            }
        };
        assert!(labels.insert(name.to_owned(), value).is_none(), "label {name} twice");
        text = &text[end + 2 + close + 1..];
        text = text.strip_prefix(',').unwrap_or(text);
    }
}

fn parsed(text: &str) -> BTreeMap<String, Family> {
    assert!(text.ends_with('\n'));
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let (mut current, mut helped) = (String::new(), String::new());
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            helped = help.split_once(' ').expect("a help text").0.to_owned();
            continue;
        }
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert_eq!(name, helped, "HELP stands before TYPE");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            let family = Family { kind: kind.to_owned(), samples: Vec::new() };
            assert!(families.insert(name.to_owned(), family).is_none(), "{name} twice");
            current = name.to_owned();
            continue;
        }
        let end = name_end(line);
        let (name, rest) = line.split_at(end);
        let (labels, value) = match rest.strip_prefix('{') {
            Some(inside) => labels(inside),
            None => (BTreeMap::new(), rest),
        };
        let family = families.get_mut(&current).expect("TYPE stands before samples");
        let suffix = name.strip_prefix(&current).unwrap_or_else(|| panic!("{name} stands in {current}"));
        match family.kind.as_str() {
            "histogram" => assert!(["_bucket", "_sum", "_count"].contains(&suffix), "{line}"),
            _ => assert_eq!(suffix, "", "{line}"),
        }
        assert!(seen.insert(format!("{name}{labels:?}")), "series twice: {line}");
        let value = value.strip_prefix(' ').unwrap().parse().unwrap_or_else(|_| panic!("no number: {line}"));
        family.samples.push((suffix.to_owned(), labels, value));
    }
    families
}

#[tokio::test]
async fn the_kept_names_are_there_with_their_labels() {
    let families = parsed(&get(&FakeHost::new(busy()), "/metrics").await.text);
    for (name, kind, labels) in [
        ("watchkeep_runs_total", "counter", vec!["outcome", "plugin"]),
        ("watchkeep_run_lateness_seconds", "histogram", vec!["le"]),
        ("watchkeep_run_duration_seconds", "histogram", vec!["le"]),
        ("watchkeep_runs_skipped_total", "counter", vec![]),
        ("watchkeep_inconsistencies_total", "counter", vec![]),
        ("watchkeep_plugin_failures_total", "counter", vec!["plugin", "reason"]),
        ("watchkeep_alerts", "gauge", vec!["state"]),
        ("watchkeep_outbox_depth", "gauge", vec![]),
        ("watchkeep_outbox_oldest_seconds", "gauge", vec![]),
        ("watchkeep_deliveries_total", "counter", vec!["receiver", "result"]),
        ("watchkeep_store_commit_seconds", "histogram", vec!["le"]),
        ("watchkeep_plugin_generation_info", "gauge", vec!["digest", "plugin"]),
        ("probe_success", "gauge", vec!["check", "plugin"]),
        ("probe_duration_seconds", "gauge", vec!["check", "plugin"]),
    ] {
        let family = families.get(name).unwrap_or_else(|| panic!("{name} is not there"));
        assert_eq!(family.kind, kind, "{name}");
        let given: Vec<_> = family.samples[0].1.keys().map(String::as_str).collect();
        assert_eq!(given, labels, "{name}");
    }
    let runs = &families["watchkeep_runs_total"].samples;
    assert!(runs.iter().any(|(_, labels, _)| labels["plugin"] == "we\"ird\\\n"), "escapes round trip");
    let of = |family: &str, state: &str| {
        families[family].samples.iter().find(|sample| sample.1["state"] == state).map(|sample| sample.2)
    };
    let states = ["pending", "firing", "recovering", "acknowledged", "held"];
    let alerts: Vec<_> = states.iter().filter_map(|state| of("watchkeep_alerts", state)).collect();
    assert_eq!(
        alerts,
        [1.0, 4.0, 0.0, 1.0, 1.0],
        "who took one, and what is held, is counted beside its phase"
    );
    assert_eq!(of("watchkeep_silences", "ended"), Some(1.0));
    assert_eq!(of("watchkeep_silences", "scheduled"), Some(1.0));
    assert_eq!(of("watchkeep_maintenance_windows", "open"), Some(1.0));
}

#[tokio::test]
async fn histograms_rise_to_their_count() {
    let families = parsed(&get(&FakeHost::new(varied()), "/metrics").await.text);
    let samples = &families["watchkeep_run_lateness_seconds"].samples;
    let buckets: Vec<f64> = samples.iter().filter(|s| s.0 == "_bucket").map(|s| s.2).collect();
    assert!(buckets.is_sorted(), "{buckets:?}");
    let count = samples.iter().find(|sample| sample.0 == "_count").unwrap().2;
    assert_eq!((buckets.last(), count), (Some(&count), 6.0));
    let le: Vec<_> = samples.iter().filter_map(|sample| sample.1.get("le")).collect();
    assert_eq!(le.last().unwrap().as_str(), "+Inf");
    let within = samples.iter().find(|s| s.1.get("le").is_some_and(|le| le == "0.005")).unwrap().2;
    assert_eq!(within, 4.0, "0, 1, 4 and 4 ms");
}

#[tokio::test]
async fn a_hostile_report_cannot_break_the_text_or_name_itself_ours() {
    let host = FakeHost::new(varied());
    host.with(|board| {
        let metrics = vec![
            metric(
                "bad name!\n# TYPE x",
                1.0,
                "seconds",
                &[("0l", HOSTILE), ("check", "forged"), ("a-b", "1"), ("a_b", "2")],
            ),
            metric(
                "bad name!\n# TYPE x",
                2.0,
                "seconds",
                &[("0l", HOSTILE), ("check", "forged"), ("a-b", "1"), ("a_b", "2")],
            ),
            metric("probe_success", 0.0, "", &[]),
            metric("watchkeep_alerts", 77.0, "", &[("url", "https://u:p@x.example/p?token=t0ken#f")]),
            metric("size", 5.0, "bytes", &[]),
            metric("took_seconds", 5.0, "seconds", &[]),
        ];
        board.checks.push(view(
            spec("zz", "http", "{}", &[]),
            Some((report(State::Ok, "fine", metrics), 9)),
            9,
        ));
    });
    let text = get(&host, "/metrics").await.text;
    assert!(!text.contains("t0ken") && !text.contains("u:p@"), "a credential is in a label");
    let families = parsed(&text);
    let bad = &families["probe_bad_name____TYPE_x_seconds"].samples;
    assert_eq!(bad.len(), 1, "a series once");
    assert_eq!(bad[0].1["check"], "zz");
    assert_eq!(bad[0].1["reported_check"], "forged");
    assert_eq!(bad[0].1["reported_0l"], HOSTILE);
    let success = &families["probe_success"].samples;
    assert!(success.iter().any(|(_, labels, value)| labels["check"] == "zz" && *value == 1.0));
    assert_eq!(families["probe_watchkeep_alerts"].samples[0].1["url"], "https://x.example/p");
    assert!(families.contains_key("probe_size_bytes") && families.contains_key("probe_took_seconds"));
}

#[tokio::test]
async fn a_run_that_judged_nothing_says_neither_up_nor_down() {
    let families = parsed(&get(&FakeHost::new(varied()), "/metrics").await.text);
    let of = |family: &str, check: &str| {
        families[family].samples.iter().find(|sample| sample.1["check"] == check).map(|sample| sample.2)
    };
    assert_eq!(of("probe_success", "shop"), Some(0.0));
    assert_eq!(of("probe_success", "docker"), Some(1.0), "a warning is up");
    assert_eq!(of("probe_success", "trapped"), None);
    assert_eq!(of("probe_duration_seconds", "new"), None);
}

#[tokio::test]
async fn series_of_checks_are_left_out_or_chosen_by_their_labels() {
    let host = FakeHost::new(varied());
    let names = async |query: &str| -> BTreeSet<String> {
        let families = parsed(&get(&host, &format!("/metrics{query}")).await.text);
        assert!(families.contains_key("watchkeep_checks"), "the host's own are always there: {query}");
        let durations =
            families.get("probe_duration_seconds").map(|it| it.samples.as_slice()).unwrap_or_default();
        durations.iter().map(|(_, labels, _)| labels["check"].clone()).collect()
    };
    let all = names("").await;
    assert!(all.len() > 3, "{all:?}");
    assert_eq!(names("?checks=all").await, all);
    assert_eq!(names("?checks=none").await, BTreeSet::new());
    let one = all.first().unwrap();
    assert_eq!(names(&format!("?match=check%3D%22{one}%22")).await, [one.clone()].into());
    let others = names(&format!("?match=check!%3D%22{one}%22")).await;
    assert_eq!(others.len(), all.len() - 1);
    for (query, says) in [
        ("?check=shop", "`check` is not a parameter here; hint: there is `checks`, `match`"),
        ("?checks=some", "`checks` is `all` or `none`, and not `some`"),
        ("?checks=none&match=a%3D%22b%22", "`match` chooses checks, and `checks=none` leaves them all out"),
        ("?match=nonsense", "`nonsense`"),
    ] {
        let answer = get(&host, &format!("/metrics{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text.contains(&says.replace('"', "\\\"")), "{query}: {}", answer.text);
    }
}

/// As many as a host may have: nothing is lost or doubled at the seams of what is sent.
#[tokio::test]
async fn the_series_of_many_checks_come_in_pieces_and_are_whole() {
    let host = FakeHost::new(varied());
    let many = 3_000;
    host.with(|board| {
        board.checks = (0..many)
            .map(|nth| {
                let metrics = vec![metric("size", f64::from(nth), "bytes", &[("path", "/x")])];
                let report = report(State::Ok, "fine", metrics);
                view(spec(&format!("check-{nth}"), "http", "{}", &[]), Some((report, 9)), 9)
            })
            .collect();
    });
    let families = parsed(&get(&host, "/metrics").await.text);
    for family in ["probe_success", "probe_duration_seconds", "probe_size_bytes"] {
        let samples = &families[family].samples;
        let checks: BTreeSet<&String> = samples.iter().map(|(_, labels, _)| &labels["check"]).collect();
        assert_eq!((samples.len(), checks.len()), (many as usize, many as usize), "{family}");
    }
    let sum: f64 = families["probe_size_bytes"].samples.iter().map(|(.., value)| value).sum();
    assert_eq!(sum, f64::from(many * (many - 1) / 2));
}

/// Each holds what all checks said last for as long as its reader takes.
#[tokio::test]
async fn readers_that_do_not_read_hold_no_more_than_a_few_answers() {
    let router = watchkeep_web::router(FakeHost::new(busy()));
    let ask = async || {
        let mut request = request(Method::GET, "/metrics", &[]);
        request.extensions_mut().insert(LocalControl);
        router.clone().oneshot(request).await.unwrap()
    };
    let mut unread = Vec::new();
    let refused = loop {
        let answer = ask().await;
        if answer.status() != 200 {
            break answer;
        }
        unread.push(answer);
        assert!(unread.len() < 100, "there is no end");
    };
    assert_eq!((refused.status().as_u16(), unread.len()), (503, 8));
    unread.pop();
    assert_eq!(ask().await.status(), 200, "whoever leaves makes room");
}
