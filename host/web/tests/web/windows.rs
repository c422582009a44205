//! Silences and maintenance through the API.

use http::Method;
use serde_json::{Value, json};
use watchkeep_core::input::Command;
use watchkeep_core::window::WindowKind;

use crate::support::FakeHost;
use crate::support::ask::{ask, control, get, tell};
use crate::support::boards::busy;

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_silence_is_made_listed_and_ended() {
    let host = FakeHost::new(busy());
    let body = json!({"matchers": ["team=\"web\""], "for": "2h", "comment": "deploy", "by": "bo"});
    let made = tell(&host, Method::POST, "/api/v1/silences", body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let window = made.json();
    let id = window["id"].as_str().unwrap();
    assert!(id.starts_with("s-") && id.len() == 26, "{id}");
    assert_eq!(made.header("location"), format!("/api/v1/silences/{id}"));
    assert_eq!((&window["state"], &window["by"]), (&"open".into(), &"bo".into()));
    assert_eq!(window["starts_at"], "2026-11-21T03:00:00.000Z");
    assert_eq!(window["closes_at"], "2026-11-21T05:00:00.000Z");

    let list = get(&host, "/api/v1/silences").await.json();
    assert_eq!(ids(&list), [id, "s-later", "s-old"], "open, to come, ended");
    assert_eq!(get(&host, &format!("/api/v1/silences/{id}")).await.json(), window);
    assert_eq!(get(&host, &format!("/api/v1/maintenance/{id}")).await.status, 404, "of its own kind");

    let ended = control(&host, Method::DELETE, &format!("/api/v1/silences/{id}?by=cy")).await;
    assert_eq!((ended.status.as_u16(), &ended.json()["state"]), (200, &"ended".into()), "{}", ended.text);
    let commands = host.commands.lock().unwrap().clone();
    assert!(matches!(&commands[1], Command::EndWindow { id: of, by } if of.as_str() == id && by == "cy"));
    assert_eq!(control(&host, Method::DELETE, &format!("/api/v1/silences/{id}")).await.status, 409);
    let ended = get(&host, "/api/v1/silences?state=ended").await.json();
    assert_eq!(ids(&ended).len(), 2, "what ended stays listed");
}

#[tokio::test]
async fn maintenance_may_recur() {
    let host = FakeHost::new(busy());
    let body = json!({
        "matchers": ["site=oslo-12", "plugin!=\"tls\""], "schedule": "0 4 * * *", "lasts": "1h30m",
        "time_zone": "Europe/Oslo", "comment": "nightly"
    });
    let made = tell(&host, Method::POST, "/api/v1/maintenance", body).await.json();
    assert!(made["id"].as_str().unwrap().starts_with("m-"), "{made}");
    assert_eq!(
        (&made["state"], &made["kind"]),
        (&"open".into(), &"maintenance".into()),
        "it is 04:00 in Oslo"
    );
    assert_eq!(made["recurs"]["lasts_seconds"], 5400.0);
    assert_eq!(made["recurs"]["time_zone"], "Europe/Oslo");
    assert_eq!((&made["starts_at"], &made["closes_at"]), (&Value::Null, &"2026-11-21T04:30:00.000Z".into()));
    let Command::OpenWindow(window) = host.commands.lock().unwrap()[0].clone() else { panic!() };
    assert_eq!((window.kind, window.author.as_str()), (WindowKind::Maintenance, "admin"));
    let once = json!({"matchers": ["site=oslo-12"], "starts_at": "2026-11-22T00:00:00+01:00", "ends_at": "2026-11-22T02:00:00+01:00"});
    let once = tell(&host, Method::POST, "/api/v1/maintenance", once).await.json();
    assert_eq!(
        (&once["state"], &once["opens_at"]),
        (&"scheduled".into(), &"2026-11-21T23:00:00.000Z".into())
    );
    let list = get(&host, "/api/v1/maintenance?limit=1").await.json();
    let next = list["next"].as_str().unwrap();
    let rest = get(&host, &format!("/api/v1/maintenance?limit=100&cursor={next}")).await.json();
    assert_eq!(ids(&list).len() + ids(&rest).len(), 4);
}

#[tokio::test]
async fn what_a_window_may_not_be_is_said_in_a_sentence() {
    let host = FakeHost::new(busy());
    let team = json!(["team=web"]);
    for (path, body, words) in [
        ("silences", json!({"for": "1h"}), "names no matcher"),
        ("silences", json!({"matchers": [], "for": "1h"}), "would hide every alert"),
        (
            "silences",
            json!({"matchers": ["team=~\".*\"", "site!=x"], "for": "1h"}),
            "fits what has no such label",
        ),
        ("silences", json!({"matchers": ["team"], "for": "1h"}), "`team` is not a valid matcher"),
        ("silences", json!({"matchers": team}), "no end"),
        ("silences", json!({"matchers": team, "ends_at": "2026-11-21T02:00:00Z"}), "ends before it starts"),
        (
            "silences",
            json!({"matchers": team, "starts_at": "2026-11-20T02:00:00Z", "for": "1h"}),
            "ended already",
        ),
        ("silences", json!({"matchers": team, "for": "500d"}), "400 days"),
        ("silences", json!({"matchers": team, "for": "0s"}), "ends before it starts"),
        ("silences", json!({"matchers": team, "for": "1h", "ends_at": "2026-11-22T02:00:00Z"}), "give one"),
        ("silences", json!({"matchers": team, "schedule": "0 2 * * *", "lasts": "1h"}), "does not recur"),
        ("silences", json!({"matchers": team, "until": "x"}), "unknown field `until`"),
        (
            "maintenance",
            json!({"matchers": team, "schedule": "61 2 * * *", "lasts": "1h"}),
            "is not a valid cron expression",
        ),
        ("maintenance", json!({"matchers": team, "schedule": "0 2 * * *"}), "needs `lasts`"),
        (
            "maintenance",
            json!({"matchers": team, "schedule": "0 2 * * *", "lasts": "1h", "time_zone": "Oslo"}),
            "unknown time zone `Oslo`",
        ),
        (
            "maintenance",
            json!({"matchers": team, "schedule": "0 2 * * *", "lasts": "1h", "for": "1h"}),
            "leave out",
        ),
        ("maintenance", json!({"matchers": team, "for": "1h", "lasts": "1h"}), "belong to a `schedule`"),
    ] {
        let body: Value = body;
        let answer = tell(&host, Method::POST, &format!("/api/v1/{path}"), body.clone()).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        assert!(answer.json()["detail"].as_str().unwrap().contains(words), "{body}: {}", answer.text);
        let dry = tell(&host, Method::POST, &format!("/api/v1/{path}?dry_run=true"), body).await;
        assert_eq!(dry.status, 400, "a preview refuses the same");
    }
    assert!(host.commands.lock().unwrap().is_empty());
    let config = control(&host, Method::DELETE, "/api/v1/maintenance/config:nightly").await;
    assert!(config.status == 409 && config.text.contains("in the config"), "{}", config.text);
    assert_eq!(control(&host, Method::DELETE, "/api/v1/silences/nothing").await.status, 404);
    assert_eq!(ask(&host, Method::DELETE, "/api/v1/silences/s-later", &[]).await.status, 401, "a write");
    assert_eq!(get(&host, "/api/v1/silences?state=loud").await.status, 400);
    assert_eq!(get(&host, "/api/v1/silences?cursor=x").await.status, 400);
}

#[tokio::test]
async fn a_dry_run_shows_what_would_be_hidden_and_makes_nothing() {
    let host = FakeHost::new(busy());
    let look = async |matchers: Value| {
        let body = json!({"matchers": matchers, "for": "1h"});
        let answer = tell(&host, Method::POST, "/api/v1/silences?dry_run=true", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    };
    let web = look(json!(["team=\"web\""])).await;
    let keys: Vec<_> = web["alerts"].as_array().unwrap().iter().map(|alert| &alert["key"]).collect();
    assert_eq!(keys, ["api", "host offline", "shop", "docker/redis"]);
    assert_eq!(web["checks"], json!(["blog", "paused", "shop"]), "what is ok would be hidden as well");
    assert_eq!(web["checks_total"], 3);
    let warnings = look(json!(["severity=\"warning\"", "plugin=\"docker\""])).await;
    assert_eq!(warnings["checks"], json!(["docker"]), "by derived labels, at whichever level");
    let findings = look(json!(["kind=\"finding\"", "check=docker"])).await;
    assert_eq!(findings["checks"], json!([]));
    let labelled = look(json!(["note=~\"(?s).*script.*\""])).await;
    assert_eq!(labelled["checks"], json!(["hostile"]));
    assert!(host.commands.lock().unwrap().is_empty());
}

/// A label that every check has, such as one of the host's, hides everything as surely as no matcher at all.
#[tokio::test]
async fn what_would_hide_everything_is_made_only_by_who_says_so() {
    let host = FakeHost::new(busy());
    let count = get(&host, "/api/v1/checks?limit=200").await.json()["items"].as_array().unwrap().len();
    assert!(count > 1, "{count}");
    let all = json!({"matchers": ["check=~\".+\""], "for": "2h"});
    for path in ["/api/v1/silences", "/api/v1/maintenance"] {
        let refused = tell(&host, Method::POST, path, all.clone()).await;
        let said = refused.json();
        assert_eq!((refused.status.as_u16(), &said["code"]), (409, &"hides-everything".into()), "{said}");
        let detail = said["detail"].as_str().unwrap();
        assert!(
            detail.starts_with(&format!("it would hide what {count} of {count} checks tell")),
            "{detail}"
        );
        let shown = tell(&host, Method::POST, &format!("{path}?dry_run=true"), all.clone()).await;
        assert_eq!(shown.status, 200, "who only looks is not asked");

        let mut confirmed = all.clone();
        confirmed["everything"] = true.into();
        assert_eq!(tell(&host, Method::POST, path, confirmed).await.status, 201);
    }
    let part = json!({"matchers": ["check=~\".+\"", "team=\"web\""], "for": "2h"});
    assert_eq!(tell(&host, Method::POST, "/api/v1/silences", part).await.status, 201);
}
