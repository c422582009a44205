//! The charts of a check's page: what is in them, and what is not.

use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Bounds, Range, Severity, State};
use watchkeep_core::rule::{Aggregate, Bound, RuleSpec, Series, evaluate};
use watchkeep_core::setup::Work;

use crate::pages::{attributes, texts};
use crate::support::ask::get;
use crate::support::boards::varied;
use crate::support::{Board, FakeHost, NOW, check, metric, ok, report, result, seconds_ago, spec, view};

/// A run of each minute that `ages` names, of a check that runs every minute.
fn minutes(ages: impl Iterator<Item = u64>) -> Board {
    let rows =
        ages.map(|age| result("shop", 99_999 - age, seconds_ago(age * 60 + 1), 100 + age % 7, ok("up")));
    Board { checks: vec![check("shop", State::Ok)], results: rows.collect(), ..Board::default() }
}

#[tokio::test]
async fn the_ranges_are_links_that_need_no_script() {
    let host = FakeHost::new(minutes(0..300));
    let page = get(&host, "/checks/shop").await.text;
    assert_eq!(texts(&page, "#range a"), ["Hour", "Day", "Week", "30 days", "Year"]);
    assert_eq!(texts(&page, "#range a[aria-current]"), ["Day"]);
    for (range, last) in [
        ("hour", "last hour"),
        ("day", "last 24 hours"),
        ("week", "last 7 days"),
        ("30d", "last 30 days"),
        ("year", "last year"),
    ] {
        let page = get(&host, &format!("/checks/shop?range={range}")).await.text;
        let caption = &texts(&page, "#latency figcaption")[0];
        assert!(caption.starts_with(&format!("In the {last}: ")), "{caption}");
        assert_eq!(attributes(&page, "#latency .canvas path.band", "d").len(), 2, "{range}");
        assert!(!texts(&page, "#latency .ticks text").is_empty(), "{range}");
        assert!(!texts(&page, "#latency table.figures tbody tr").is_empty(), "{range}");
    }
    let refused = get(&host, "/checks/shop?range=decade").await;
    assert_eq!(refused.status, 400);
    assert!(refused.text.contains("`30d`"), "{}", refused.text);
}

#[tokio::test]
async fn a_check_of_some_minutes_begins_with_the_hour() {
    let page = get(&FakeHost::new(minutes(0..9)), "/checks/shop").await.text;
    assert_eq!(texts(&page, "#range a[aria-current]"), ["Hour"]);
    let asked = get(&FakeHost::new(minutes(0..9)), "/checks/shop?range=day").await.text;
    assert_eq!(texts(&asked, "#range a[aria-current]"), ["Day"]);
}

#[tokio::test]
async fn where_nothing_ran_nothing_is_drawn() {
    let host = FakeHost::new(minutes((0..10).chain(30..50)));
    let page = get(&host, "/checks/shop?range=hour").await.text;
    let line = &attributes(&page, "#latency path.line", "d")[0];
    assert_eq!(line.matches('M').count(), 2, "one pen stroke before the gap, and one after it: {line}");
    assert_eq!(attributes(&page, "#latency .strip .mark", "x").len(), 2);
    let whole = get(&FakeHost::new(minutes(0..50)), "/checks/shop?range=hour").await.text;
    assert_eq!(attributes(&whole, "#latency path.line", "d")[0].matches('M').count(), 1);
    assert_eq!(attributes(&whole, "#latency .strip .mark", "x").len(), 1);
}

#[tokio::test]
async fn the_axis_is_the_range_although_there_are_only_minutes_of_history() {
    let page = get(&FakeHost::new(minutes(0..100)), "/checks/shop?range=week").await.text;
    let [from] = attributes(&page, "#latency .ticks", "data-from").try_into().unwrap();
    let [to] = attributes(&page, "#latency .ticks", "data-to").try_into().unwrap();
    assert_eq!((from.as_str(), to.as_str()), ("2026-11-14T03:00:00.000Z", "2026-11-21T03:00:00.000Z"));
    let first: f64 =
        attributes(&page, "#latency .strip .mark", "x")[0].trim_end_matches('%').parse().unwrap();
    assert!(first > 98.0, "{first}");
}

#[tokio::test]
async fn a_chart_of_thirty_days_is_bounded() {
    let hourly = (0..720).map(|hour| hour * 60);
    let page = get(&FakeHost::new(minutes(hourly)), "/checks/shop?range=30d").await.text;
    let line = &attributes(&page, "#latency path.line", "d")[0];
    let drawn = line.matches(['M', 'L']).count();
    assert!((700..=721).contains(&drawn), "{drawn}");
    assert!(page.len() < 200_000, "{} bytes", page.len());
}

fn filling(bounds: Bounds) -> Board {
    let outcome = |used| {
        let mut disk = metric("disk_used", used, "ratio", &[("mount", "/data")]);
        disk.bounds = bounds.boxed();
        report(State::Ok, "fine", vec![metric("inodes", 5.0, "", &[]), disk])
    };
    let row = |age: u64| {
        let used = 0.7 + 0.001 * (100 - age) as f64;
        result("shop", 999 - age, seconds_ago(age * 60 + 1), 5, outcome(used))
    };
    let results: Vec<_> = (0..100).map(row).collect();
    let mut shop = check("shop", State::Ok);
    shop.last = Some(Arc::new(results[0].clone()));
    Board { checks: vec![shop], results, ..Board::default() }
}

fn above(high: f64) -> Option<Range> {
    Some(Range { low: None, high: Some(high), inside: false })
}

