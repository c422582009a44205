//! Status pages: what people outside see, and that they see nothing else.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use http::{Method, Request};
use scraper::{Html, Selector};
use watchkeep_web::{public_router, router};

use crate::support::ask::{Answer, send};
use crate::support::outside::{HOSTILE_TITLE, TOKEN, outside};
use crate::support::{FakeHost, NOW};

/// Everything that a page has, by the names that its own answers give.
const ALL: [&str; 12] = [
    "/status/acme",
    "/status/acme/feed.xml",
    "/status/acme/badge.svg",
    "/status/acme/badge.json?show=uptime",
    "/status/acme/database/badge.svg",
    "/status/acme/database/badge.json",
    "/status/acme/web-site/badge.svg?show=uptime",
    "/status/whole",
    "/status/whole/feed.xml",
    "/status/whole/badge.svg",
    "/status/whole/all-of-it/badge.json",
    "/status/acme/style.css",
];

/// From afar, under any name, without anything that signs in.
async fn from(router: &Router, method: Method, path: &str) -> Answer {
    let request = Request::builder().method(method).uri(path).header("host", "status.example.com");
    let mut request = request.body(axum::body::Body::empty()).unwrap();
    let peer: SocketAddr = "203.0.113.9:4711".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    send(router.clone(), request).await
}

async fn read(host: &Arc<FakeHost>, path: &str) -> Answer {
    from(&public_router(host.clone()), Method::GET, path).await
}

fn texts(page: &str, selector: &str) -> Vec<String> {
    let page = Html::parse_document(page);
    let selector = Selector::parse(selector).unwrap();
    let text = |element: scraper::ElementRef<'_>| {
        element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    page.select(&selector).map(text).collect()
}

fn count(page: &str, selector: &str) -> usize {
    Html::parse_document(page).select(&Selector::parse(selector).unwrap()).count()
}

#[tokio::test]
async fn a_page_says_how_things_are_in_words() {
    let page = read(&FakeHost::new(outside()), "/status/acme").await;
    assert_eq!(page.status, 200);
    let page = page.text;
    assert_eq!(texts(&page, "h1"), ["Status of acme"]);
    assert_eq!(texts(&page, ".overall"), ["Some systems are down"]);
    let shown = texts(&page, ".component .head");
    assert_eq!(shown.len(), 4, "{shown:?}");
    assert!(shown[0].ends_with("Degraded") && shown[0].starts_with("</title><script>"), "{shown:?}");
    assert_eq!(shown[1..], ["Database Down", "Mail Maintenance", "Web site Operational"]);
    assert_eq!(
        texts(&page, ".since"),
        ["since 21 Nov 2026, 03:58 CET", "since 21 Nov 2026, 03:00 CET"],
        "in the zone of the page; what is in maintenance has no problem"
    );
    assert_eq!(count(&page, ".component:nth-child(2) .bars rect"), 90);
    assert_eq!(count(&page, ".component:nth-child(4) .bars rect.up"), 4, "four days have data");
    assert_eq!(count(&page, ".component:nth-child(4) .bars rect.none"), 86, "a day without data is not up");
    let said = texts(&page, ".uptime");
    assert_eq!(said, ["Uptime not known", "Uptime 91.66 %", "Uptime not known", "Uptime 100 %"]);
    assert_eq!(texts(&page, ".low-days li"), ["20 Nov 2026: 66.66 %"]);
    assert!(texts(&page, ".latency")[1].contains("half of the tests took at most 38 ms"), "{page}");
    assert_eq!(texts(&page, "#notes h3"), ["Orders are slow"]);
    let stages = texts(&page, "#notes .stage");
    assert_eq!(stages, ["identified", "investigating"], "the newest first");
    assert_eq!(texts(&page, "#history h3"), ["It was dark"], "what ended long ago is not shown");
    let past = "Web site was down from 20 Nov 2026, 23:00 CET until 21 Nov 2026, 00:00 CET";
    assert_eq!(texts(&page, ".past li"), [past]);
    assert_eq!(texts(&page, "#maintenance-now .said"), ["New mail server."]);
    assert_eq!(texts(&page, "#maintenance-ahead .said"), ["New <b>disks</b>."]);
    assert!(texts(&page, "#maintenance-ahead .quiet")[0].contains("Database, Mail, Web site"));
    assert!(texts(&page, "footer")[0].contains("As of 21 Nov 2026, 04:00 CET"));
}

