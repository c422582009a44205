//! When registries are asked, and what a registry that does not answer means.

use std::time::Duration;

use serde_json::json;
use watchkeep_doubles::native;
use watchkeep_plugin_domain::run;
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW};
use watchkeep_sdk::{Fault, State};

use crate::double::{Mood, Registry, domain};
use crate::{DAY_MS, HOUR_MS, Runs, SERVER, config, date, registry};

const MINUTE_MS: u64 = 60_000;

#[test]
fn an_answer_is_judged_anew_in_every_run_and_asked_for_seldom() {
    let registry = registry(40);
    let mut runs = Runs::new(&registry, config(json!({})));
    assert_eq!(runs.says_at(0), (State::Ok, "shop.example expires in 40 days".to_owned(), 1));
    let later = runs.says_at(11 * HOUR_MS);
    assert_eq!(later, (State::Ok, "shop.example expires in 39 days".to_owned(), 0));
    assert_eq!(runs.says_at(12 * HOUR_MS).2, 1);
    // A config that wants more is judged by the answer that is there.
    runs.config = config(json!({ "expiry_warning_days": 60 }));
    let (state, _, asked) = runs.says_at(12 * HOUR_MS + MINUTE_MS);
    assert_eq!((state, asked), (State::Warning, 0));
    // What is wrong is looked at every hour, since somebody puts it right.
    assert_eq!(runs.says_at(13 * HOUR_MS - MINUTE_MS).2, 0);
    registry.with(|it| it.publish(&domain("shop.example", &date(400 * DAY_MS))));
    assert_eq!(runs.says_at(13 * HOUR_MS), (State::Ok, "shop.example expires in 399 days".to_owned(), 1));
    let mut quick = Runs::new(&registry, config(json!({ "refresh": "5m" })));
    assert_eq!([0, 4, 5].map(|minutes| quick.says_at(minutes * MINUTE_MS).2), [1, 0, 1]);
}

#[test]
fn a_registry_that_does_not_answer_is_no_outage_and_is_left_alone() {
    for (mood, said, minutes) in [
        (
            Mood::Limits(None),
            "the RDAP server takes no more questions for now (429): `Too many requests: Of the double.`",
            60,
        ),
        (Mood::Limits(Some(1_800)), "takes no more questions for now (429)", 30),
        (Mood::Limits(Some(1)), "takes no more questions for now (429)", 1),
        (Mood::Limits(Some(u64::MAX)), "takes no more questions for now (429)", 24 * 60),
        (Mood::Fails, "the RDAP server answers 503: `<html><title>503</title></html>`", 10),
        (Mood::TurnsAway, "the RDAP server turns this host away with 403: `Forbidden: Of the double.`", 60),
        (
            Mood::Page,
            "the RDAP server answers 200 and no JSON of RDAP: `<html><title>200</title></html>`",
            10,
        ),
        (Mood::Cut, "the RDAP server answers 200 and no JSON of RDAP: `{", 10),
        (
            Mood::Gone,
            "answers 404: `<html><title>404</title></html>`, and does not speak RDAP at `https://rdap.example/rdap/`",
            10,
        ),
    ] {
        let registry = registry(200);
        registry.with(|it| it.be(mood));
        let mut runs = Runs::new(&registry, config(json!({})));
        let (state, summary, _) = runs.says_at(0);
        assert_eq!(state, State::Unknown, "{mood:?}");
        assert!(summary.starts_with("shop.example is not judged: ") && summary.contains(said), "{summary}");
        assert_eq!(runs.says_at(minutes * MINUTE_MS - 1), (State::Unknown, summary, 0), "{mood:?}");
        registry.with(|it| it.be(Mood::Well));
        assert_eq!(
            runs.says_at(minutes * MINUTE_MS),
            (State::Ok, "shop.example expires in 199 days".to_owned(), 1),
            "{mood:?}"
        );
    }
}

#[test]
fn a_connection_that_fails_is_told_and_judges_nothing() {
    for (kind, phase, said) in [
        (FailureKind::Refused, Phase::Connect, "connection refused by 192.0.2.1:443 after 10 ms"),
        (FailureKind::NameNotFound, Phase::Name, "name not found after 10 ms"),
        (
            FailureKind::TimedOut,
            Phase::Wait,
            "timed out waiting for an answer from 192.0.2.1:443 after 10 ms",
        ),
        (FailureKind::Certificate, Phase::Tls, "untrusted certificate from 192.0.2.1:443 after 10 ms"),
    ] {
        let failing = Answer::failure(kind, phase, "");
        let host = Host::new().answer("GET https://rdap.example/rdap/domain/shop.example", failing);
        let ran = host.check(run, &config(json!({})));
        assert_eq!(ran.report().state, State::Unknown);
        assert_eq!(
            ran.report().summary,
            format!("shop.example is not judged: the RDAP server could not be asked: {said}")
        );
    }
}

