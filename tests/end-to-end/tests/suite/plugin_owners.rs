//! Whose business a plugin's own failing is, and what its limits and the host's ceilings do to its runs.

use watchkeep_end_to_end::{Folder, Hook, Host, Site, build, eventually, run_to_end};

use crate::hot_loading::drop_in;

/// Told at once, and a check of the plugin `steady`, which `dev` owns.
fn owned(people: &Hook, dev: &Hook) -> String {
    let receiver = |name: &str, hook: &Hook| {
        let url = hook.url();
        format!("[[receiver]]\nname = \"{name}\"\nplugin = \"webhook\"\nconfig = {{ url = \"{url}\" }}\n\n")
    };
    format!(
        "plugin_settle = \"50ms\"\nplugin_settle_max = \"400ms\"\n\n[plugin.steady]\nowner = \"dev\"\n\n{}{}\
         [[route]]\nname = \"root\"\nreceivers = [\"people\"]\ngroup_wait = \"0s\"\ngroup_interval = \"1s\"\n\n\
         [[check]]\nname = \"it\"\nplugin = \"steady\"\ninterval = \"200ms\"\ngrace = \"1s\"\nconfig = {{}}\n",
        receiver("people", people),
        receiver("dev", dev),
    )
}

#[tokio::test]
async fn a_plugin_that_traps_is_told_to_its_owner_alone_and_its_check_to_the_people() {
    let (people, dev) = (Hook::start().await, Hook::start().await);
    let folder = Folder::new(&owned(&people, &dev));
    std::fs::create_dir_all(folder.path().join("plugins")).unwrap();
    std::fs::write(folder.path().join("plugins/steady.wasm"), build("shaky", 1)).unwrap();
    let host = Host::start(&folder).await;

    let told = eventually("the owner is told", async || dev.of("firing", "plugin steady").pop()).await;
    assert!(told.body.to_string().contains("trapped"), "{:#}", told.body);
    eventually("the people hear that it is not judged", async || people.of("firing", "it").pop()).await;

    let options = ["--config", "watchkeep.toml"];
    let ask = async |words: &[&str]| {
        let (code, text, errors) = run_to_end(&folder, &[words, &options].concat()).await;
        assert_eq!(code, 0, "{words:?}: {errors}");
        text
    };
    eventually("the owner's answer is known", async || {
        let explained = ask(&["alert", "explain", "--plugin", "steady"]).await;
        explained.contains("`dev` was told by route `owner of steady`").then_some(())
    })
    .await;
    for question in [
        &["route", "test", "--plugin", "steady"][..],
        &["route", "test", "--label", "kind=plugin", "--label", "plugin=steady"],
    ] {
        let text = ask(question).await;
        assert!(
            text.contains("owner of steady") && text.contains("dev") && !text.contains("people"),
            "{text}"
        );
    }
    let text = ask(&["route", "test", "--plugin", "http"]).await;
    assert!(text.contains("root") && text.contains("people"), "{text}");

    drop_in(&folder, &build("steady", 2));
    host.state("it", "ok").await;
    eventually("the owner hears of the end", async || dev.of("resolved", "plugin steady").pop()).await;
    eventually("the people hear of the end", async || people.of("resolved", "it").pop()).await;
    assert!(people.received().iter().all(|received| !received.tells_of("plugin steady")));
    assert!(dev.received().iter().all(|received| !received.tells_of("it")));
}

#[tokio::test]
async fn a_reload_changes_limits_of_runs_to_come_and_a_limit_that_is_met_names_the_key_to_raise() {
    let site = Site::start().await;
    let check = format!(
        "\n[[check]]\nname = \"shop\"\nplugin = \"http\"\ninterval = \"300ms\"\nconfig = {{ url = \"{}\" }}\n",
        site.url("/shop")
    );
    let folder = Folder::new(&check);
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    let met = async |says: &str| {
        eventually("the limit is met", async || {
            let results = host.get("/api/v1/checks/shop/results?limit=1").await.json();
            let failure = &results["items"][0]["failure"];
            let hint = failure["hint"].as_str()?;
            let message = failure["message"].as_str()?;
            let named = message.contains("plugin `http`") && message.contains("more than 0 HTTP requests");
            (failure["reason"] == "limit" && named && hint.starts_with(says)).then_some(())
        })
        .await;
    };

    folder.config(&format!("[plugin.http.limits]\nhttp_requests = 0\n{check}"));
    host.signal("HUP").await;
    met("raise `http_requests` under [plugin.http.limits]").await;
    folder.config(&check);
    host.signal("HUP").await;
    host.state("shop", "ok").await;
    folder.config(&format!("[host.ceilings]\nhttp_requests = 0\n{check}"));
    host.signal("HUP").await;
    met("the host's ceiling holds it: raise `http_requests` under [host.ceilings]").await;

    // A limit above the ceiling is no config, and changes nothing.
    folder.config(&format!("[host.ceilings]\ncpu = \"1s\"\n[plugin.http.limits]\ncpu = \"2s\"\n{check}"));
    host.signal("HUP").await;
    let refused = "`cpu` is 2s, above the host's ceiling of 1s";
    eventually("the log says why", async || host.log().contains(refused).then_some(())).await;
    met("the host's ceiling holds it").await;

    folder.config(&check);
    host.signal("HUP").await;
    host.state("shop", "ok").await;
    let results = host.get("/api/v1/checks/shop/results?limit=500").await.json();
    let ends: Vec<&str> =
        results["items"].as_array().unwrap().iter().filter_map(|item| item["outcome"].as_str()).collect();
    assert!(ends.iter().all(|end| ["ok", "limit"].contains(end)), "no run was dropped: {ends:?}");
}
