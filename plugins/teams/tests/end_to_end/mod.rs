//! The bundled `teams` against a double of a workflow, whose runs fail where the workflow's would.

#[allow(dead_code, unreachable_pub, reason = "the plugin's own tests use the other part of it")]
#[path = "../suite/double/mod.rs"]
mod double;

use watchkeep_doubles::Served;
use watchkeep_end_to_end::{Answering, Folder, Host, Site, eventually};

use crate::notices::{alerting, dead_letter, is_kept};

use double::Teams;

const CHANNEL: &str = "[secrets]\nworkflow = { file = \"workflow\" }\n\n[[receiver]]\nname = \"people\"\nplugin = \"teams\"\n\
                       config = { webhook_url = { secret = \"workflow\" } }\n";

#[tokio::test]
async fn the_alert_is_a_card_and_its_resolve_another() {
    let (site, teams) = (Site::start().await, Served::start(Teams::new()).await);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], CHANNEL));
    folder.secret("workflow", &format!("{}{}", teams.url, Teams::WEBHOOK));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;

    site.set("/shop", Answering::Status(500));
    let card = eventually("the card is posted", async || teams.with(|it| it.cards().first().cloned())).await;
    assert!(card["fallbackText"].as_str().is_some_and(|text| text.starts_with("CRITICAL: shop")), "{card:#}");
    assert_eq!(card["body"][0]["style"], "attention");

    site.set("/shop", Answering::Well);
    let card =
        eventually("the resolve is posted", async || teams.with(|it| it.cards().get(1).cloned())).await;
    assert!(card["fallbackText"].as_str().is_some_and(|text| text.starts_with("RESOLVED: shop")), "{card:#}");
    assert_eq!(card["body"][0]["style"], "good");
    assert_eq!(teams.with(|it| it.failures().to_vec()), Vec::<String>::new());
    // Who has the signature can post.
    let (_, signature) = Teams::WEBHOOK.split_once("&sig=").unwrap();
    is_kept(&folder, "workflow", signature);
}

#[tokio::test]
async fn a_workflow_that_is_off_is_a_dead_letter_that_says_what_to_do() {
    let (site, teams) = (Site::start().await, Served::start(Teams::new()).await);
    teams.with(Teams::disable);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], CHANNEL));
    folder.secret("workflow", &format!("{}{}", teams.url, Teams::WEBHOOK));
    let host = Host::start(&folder).await;
    site.set("/shop", Answering::Status(500));
    let said = dead_letter(&host).await;
    assert!(
        said.contains("WorkflowTriggerIsNotEnabled") && said.contains("look at it in *Workflows*"),
        "{said}"
    );
}