#[test]
fn the_last_answer_counts_for_a_while_and_the_days_go_on() {
    let registry = registry(12);
    let mut runs = Runs::new(&registry, config(json!({ "expiry_warning_days": 10 })));
    assert_eq!(runs.says_at(0).0, State::Ok);
    registry.with(|it| it.be(Mood::Limits(None)));
    assert_eq!(
        runs.says_at(12 * HOUR_MS).1,
        "shop.example expires in 11 days; judged by an answer of 12 h ago: the RDAP server takes no more questions for now (429): `Too many requests: Of the double.`"
    );
    assert_eq!(runs.says_at(2 * DAY_MS).0, State::Ok);
    let (state, said, _) = runs.says_at(3 * DAY_MS);
    assert_eq!(state, State::Warning);
    assert!(
        said.starts_with(
            "shop.example: expires in 9 days, less than 10 days; judged by an answer of 3 d ago: "
        ),
        "{said}"
    );
    assert_eq!(runs.says_at(6 * DAY_MS).0, State::Critical);
    assert_eq!(runs.says_at(7 * DAY_MS).0, State::Critical);
    let (state, said, _) = runs.says_at(7 * DAY_MS + 1);
    assert_eq!(state, State::Unknown);
    assert!(
        said.starts_with("shop.example is not judged: the RDAP server takes no more")
            && said.ends_with("; the last answer is older than 7 d"),
        "{said}"
    );
    registry.with(|it| it.be(Mood::Well));
    assert_eq!(runs.says_at(7 * DAY_MS + 2 * HOUR_MS).1, "shop.example: expires in 4 days, less than 7 days");
}

