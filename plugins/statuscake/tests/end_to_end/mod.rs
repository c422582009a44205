//! The bundled `statuscake` against a double that refuses what StatusCake refuses, and against what is none.

use serde_json::json;
use watchkeep_doubles::Served;
use watchkeep_doubles::statuscake::{Mood, StatusCake, history_row, uptime_test};
use watchkeep_end_to_end::cases::{case, hold};
use watchkeep_end_to_end::servers::Stranger;
use watchkeep_end_to_end::{Faulty, Folder, Then, closed_port, eventually};

fn account() -> StatusCake {
    let mut paused = uptime_test("3", "old");
    paused["paused"] = json!(true);
    let mut down = uptime_test("2", "blog");
    down["status"] = json!("down");
    down["uptime"] = json!(97.25);
    let mut shop = uptime_test("1", "shop");
    shop["tags"] = json!(["production"]);
    let mut account = StatusCake::new().with("uptime", shop).with("uptime", down).with("uptime", paused);
    account.keep("1", "history", vec![history_row("2026-03-04T05:00:00Z", 123)]);
    account
}

async fn being(mood: Mood) -> Served<StatusCake> {
    let served = Served::start(account()).await;
    served.with(|it| it.be(mood));
    served
}

#[tokio::test]
async fn tests_of_an_account_are_findings_and_its_outages_are_faults() {
    let (all, tagged, token, limited, failing, page, cut) = (
        being(Mood::Well).await,
        being(Mood::Well).await,
        being(Mood::Well).await,
        being(Mood::Limits(Some(70))).await,
        being(Mood::Fails).await,
        being(Mood::Page).await,
        being(Mood::Cut).await,
    );
    token.with(|it| it.expect_token("another"));
    let (closed, silent) = (closed_port().await, Stranger::Silent.start().await);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let broken =
        Stranger::Saying(format!("{head}content-length: 100\r\n\r\n{{\"data\":").into_bytes()).start().await;
    let dripping = Stranger::Dripping(b"HTTP/1.1 200 OK\r\nx: y\r\n", std::time::Duration::from_millis(20))
        .start()
        .await;
    let resetting = Faulty::start(Then::Resets).await;
    let (broken, silent, dripping) =
        (format!("http://{broken}"), format!("http://{silent}"), format!("http://{dripping}"));
    let reset = resetting.url.trim_end_matches("/hook").to_owned();
    let at =
        |url: &str, more: &str| format!("url = \"{url}/v1\", token = {{ secret = \"statuscake\" }}{more}");
    let cases = [
        case("all", at(&all.url, ""), "critical", &["blog is down, uptime 97.25 %; 1 paused"]),
        case(
            "tagged",
            at(&tagged.url, ", tags = \"production\""),
            "ok",
            &["shop is up, 123 ms, uptime 100 %"],
        ),
        case("token", at(&token.url, ""), "fault", &["config: ", "StatusCake does not know the token (401)"]),
        case(
            "limited",
            at(&limited.url, ""),
            "fault",
            &["inconclusive: ", "takes no more requests for 70.0 s"],
        ),
        case("failing", at(&failing.url, ""), "fault", &["inconclusive: ", "StatusCake answers 503"]),
        case("page", at(&page.url, ""), "fault", &["inconclusive: ", "no JSON of its API: `<html>"]),
        case("cut", at(&cut.url, ""), "fault", &["inconclusive: ", "no JSON of its API: `{"]),
        case(
            "closed",
            at(&format!("http://{closed}"), ""),
            "fault",
            &["inconclusive: ", "connection refused by "],
        ),
        case(
            "broken",
            at(&broken, ", timeout = \"400ms\""),
            "fault",
            &["inconclusive: ", "StatusCake could not be asked: "],
        ),
        case(
            "reset",
            at(&reset, ", timeout = \"400ms\""),
            "fault",
            &["inconclusive: ", "StatusCake could not be asked: "],
        ),
        case(
            "silent",
            at(&silent, ", timeout = \"400ms\""),
            "fault",
            &["inconclusive: ", "timed out waiting for an answer"],
        ),
        case(
            "dripping",
            at(&dripping, ", timeout = \"400ms\""),
            "fault",
            &["inconclusive: ", "StatusCake could not be asked: "],
        ),
    ];
    let folder = Folder::new("");
    folder.secret("token", StatusCake::TOKEN);
    let servers = [&all, &tagged, &token, &limited, &failing, &page, &cut].map(|it| it.url.clone());
    let strangers = [broken, reset, silent, dripping, format!("http://{closed}")];
    let to: Vec<String> = servers.iter().chain(&strangers).map(|url| format!("\"{url}\"")).collect();
    let secrets = format!("[secrets]\nstatuscake = {{ file = \"token\", to = [{}] }}\n", to.join(", "));
    let host = hold(&folder, &secrets, "statuscake", &cases).await;
    let shop = eventually("the finding of a test that is down has its alert", async || {
        let alerts = host.get("/api/v1/alerts").await.json();
        let items = alerts["items"].as_array().cloned().unwrap_or_default();
        items.into_iter().find(|alert| alert.to_string().contains("blog is down"))
    })
    .await;
    assert!(!shop.to_string().contains(StatusCake::TOKEN));
    for served in [&all, &tagged, &limited, &failing, &page, &cut] {
        assert_eq!(served.with(|it| it.wrong().to_vec()), Vec::<String>::new());
    }
}
