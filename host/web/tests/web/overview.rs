//! The overview: services, groupings, and what stands on it once.

use std::sync::Arc;

use watchkeep_core::alert::{AlertKey, Phase};
use watchkeep_core::matcher::Matcher;
use watchkeep_core::report::{Judgement, State};
use watchkeep_core::service::{ServiceMetrics, ServiceSpec};
use watchkeep_core::setup::Setup;
use watchkeep_core::view::CheckView;

use crate::pages::{attributes, texts};
use crate::support::ask::get;
use crate::support::{Board, FakeHost, alert, check, labels, metric, report, seconds_ago, spec, view};

fn service(name: &str, matcher: &str, metrics: ServiceMetrics) -> Arc<ServiceSpec> {
    let matchers = vec![Matcher::parse(matcher).unwrap()];
    Arc::new(ServiceSpec { name: name.into(), display: None, matchers, down_at: None, metrics })
}

fn of_site(name: &str, state: State, site: &str) -> CheckView {
    let given: &[(&str, &str)] = if site.is_empty() { &[] } else { &[("site", site)] };
    let requests = vec![metric("requests", 7.5, "per second", &[]), metric("p95_seconds", 0.2, "", &[])];
    view(spec(name, "http", "{}", given), Some((report(state, "said", requests), 9)), 300)
}