#[test]
fn a_404_is_the_registrys_word_only_if_it_speaks_rdap() {
    let bare = |help: Answer| {
        Host::new()
            .answer("GET https://rdap.example/rdap/domain/shop.example", Answer::status(404))
            .answer("GET https://rdap.example/rdap/help", help)
            .check(run, &config(json!({})))
    };
    let speaks = Answer::status(200).body(r#"{"rdapConformance":["rdap_level_0"]}"#);
    assert_eq!(bare(speaks).report().state, State::Critical);
    for silent in [Answer::status(404), Answer::status(200).body("<html>"), Answer::status(404).body("{}")] {
        let ran = bare(silent);
        assert_eq!(ran.report().state, State::Unknown);
        assert!(
            ran.report().summary.contains("hint: `server` is what stands before `domain/`"),
            "{}",
            ran.report().summary
        );
    }
    let typed = Answer::status(404).header("Content-Type", "application/rdap+json; charset=utf-8");
    let host = Host::new().answer("GET https://rdap.example/rdap/domain/shop.example", typed);
    assert_eq!(host.check(run, &config(json!({}))).report().state, State::Critical);
    let refused = Answer::status(400).body(r#"{"errorCode":400,"title":"Invalid name"}"#);
    let host = Host::new().answer("GET https://rdap.example/rdap/domain/shop.example", refused);
    let ran = host.check(run, &config(json!({})));
    assert!(
        ran.report().state == State::Unknown
            && ran.report().summary.contains("refuses the name with 400: `Invalid name`")
    );
}

#[test]
fn a_server_that_is_away_is_asked_once_for_all_its_domains() {
    let names: Vec<String> = (0..20).map(|at| format!("d{at}.example")).collect();
    let all = names.iter().fold(Registry::new(), |it, name| it.with(&domain(name, &date(200 * DAY_MS))));
    let registry = native(all, SERVER);
    registry.with(|it| it.be(Mood::Limits(None)));
    let mut runs = Runs::new(&registry, config(json!({ "domains": names })));
    let (state, said, asked) = runs.says_at(0);
    assert_eq!((state, asked), (State::Unknown, 1));
    assert!(said.starts_with("20 of 20 unknown: d0.example is not judged: "), "{said}");
    registry.with(|it| it.be(Mood::Well));
    assert_eq!(runs.says_at(HOUR_MS), (State::Ok, "all 20 ok".to_owned(), 20));
}

#[test]
fn a_run_asks_as_many_as_it_has_time_for_and_the_next_one_the_others() {
    let names: Vec<String> = (0..200).map(|at| format!("d{at}.example")).collect();
    let all = names.iter().fold(Registry::new(), |it, name| it.with(&domain(name, &date(200 * DAY_MS))));
    let registry = native(all, SERVER);
    let mut runs = Runs::new(&registry, config(json!({ "domains": names })));
    let (state, said, asked) = runs.says_at(0);
    assert_eq!((state, asked), (State::Unknown, 90), "{said}");
    assert!(said.contains("not asked yet: this run had no time for all domains"), "{said}");
    assert_eq!([1, 2].map(|minute| runs.says_at(minute * MINUTE_MS).2), [90, 20]);
    assert_eq!(runs.says_at(3 * MINUTE_MS), (State::Ok, "all 200 ok".to_owned(), 0));
    let route = |at: usize| format!("GET https://rdap.example/rdap/domain/d{at}.example");
    let slow = |at: usize| {
        let body = domain(&format!("d{at}.example"), &date(200 * DAY_MS)).to_string();
        Answer::status(200).body(body).after(Duration::from_millis(4_900))
    };
    let host = Host::new().answer(&route(0), slow(0)).answer(&route(1), slow(1));
    let ran = host.check(run, &config(json!({ "domains": ["d0.example", "d1.example", "d2.example"] })));
    let states: Vec<_> = ran.report().findings.iter().map(|finding| finding.state).collect();
    assert_eq!(states, [State::Ok, State::Ok, State::Unknown]);
}

/// By the list, with the servers that it names.
fn listed(domains: &[&str]) -> String {
    json!({ "domains": domains, "bootstrap": format!("{SERVER}/dns.json") }).to_string()
}

#[test]
fn the_list_says_who_is_asked_by_the_longest_suffix() {
    let registry = native(
        Registry::new()
            .lists("example", &["https://elsewhere.example/"])
            .lists("shop.example", &["http://rdap.example/plain/", "https://rdap.example/rdap"])
            .lists("co.example", &[])
            .with(&domain("shop.example", &date(200 * DAY_MS)))
            .with(&domain("a.co.example", &date(100 * DAY_MS))),
        SERVER,
    );
    let mut runs = Runs::new(&registry, listed(&["shop.example", "a.co.example"]));
    assert_eq!(runs.at(0).report().summary, "all 2 ok");
    let asked = registry.with(Registry::asked);
    assert_eq!(asked, ["/dns.json", "/rdap/domain/shop.example", "/rdap/domain/a.co.example"]);
    assert_eq!(runs.says_at(13 * HOUR_MS).2, 2, "servers stay");
    assert_eq!(runs.says_at(8 * DAY_MS).2, 3, "and the list is read again after a week");
    let mut unlisted = Runs::new(&registry, listed(&["shop.test"]));
    assert_eq!(
        unlisted.says_at(0),
        (
            State::Unknown,
            "shop.test is not judged: the list of RDAP servers has none for `shop.test`; hint: name one as `server`, if its \
             registry has one"
                .to_owned(),
            1
        )
    );
    assert!(registry.with(|it| it.wrong().is_empty()));
}

#[test]
fn without_the_list_the_server_that_is_known_is_asked() {
    let registry = native(
        Registry::new().lists("example", &[]).with(&domain("shop.example", &date(200 * DAY_MS))),
        SERVER,
    );
    let mut runs = Runs::new(&registry, listed(&["shop.example"]));
    assert_eq!(runs.says_at(0).2, 2);
    let page = watchkeep_doubles::Reply::text(200, "<html>");
    registry.next_says("/dns.json", page.clone());
    assert_eq!(runs.says_at(8 * DAY_MS), (State::Ok, "shop.example expires in 192 days".to_owned(), 1));
    let mut fresh = Runs::new(&registry, listed(&["shop.example", "other.example"]));
    registry.next_says("/dns.json", page);
    let (state, said, asked) = fresh.says_at(0);
    assert_eq!((state, asked), (State::Unknown, 0));
    assert!(
        said.contains(
            "the list of RDAP servers is not at `https://rdap.example/dns.json`, which answers 200: `<html>`"
        ),
        "{said}"
    );
}

#[test]
fn a_right_that_is_missing_is_a_fault_found_before_the_others_are_asked() {
    let list =
        json!({ "services": [[["com"], ["https://com.example/"]], [["org"], ["https://org.example/"]]] });
    let com = domain("a.com", &date(200 * DAY_MS)).to_string();
    let host = Host::new()
        .answer("GET https://data.iana.org/rdap/dns.json", Answer::status(200).body(list.to_string()))
        .answer("GET https://com.example/domain/a.com", Answer::status(200).body(com))
        .answer(
            "GET https://org.example/domain/d.org",
            Answer::denied("denied: http to https://org.example; hint: add"),
        );
    let config = json!({ "domains": ["a.com", "b.com", "c.com", "d.org"] }).to_string();
    let ran = host.check(run, &config);
    assert!(
        matches!(ran.error(), Fault::Denied(said) if said.contains("https://org.example")),
        "{:?}",
        ran.error()
    );
}

#[test]
fn a_clock_that_was_put_back_neither_trusts_nor_blocks_for_ever() {
    let registry = registry(200);
    let mut runs = Runs::new(&registry, config(json!({})));
    runs.at(30 * DAY_MS);
    registry.with(Registry::asked);
    registry.with(|it| it.be(Mood::Fails));
    let (state, said, asked) = runs.says_at(0);
    assert_eq!((state, asked), (State::Ok, 1));
    assert!(
        said.starts_with("shop.example expires in 200 days; judged by an answer of 12 h ago: "),
        "{said}"
    );
    registry.with(|it| it.be(Mood::Well));
    let waits = json!({ "wait": [NOW + 365 * DAY_MS, "said in another year"] }).to_string();
    runs.kept = vec![("domain/shop.example".to_owned(), waits.into_bytes())];
    assert_eq!(runs.says_at(0).2, 1);
}

#[test]
fn what_was_kept_of_other_domains_goes() {
    let registry = registry(200);
    let host = Host::new().served_by(registry.serve()).kv("domain/old.example", "{}").kv("else", "stays");
    let ran = host.check(run, &config(json!({})));
    assert!(ran.kv("domain/old.example").is_none() && ran.kv("else").is_some());
    assert!(ran.kv("domain/shop.example").is_some());
}
