//! The bundled `slack` as a bot, against a double of Slack that refuses what Slack refuses.

#[allow(dead_code, unreachable_pub, reason = "the plugin's own tests use the other part of it")]
#[path = "../suite/double/mod.rs"]
mod double;

use watchkeep_doubles::Served;
use watchkeep_end_to_end::{Answering, Folder, Host, Site, build, eventually};

use crate::notices::{alerting, dead_letter, is_kept};

use double::Slack;

fn bot(url: &str) -> String {
    format!(
        "[secrets]\nbot = {{ file = \"bot\", to = [\"{url}\"] }}\n\n[[receiver]]\nname = \"people\"\nplugin = \"slack\"\n\
         config = {{ token = {{ secret = \"bot\" }}, channel = \"#alerts\", api_url = \"{url}/api\" }}\n"
    )
}

#[tokio::test]
async fn one_message_shows_how_it_is_and_its_thread_tells_how_it_went() {
    let (site, slack) = (Site::start().await, Served::start(Slack::new()).await);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &bot(&slack.url)));
    folder.secret("bot", Slack::TOKEN);
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;

    site.set("/shop", Answering::Status(500));
    let first =
        eventually("the alert is posted", async || slack.with(|it| it.messages().first().cloned())).await;
    assert!(first.text().contains("CRITICAL: shop"), "{}", first.text());

    site.set("/shop", Answering::Well);
    // Slack takes one message a second: the resolve may have to wait for its turn, and does.
    let messages = eventually("the resolve stands in the thread", async || {
        slack.with(|it| (it.messages().len() > 1).then(|| it.messages().to_vec()))
    })
    .await;
    assert!(messages[0].text().contains("RESOLVED: shop"), "{}", messages[0].text());
    assert!(messages[0].edits >= 1);
    assert_eq!(messages[1].thread_ts.as_deref(), Some(messages[0].ts.as_str()));
    is_kept(&folder, "bot", Slack::TOKEN);
}

#[tokio::test]
async fn what_slack_refuses_is_a_dead_letter_that_says_what_to_do() {
    let (site, slack) = (Site::start().await, Served::start(Slack::new()).await);
    slack.with(Slack::remove_bot);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &bot(&slack.url)));
    folder.secret("bot", Slack::TOKEN);
    let host = Host::start(&folder).await;
    site.set("/shop", Answering::Status(500));
    let said = dead_letter(&host).await;
    assert!(said.contains("not_in_channel") && said.contains("invite the bot"), "{said}");
}

#[tokio::test]
async fn a_picture_is_shown_in_the_thread_of_its_alert() {
    let slack = Served::start(Slack::new()).await;
    let check = "[[check]]\nname = \"lobby\"\nplugin = \"snapshots-caller\"\ninterval = \"200ms\"\nfailure_threshold = 1\n\
                 config = { do = \"latest\", series = \"front\", attach = \"pixels\", then = \"critical\" }\n\n";
    let route = "\n[[route]]\nname = \"root\"\nreceivers = [\"people\"]\ngroup_wait = \"0s\"\n";
    let folder = Folder::new(&format!("{check}{}{route}", bot(&slack.url)));
    folder.secret("bot", Slack::TOKEN);
    let plugins = folder.path().join("plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    std::fs::write(plugins.join("snapshots_caller.wasm"), build("snapshots_caller", 1)).unwrap();
    let _host = Host::start(&folder).await;
    eventually("the picture is shown", async || {
        slack.with(|it| it.messages().first().is_some_and(|first| first.pictures.len() == 1)).then_some(())
    })
    .await;
}
