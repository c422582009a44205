//! Actions that people approve, decline, begin by hand or try dry.

use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, eventually, run_to_end};

use super::{config, goes_on, occasion, runs, says, script};

const TOKEN: &str = "correct-horse-battery-staple";

#[tokio::test]
async fn an_action_waits_for_a_person_who_agrees_or_does_not() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    site.set("/shop", Answering::Status(503));
    let folder = Folder::new("");
    script(&folder, "echo run >>runs");
    folder.secret("admin", TOKEN);
    let more = "needs_approval = true\nattempts = 5\ncool_down = \"0s\"";
    let text = config(&folder, &hook, &site.url("/shop"), "on_firing", more);
    // What a folder writes before it is the beginning of `[host]`.
    folder.config(&format!(
        "admin_token = {{ secret = \"admin\" }}\n\n[secrets]\nadmin = {{ file = \"admin\" }}\n\n{text}"
    ));
    let host = Host::start(&folder).await;

    // At the command line.
    let id = waiting(&host).await;
    goes_on(&host, "shop", 3).await;
    assert_eq!(runs(&folder), 0, "nobody has agreed");
    let told = eventually("the page says how to agree", async || hook.of("firing", "shop").pop()).await;
    let explained = says(&folder, &["alert", "explain", "shop"]).await;
    assert!(explained.contains(&format!("watchkeep action approve {id}")), "{explained}; {}", told.body);
    says(&folder, &["action", "approve", &id, "--by", "kari"]).await;
    let done = ended(&host, &id).await;
    assert_eq!((&*done.0, &*done.1), ("done", "kari"));
    assert_eq!(runs(&folder), 1);

    // On the page.
    let next = waiting(&host).await;
    assert_ne!(next, id);
    let alert = host.get("/api/v1/alerts").await.json()["items"][0]["id"].as_str().unwrap().to_owned();
    let page = host.get(&format!("/alerts/{alert}")).await.text;
    assert!(page.contains(&format!("action=\"/occasions/{next}/approve\"")), "{page}");
    assert_eq!(host.submit(&format!("/occasions/{next}/approve"), "by=ola", TOKEN).await, 200);
    assert_eq!(ended(&host, &next).await, ("done".to_owned(), "ola".to_owned()));
    assert_eq!(runs(&folder), 2);

    // What is declined is not asked for again.
    let last = waiting(&host).await;
    says(&folder, &["action", "decline", &last, "--by", "kari"]).await;
    occasion(&host, "declined").await;
    goes_on(&host, "shop", 5).await;
    assert_eq!(runs(&folder), 2);
    let (code, _, err) = run_to_end(&folder, &["action", "approve", &last]).await;
    assert!(code != 0 && err.contains("kari has declined it"), "{err}");
}

/// The id of the occasion that waits for approval.
async fn waiting(host: &Host) -> String {
    occasion(host, "awaits-approval").await["id"].as_str().unwrap().to_owned()
}

/// Its status and who approved it, once it is over.
async fn ended(host: &Host, id: &str) -> (String, String) {
    eventually("it is over", async || {
        let all = host.get("/api/v1/occasions").await.json();
        let item = all["items"].as_array()?.iter().find(|item| item["id"] == id)?.clone();
        item["ended_at"].as_str()?;
        Some((item["status"].as_str()?.to_owned(), item["by"].as_str()?.to_owned()))
    })
    .await
}

#[tokio::test]
async fn a_dry_run_says_what_it_would_do_and_changes_nothing() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    site.set("/shop", Answering::Status(503));
    let folder = Folder::new("");
    script(&folder, "echo run >>runs");
    folder.config(&config(&folder, &hook, &site.url("/shop"), "on_firing", "dry_run = true"));
    let host = Host::start(&folder).await;
    let planned = occasion(&host, "planned").await;
    assert_eq!(planned["steps"][0]["title"], "run the command", "{planned}");
    assert_eq!(planned["result"], "dry run: it would run the command (mend)");
    let printed = says(&folder, &["action", "run", "mend", "shop", "--dry-run"]).await;
    assert!(printed.contains("it would run the command (mend)"), "{printed}");
    goes_on(&host, "shop", 3).await;
    assert_eq!(runs(&folder), 0);
}

#[tokio::test]
async fn a_person_acts_by_hand_and_is_told_what_came_of_it() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    site.set("/shop", Answering::Status(503));
    let folder = Folder::new("");
    script(&folder, "echo run >>runs\nexit 1");
    // Held back by its level: it acts by nothing but a person.
    folder.config(&config(&folder, &hook, &site.url("/shop"), "on_firing", "attempts = 1"));
    let host = Host::start(&folder).await;
    occasion(&host, "failed").await;
    let (code, out, _) = run_to_end(&folder, &["action", "run", "mend", "shop", "--by", "kari"]).await;
    assert!(code != 0 && out.contains("exited with 1") && out.contains("kari"), "{code}: {out}");
    assert_eq!(runs(&folder), 2);
}
