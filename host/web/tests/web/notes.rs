//! Notes on status pages, as people inside post them.

use http::Method;
use scraper::{Html, Selector};
use serde_json::{Value, json};
use watchkeep_core::access::Role;

use crate::access::{bearer, put_token, token};
use crate::support::FakeHost;
use crate::support::ask::{ask, control, form, get, tell};
use crate::support::outside::outside;

fn note() -> Value {
    json!({"title": "Orders are late", "text": "We look into it.", "by": "ann"})
}

#[tokio::test]
async fn a_note_is_posted_followed_and_ended() {
    let host = FakeHost::new(outside());
    let posted = tell(&host, Method::POST, "/api/v1/status-pages/acme/notes", note()).await;
    assert_eq!(posted.status, 201, "{}", posted.text);
    let posted = posted.json();
    assert_eq!((&posted["stage"], &posted["page"]), (&"investigating".into(), &"acme".into()));
    let id = posted["id"].as_str().unwrap();
    let one = format!("/api/v1/notes/{id}");
    let more = json!({"text": "A disk is full.\r\nIt is replaced.", "stage": "identified"});
    let more = tell(&host, Method::POST, &one, more).await.json();
    assert_eq!(more["entries"][1]["text"], "A disk is full.\nIt is replaced.");
    let same = tell(&host, Method::POST, &one, json!({"text": "Half an hour more."})).await.json();
    assert_eq!(same["stage"], "identified", "as it was");
    let ended = tell(&host, Method::POST, &format!("{one}/end"), json!({})).await.json();
    assert_eq!(
        (&ended["stage"], &ended["entries"][3]["text"]),
        (&"resolved".into(), &"This is resolved.".into())
    );
    assert_eq!(tell(&host, Method::POST, &format!("{one}/end"), json!({})).await.status, 409);
    let list = get(&host, "/api/v1/status-pages/acme/notes").await.json();
    assert_eq!(list["items"][0]["id"], id, "the newest first");
    assert_eq!(control(&host, Method::DELETE, &one).await.status, 200);
    assert_eq!(control(&host, Method::DELETE, &one).await.status, 404);
    let log = host.with(|board| board.audit_log.iter().map(|entry| entry.what.clone()).collect::<Vec<_>>());
    assert_eq!(log, ["note.post", "note.follow", "note.follow", "note.follow", "note.remove"]);
}

#[tokio::test]
async fn what_is_no_note_is_refused_with_what_is_wrong() {
    let host = FakeHost::new(outside());
    for (body, told) in [
        (json!({"text": "x"}), "`title` is empty"),
        (json!({"title": "x"}), "`text` is empty"),
        (json!({"title": "x\ny", "text": "x"}), "`title` is one line"),
        (json!({"title": "x", "text": "\u{1b}[2J"}), "`text` has control characters"),
        (json!({"title": "x".repeat(201), "text": "x"}), "longer than 200"),
        (json!({"title": "x", "text": "x".repeat(4001)}), "longer than 4000"),
        (
            json!({"title": "x", "text": "x", "stage": "lost"}),
            "`lost` is not a stage; hint: there is `investigating`",
        ),
        (json!({"title": "x", "text": "x", "html": "x"}), "html"),
    ] {
        let answer = tell(&host, Method::POST, "/api/v1/status-pages/acme/notes", body).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(answer.text.contains(told), "{told}: {}", answer.text);
    }
    assert_eq!(tell(&host, Method::POST, "/api/v1/status-pages/nobody/notes", note()).await.status, 404);
    assert_eq!(tell(&host, Method::POST, "/api/v1/notes/n-nobody", json!({"text": "x"})).await.status, 404);
    for number in 1..20 {
        let body = json!({"title": format!("{number}"), "text": "x"});
        assert_eq!(tell(&host, Method::POST, "/api/v1/status-pages/acme/notes", body).await.status, 201);
    }
    let full = tell(&host, Method::POST, "/api/v1/status-pages/acme/notes", note()).await;
    assert_eq!(full.status, 409, "there are 20 that have not ended: {}", full.text);
}

#[tokio::test]
async fn two_who_write_at_once_lose_nothing() {
    let host = FakeHost::new(outside());
    let router = watchkeep_web::router(host.clone());
    let write = |number: usize| {
        let mut request = crate::support::ask::request(
            Method::POST,
            "/api/v1/notes/n-open",
            &[("content-type", "application/json")],
        );
        *request.body_mut() = axum::body::Body::from(json!({"text": format!("{number}")}).to_string());
        request.extensions_mut().insert(watchkeep_web::LocalControl);
        crate::support::ask::send(router.clone(), request)
    };
    let answers = futures::future::join_all((0..10).map(write)).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let entries = host.with(|board| board.notes.find(&"n-open".into()).unwrap().entries.len());
    assert_eq!(entries, 12);
}