#[tokio::test]
async fn nothing_that_was_not_chosen_leaves_the_host() {
    let host = FakeHost::new(outside());
    for router in [public_router(host.clone()), router(host.clone())] {
        for path in ALL {
            let answer = from(&router, Method::GET, path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            assert!(!answer.text.contains("canary"), "{path}: {}", answer.text);
            assert!(!format!("{:?}", answer.headers).contains("canary"), "{path}: {:?}", answer.headers);
        }
        let closed = format!("/status/closed?token={TOKEN}");
        let answer = from(&router, Method::GET, &closed).await;
        assert_eq!(answer.status, 200);
        // Not even its own token: whoever sees the page over somebody's shoulder does not get in.
        assert!(!answer.text.contains("canary"), "{}", answer.text);
        assert!(answer.text.contains("Only for you."));
    }
}

#[tokio::test]
async fn what_is_not_for_all_is_as_what_is_not_there() {
    let host = FakeHost::new(outside());
    let wrong = format!("/status/closed?token={TOKEN}x");
    let near = format!("/status/closed?token={}", &TOKEN[..TOKEN.len() - 1]);
    for router in [public_router(host.clone()), router(host.clone())] {
        let nothing = from(&router, Method::GET, "/status/nobody").await;
        assert_eq!((nothing.status.as_u16(), nothing.text.as_str()), (404, "not found\n"));
        for path in [
            "/status/closed",
            "/status/closed?token=",
            wrong.as_str(),
            near.as_str(),
            "/status/closed/feed.xml",
            "/status/closed/badge.svg",
            "/status/closed/database/badge.json",
            "/status/acme/nothing/badge.svg",
            "/status/acme/canary-db/badge.svg",
            "/status/nobody/feed.xml?token=x",
        ] {
            let answer = from(&router, Method::GET, path).await;
            assert_eq!(answer.text, nothing.text, "{path}");
            assert_eq!(answer.status, nothing.status, "{path}");
            assert_eq!(answer.headers, nothing.headers, "{path}");
        }
    }
    // A secret that is gone from the config opens nothing.
    host.with(|board| board.secrets.clear());
    assert_eq!(read(&host, &format!("/status/closed?token={TOKEN}")).await.status, 404);
    assert_eq!(read(&host, "/status/closed?token=").await.status, 404);
}

#[tokio::test]
async fn answers_are_bare_and_may_be_kept_for_some_seconds() {
    let host = FakeHost::new(outside());
    for router in [public_router(host.clone()), router(host.clone())] {
        for path in ALL {
            let answer = from(&router, Method::GET, path).await;
            assert_eq!(answer.header("set-cookie"), "", "{path}");
            assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            let policy = answer.header("content-security-policy");
            assert!(
                policy.starts_with("default-src 'none'") && !policy.contains("script"),
                "{path}: {policy}"
            );
            assert!(answer.header("cache-control").starts_with("public, max-age="), "{path}");
        }
        let page = from(&router, Method::GET, "/status/acme").await;
        assert_eq!((page.header("refresh"), page.header("cache-control")), ("60", "public, max-age=10"));
        assert_eq!(count(&page.text, "script, [style], [onclick], form, iframe, meta[http-equiv]"), 0);
        let closed = from(&router, Method::GET, &format!("/status/closed?token={TOKEN}")).await;
        assert_eq!(closed.header("cache-control"), "private, max-age=10", "nobody else keeps it");
        assert_eq!(closed.header("x-robots-tag"), "noindex");
        assert_eq!(from(&router, Method::GET, "/status/nobody").await.header("cache-control"), "no-store");
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            assert_eq!(from(&router, method, "/status/acme").await.status, 405);
        }
        assert_eq!(from(&router, Method::HEAD, "/status/acme").await.text, "");
    }
}

