//! The bundled `telegram` against a double that refuses what Telegram refuses.

#[allow(dead_code, unreachable_pub, reason = "the plugin's own tests use the other part of it")]
#[path = "../suite/double/mod.rs"]
mod double;

use watchkeep_doubles::Served;
use watchkeep_end_to_end::{Answering, Folder, Host, Site, eventually};

use crate::notices::{alerting, dead_letter, is_kept};

use double::Telegram;

fn group(chat: &str) -> String {
    format!(
        "[secrets]\nbot = {{ file = \"bot\" }}\n\n[[receiver]]\nname = \"people\"\nplugin = \"telegram\"\n\
         config = {{ bot_url = {{ secret = \"bot\" }}, chat = \"{chat}\" }}\n"
    )
}

#[tokio::test]
async fn the_first_message_shows_how_it_is_and_what_is_new_answers_it() {
    let (site, telegram) = (Site::start().await, Served::start(Telegram::new()).await);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &group(Telegram::CHAT)));
    folder.secret("bot", &format!("{}{}", telegram.url, Telegram::BOT));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;

    site.set("/shop", Answering::Status(500));
    let first =
        eventually("the alert is posted", async || telegram.with(|it| it.messages().first().cloned())).await;
    assert!(first.text.contains("CRITICAL: shop") && !first.is_silent, "{first:?}");

    site.set("/shop", Answering::Well);
    let messages = eventually("the resolve is posted", async || {
        telegram.with(|it| (it.messages().len() > 1).then(|| it.messages().to_vec()))
    })
    .await;
    assert!(messages[0].edits >= 1);
    for message in &messages {
        assert!(message.text.contains("RESOLVED: shop"), "{}", message.text);
    }
    assert_eq!(messages[1].answers, Some(first.id));
    // The bot's token stands in its path, so that is the secret.
    is_kept(&folder, "bot", Telegram::BOT);
}

#[tokio::test]
async fn a_chat_that_telegram_does_not_know_is_a_dead_letter_that_says_what_to_do() {
    let (site, telegram) = (Site::start().await, Served::start(Telegram::new()).await);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &group("-1009")));
    folder.secret("bot", &format!("{}{}", telegram.url, Telegram::BOT));
    let host = Host::start(&folder).await;
    site.set("/shop", Answering::Status(500));
    let said = dead_letter(&host).await;
    assert!(said.contains("chat not found") && said.contains("add the bot to the chat"), "{said}");
}

#[tokio::test]
async fn a_press_acknowledges_whoever_the_config_knows_and_everybody_sees_who_it_was() {
    let (site, telegram) = (Site::start().await, Served::start(Telegram::new()).await);
    let people = "[person.ada]\nname = \"Ada Berg\"\nids = { telegram = \"4711\" }\n\n";
    let read =
        group(Telegram::CHAT).replace("name = \"people\"\n", "name = \"people\"\npeople = [\"ada\"]\n");
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &format!("{people}{read}")));
    folder.secret("bot", &format!("{}{}", telegram.url, Telegram::BOT));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    site.set("/shop", Answering::Status(500));
    let message = eventually("the alert is posted with a button", async || {
        telegram.with(|it| it.messages().iter().find(|message| !message.keys.is_empty()).cloned())
    })
    .await;
    telegram.with(|it| it.press(message.id, "Acknowledge", 815));
    let shown =
        eventually("the stranger is told", async || telegram.with(|it| it.shown().first().cloned())).await;
    assert!(shown.1 && shown.0.contains("no person of the config has the id `815`"), "{shown:?}");
    let alert = async || host.get("/api/v1/alerts").await.json()["items"][0].clone();
    assert!(alert().await["acknowledged"].is_null());

    telegram.with(|it| it.press(message.id, "Acknowledge", 4711));
    let shown = eventually("Ada is told", async || telegram.with(|it| it.shown().get(1).cloned())).await;
    assert_eq!(shown, ("Acknowledged by Ada Berg.".to_owned(), false));
    let alert = alert().await;
    assert_eq!(alert["acknowledged"]["by"], "Ada Berg");
    assert_eq!(alert["acknowledged"]["comment"], "from the message to `people`");
    eventually("the message says who has it, and its button is gone", async || {
        telegram.with(|it| {
            let first = it.messages().iter().find(|standing| standing.id == message.id)?;
            (first.keys.is_empty() && first.text.contains("Ada Berg")).then_some(())
        })
    })
    .await;
    let receiver = host.get("/api/v1/receivers").await.json()["items"][0].clone();
    assert_eq!(
        (&receiver["readers"][0], &receiver["hearing"]["error"]),
        (&"ada".into(), &serde_json::Value::Null)
    );
    telegram.with(Telegram::steal_updates);
    let error = eventually("the receiver says that it is deaf", async || {
        let receiver = host.get("/api/v1/receivers").await.json()["items"][0].clone();
        receiver["hearing"]["error"].as_str().map(str::to_owned)
    })
    .await;
    assert!(error.contains("409") && error.contains("hint: another program"), "{error}");
}
