//! Whether the machine has to be started anew, by the files that say so: the mark that packages leave, and the kernels
//! that are installed. That a library was replaced under a program that runs is not looked for.

use std::cmp::Ordering;
use std::io::ErrorKind;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::readers::At;
use super::small::{names, plain, text, unread};
use super::trouble::Trouble;
use crate::contract::system::{RebootSign, RebootState};
use crate::shortage::Shortage;

/// The most names with a sign.
const NAMES_MAX: usize = 100;
/// Words of distributions in a release, which say nothing of the kernel's flavour.
const TAGS: [&str; 5] = ["bpo", "deb", "el", "fc", "ubuntu"];

pub(super) fn read(at: &At, root: &Path) -> Result<RebootState, Trouble> {
    let path = root.join("proc/sys/kernel/osrelease");
    let kernel = plain(&text(&path).map_err(|error| unread(&path, &error))?);
    let mark = root.join("run/reboot-required");
    at.now(format!("`{}`", mark.display()));
    let mut signs = Vec::new();
    signs.extend(marked(&mark)?);
    at.now("the kernels that are installed".to_owned());
    signs.extend(of_kernels(root, &kernel)?);
    Ok(RebootState { kernel, signs })
}

fn marked(mark: &Path) -> Result<Option<RebootSign>, Trouble> {
    let since = match mark.symlink_metadata() {
        Ok(told) => told.modified().ok().and_then(milliseconds),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unread(mark, &error)),
    };
    // The mark alone counts; that nobody says which package left it is no reason to say nothing.
    let packages = match text(&mark.with_extension("pkgs")) {
        Ok(packages) => packages,
        Err(error) if Shortage::of(&error).is_some() => return Err(unread(mark, &error)),
        Err(_) => String::new(),
    };
    let mut names: Vec<String> = Vec::new();
    for name in packages.lines().map(plain).filter(|name| !name.is_empty()) {
        if names.len() < NAMES_MAX && !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(Some(RebootSign { kind: "marked".to_owned(), names, since }))
}

fn of_kernels(root: &Path, running: &str) -> Result<Option<RebootSign>, Trouble> {
    let modules = root.join("lib/modules");
    let mut installed = names(&modules)?;
    // Folders that a removed kernel has left behind have no list of modules.
    installed.retain(|release| modules.join(release).join("modules.dep").exists());
    if installed.is_empty() {
        // A kernel without modules, or a container without kernels.
        return Ok(None);
    }
    let sign = |kind: &str, names, since| Ok(Some(RebootSign { kind: kind.to_owned(), names, since }));
    if !installed.iter().any(|release| release == running) {
        let names = installed.iter().rev().take(NAMES_MAX).map(|release| plain(release)).collect();
        return sign("modules-gone", names, None);
    }
    let can_start = |release: &&String| {
        root.join("boot").join(format!("vmlinuz-{release}")).exists()
            || modules.join(release).join("vmlinuz").exists()
    };
    let newer = installed.iter().filter(|release| is_newer(release, running)).filter(can_start);
    let Some(newest) = newer.max_by(|a, b| by_version(a, b)) else { return Ok(None) };
    // Written when it was installed; the kernel's own file bears the time when it was built.
    let installed_at = modules.join(newest).join("modules.dep").metadata().and_then(|told| told.modified());
    sign("newer-kernel", vec![plain(newest)], installed_at.ok().and_then(milliseconds))
}

/// Whether the release is a later one of the same flavour, such as `cloud-amd64`.
fn is_newer(release: &str, running: &str) -> bool {
    flavour(release) == flavour(running) && by_version(release, running) == Ordering::Greater
}

fn by_version(a: &str, b: &str) -> Ordering {
    let numbers = |release: &str| -> Vec<u64> {
        let numbers = release.split(|letter: char| !letter.is_ascii_digit());
        numbers.filter_map(|number| number.parse().ok()).collect()
    };
    numbers(a).cmp(&numbers(b))
}

fn flavour(release: &str) -> Vec<&str> {
    let words = release.split(|letter: char| !letter.is_ascii_alphabetic());
    words.filter(|word| !word.is_empty() && !TAGS.contains(word)).collect()
}

