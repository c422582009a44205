//! What a host takes of its machine: files that a plugin may read, those that it never may, and no huge pages.

use std::fmt::Write as _;

use watchkeep_end_to_end::{Folder, Host, build, eventually, run_to_end};

use super::authoring::typed;

/// A check of the file at `path` below the root `all`.
fn reads(text: &mut String, name: &str, path: &str) {
    writeln!(
        text,
        "[[check]]\nname = \"{name}\"\nplugin = \"files-caller\"\ninterval = \"200ms\"\n\
         config = {{ root = \"all\", path = \"{path}\" }}\n"
    )
    .unwrap();
}

#[tokio::test]
async fn no_check_reads_the_hosts_own_files_though_their_folder_was_granted() {
    let folder = Folder::new("");
    folder.write("note.txt", "for everybody");
    folder.secret("token.txt", "kept-in-the-vault");
    folder.write("more.toml", "");
    std::os::unix::fs::symlink("watchkeep.toml", folder.path().join("alias")).unwrap();
    std::os::unix::fs::symlink(".", folder.path().join("around")).unwrap();
    std::fs::hard_link(folder.path().join("token.txt"), folder.path().join("twin")).unwrap();
    let mut text = format!(
        "include = [\"more.toml\"]\n\n[secrets]\ntoken = {{ file = \"token.txt\" }}\n\n\
         [roots]\nall = {{ path = \"{}\" }}\n\n[plugin.files-caller]\nallow = {{ files = [\"all\"] }}\n\n",
        folder.path().display()
    );
    let closed =
        ["watchkeep.toml", "more.toml", "around/watchkeep.toml", "token.txt", "twin", "data/watchkeep.redb"];
    reads(&mut text, "open", "note.txt");
    reads(&mut text, "alias", "alias");
    for (at, path) in closed.iter().enumerate() {
        reads(&mut text, &format!("closed-{at}"), path);
    }
    folder.config(&text);
    let plugins = folder.path().join("plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    std::fs::write(plugins.join("files_caller.wasm"), build("files_caller", 1)).unwrap();
    let host = Host::start(&folder).await;
    assert_eq!(host.state("open", "ok").await["summary"], "for everybody");
    assert_eq!(host.state("alias", "critical").await["summary"], "FileError::NotAFile");
    let database = folder.data().join("watchkeep.redb");
    assert!(database.exists(), "the test asks for a file that is there");
    for (at, path) in closed.iter().enumerate() {
        let results = format!("/api/v1/checks/closed-{at}/results?limit=1");
        let failure = eventually(&format!("`{path}` was asked for"), async || {
            let failure = host.get(&results).await.json()["items"][0]["failure"].clone();
            (!failure.is_null()).then_some(failure)
        })
        .await;
        assert_eq!(failure["reason"], "denied", "{path}: {failure:#}");
    }
    host.signal("TERM").await;
    host.ended().await;
}

#[tokio::test]
async fn a_plugin_by_hand_reads_what_the_machines_config_names_and_was_granted() {
    let folder = Folder::new("");
    folder.write("logs/a.log", "all is well");
    folder.write("files_caller.wasm", "");
    std::fs::write(folder.path().join("files_caller.wasm"), build("files_caller", 1)).unwrap();
    folder.config(&format!("[roots]\nlogs = {{ path = \"{}\" }}\n", folder.path().join("logs").display()));
    let run = async |more: &[&str]| {
        let config = r#"{"root": "logs", "path": "a.log"}"#;
        let plugin = ["plugin", "run", "files_caller.wasm", "--config", config];
        typed(folder.path(), &[&plugin[..], more].concat()).await
    };
    let (code, out, errors) = run(&["--machine", "watchkeep.toml", "--grant", "files=logs"]).await;
    assert!(code == 0 && out.starts_with("OK: all is well"), "{out}{errors}");

    let (code, _, errors) = run(&["--grant", "files=logs"]).await;
    assert!(code == 1 && errors.contains("hint: add `--machine watchkeep.toml`"), "{errors}");
    let (code, out, errors) = run(&["--machine", "watchkeep.toml"]).await;
    assert!(
        code == 3 && format!("{out}{errors}").contains("hint: add `--grant files=logs`"),
        "{out}{errors}"
    );
    let (code, _, errors) = run(&["--machine", "nowhere.toml", "--grant", "files=logs"]).await;
    assert!(code == 1 && errors.contains("`--machine nowhere.toml` cannot be taken"), "{errors}");
    // The machine's config is a host's: what is wrong with it is told with its place.
    folder.config("[roots]\nlogs = { path = 7 }\n");
    let (code, _, errors) = run(&["--machine", "watchkeep.toml", "--grant", "files=logs"]).await;
    assert!(code == 1 && errors.contains("watchkeep.toml:") && errors.contains("hint: "), "{errors}");
    let (code, _, errors) = run_to_end(&folder, &["plugin", "run", "gone.wasm"]).await;
    assert!(code == 1 && errors.contains("gone.wasm"), "{errors}");
}

#[tokio::test]
async fn a_host_takes_no_huge_pages() {
    let host = Host::start(&Folder::new("")).await;
    let status = std::fs::read_to_string(format!("/proc/{}/status", host.process().unwrap())).unwrap();
    assert!(status.contains("THP_enabled:\t0"), "{status}");
    host.signal("TERM").await;
    host.ended().await;
}
