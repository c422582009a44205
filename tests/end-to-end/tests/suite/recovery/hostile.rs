//! Actions that trap, never end, or write in a dry run: each is told as what it is, and the host goes on.

use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, build, eventually};

use super::{goes_on, says};
use crate::notices::webhook;

#[tokio::test]
async fn hostile_actions_are_told_and_harm_nobody() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    site.set("/shop", Answering::Status(503));
    let cases = [
        ("traps", "then = \"trap\"", "", "unknown", "trapped"),
        ("endless", "then = \"endless\"", "timeout = \"1s\"", "unknown", ""),
        ("complains", "then = \"fault\"", "", "failed", "it does not answer"),
        ("long", "then = \"long\"", "", "unknown", "1024"),
        ("writes", "plan = \"POST\"", "dry_run = true", "failed", "in a dry run, which may only look"),
        ("many", "plan = \"many\"", "dry_run = true", "failed", "100 are allowed"),
    ];
    let mut text = "[defaults]\ninterval = \"300ms\"\nretry_interval = \"100ms\"\nfailure_threshold = 1\n\
                    success_threshold = 1\n\n"
        .to_owned();
    let url = site.url("/restart");
    for (name, config, more, ..) in cases {
        text.push_str(&format!(
            "[[action]]\nname = \"{name}\"\nplugin = \"actor\"\nattempts = 1\nsettle = \"0s\"\n{more}\n\
             config = {{ {config}, url = \"{url}\" }}\nallow = {{ http = [\"{}\"] }}\n\n\
             [[check]]\nname = \"of-{name}\"\nplugin = \"http\"\nflapping = false\nconfig = {{ url = \"{}\" }}\n\
             on_firing = [\"{name}\"]\n\n",
            site.url(""),
            site.url("/shop")
        ));
    }
    let folder = Folder::new("");
    folder.config(&format!(
        "{text}{}\n[[route]]\nname = \"root\"\nreceivers = [\"people\"]\ngroup_wait = \"0s\"\n",
        webhook(&hook)
    ));
    std::fs::create_dir_all(folder.path().join("plugins")).unwrap();
    std::fs::write(folder.path().join("plugins/actor.wasm"), build("actor", 1)).unwrap();
    let host = Host::start(&folder).await;
    let mut wrong = Vec::new();
    for (name, _, _, status, words) in cases {
        let item = eventually(&format!("`{name}` is over"), async || {
            let all = host.get(&format!("/api/v1/occasions?action={name}")).await.json();
            all["items"].get(0).filter(|item| !item["ended_at"].is_null()).cloned()
        })
        .await;
        let result = item["result"].as_str().unwrap_or_default();
        if item["status"] != status || !result.contains(words) {
            wrong.push(format!("{name}: {}: {result}", item["status"]));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    let posts = site.requests("/restart").len();
    assert_eq!(posts, 0, "what was planned, trapped or never ended has sent nothing");
    goes_on(&host, "of-traps", 3).await;
    let history = says(&folder, &["action", "history"]).await;
    assert!(cases.iter().all(|(name, ..)| history.contains(name)), "{history}");
}
