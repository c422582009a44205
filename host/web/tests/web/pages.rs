//! Pages by CSS selector.

use std::sync::Arc;
use std::time::Duration;

use scraper::{Html, Selector};
use watchkeep_core::commit::ResultRow;
use watchkeep_core::grant::Target;
use watchkeep_core::heartbeat::{Expects, HeartbeatSpec};
use watchkeep_core::report::State;
use watchkeep_core::setup::Work;
use watchkeep_core::view::CheckStatus;

use crate::support::ask::get;
use crate::support::boards::{HOSTILE, PIXELS, SVG, busy, varied};
use crate::support::{Board, FakeHost, NOW, check, ok, report, result, seconds_ago, spec, view};

pub(crate) fn texts(page: &str, selector: &str) -> Vec<String> {
    let page = Html::parse_document(page);
    let selector = Selector::parse(selector).unwrap();
    let found = page.select(&selector);
    found
        .map(|node| node.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

pub(crate) fn attributes(page: &str, selector: &str, name: &str) -> Vec<String> {
    let page = Html::parse_document(page);
    let selector = Selector::parse(selector).unwrap();
    let found = page.select(&selector);
    found.filter_map(|node| node.value().attr(name).map(str::to_owned)).collect()
}

const ALL: [&str; 16] = [
    "/status-pages",
    "/pipelines",
    "/reputation",
    "/config",
    "/feed",
    "/",
    "/?q=shop",
    "/checks/shop",
    "/checks/hostile",
    "/checks/docker",
    "/checks/trapped",
    "/checks/new",
    "/alerts",
    "/silences",
    "/deliveries",
    "/plugins",
];

/// And the page of each open alert.
async fn with_alerts(host: &Arc<FakeHost>) -> Vec<String> {
    let list = get(host, "/api/v1/alerts").await.json();
    let ids = list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap());
    ALL.map(str::to_owned).into_iter().chain(ids.map(|id| format!("/alerts/{id}"))).collect()
}

#[tokio::test]
async fn the_first_page_lists_every_check_worst_first() {
    let page = get(&FakeHost::new(varied()), "/").await.text;
    let names = texts(&page, "tr.check .c-name > a");
    assert_eq!(names, ["shop", "docker", "trapped", "new", "blog", "hostile", "paused"]);
    assert_eq!(texts(&page, "tr[data-check=shop] .c-summary"), ["down"]);
    assert_eq!(texts(&page, "tr[data-check=shop] .c-since"), ["4 min"]);
    assert_eq!(texts(&page, "tr[data-check=shop] .c-took"), ["310 ms"]);
    assert_eq!(texts(&page, "tr[data-check=shop] .state"), ["critical"], "a word, not colour alone");
    assert_eq!(texts(&page, "#counts .count.critical .number"), ["1"]);
    assert_eq!(texts(&page, "#counts .count.ok .number"), ["2"]);
}

#[tokio::test]
async fn what_broke_since_when_and_who_was_told_stands_on_top() {
    let page = get(&FakeHost::new(varied()), "/").await.text;
    let alert = "#alerts > .fold > .alerts > .alert";
    assert_eq!(texts(&page, &format!("{alert} .alert-name")), ["shop"]);
    assert_eq!(texts(&page, &format!("{alert} .alert-since strong")), ["3 min"]);
    assert_eq!(texts(&page, &format!("{alert} .told")), ["trying chat"]);
    assert_eq!(attributes(&page, &format!("{alert} .runbook"), "href"), ["https://wiki.example.com/shop"]);
    assert_eq!(texts(&page, "#unconfirmed .alert-name"), ["docker / redis"]);
    assert_eq!(texts(&page, "title"), ["(1) Checks · Watchkeep"]);
}

#[tokio::test]
async fn no_page_lets_hostile_text_become_markup() {
    let host = FakeHost::new(busy());
    for path in with_alerts(&host).await {
        let path = path.as_str();
        let answer = get(&host, path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let scripts = attributes(&answer.text, "script", "src");
        assert_eq!(scripts.len(), texts(&answer.text, "script").len(), "{path} has an inline script");
        assert_eq!(scripts.len(), 1, "{path}");
        assert!(texts(&answer.text, "style").is_empty(), "{path} has inline style");
        assert!(attributes(&answer.text, "*", "style").is_empty(), "{path} has a style attribute");
        assert!(!answer.text.contains("<script>"), "{path}");
        for link in attributes(&answer.text, "[href]", "href") {
            assert!(link.starts_with(['/', '#']) || link.starts_with("https://"), "{path}: {link}");
        }
        let page = Html::parse_document(&answer.text);
        let everything = Selector::parse("*").unwrap();
        let handlers = page.select(&everything).flat_map(|node| {
            node.value()
                .attrs()
                .map(|(name, _)| name.to_owned())
                .filter(|name| name.starts_with("on"))
                .collect::<Vec<_>>()
        });
        assert_eq!(handlers.count(), 0, "{path} has an event handler");
    }
    let page = get(&host, "/").await.text;
    let shown: String = HOSTILE.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(texts(&page, "tr[data-check=hostile] .c-summary"), [shown]);
}

#[tokio::test]
async fn every_page_can_be_used_by_keyboard_and_by_ear() {
    let host = FakeHost::new(busy());
    for path in with_alerts(&host).await {
        let path = path.as_str();
        let page = get(&host, path).await.text;
        assert_eq!(texts(&page, "h1").len(), 1, "{path}");
        assert_eq!(attributes(&page, "html", "lang"), ["en"], "{path}");
        assert_eq!(attributes(&page, "a.skip", "href"), ["#main"], "{path}");
        assert!(texts(&page, "main table").len() == texts(&page, "main table thead").len(), "{path}");
        let buttons = texts(&page, "main button");
        assert!(buttons.iter().all(|text| !text.is_empty()), "{path} has a button without a name");
        let fields =
            attributes(&page, "main :is(input, select, textarea):not([type=hidden], [hidden])", "name");
        let labelled =
            attributes(&page, "main label :is(input, select, textarea), main select[aria-label], #q", "name");
        assert_eq!(fields.len(), labelled.len(), "{path} has a field without a label: {fields:?}");
        let unnamed = texts(&page, "main a").iter().filter(|text| text.is_empty()).count();
        assert_eq!(unnamed, 0, "{path} has a link without a name");
        let ids = attributes(&page, "[id]", "id");
        let once: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(once.len(), ids.len(), "{path} has an id twice");
        for named in attributes(&page, "[aria-labelledby]", "aria-labelledby") {
            assert!(ids.contains(&named), "{path}: {named}");
        }
        for live in attributes(&page, "[data-live]", "id") {
            assert!(!live.is_empty(), "{path}: a live part without an id");
        }
    }
    let page = get(&host, "/").await.text;
    assert_eq!(attributes(&page, "form[role=search] label", "for"), ["q"]);
}

#[tokio::test]
async fn the_filter_and_the_counts_are_links_and_a_form_that_keep_each_other() {
    let host = FakeHost::new(varied());
    let page = get(&host, "/?q=http&label=team%3Dweb&state=ok").await.text;
    assert_eq!(texts(&page, "tr.check .c-name > a"), ["blog"]);
    assert_eq!(attributes(&page, "#q", "value"), ["http"]);
    assert_eq!(attributes(&page, "form input[name=label]", "value"), ["team=web"]);
    assert_eq!(attributes(&page, "form input[name=state]", "value"), ["ok"]);
    assert_eq!(attributes(&page, ".count.critical", "href"), ["/?q=http&state=critical&label=team%3Dweb"]);
    assert_eq!(
        attributes(&page, ".count.ok", "href"),
        ["/?q=http&label=team%3Dweb"],
        "pressed again, it opens"
    );
    assert_eq!(texts(&page, ".count.critical .number"), ["1"], "counted beside the chosen state");
    let nothing = get(&host, "/?q=zzz").await.text;
    assert_eq!(texts(&nothing, ".shown"), ["No check of 7 matches. · show all"]);
}

#[tokio::test]
async fn ten_thousand_checks_come_in_pages_that_say_so() {
    let mut checks: Vec<_> = (0..10_000).map(|n| check(&format!("c{n:05}"), State::Ok)).collect();
    checks[9_000] = check("c09000", State::Critical);
    checks[9_001].status = CheckStatus::Paused;
    let host = FakeHost::new(Board { checks, ..Board::default() });
    let page = get(&host, "/").await.text;
    let rows = texts(&page, "tr.check .c-name > a");
    assert_eq!((rows.len(), rows[0].as_str()), (200, "c09000"));
    assert_eq!(
        texts(&page, ".shown"),
        ["1–200 of 10000 checks, worst first; the filter finds the rest · all with team=web"]
    );
    assert_eq!(attributes(&page, "a[rel=next]", "href"), ["/?page=2"]);
    assert!(page.len() < 300_000, "{} bytes", page.len());
    assert_eq!(attributes(&page, "body", "data-stream"), ["/api/v1/stream?changes=true"]);
    let last = get(&host, "/?page=50").await.text;
    assert_eq!(texts(&last, "tr.check .c-name > a").last().unwrap(), "c09001");
    assert!(attributes(&last, "a[rel=next]", "href").is_empty());
    let beyond = get(&host, "/?page=999").await.text;
    assert_eq!(texts(&beyond, "tr.check").len(), 200, "beyond the end is the last page");
}

#[tokio::test]
async fn labels_that_all_checks_have_are_said_once() {
    let mut board = Board::default();
    for (name, team) in [("shop", "web"), ("blog", "press")] {
        let spec = spec(name, "http", "{}", &[("env", "prod"), ("team", team)]);
        board.checks.push(view(spec, Some((report(State::Ok, "fine", Vec::new()), 120)), 300));
    }
    let host = FakeHost::new(board);
    let page = get(&host, "/").await.text;
    assert_eq!(texts(&page, "tr.check .label"), ["team=web", "team=press"]);
    assert_eq!(texts(&page, "#checks .shown .label"), ["env=prod"]);
    // One alone has no neighbours to share with.
    let page = get(&host, "/?q=shop").await.text;
    assert_eq!(texts(&page, "tr.check .label"), ["env=prod", "team=web"]);
    assert_eq!(texts(&page, "#checks .shown .label"), [""; 0]);
}

#[tokio::test]
async fn a_check_s_page_says_why_people_were_told() {
    let page = get(&FakeHost::new(varied()), "/checks/shop").await.text;
    assert_eq!(texts(&page, "h1"), ["shop"]);
    assert_eq!(texts(&page, ".why > p"), ["Firing, held back by maintenance; trying chat."]);
    let decisions = texts(&page, ".decisions li span");
    assert_eq!(decisions[0], "firing: it is critical", "newest first");
    assert_eq!(texts(&page, "#results tbody .state"), ["critical", "unknown", "ok"]);
    assert_eq!(texts(&page, "#results .tag"), ["trap"]);
    let caption = &texts(&page, "#latency figcaption")[0];
    assert!(caption.starts_with("In the last hour: 3 runs: 1 critical, 1 unknown; median 30"), "{caption}");
    assert_eq!(attributes(&page, "#range a[aria-current]", "href"), ["/checks/shop?range=hour"]);
    assert_eq!(attributes(&page, "body", "data-stream"), ["/api/v1/stream?check=shop"]);
}

#[tokio::test]
async fn a_check_s_page_begins_with_what_it_looks_at_and_how_it_went() {
    let mut board = varied();
    let shop = "https://shop.example.com/cart?of=\"me\"";
    let config = format!(
        "{{\"url\": {}, \"find\": \"https://elsewhere.example.com/\", \"also\": [\"tls.example.com:443\", {}]}}",
        serde_json::json!(shop),
        serde_json::json!(shop)
    );
    let view = board.checks.iter_mut().find(|view| view.spec.name.as_str() == "shop").unwrap();
    Arc::make_mut(&mut view.spec).config = config.into();
    let granted =
        [("http", shop), ("tcp", "tls.example.com:443"), ("http", "https://secret.example.com/token")];
    let granted = granted.map(|(capability, value)| Target::from_config(capability, value).unwrap());
    board.targets.insert("shop".into(), granted.into());
    let page = get(&FakeHost::new(board), "/checks/shop").await.text;
    // Only what the plugin marked, each once; and nothing of what a secret grants.
    assert_eq!(texts(&page, "#now .target > *"), ["tls.example.com:443", shop]);
    assert_eq!(attributes(&page, "#now .target a", "href"), [shop]);
    let sections = attributes(&page, "main section", "id");
    let place = |id: &str| sections.iter().position(|own| own == id).unwrap();
    assert!(place("now") < place("latency") && place("latency") < place("why"), "{sections:?}");
    assert!(place("why") < place("results"), "{sections:?}");
}

#[tokio::test]
async fn an_alert_s_page_says_why_before_it_offers_what_to_do() {
    let host = FakeHost::new(busy());
    let id = crate::forms::id_of(&host, "api").await;
    let page = get(&host, &format!("/alerts/{id}")).await.text;
    let sections = attributes(&page, "main section", "id");
    let place = |id: &str| sections.iter().position(|own| own == id).unwrap();
    assert!(place("now") < place("why") && place("why") < place("act"), "{sections:?}");
    // Two taps: one opens the form, the other sends it. All other forms are folded as well.
    assert_eq!(texts(&page, "#now details.act > summary .if-closed"), ["Acknowledge"]);
    let forms = attributes(&page, "main form[method=post]", "action");
    assert_eq!(attributes(&page, "main details:not([open]) form[method=post]", "action"), forms);
}

#[tokio::test]
async fn runs_of_a_clock_that_was_ahead_are_listed_where_they_were_and_leave_the_chart_alone() {
    let ahead = NOW + Duration::from_hours(1461 * 24);
    let results = [(4, seconds_ago(10)), (3, ahead), (2, seconds_ago(100)), (1, seconds_ago(110))];
    let host = FakeHost::new(Board {
        checks: vec![check("shop", State::Ok)],
        results: results.map(|(sequence, at)| result("shop", sequence, at, 9, ok("up"))).into(),
        ..Board::default()
    });
    let page = get(&host, "/checks/shop").await.text;
    assert_eq!(texts(&page, "#results tbody tr").len(), 4);
    let caption = &texts(&page, "#latency figcaption")[0];
    assert!(caption.starts_with("In the last hour: 3 runs, all ok;"), "{caption}");
}

#[tokio::test]
async fn a_check_s_page_shows_findings_and_failures() {
    let host = FakeHost::new(varied());
    let docker = get(&host, "/checks/docker").await.text;
    assert_eq!(texts(&docker, "#findings tbody th"), ["redis", "web"]);
    assert_eq!(
        attributes(&docker, "#findings a", "href"),
        ["https://docs.example.com/"],
        "no javascript link"
    );
    assert_eq!(texts(&docker, "#why .alert-name"), ["docker / redis"]);
    let trapped = get(&host, "/checks/trapped").await.text;
    assert!(texts(&trapped, ".failure")[0].contains("trap at stage call"));
    assert!(texts(&trapped, "#backtrace pre")[0].contains("wasm trap"));
    let new = get(&host, "/checks/new").await.text;
    assert!(texts(&new, "#now .quiet")[0].starts_with("It has not run yet"));
}

#[tokio::test]
async fn the_other_pages_show_their_rows() {
    let host = FakeHost::new(varied());
    assert_eq!(texts(&get(&host, "/alerts").await.text, "#history tbody .c-became"), ["firing", "resolved"]);
    let deliveries = get(&host, "/deliveries").await.text;
    assert_eq!(texts(&deliveries, "#deliveries .state"), ["waiting", "delivered", "dead"]);
    let dead = get(&host, "/deliveries?status=dead").await.text;
    assert_eq!(texts(&dead, "#deliveries tbody tr").len(), 1);
    let plugins = get(&host, "/plugins").await.text;
    assert_eq!(texts(&plugins, ".card h2 .state")[0], "failed to load");
    assert_eq!(texts(&plugins, ".card").len(), 7);
    assert!(texts(&plugins, ".card h2 .state").iter().any(|state| state.starts_with("pending grant")));
    assert_eq!(texts(&plugins, "#plugin-events li").len(), 1);
}

#[tokio::test]
async fn assets_are_named_by_their_content_and_kept_for_good() {
    let host = FakeHost::new(varied());
    let page = get(&host, "/").await.text;
    let mut paths = attributes(&page, "link", "href");
    paths.extend(attributes(&page, "script", "src"));
    assert_eq!(paths.len(), 3);
    for path in paths {
        let answer = get(&host, &path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert!(!answer.header("content-type").is_empty());
    }
    assert_eq!(get(&host, "/assets/live-000000000000.js").await.status, 404);
}

#[tokio::test]
async fn an_empty_host_says_what_to_do_first() {
    let page = get(&FakeHost::new(Board::default()), "/").await.text;
    assert_eq!(texts(&page, "#alerts-title"), ["No checks yet"]);
    assert!(page.contains("[[check]]"));
}

#[tokio::test]
async fn what_the_last_run_attached_is_shown_if_it_is_a_picture_and_offered_if_not() {
    let host = FakeHost::new(varied());
    let page = get(&host, "/checks/docker").await.text;
    let [picture] = attributes(&page, "#attachments img", "src").try_into().unwrap();
    assert_eq!(texts(&page, "#attachments .picture a"), ["a.png"]);
    let [file] = attributes(&page, "#attachments .files a", "href").try_into().unwrap();
    let picture: String = picture;
    let file: String = file;

    let answer = get(&host, &picture).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, PIXELS));
    assert_eq!(answer.header("content-type"), "image/png");
    assert_eq!(answer.header("content-disposition"), "");
    assert!(answer.header("cache-control").contains("immutable"));

    let answer = get(&host, &file).await;
    assert_eq!(answer.text, SVG);
    assert_eq!(answer.header("content-type"), "application/octet-stream", "a picture with a script is none");
    assert_eq!(answer.header("content-disposition"), "attachment");
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
}

#[tokio::test]
async fn a_snapshot_that_is_not_there_is_not_found() {
    let host = FakeHost::new(varied());
    for id in ["x", "..%2f..%2fwatchkeep.redb", &"0".repeat(64), &"F".repeat(64)] {
        assert_eq!(get(&host, &format!("/snapshots/{id}")).await.status, 404, "{id}");
    }
}

#[tokio::test]
async fn the_page_of_a_heartbeat_says_where_it_is_pinged_without_the_key() {
    const KEY: &str = "b7b1c0de-1111-2222-3333-444455556666";
    let mut spec = spec("backup", "heartbeat", "{}", &[]);
    spec.work = Work::Heartbeat(Arc::new(HeartbeatSpec {
        key: KEY.to_owned(),
        expects: Expects::Every(Duration::from_secs(3600)),
        lasts_max: Duration::from_secs(600),
    }));
    let waiting = view(spec.clone(), Some((report(State::Critical, "no ping has come", Vec::new()), 0)), 300);
    let ran = (**waiting.last.as_ref().unwrap()).clone();
    let took = |seconds| {
        let at = |finished_at| ResultRow { took: Duration::from_secs(seconds), finished_at, ..ran.clone() };
        vec![at(seconds_ago(60)), at(seconds_ago(900))]
    };
    let mut board = varied();
    board.checks.push(waiting);
    board.results = took(0);
    let page = get(&FakeHost::new(board), "/checks/backup").await.text;
    assert!(page.contains("/ping/KEY") && !page.contains(KEY), "{page}");
    assert!(page.contains("a ping every 1 h") && page.contains("Judged"), "{page}");
    assert_eq!(texts(&page, "#latency-title"), ["How it went"], "nothing took any time");
    assert_eq!(texts(&page, "#latency .canvas"), [""; 0]);

    let mut board = varied();
    board.checks.push(view(spec, Some((report(State::Ok, "the job succeeded", Vec::new()), 5)), 300));
    board.results = took(5);
    let page = get(&FakeHost::new(board), "/checks/backup").await.text;
    assert_eq!(texts(&page, "#latency-title"), ["How long the job took"]);
}
