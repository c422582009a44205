//! What operators do on the pages beside alerts: checks, receivers, plugins and the config.

use http::Method;
use watchkeep_core::ids::Digest;
use watchkeep_core::input::Command;
use watchkeep_core::report::State;
use watchkeep_core::view::CheckStatus;
use watchkeep_web::{Access, ConfigProblem, ConfigRefused, PluginKind, PluginLife, Severity};

use crate::pages::{attributes, texts};
use crate::support::ask::{ask, form, form_with, get};
use crate::support::boards::busy;
use crate::support::{Board, FakeHost, check, plugin, receiver, seconds_ago};

const ASKS: &str = "http: https://api.example.com/a?b=\"c\"";

fn board() -> Board {
    let waits = |live| PluginLife::PendingGrant {
        live: Some(live),
        source: "plugins/detectify.wasm".into(),
        digest: Digest::of(b"new"),
        asks: vec![ASKS.to_owned(), "tcp: db:5432".to_owned()],
    };
    let mut paused = check("paused", State::Ok);
    paused.status = CheckStatus::Paused;
    Board {
        checks: vec![check("shop", State::Ok), paused],
        plugins: vec![
            plugin("detectify", PluginKind::Check, waits),
            plugin("tcp", PluginKind::Check, PluginLife::Live),
        ],
        receivers: vec![receiver("chat", "slack")],
        access: busy().access,
        ..Board::default()
    }
}

/// The fields that a form sends as it stands on the page.
fn fields(page: &str, action: &str) -> Vec<(String, String)> {
    let inputs = format!("form[action=\"{action}\"] input[type=hidden]");
    attributes(page, &inputs, "name").into_iter().zip(attributes(page, &inputs, "value")).collect()
}

#[tokio::test]
async fn a_check_is_run_paused_and_resumed_on_its_page() {
    let host = FakeHost::new(board());
    let page = get(&host, "/checks/shop").await.text;
    assert_eq!(attributes(&page, ".run-acts form", "action"), ["/checks/shop/run", "/checks/shop/pause"]);
    for act in ["run", "pause"] {
        let answer = form(&host, &format!("/checks/shop/{act}"), &[]).await;
        assert_eq!(answer.status, 303, "{act}: {}", answer.text);
    }
    let page = get(&host, "/checks/shop").await.text;
    assert_eq!(attributes(&page, ".run-acts form", "action"), ["/checks/shop/resume"]);
    assert_eq!(form(&host, "/checks/shop/resume", &[]).await.status, 303);
    let shop = || "shop".into();
    let done = host.commands.lock().unwrap().clone();
    assert_eq!(done, [Command::RunNow(shop()), Command::Pause(shop()), Command::Resume(shop())]);
    assert_eq!(form(&host, "/checks/nothing/run", &[]).await.status, 404);
}

#[tokio::test]
async fn a_receiver_is_tested_where_its_deliveries_are() {
    let host = FakeHost::new(board());
    let page = get(&host, "/deliveries").await.text;
    let [action] = attributes(&page, "#receivers form", "action").try_into().unwrap();
    let action: String = action;
    assert_eq!(form(&host, &action, &[]).await.status, 303);
    assert_eq!(*host.commands.lock().unwrap(), [Command::TestReceiver("chat".into())]);
    let none = get(&FakeHost::new(Board::default()), "/deliveries").await.text;
    assert!(texts(&none, "#receivers .quiet")[0].contains("nobody is told of any alert"));
}

#[tokio::test]
async fn a_file_is_approved_with_the_rights_that_the_page_showed_and_no_others() {
    let host = FakeHost::new(board());
    let page = get(&host, "/plugins").await.text;
    let action = "/plugins/detectify/approve";
    let sent = fields(&page, action);
    let sent: Vec<(&str, &str)> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(sent[1..], [("right", ASKS), ("right", "tcp: db:5432")]);
    assert_eq!(form(&host, action, &sent).await.status, 303);
    let fewer = form(&host, action, &sent[..2]).await;
    assert_eq!(fewer.status, 409, "{}", fewer.text);
    let other = [("digest", "0000"), sent[1], sent[2]];
    assert_eq!(form(&host, action, &other).await.status, 409);
    assert_eq!(form(&host, "/plugins/nothing/rollback", &[]).await.status, 404);
}