#[tokio::test]
async fn a_page_is_there_for_whoever_sees_all_that_it_shows() {
    let host = FakeHost::new(outside());
    put_token(&host, token("whole", Role::Operator, &["client=\"acme\""], None));
    put_token(&host, token("part", Role::Operator, &["check=\"canary-db\""], None));
    put_token(&host, token("reader", Role::Viewer, &[], None));
    let asked = async |who: &str, method: Method, path: &str| {
        let authorization = bearer(who);
        ask(&host, method, path, &[("authorization", &authorization), ("content-type", "application/json")])
            .await
    };
    let pages = async |who: &str| {
        asked(who, Method::GET, "/api/v1/status-pages").await.json()["items"].as_array().unwrap().len()
    };
    assert_eq!((pages("whole").await, pages("part").await, pages("reader").await), (3, 0, 3));
    let removed = "/api/v1/notes/n-open";
    assert_eq!(asked("part", Method::DELETE, removed).await.status, 404);
    assert_eq!(asked("reader", Method::DELETE, removed).await.status, 403);
    assert_eq!(asked("part", Method::GET, "/api/v1/status-pages/acme/notes").await.status, 404);
    assert_eq!(asked("whole", Method::DELETE, removed).await.status, 200);
}

#[tokio::test]
async fn the_form_posts_and_loses_nothing_that_was_typed() {
    let host = FakeHost::new(outside());
    let page = get(&host, "/status-pages").await;
    let document = Html::parse_document(&page.text);
    let select = |selector: &str| document.select(&Selector::parse(selector).unwrap()).count();
    assert_eq!(select("section.status-page"), 3);
    assert_eq!(select("a[href='/status/acme']"), 1);
    assert!(!page.text.contains(crate::support::outside::TOKEN), "the token is nowhere");
    let wrong =
        form(&host, "/status-pages/acme/notes", &[("title", "Late <b>"), ("text", ""), ("by", "cy")]).await;
    assert_eq!(wrong.status, 400);
    let document = Html::parse_document(&wrong.text);
    let title = Selector::parse("form[action='/status-pages/acme/notes'] input[name=title]").unwrap();
    let typed = document.select(&title);
    assert_eq!(typed.map(|input| input.attr("value").unwrap()).collect::<Vec<_>>(), ["Late <b>"]);
    let good = [("title", "Late"), ("text", "We look."), ("stage", "monitoring"), ("by", "cy")];
    let posted = form(&host, "/status-pages/acme/notes", &good).await;
    assert_eq!((posted.status.as_u16(), posted.header("location")), (303, "/status-pages"));
    let followed = form(&host, "/notes/n-open", &[("text", "Done."), ("stage", "resolved")]).await;
    assert_eq!(followed.status, 303);
    assert!(host.with(|board| board.notes.find(&"n-open".into()).unwrap().has_ended()));
    assert_eq!(form(&host, "/notes/n-open/remove", &[]).await.status, 303);
    assert!(host.with(|board| board.notes.find(&"n-open".into()).is_none()));
}

#[tokio::test]
async fn maintenance_is_announced_by_form_and_api_and_a_silence_is_not() {
    let host = FakeHost::new(outside());
    let asked = json!({"matchers": ["client=\"acme\"", "canary_label=\"x\""], "for": "2h", "announcement": "We move.", "everything": true});
    let made = tell(&host, Method::POST, "/api/v1/maintenance", asked.clone()).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()["announcement"], "We move.");
    let refused = tell(&host, Method::POST, "/api/v1/silences", asked).await;
    assert!(refused.status == 400 && refused.text.contains("announced to nobody"), "{}", refused.text);
    let fields = [
        ("kind", "maintenance"),
        ("matchers", "client=\"acme\""),
        ("for", "1h"),
        ("announcement", "New disks."),
        ("everything", "yes"),
    ];
    assert_eq!(form(&host, "/silences", &fields).await.status, 303);
    let texts: Vec<_> =
        host.with(|board| board.windows.iter().filter_map(|window| window.announcement.clone()).collect());
    assert!(texts.contains(&"New disks.".to_owned()), "{texts:?}");
}
