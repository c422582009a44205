//! Backups as an operator makes them: beside a running host, of a stopped one, over the network; and erasing.

use crate::command_line::{json, typed};
use crate::notices::{alerting, webhook};
use watchkeep_end_to_end::{Folder, Hook, Host, Site, eventually};

#[tokio::test]
async fn a_backup_of_a_running_host_becomes_a_host_that_knows_the_same() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &webhook(&hook)));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    let (code, text) = typed(&folder, &["check", "run", "shop"]).await;
    assert_eq!(code, 0, "{text}");
    // A backup holds what is on the disk, and results may wait for half a second.
    let stored = async || {
        let known = json(&folder, &["check", "history", "shop"]).await;
        known.as_array().is_some_and(|items| !items.is_empty()).then_some(())
    };
    eventually("a result is stored", stored).await;

    let wrote = json(&folder, &["backup", "one.backup"]).await;
    assert!(wrote["rows"].as_u64().unwrap() > 3, "{wrote}");
    let (code, text) = typed(&folder, &["backup", "one.backup"]).await;
    assert!(code == 1 && text.contains("exists already"), "{text}");
    let (code, text) = typed(&folder, &["restore", "--check", "one.backup"]).await;
    assert!(code == 0 && text.contains("can be restored"), "{text}");
    let (code, text) = typed(&folder, &["restore", "one.backup"]).await;
    assert!(code == 1 && text.contains("there is a database at"), "{text}");
    let left: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("backup") || name.starts_with(".tmp"))
        .collect();
    assert_eq!(left, ["one.backup"], "nothing half done is left");

    host.signal("TERM").await;
    assert!(host.ended().await.success());
    std::fs::rename(folder.path().join("data"), folder.path().join("lost")).unwrap();
    let bytes = std::fs::read(folder.path().join("one.backup")).unwrap();
    folder.write("cut.backup", "");
    std::fs::write(folder.path().join("cut.backup"), &bytes[..bytes.len() / 2]).unwrap();
    let (code, text) = typed(&folder, &["restore", "cut.backup"]).await;
    assert!(code == 1 && text.contains("cut off or damaged"), "{text}");
    let (code, text) = typed(&folder, &["restore", "one.backup"]).await;
    assert!(code == 0 && text.contains("restored"), "{text}");
    let (code, text) = typed(&folder, &["audit"]).await;
    assert!(code == 0, "{text}");
    let known = json(&folder, &["check", "history", "shop"]).await;
    assert!(!known.as_array().unwrap().is_empty(), "{known}");

    // Of a stopped host as well, with the same bytes in it.
    let (code, text) = typed(&folder, &["backup", "two.backup"]).await;
    assert!(code == 0, "{text}");
    assert_eq!(std::fs::read(folder.path().join("two.backup")).unwrap(), bytes);

    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    host.signal("TERM").await;
    assert!(host.ended().await.success());
}

#[tokio::test]
async fn what_is_stored_of_a_check_is_listed_and_then_erased() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let checks = [("shop", site.url("/shop")), ("blog", site.url("/blog"))];
    let folder = Folder::new(&alerting(&checks, &webhook(&hook)));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    host.state("blog", "ok").await;
    let (code, text) = typed(&folder, &["erase", "--check", "shop", "--yes"]).await;
    assert!(code == 1 && text.contains("already open"), "{text}");
    host.signal("TERM").await;
    assert!(host.ended().await.success());

    let (code, text) = typed(&folder, &["erase"]).await;
    assert!(code == 1 && text.contains("--match"), "{text}");
    let (code, text) = typed(&folder, &["erase", "--match", "check=\"nobody\""]).await;
    assert!(code == 1 && text.contains("no check of the config fits"), "{text}");
    let (code, text) = typed(&folder, &["erase", "--match", "check=\"shop\""]).await;
    assert!(code == 0 && text.contains("would erase of shop") && text.contains("add `--yes`"), "{text}");
    let erased = json(&folder, &["erase", "--match", "check=\"shop\"", "--yes"]).await;
    assert!(erased["rows"]["results"].as_u64().unwrap() > 0, "{erased}");
    let history =
        async |name: &str| json(&folder, &["check", "history", name]).await.as_array().unwrap().len();
    assert_eq!(history("shop").await, 0);
    assert!(history("blog").await > 0);
}
