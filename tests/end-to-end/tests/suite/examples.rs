//! The examples of the README: built as it says, looked into, run, and dropped into a host.

use std::path::Path;

use watchkeep_build::Build;
use watchkeep_end_to_end::{Answering, Folder, Host, Site, eventually, run_to_end};
use watchkeep_lab::{Lab, Options};

/// Builds `examples/NAME` and puts its component into the folder's `plugins`.
async fn built(folder: &Folder, name: &str) {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").join(name);
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("examples");
    let building = tokio::task::spawn_blocking(move || Build::of(example).target_dir(target).run());
    let built = building.await.unwrap().unwrap_or_else(|error| panic!("{error}")).remove(0);
    let plugins = folder.path().join("plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    std::fs::write(plugins.join(format!("{name}.wasm")), built.bytes).unwrap();
}

#[tokio::test]
async fn the_first_check_is_looked_into_run_by_hand_and_run_by_a_host() {
    let lab = Lab::start(Options::default()).await.unwrap();
    let healthy = lab.url("healthy");
    let config = |find: &str| format!(r#"{{"url": "{healthy}", "find": "{find}"}}"#);
    let folder = Folder::new(&format!(
        "[[check]]\nname = \"page\"\nplugin = \"first-check\"\ninterval = \"1s\"\n\
         config = {{ url = \"{healthy}\", find = \"Add to cart\" }}\n"
    ));
    built(&folder, "first-check").await;

    let (code, text, errors) = run_to_end(&folder, &["plugin", "inspect", "plugins/first-check.wasm"]).await;
    assert!(code == 0 && text.contains("imports   http") && text.contains("grants http"), "{text}{errors}");
    for (find, expected) in [("Add to cart", 0), ("Sold out", 2)] {
        let config = config(find);
        let arguments = ["plugin", "run", "plugins/first-check.wasm", "--config", &config];
        let (code, text, errors) = run_to_end(&folder, &arguments).await;
        assert_eq!(code, expected, "{text}{errors}");
    }

    let host = Host::start(&folder).await;
    let check = host.state("page", "ok").await;
    assert_eq!(check["plugin"], "first-check");
    lab.stop().await;
}

#[tokio::test]
async fn the_first_notifier_tells_of_a_failure() {
    let site = Site::start().await;
    let receiver = format!(
        "[[receiver]]\nname = \"people\"\nplugin = \"first-notifier\"\nconfig = {{ url = \"{}\" }}\n",
        site.url("/topic")
    );
    let folder = Folder::new(&crate::notices::alerting(&[("shop", site.url("/shop"))], &receiver));
    built(&folder, "first-notifier").await;
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    assert!(site.requests("/topic").is_empty(), "nobody is told that all is well");
    site.set("/shop", Answering::Status(500));
    eventually("the notice is posted", async || site.requests("/topic").pop()).await;
}
