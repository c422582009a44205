//! What a person does on a page: forms that act, and links that never do.

use std::sync::Arc;

use http::Method;
use watchkeep_core::ids::Digest;
use watchkeep_core::input::Command;
use watchkeep_core::kind::PluginKind;
use watchkeep_web::{Access, AdminToken, GenerationView, PluginLife};

use crate::pages::{attributes, texts};
use crate::support::ask::{ask, form, form_with, get};
use crate::support::boards::{busy, varied};
use crate::support::{Board, FakeHost, NOW, plugin, seconds_ago};

pub(crate) async fn id_of(host: &Arc<FakeHost>, check: &str) -> String {
    let list = get(host, &format!("/api/v1/alerts?check={check}")).await.json();
    list["items"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_alert_is_acknowledged_in_two_taps_from_every_page_that_shows_it() {
    let host = FakeHost::new(busy());
    let id = id_of(&host, "api").await;
    let action = format!("/alerts/{id}/acknowledge");
    let pages = ["/".to_owned(), "/alerts".to_owned(), format!("/alerts/{id}")];
    for path in pages {
        let page = get(&host, &path).await.text;
        assert!(attributes(&page, "form[method=post]", "action").contains(&action), "{path}");
        assert!(
            attributes(&page, "form:not([method=post])", "action").iter().all(|action| action.len() < 8),
            "{path}"
        );
    }
    let answer =
        form(&host, &action, &[("by", "bo"), ("comment", ""), ("for", "4h"), ("sticky", "yes")]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/alerts?q=x"), "{}", answer.text);
    let page = get(&host, "/alerts").await.text;
    let taken = texts(&page, ".taken");
    assert!(
        taken.iter().any(|text| text.starts_with("bo acknowledged it 0 s ago, until 07:00:00 UTC, even if")),
        "{taken:?}"
    );
    let answer = form(&host, &format!("/alerts/{id}/unacknowledge"), &[]).await;
    assert_eq!(answer.status, 303);
    let answer = form(&host, &format!("/alerts/{id}/hand-over"), &[("to", "web team"), ("by", "bo")]).await;
    assert_eq!(answer.status, 303);
    assert!(
        texts(&get(&host, "/").await.text, ".taken").contains(&"Handed over to web team by bo".to_owned())
    );
    let dated = [("to", "web team"), ("by", "bo"), ("due_in", "1d"), ("comment", "the lens")];
    assert_eq!(form(&host, &format!("/alerts/{id}/hand-over"), &dated).await.status, 303);
    let taken = texts(&get(&host, "/").await.text, ".taken");
    let said = "Handed over to web team by bo, due by Nov 22, 03:00 UTC: the lens";
    assert!(taken.iter().any(|text| text == said), "{taken:?}");
}

#[tokio::test]
async fn why_it_is_held_back_stands_beside_it() {
    let host = FakeHost::new(busy());
    let page = get(&host, "/alerts?q=shop").await.text;
    let holds = texts(&page, ".hold");
    assert!(holds[0].starts_with("held back: maintenance m-shop by ann: <script>"), "{holds:?}");
    assert!(holds[0].ends_with(", until 2026-11-21 04:50:00 UTC"), "{holds:?}");
}

#[tokio::test]
async fn alerts_are_filtered_on_the_page_as_in_the_api() {
    let host = FakeHost::new(busy());
    for (query, names) in [
        ("acknowledged=true", vec!["disk"]),
        ("held=maintenance", vec!["shop"]),
        ("match=check%3Dapi", vec!["api"]),
        ("q=full", vec!["disk"]),
    ] {
        let page = get(&host, &format!("/alerts?{query}")).await.text;
        assert_eq!(texts(&page, "#open .alert-name"), names, "{query}");
        assert!(texts(&page, ".shown")[0].starts_with("1 of 5 open alerts"), "{query}");
        assert!(texts(&page, "#history").is_empty(), "{query}");
    }
    let page = get(&host, "/alerts?acknowledged=true").await.text;
    assert_eq!(attributes(&page, "select[name=acknowledged] option[selected]", "value"), ["true"]);
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let host = FakeHost::new(busy());
    let action = format!("/alerts/{}/acknowledge", id_of(&host, "api").await);
    let token = ("authorization", "Bearer s3cret");
    for headers in [
        vec![token, ("origin", "https://evil.example")],
        vec![token, ("origin", "null")],
        vec![token, ("sec-fetch-site", "cross-site")],
        vec![token],
    ] {
        let answer = form_with(&host, &action, &[], &headers).await;
        assert_eq!(answer.status, 403, "{headers:?}: {}", answer.text);
    }
    let no_token = form_with(&host, &action, &[], &[("origin", "http://localhost:8686")]).await;
    assert_eq!(no_token.status, 401);
    assert_eq!(ask(&host, Method::GET, &action, &[token]).await.status, 405, "a link never acts");
    assert!(host.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_a_token_to_give_pages_say_how_to_act_and_show_no_forms() {
    let host = FakeHost::new(Board { access: Access::default(), ..busy() });
    let id = id_of(&host, "api").await;
    for path in ["/", "/alerts", "/silences", "/deliveries?status=dead", &format!("/alerts/{id}")] {
        let page = get(&host, path).await.text;
        assert!(attributes(&page, "form[method=post]", "action").is_empty(), "{path}");
    }
    assert!(get(&host, &format!("/alerts/{id}")).await.text.contains("watchkeep alert ack"));
}

#[tokio::test]
async fn silences_are_listed_made_after_a_look_and_ended() {
    let host = FakeHost::new(busy());
    let page = get(&host, "/silences?match=team%3D%22web%22").await.text;
    assert_eq!(texts(&page, "#windows h2"), ["Open now 1", "To come 2"]);
    assert!(texts(&page, ".window .alert-summary")[0].contains("<script>"), "shown, not run");
    assert_eq!(texts(&page, "textarea[name=matchers]"), ["team=\"web\""]);
    assert_eq!(
        attributes(&page, ".window form", "action"),
        ["/silences/m-shop/end", "/silences/s-later/end"]
    );

    let fields =
        [("kind", "silence"), ("matchers", "team=\"web\"\n\nkind=check\n"), ("for", "2h"), ("comment", "x")];
    let look = form(&host, "/silences", &[&fields[..], &[("what", "show")]].concat()).await;
    assert_eq!(look.status, 200, "{}", look.text);
    assert_eq!(
        texts(&look.text, ".shown-window h3"),
        ["It would hide no open alert, and what 3 checks tell"]
    );
    assert_eq!(attributes(&look.text, "input[name=comment]", "value"), ["x"], "what was typed stays");
    assert!(host.commands.lock().unwrap().is_empty());

    let made = form(&host, "/silences", &[&fields[..], &[("what", "make")]].concat()).await;
    assert_eq!((made.status.as_u16(), made.header("location")), (303, "/silences"));
    let commands = host.commands.lock().unwrap().clone();
    let [Command::OpenWindow(window)] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!(window.matchers.len(), 2);

    let ended = form(&host, &format!("/silences/{}/end", window.id), &[("by", "bo")]).await;
    assert_eq!(ended.status, 303);
    assert!(matches!(&host.commands.lock().unwrap()[1], Command::EndWindow { by, .. } if by == "bo"));
    assert_eq!(form(&host, "/silences/config:nightly/end", &[]).await.status, 409);
}

#[tokio::test]
async fn a_silence_of_everything_is_asked_about_on_the_page() {
    let host = FakeHost::new(busy());
    let fields = [("kind", "silence"), ("matchers", "check=~\".+\""), ("for", "2h"), ("what", "make")];
    let asked = form(&host, "/silences", &fields).await;
    assert_eq!(asked.status, 409, "{}", asked.text);
    assert!(texts(&asked.text, ".failure")[0].contains("it would hide what"), "{}", asked.text);
    assert_eq!(attributes(&asked.text, "input[name=everything]", "type"), ["checkbox"]);
    assert_eq!(texts(&asked.text, "textarea[name=matchers]"), ["check=~\".+\""], "what was typed stays");
    assert!(host.commands.lock().unwrap().is_empty());
    let made = form(&host, "/silences", &[&fields[..], &[("everything", "yes")]].concat()).await;
    assert_eq!((made.status.as_u16(), host.commands.lock().unwrap().len()), (303, 1));
}

#[tokio::test]
async fn a_refused_silence_keeps_what_was_typed_and_says_why() {
    let host = FakeHost::new(busy());
    for (fields, words) in [
        (vec![("matchers", "team"), ("for", "2h")], "is not a valid matcher"),
        (vec![("matchers", ""), ("for", "2h")], "names no matcher"),
        (vec![("matchers", "a=b"), ("for", "later")], "is not a duration"),
        (
            vec![("matchers", "a=b"), ("kind", "maintenance"), ("schedule", "x"), ("lasts", "1h")],
            "is not a valid cron expression",
        ),
        (
            vec![
                ("matchers", "a=b"),
                ("kind", "maintenance"),
                ("schedule", "@daily"),
                ("lasts", "1h"),
                ("time_zone", "Oslo"),
            ],
            "unknown time zone",
        ),
    ] {
        let answer = form(&host, "/silences", &fields).await;
        assert_eq!(answer.status, 400, "{words}");
        assert!(
            texts(&answer.text, ".failure")[0].contains(words),
            "{words}: {:?}",
            texts(&answer.text, ".failure")
        );
        assert_eq!(texts(&answer.text, "textarea[name=matchers]"), [fields[0].1]);
    }
    let recurring = [
        ("matchers", "a=b"),
        ("kind", "maintenance"),
        ("for", "2h"),
        ("schedule", "@daily"),
        ("lasts", "1h"),
        ("time_zone", "Europe/Oslo"),
    ];
    assert_eq!(
        form(&host, "/silences", &recurring).await.status,
        303,
        "the field of the other kind is left out"
    );
    let later = [("matchers", "a=b"), ("for", "2h"), ("starts_at", "2026-11-22T02:00")];
    assert_eq!(form(&host, "/silences", &later).await.status, 303);
}

#[tokio::test]
async fn a_silence_from_an_alert_leads_back_to_it() {
    let host = FakeHost::new(busy());
    let page = get(&host, &format!("/alerts/{}", id_of(&host, "api").await)).await.text;
    assert_eq!(texts(&page, "textarea[name=matchers]"), ["check=\"api\""]);
    assert_eq!(
        attributes(&page, "a[href^='/silences?']", "href"),
        ["/silences?match=check%3D%22api%22#make"]
    );
    let list = get(&host, "/api/v1/alerts?q=offline").await.json();
    let host_alert = format!("/alerts/{}", list["items"][0]["id"].as_str().unwrap());
    let matchers = texts(&get(&host, &host_alert).await.text, "textarea[name=matchers]");
    assert_eq!(matchers, ["kind=\"host\" problem=\"offline\""], "not every problem of the host");
    let fields = [("kind", "silence"), ("stay", "yes"), ("matchers", "check=\"api\""), ("for", "2h")];
    assert_eq!(form(&host, "/silences", &fields).await.header("location"), "/alerts?q=x");
}

#[tokio::test]
async fn a_dead_letter_is_tried_again_by_a_button() {
    let host = FakeHost::new(busy());
    let page = get(&host, "/deliveries").await.text;
    assert_eq!(attributes(&page, "#deliveries form[method=post]", "action"), ["/deliveries/d1/retry"]);
    assert_eq!(form(&host, "/deliveries/d1/retry", &[]).await.status, 303);
    assert!(matches!(&host.commands.lock().unwrap()[0], Command::RetryDelivery(_)));
}

/// The board on which the plugin `docker` reads its earlier snapshots.
/// The host does not know which series a plugin compares, and does not claim to.
const READS: &str = "If the plugin reads what was accepted in this series, it does so from the next run on.";

fn comparing() -> Board {
    let docker = plugin("docker", PluginKind::Check, |live| {
        PluginLife::Live(GenerationView { reads_snapshots: true, ..live })
    });
    let access = Access { admin_token: Some(AdminToken::new("s3cret")), ..Access::default() };
    Board { plugins: vec![docker], access, ..varied() }
}

/// A page that is live opens again what was open by its id: another series in that place would be accepted by mistake.
#[tokio::test]
async fn a_fold_of_a_picture_keeps_its_id_when_another_series_is_newer() {
    let host = FakeHost::new(comparing());
    let folds = async || {
        let page = get(&host, "/checks/docker").await.text;
        let ids = attributes(&page, "#references details.act", "id");
        let series = attributes(&page, "#references input[name=series]", "value");
        series.into_iter().zip(ids).collect::<Vec<_>>()
    };
    let before = folds().await;
    host.with(|board| {
        for series in ["0.png", "z.png"] {
            let mut newer = board.snapshots[0].clone();
            (newer.1.series, newer.1.at) = (Some(series.to_owned()), NOW);
            board.snapshots.insert(0, newer);
        }
    });
    let after = folds().await;
    assert_eq!(
        after.iter().map(|(series, _)| series.as_str()).collect::<Vec<_>>(),
        ["0.png", "a.png", "z.png"]
    );
    assert_eq!(after[1], before[0]);
    assert!(after[0].1 != after[1].1 && after[1].1 != after[2].1, "{after:?}");
}

#[tokio::test]
async fn a_picture_is_accepted_after_a_sentence_that_says_which() {
    let host = FakeHost::new(comparing());
    let page = get(&host, "/checks/docker").await.text;
    assert_eq!(texts(&page, "#references .reference > p"), ["a.png: nobody has accepted one."]);
    let action = "/checks/docker/snapshots/accept";
    assert_eq!(attributes(&page, "#references form[method=post]", "action"), [action]);
    let said = texts(&page, "#references form p");
    assert_eq!(
        said,
        [format!("Says that a.png (1 KiB), taken 02:59:30 UTC, shows a.png as it should be. {READS}")]
    );
    let [series, id] = attributes(&page, "#references input[type=hidden]", "value").try_into().unwrap();
    let (series, id): (String, String) = (series, id);

    let answer = form(&host, action, &[("series", &*series), ("id", &*id)]).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/alerts?q=x"), "{}", answer.text);
    let commands = host.commands.lock().unwrap().clone();
    let [Command::AcceptSnapshot(accepted)] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!((accepted.check.as_str(), accepted.series.as_str()), ("docker", "a.png"));
    assert_eq!(accepted.digest.to_string(), id);
    let page = get(&host, "/checks/docker").await.text;
    let said = "a.png: a.png, taken 02:59:30 UTC, was accepted, and is the newest.";
    assert_eq!(texts(&page, "#references .reference > p"), [said]);
    assert!(attributes(&page, "#references form", "action").is_empty(), "there is nothing to accept");

    // A newer one, as the next run attaches it, is accepted in place of that.
    host.with(|board| {
        let mut newer = board.snapshots[0].clone();
        newer.1.digest = Digest::of(b"newer");
        newer.1.at = seconds_ago(5);
        board.snapshots.insert(0, newer);
    });
    let page = get(&host, "/checks/docker").await.text;
    let id_of_newer = Digest::of(b"newer");
    let pictures = attributes(&page, "#references .compare .picture:not(.slide) img", "src");
    assert_eq!(pictures, [format!("/snapshots/{id}"), format!("/snapshots/{id_of_newer}")]);
    let said = attributes(&page, "#references .compare .picture:not(.slide) img", "alt");
    assert_eq!(
        said,
        [
            "a.png as it was accepted, taken 2026-11-21 02:59:30 UTC",
            "a.png now, taken 2026-11-21 02:59:55 UTC"
        ]
    );
    assert_eq!(attributes(&page, "#references .slide input", "type"), ["range"]);
    // What is no picture is not shown as one, whatever it calls itself.
    host.with(|board| board.snapshots[0].1.media_type = "image/svg+xml".to_owned());
    let hostile = get(&host, "/checks/docker").await.text;
    assert!(attributes(&hostile, "#references img", "src").is_empty());
    host.with(|board| board.snapshots[0].1.media_type = "image/png".to_owned());
    let said = format!(
        "Says that a.png (1 KiB), taken 02:59:55 UTC, shows a.png as it should be, in place of the one of 02:59:30 UTC. {READS}"
    );
    assert_eq!(texts(&page, "#references form p"), [said]);
    // On a page that is older, what was seen is accepted, and nothing else.
    assert_eq!(form(&host, action, &[("series", &*series), ("id", &*id)]).await.status, 303);
    let commands = host.commands.lock().unwrap().clone();
    let Some(Command::AcceptSnapshot(accepted)) = commands.last() else { panic!("{commands:?}") };
    assert_eq!(accepted.digest.to_string(), id);
}

#[tokio::test]
async fn what_cannot_be_accepted_has_no_form_and_is_refused() {
    let plugins = vec![plugin("docker", PluginKind::Check, PluginLife::Live)];
    let host = FakeHost::new(Board { plugins, ..comparing() });
    let page = get(&host, "/checks/docker").await.text;
    assert!(texts(&page, "#references").is_empty(), "its plugin compares nothing");

    let host = FakeHost::new(comparing());
    let action = "/checks/docker/snapshots/accept";
    for (fields, status) in
        [(&[][..], 400), (&[("series", "front")], 404), (&[("series", "a.png"), ("id", "0000")], 404)]
    {
        assert_eq!(form(&host, action, fields).await.status, status, "{fields:?}");
    }
    assert_eq!(form(&host, "/checks/nowhere/snapshots/accept", &[("series", "a.png")]).await.status, 404);
    let token = ("authorization", "Bearer s3cret");
    for headers in [vec![token], vec![token, ("origin", "https://evil.example")]] {
        assert_eq!(
            form_with(&host, action, &[("series", "a.png")], &headers).await.status,
            403,
            "{headers:?}"
        );
    }
    let no_token =
        form_with(&host, action, &[("series", "a.png")], &[("origin", "http://localhost:8686")]).await;
    assert_eq!(no_token.status, 401);
    assert!(host.commands.lock().unwrap().is_empty());

    let host = FakeHost::new(Board { access: Access::default(), ..comparing() });
    let page = get(&host, "/checks/docker").await.text;
    assert!(attributes(&page, "form[method=post]", "action").is_empty());
    assert!(page.contains("watchkeep check accept docker a.png"));
}
