//! The plugin folder as an operator may leave it: unreadable files, an unreadable folder, a folder mounted read-only.
//! Root is bound by no permission, so the host is run by another user there.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use watchkeep_end_to_end::{Folder, Host, build, digest};

use crate::hot_loading::{config, drop_in, every_run_was_ok, file, plugin, runs, said, status};

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

/// A host of a user for whom permissions hold, on a folder that this user owns.
async fn as_another_user(first: &[u8]) -> (Folder, Host) {
    let folder = Folder::new(&config("300ms"));
    let plugins = folder.path().join("plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    std::fs::write(file(&folder), first).unwrap();
    let prefix: &[&str] = &["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let is_root = std::process::Command::new("id").arg("-u").output().unwrap().stdout.starts_with(b"0\n");
    if is_root {
        for path in [folder.path(), &plugins] {
            std::os::unix::fs::chown(path, Some(65_534), Some(65_534)).unwrap();
        }
    }
    let host = Host::start_under(&folder, if is_root { prefix } else { &[] }).await;
    runs(&host, first).await;
    (folder, host)
}

#[tokio::test]
async fn a_file_that_may_not_be_read_changes_nothing_until_it_may() {
    let (one, two) = (build("steady", 1), build("steady", 2));
    let (folder, host) = as_another_user(&one).await;
    let temporary = folder.path().join("plugins/.new");
    std::fs::write(&temporary, &two).unwrap();
    mode(&temporary, 0o000);
    std::fs::rename(&temporary, file(&folder)).unwrap();
    let kept = status(&host, "kept").await;
    let problem = kept["problem"].as_str().unwrap();
    assert!(problem.contains("cannot be read") && problem.contains("hint:"), "{problem}");
    assert_eq!(kept["generation"]["digest"], *digest(&one));
    mode(&file(&folder), 0o644);
    runs(&host, &two).await;
    every_run_was_ok(&host).await;
}

#[tokio::test]
async fn a_folder_that_may_not_be_read_removes_nothing_and_is_read_when_it_may() {
    let (one, two) = (build("steady", 1), build("steady", 2));
    let (folder, host) = as_another_user(&one).await;
    let plugins = folder.path().join("plugins");
    mode(&plugins, 0o000);
    said(&host, "cannot read the plugin folder").await;
    assert_eq!(plugin(&host).await.unwrap()["generation"]["digest"], *digest(&one));
    mode(&plugins, 0o755);
    said(&host, "the plugin folder can be read").await;
    drop_in(&folder, &two);
    runs(&host, &two).await;
    every_run_was_ok(&host).await;
    assert!(!host.log().contains("was removed"), "{}", host.log());
}

#[tokio::test]
async fn a_folder_that_is_mounted_read_only_for_the_host_is_watched_like_any_other() {
    let (one, two) = (build("steady", 1), build("steady", 2));
    let folder = Folder::new(&config("300ms"));
    std::fs::create_dir_all(folder.path().join("plugins")).unwrap();
    std::fs::write(file(&folder), &one).unwrap();
    // In a namespace of its own: the machine's mounts stay as they are.
    let mount = "mount --bind plugins plugins && mount -o remount,ro,bind plugins && ! touch plugins/x 2>/dev/null && exec \"$@\"";
    let host =
        Host::start_under(&folder, &["unshare", "--map-root-user", "--mount", "sh", "-c", mount, "sh"]).await;
    runs(&host, &one).await;
    drop_in(&folder, &two);
    runs(&host, &two).await;
    every_run_was_ok(&host).await;
    std::fs::remove_file(file(&folder)).unwrap();
    status(&host, "disabled").await;
}