#[tokio::test]
async fn a_metric_with_a_bound_is_shown_with_it() {
    let bounds = Bounds { warning: above(0.85), critical: above(50.0), ..Bounds::default() };
    let host = FakeHost::new(filling(bounds));
    let page = get(&host, "/checks/shop?range=day").await.text;
    assert_eq!(texts(&page, "#metric-title"), ["disk_used{mount=\"/data\"}: 80 % now"]);
    assert_eq!(texts(&page, "#metric text.bound.warning"), ["warning above 85 %"]);
    assert_eq!(texts(&page, "#metric text.bound.critical"), [""; 0], "it would flatten the line");
    assert!(texts(&page, "#metric figcaption")[0].contains("critical above 5000 % lies beyond this chart"));
    assert_eq!(texts(&page, "#metric select option[selected]"), ["disk_used{mount=\"/data\"} ratio"]);
    // The other one is a link away, and the ranges keep it.
    let [link] = attributes(&page, "#numbers dt:first-of-type a", "href").try_into().unwrap();
    let link: String = link;
    let other = get(&host, link.split('#').next().unwrap()).await.text;
    assert_eq!(texts(&other, "#metric-title"), ["inodes: 5 now"]);
    assert!(attributes(&other, "#range a", "href")[4].ends_with("?range=year&series=inodes"));
    assert_eq!(get(&host, "/checks/shop?series=nothing").await.status, 404);
}

#[tokio::test]
async fn a_hostile_series_stays_text() {
    let mut board = filling(Bounds::default());
    let name = "\"><script>alert(1)</script>";
    let outcome = report(State::Ok, "fine", vec![metric("x", 1.0, name, &[("l", name)])]);
    board.results = vec![result("shop", 1, seconds_ago(9), 5, outcome)];
    board.checks[0].last = Some(Arc::new(board.results[0].clone()));
    let host = FakeHost::new(board);
    let page = get(&host, "/checks/shop").await.text;
    let link = attributes(&page, "#numbers a", "href")[0].split('#').next().unwrap().to_owned();
    let chart = get(&host, &link).await.text;
    assert!(!chart.contains("<script>") && texts(&chart, "#metric-title")[0].contains("<script>"), "{chart}");
    assert_eq!(attributes(&chart, "#metric .canvas", "aria-label").len(), 1);
}

#[tokio::test]
async fn a_rule_shows_its_value_against_its_bound_before_how_long_it_took() {
    let rule = RuleSpec {
        matchers: Vec::new(),
        metric: "probe_duration_seconds".into(),
        aggregate: Aggregate::P95,
        over: Duration::from_secs(300),
        bound: Bound::Above(1.0),
        by: Vec::new(),
        severity: Severity::Error,
    };
    let evaluated = |value: f64| -> Outcome {
        let samples = vec![(NOW, value)];
        evaluate(&rule, &[Series { labels: Default::default(), samples }], NOW)
    };
    let mut own = spec("slow", "rule", "{}", &[]);
    own.work = Work::Rule(Arc::new(rule.clone()));
    let results =
        (0..90).map(|age| result("slow", 99 - age, seconds_ago(age * 60), 1, evaluated(1.3))).collect();
    let checks = vec![view(own, Some((evaluated(1.3), 1)), 60)];
    let host = FakeHost::new(Board { checks, results, ..Board::default() });
    let page = get(&host, "/checks/slow").await.text;
    assert_eq!(texts(&page, "#metric-title"), ["p95 of probe_duration_seconds: 1.3 s now"]);
    assert_eq!(texts(&page, "#metric .rule"), ["Alerts by: p95 over 5 min above 1 s"]);
    assert_eq!(texts(&page, "#metric text.bound.critical"), ["critical above 1 s"]);
    let sections = attributes(&page, "main section", "id");
    let place = |id: &str| sections.iter().position(|own| own == id).unwrap();
    assert!(place("metric") < place("latency"), "{sections:?}");
}

#[tokio::test]
async fn a_day_without_runs_is_not_a_day_that_was_up() {
    let day = 24 * 60;
    let mut board = minutes([0, 1, 2 * day, 3 * day].into_iter());
    board.results[2].outcome = report(State::Critical, "down", Vec::new());
    let page = get(&FakeHost::new(board), "/checks/shop").await.text;
    let marks = attributes(&page, "#uptime .days .mark", "class");
    assert_eq!(marks.len(), 90);
    assert_eq!(marks[86..], ["mark ok", "mark critical", "mark none", "mark ok"]);
    assert_eq!(
        texts(&page, "#uptime dd:first-of-type"),
        ["100 %", "75.00 %", "75.00 %", "75.00 %", "75.00 %"]
    );
    let titles = texts(&page, "#uptime title");
    assert!(titles[88].ends_with(": no runs"), "{}", titles[88]);
    assert!(titles[87].contains("critical, 0.00 %, 1 run: 1 critical"), "{}", titles[87]);
    assert_eq!(texts(&page, "#uptime tbody tr").len(), 90);
}

#[tokio::test]
async fn each_row_of_the_first_page_has_its_last_day_drawn_small_for_who_sees_the_check() {
    let host = FakeHost::new(varied());
    let page = get(&host, "/").await.text;
    let rows = texts(&page, "tr.check").len();
    let pictures = attributes(&page, "tr.check img.spark", "src");
    assert_eq!(pictures.len(), rows);
    let shop = attributes(&page, "tr[data-check=shop] img.spark", "src").remove(0);
    let answer = get(&host, &shop).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/svg+xml"));
    assert!(
        answer.header("cache-control").starts_with("private") && answer.text.contains("<rect"),
        "{}",
        answer.text
    );
    assert_eq!(get(&host, "/checks/nobody/latency.svg").await.status, 404);
    assert_eq!(get(&host, "/checks/shop/latency.svg?more=1").await.status, 400);
    // The row says how long the last run took beside it, and the script finds that place.
    assert_eq!(texts(&page, "tr[data-check=shop] [data-f=took]"), ["310 ms"]);
}