#[tokio::test]
async fn a_reload_says_what_it_would_change_before_a_button_changes_it() {
    let host = FakeHost::new(board());
    let page = get(&host, "/config").await.text;
    assert_eq!(attributes(&page, "#reload form", "action"), ["/config"]);
    assert_eq!(fields(&page, "/config"), [], "the first button only looks");
    let looked = form(&host, "/config", &[]).await.text;
    assert_eq!(texts(&looked, "#reload-title"), ["A reload would change 5 things"]);
    assert_eq!(
        texts(&looked, ".changes li"),
        [
            "adds the check new",
            "removes the check old",
            "renames the check from to to",
            "closes the alert old",
            "changes rights of check shop"
        ]
    );
    assert_eq!(fields(&looked, "/config"), [("apply".to_owned(), "yes".to_owned())]);
    let applied = form(&host, "/config", &[("apply", "yes")]).await.text;
    assert_eq!(texts(&applied, "#reload-title"), ["The config on the disk is in force"]);
    assert_eq!(fields(&applied, "/config"), []);
}

#[tokio::test]
async fn a_config_with_errors_is_told_with_its_places_and_cannot_be_applied() {
    let mut board = board();
    board.problems = vec![ConfigProblem {
        severity: Severity::Error,
        file: "main.toml".into(),
        line: Some(3),
        column: Some(7),
        key: None,
        message: "unknown key `<b>`".into(),
        hint: Some("did you mean `url`?".into()),
    }];
    let page = form(&FakeHost::new(board), "/config", &[]).await.text;
    assert_eq!(texts(&page, "#reload-title"), ["The config on the disk has 1 error; what runs is as it was"]);
    assert_eq!(texts(&page, ".problems li code"), ["main.toml:3:7", "<b>", "url"]);
    assert_eq!(fields(&page, "/config"), []);
}

#[tokio::test]
async fn every_page_says_that_the_config_on_the_disk_was_refused_until_one_is_taken() {
    let refused = ConfigRefused { at: seconds_ago(300), errors: 2 };
    let host = FakeHost::new(Board { config_refused: Some(refused), ..board() });
    for path in ["/", "/checks/shop", "/deliveries"] {
        let page = get(&host, path).await.text;
        let told = &texts(&page, "#config-refused")[0];
        assert!(told.starts_with("The config on the disk was refused 5 min ago: it has 2 errors"), "{told}");
        assert_eq!(attributes(&page, "#config-refused a", "href"), ["/config"]);
    }
    let metric = async || get(&host, "/metrics").await.text;
    assert!(metric().await.contains("\nwatchkeep_config_last_reload_successful 0\n"));
    host.with(|board| board.config_refused = None);
    assert!(texts(&get(&host, "/").await.text, "#config-refused").is_empty());
    assert!(metric().await.contains("\nwatchkeep_config_last_reload_successful 1\n"));
}

#[tokio::test]
async fn nothing_of_it_is_done_for_another_site_or_without_a_token_or_by_a_link() {
    let host = FakeHost::new(board());
    let token = ("authorization", "Bearer s3cret");
    for path in [
        "/checks/shop/run",
        "/checks/shop/pause",
        "/receivers/chat/test",
        "/plugins/tcp/rollback",
        "/plugins/detectify/approve",
        "/config",
    ] {
        let foreign =
            form_with(&host, path, &[("apply", "yes")], &[token, ("origin", "https://evil.example")]).await;
        assert_eq!(foreign.status, 403, "{path}");
        let bare = form_with(&host, path, &[("apply", "yes")], &[token]).await;
        assert_eq!(bare.status, 403, "{path}");
        let no_token =
            form_with(&host, path, &[("apply", "yes")], &[("origin", "http://localhost:8686")]).await;
        assert_eq!(no_token.status, 401, "{path}");
        if path != "/config" {
            assert_eq!(ask(&host, Method::GET, path, &[token]).await.status, 405, "{path}");
        }
    }
    assert!(host.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn without_a_token_to_give_there_are_no_such_forms() {
    let host = FakeHost::new(Board { access: Access::default(), ..board() });
    for path in ["/checks/shop", "/deliveries", "/plugins", "/config"] {
        let page = get(&host, path).await.text;
        assert!(attributes(&page, "form[method=post]", "action").is_empty(), "{path}");
    }
    let page = get(&host, "/config").await.text;
    assert!(page.contains("watchkeep reload --dry-run"));
}