fn board() -> Board {
    let metrics = ServiceMetrics {
        p95: Some("p95_seconds".to_owned()),
        request_rate: Some("requests".to_owned()),
        error_rate: Some("nowhere".to_owned()),
        ..ServiceMetrics::default()
    };
    Board {
        checks: vec![
            of_site("a", State::Ok, "bergen"),
            of_site("b", State::Ok, "bergen"),
            of_site("c", State::Critical, "oslo"),
            of_site("d", State::Ok, "oslo"),
            of_site("e", State::Ok, "oslo"),
            of_site("f", State::Warning, ""),
        ],
        setup: Arc::new(Setup {
            services: vec![
                service("Bergen", r#"site="bergen""#, metrics),
                service("Oslo", r#"site="oslo""#, ServiceMetrics::default()),
                service("Only-c", r#"check="c""#, ServiceMetrics::default()),
            ],
            ..Setup::default()
        }),
        ..Board::default()
    }
}

#[tokio::test]
async fn services_are_shown_worst_first_with_the_numbers_that_were_read_from_them() {
    let host = FakeHost::new(board());
    let page = get(&host, "/").await.text;
    assert_eq!(texts(&page, ".service-head"), ["Only-c Down", "Oslo Degraded", "Bergen Healthy"]);
    assert_eq!(
        texts(&page, ".service > .quiet"),
        ["its check is not well", "1 of 3 checks not well", "all 2 checks are well"]
    );
    assert_eq!(texts(&page, ".service-numbers div"), ["p95200 ms", "requests15 per second", "errors–"]);
    let one = get(&host, &attributes(&page, ".service-head a", "href")[1]).await.text;
    assert_eq!(texts(&one, "tr.check .c-name > a"), ["c", "d", "e"]);
    assert_eq!(get(&host, "/?service=nothing").await.status, 404);
}

#[tokio::test]
async fn checks_are_grouped_by_whatever_the_address_says() {
    let host = FakeHost::new(board());
    let page = get(&host, "/").await.text;
    assert_eq!(texts(&page, ".by a"), ["state", "service", "plugin", "site"]);
    let by_site = get(&host, &attributes(&page, ".by a", "href")[3]).await.text;
    assert_eq!(texts(&by_site, ".by a[aria-current]"), ["site"]);
    assert_eq!(
        texts(&by_site, "tr.group th"),
        ["oslo 3: 1 critical, 2 ok", "without site 1: 1 warning", "bergen 2: 2 ok"]
    );
    let by_service = get(&host, "/?group=service&state=critical").await.text;
    assert_eq!(texts(&by_service, "tr.group th"), ["Only-c 1: 1 critical", "Oslo 1: 1 critical"]);
    assert_eq!(attributes(&by_service, "form input[name=group]", "value"), ["service"]);
    assert_eq!(attributes(&by_service, ".count.ok", "href"), ["/?state=ok&group=service"]);
}

#[tokio::test]
async fn ten_thousand_checks_in_groups_are_a_page_that_a_phone_can_draw() {
    let site = |n: usize| format!("site-{:02}", n % 50);
    let checks = (0..10_000).map(|n| {
        let state = if n % 500 == 7 { State::Critical } else { State::Ok };
        of_site(&format!("c{n:05}"), state, &site(n))
    });
    let host = FakeHost::new(Board { checks: checks.collect(), ..Board::default() });
    let page = get(&host, "/?group=site").await.text;
    assert_eq!(texts(&page, "tr.group th").len(), 40);
    assert_eq!(texts(&page, "tr.group th")[0], "site-07 200: 20 critical, 180 ok");
    assert_eq!(texts(&page, "tr.check").len(), 200);
    assert!(page.len() < 300_000, "{} bytes", page.len());
    assert_eq!(texts(&page, "tr.more a")[0], "195 more of site-07");
    let more = get(&host, &attributes(&page, "tr.more a", "href")[0]).await.text;
    assert_eq!(texts(&more, "tr.check").len(), 200);
    let next = attributes(&page, "a[rel=next]", "href");
    assert_eq!(next, ["/?group=site&page=2"]);
    assert_eq!(texts(&get(&host, &next[0]).await.text, "tr.group th").len(), 10);
}

#[tokio::test]
async fn what_stands_above_as_an_alert_is_not_listed_again() {
    let mut board = board();
    let mut firing = alert(
        AlertKey::Check("c".into()),
        Phase::Firing { since: seconds_ago(9) },
        Judgement::Critical,
        9,
        "down",
    );
    firing.labels = labels(&[("env", "prod"), ("team", "web")]);
    let mut other = firing.clone();
    other.key = AlertKey::Check("f".into());
    other.labels = labels(&[("env", "prod"), ("team", "data")]);
    board.alerts = vec![Arc::new(firing), Arc::new(other)];
    let host = FakeHost::new(board);
    let page = get(&host, "/").await.text;
    assert_eq!(texts(&page, "tr.check .c-name > a"), ["a", "b", "d", "e"]);
    assert!(texts(&page, "#checks .shown")[0].contains("without the 2 whose alerts stand above"));
    assert_eq!(texts(&page, "#alerts .alert .label"), ["team=web", "team=data"]);
    assert_eq!(texts(&page, "#alerts > .shown .label"), ["env=prod"]);
    // Whoever asks for a state gets all that have it.
    let critical = get(&host, "/?state=critical").await.text;
    assert_eq!(texts(&critical, "tr.check .c-name > a"), ["c"]);
}

#[tokio::test]
async fn a_wall_shows_only_what_is_not_well() {
    let page = get(&FakeHost::new(board()), "/?wall").await.text;
    assert_eq!(attributes(&page, "body", "class"), ["wall"]);
    assert_eq!(texts(&page, "tr.check .c-name > a"), ["c", "f"]);
    assert_eq!(texts(&page, ".service").len(), 3);
    assert_eq!(texts(&page, "#connection").len(), 1, "it says when it is not live");
}

#[tokio::test]
async fn the_keys_are_listed_on_every_page() {
    let host = FakeHost::new(Board { checks: vec![check("a", State::Ok)], ..Board::default() });
    for path in ["/", "/alerts", "/checks/a"] {
        let page = get(&host, path).await.text;
        assert_eq!(texts(&page, "#keys dt"), ["/", "j k", "Enter", "a", "s", "?"], "{path}");
        assert_eq!(attributes(&page, "#keys a", "href"), ["/?wall"]);
    }
}