fn milliseconds(time: SystemTime) -> Option<u64> {
    u64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    const RUNNING: &str = "6.1.0-28-amd64";

    fn machine() -> Tree {
        Tree::new().with("proc/sys/kernel/osrelease", &format!("{RUNNING}\n"))
    }

    fn with_kernel(tree: Tree, release: &str) -> Tree {
        tree.with(&format!("lib/modules/{release}/modules.dep"), "")
            .with(&format!("boot/vmlinuz-{release}"), "")
    }

    fn signs(tree: &Tree) -> Vec<String> {
        let told = read(&At::default(), tree.root()).expect("it can be read");
        assert_eq!(told.kernel, RUNNING);
        told.signs.into_iter().map(|sign| format!("{} {}", sign.kind, sign.names.join(","))).collect()
    }

    #[test]
    fn packages_that_left_the_mark_are_named_once() {
        assert!(signs(&machine()).is_empty());
        let tree = machine().with("run/reboot-required", "*** System restart required ***\n");
        assert_eq!(signs(&tree), ["marked "]);
        let tree = tree.with("run/reboot-required.pkgs", "libc6\n\nlinux-image\u{1b}\nlibc6\n");
        assert_eq!(signs(&tree), ["marked libc6,linux-image\u{fffd}"]);
        let many: String = (0..10_000).map(|at| format!("p{at}\n")).collect();
        let tree = tree.with("run/reboot-required.pkgs", &many);
        assert_eq!(signs(&tree)[0].split(',').count(), 100);
        let told = read(&At::default(), tree.root()).expect("it can be read");
        let mark = tree.root().join("run/reboot-required");
        assert_eq!(
            told.signs[0].since,
            mark.metadata().expect("it is there").modified().ok().and_then(milliseconds)
        );
    }

    #[test]
    fn a_mark_of_any_kind_counts_and_holds_nothing_up() {
        let tree = machine().with_fifo("run/reboot-required").with_fifo("run/reboot-required.pkgs");
        assert_eq!(signs(&tree), ["marked "]);
    }

    #[test]
    fn a_later_kernel_counts_once_it_could_be_started() {
        let tree = with_kernel(with_kernel(machine(), RUNNING), "6.1.0-9-amd64");
        assert!(signs(&tree).is_empty(), "an older one is nothing to start");
        let tree = tree.with("lib/modules/6.1.0-31-amd64/modules.dep", "");
        assert!(signs(&tree).is_empty(), "of a kernel that was removed, modules remain");
        let tree = with_kernel(tree, "6.1.0-30-amd64");
        assert_eq!(signs(&tree), ["newer-kernel 6.1.0-30-amd64"]);
        let tree = tree.with("lib/modules/6.1.0-31-amd64/vmlinuz", "");
        assert_eq!(signs(&tree), ["newer-kernel 6.1.0-31-amd64"]);
    }

    #[test]
    fn releases_are_compared_within_their_flavour() {
        for (newer, older) in [
            ("6.1.0-10-amd64", "6.1.0-9-amd64"),
            ("6.12.57+deb13-amd64", "6.1.0-30-amd64"),
            ("6.12.9+bpo-cloud-amd64", "6.1.0-30-cloud-amd64"),
            ("6.8.0-1015-aws", "6.8.0-1014-aws"),
            ("6.11.4-301.fc41.x86_64", "6.11.3-200.fc40.x86_64"),
            ("6.6.1-arch1-2", "6.6.1-arch1-1"),
        ] {
            assert!(is_newer(newer, older) && !is_newer(older, newer), "{newer} {older}");
        }
        for (other, one) in [
            ("6.12.0-rt-amd64", "6.1.0-30-amd64"),
            ("6.8.0-1015-aws", "6.8.0-41-generic"),
            ("6.13.0-rc1-amd64", "6.12.0-amd64"),
            ("extramodules", "6.12.0-amd64"),
            ("99999999999999999999999", "6.12.0"),
        ] {
            assert!(!is_newer(other, one), "{other} {one}");
        }
    }

    #[test]
    fn a_running_kernel_that_is_no_longer_installed_is_told() {
        let tree = with_kernel(with_kernel(machine(), "6.1.0-30-amd64"), "6.1.0-31-amd64");
        assert_eq!(signs(&tree), ["modules-gone 6.1.0-31-amd64,6.1.0-30-amd64"]);
        let container = machine().with("lib/modules/x/kernel/a.ko", "");
        assert!(signs(&container).is_empty(), "it has no kernels");
    }
}