#[tokio::test]
async fn the_public_address_has_nothing_else() {
    let router = public_router(FakeHost::new(outside()));
    for path in [
        "/",
        "/checks/canary-db",
        "/api/v1/status-pages",
        "/status-pages",
        "/assets/x",
        "/status",
        "/status/",
    ] {
        let answer = from(&router, Method::GET, path).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (404, "not found"), "{path}");
    }
}

#[tokio::test]
async fn a_flood_reads_the_past_once() {
    let host = FakeHost::new(outside());
    let router = public_router(host.clone());
    let asked = (0..50).map(|_| from(&router, Method::GET, "/status/acme"));
    let answers = futures::future::join_all(asked).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.text == answers[0].text));
    assert_eq!(host.with(|board| board.histories), 4, "once for each check that is shown");
    host.with(|board| board.alerts.clear());
    let later = from(&router, Method::GET, "/status/acme/badge.json").await.json();
    assert_eq!(later["message"], "Down", "it is that of some seconds ago");
    // A page that the config has changed is another one at once.
    host.with(|board| {
        let setup = Arc::make_mut(&mut board.setup);
        Arc::make_mut(&mut setup.status_pages[0]).title = "Renamed".to_owned();
    });
    assert_eq!(texts(&from(&router, Method::GET, "/status/acme").await.text, "h1"), ["Renamed"]);
}

#[tokio::test]
async fn a_store_that_fails_makes_nothing_up() {
    let mut board = outside();
    board.broken = true;
    let page = read(&FakeHost::new(board), "/status/acme").await;
    assert_eq!(page.status, 200);
    assert_eq!(count(&page.text, ".bars rect.up"), 1, "only in the key of the drawing");
    assert!(!page.text.contains("disk 7"), "{}", page.text);
    assert_eq!(texts(&page.text, ".overall"), ["Some systems are down"]);
}

#[tokio::test]
async fn badges_say_a_word_for_other_pages() {
    let host = FakeHost::new(outside());
    let badge = async |path: &str| read(&host, path).await.json();
    let shield = badge("/status/acme/database/badge.json").await;
    assert_eq!(
        shield,
        serde_json::json!({"schemaVersion": 1, "label": "Database", "message": "Down", "color": "red"})
    );
    let uptime = badge("/status/acme/web-site/badge.json?show=uptime").await;
    assert_eq!((&uptime["message"], &uptime["color"]), (&"100 %".into(), &"brightgreen".into()));
    assert_eq!(badge("/status/acme/mail/badge.json").await["color"], "blue");
    assert_eq!(badge("/status/acme/mail/badge.json?show=uptime").await["message"], "not known");
    let drawn = read(&host, "/status/whole/badge.svg").await;
    assert_eq!(drawn.header("content-type"), "image/svg+xml");
    assert_eq!(drawn.header("cross-origin-resource-policy"), "cross-origin");
    let tree = roxmltree::Document::parse(&drawn.text).unwrap();
    let names: Vec<_> =
        tree.descendants().filter(|node| node.is_element()).map(|node| node.tag_name().name()).collect();
    assert_eq!(names, ["svg", "title", "rect", "path", "g", "text", "text"], "{}", drawn.text);
    let texts: Vec<_> =
        tree.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text"))).collect();
    assert!(HOSTILE_TITLE.replace('\u{1}', "").starts_with(texts[0].text().unwrap().trim_end_matches('…')));
    assert!(texts[0].attribute("textLength").is_some());
}

#[tokio::test]
async fn hostile_texts_stay_texts() {
    let page = read(&FakeHost::new(outside()), "/status/acme").await.text;
    assert_eq!(count(&page, "script, img, b"), 0);
    let document = Html::parse_document(&page);
    let links = Selector::parse(".said a").unwrap();
    let hrefs: Vec<_> = document.select(&links).map(|link| link.attr("href").unwrap()).collect();
    assert_eq!(hrefs, ["https://example.com/a"]);
    let rel = document.select(&links).next().unwrap().attr("rel").unwrap();
    assert!(rel.contains("noopener") && rel.contains("noreferrer"));
}

/// What a reader of feeds makes of it.
struct Entry {
    id: String,
    title: String,
    updated: String,
}

fn feed(text: &str) -> (String, Vec<Entry>) {
    let feed: atom_syndication::Feed = text.parse().unwrap();
    assert!(feed.id().starts_with("urn:uuid:") && !feed.title().as_str().is_empty());
    assert!(feed.links().iter().any(|link| link.rel() == "self"));
    let entries = feed.entries().iter().map(|entry| {
        assert!(entry.updated() <= feed.updated(), "the feed is as new as its newest entry");
        assert!(entry.content().is_some() && !entry.links().is_empty());
        Entry {
            id: entry.id().to_owned(),
            title: entry.title().as_str().to_owned(),
            updated: entry.updated().to_rfc3339(),
        }
    });
    (feed.id().to_owned(), entries.collect())
}

#[tokio::test]
async fn a_feed_tells_of_notes_problems_and_maintenance_under_names_that_stay() {
    let host = FakeHost::new(outside());
    let answer = read(&host, "/status/acme/feed.xml").await;
    assert!(answer.header("content-type").starts_with("application/atom+xml"));
    let (id, entries) = feed(&answer.text);
    let titles: Vec<&str> = entries.iter().map(|entry| entry.title.as_str()).collect();
    for wanted in [
        "Identified: Orders are slow",
        "Investigating: Orders are slow",
        "Resolved: It was dark",
        "Database: a problem began",
        "Web site: a problem began",
        "Web site: the problem is over",
        "Maintenance: Mail",
    ] {
        assert_eq!(titles.iter().filter(|title| **title == wanted).count(), 1, "{wanted}: {titles:?}");
    }
    assert!(!titles.contains(&"Mail: a problem began"), "it was announced as maintenance: {titles:?}");
    assert!(!titles.iter().any(|title| title.contains("Long ago")));
    let moments: Vec<&String> = entries.iter().map(|entry| &entry.updated).collect();
    assert!(moments.is_sorted_by(|one, other| one >= other), "the newest first: {moments:?}");
    let mut ids: Vec<&String> = entries.iter().map(|entry| &entry.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), entries.len(), "each has its own");
    // An hour later, with one problem less, each has the name that it had.
    host.with(|board| {
        board.now = Some(NOW + Duration::from_secs(3600));
        board.alerts.remove(1);
    });
    let (later_id, later) = feed(&read(&host, "/status/acme/feed.xml").await.text);
    assert_eq!(later_id, id);
    let known = |entry: &&Entry| entries.iter().any(|old| old.id == entry.id && old.updated == entry.updated);
    assert_eq!(later.iter().filter(known).count(), entries.len() - 1);
}

#[tokio::test]
async fn a_feed_links_to_where_the_page_is_found() {
    let host = FakeHost::new(outside());
    let links = async |path: &str| -> Vec<String> {
        let feed: atom_syndication::Feed = read(&host, path).await.text.parse().unwrap();
        feed.links().iter().map(|link| link.href().to_owned()).collect()
    };
    let whole = "https://status.example.com/status/whole";
    assert_eq!(links("/status/whole/feed.xml").await, [format!("{whole}/feed.xml"), whole.to_owned()]);
    assert_eq!(
        links("/status/acme/feed.xml").await,
        ["feed.xml", "../acme"],
        "the host's own name is not told"
    );
}
