//! Where the machine shows its own workings as files: memory and environment of every process, including the host's,
//! and devices. None of these is a folder of files that plugins may read, by whatever path it is named.

use std::path::{Component, Path, PathBuf};

const TABLE: &str = "/proc/self/mountinfo";
/// Where they are on every machine.
const OWN: [&str; 3] = ["/proc", "/sys", "/dev"];
/// The file systems with such files, by their names in the kernel.
const KINDS: [&str; 16] = [
    "bpf",
    "binfmt_misc",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "mqueue",
    "nsfs",
    "proc",
    "pstore",
    "securityfs",
    "sysfs",
    "tracefs",
];

#[derive(PartialEq, Eq, Debug)]
struct Mount {
    at: PathBuf,
    kind: String,
}

/// What makes this folder unfit for plugins; `None` if nothing does.
pub(super) fn workings_in(folder: &Path) -> Option<String> {
    let table = std::fs::read_to_string(TABLE).unwrap_or_default();
    let mounts: Vec<Mount> = table.lines().filter_map(mount).collect();
    let plain = plain(folder);
    let found = [real(&plain), plain.clone()];
    found.iter().find_map(|path| problem(path, &mounts))
}

fn problem(path: &Path, mounts: &[Mount]) -> Option<String> {
    if path == Path::new("/") {
        return Some("it is the whole machine, with `/proc`, `/sys` and `/dev`".to_owned());
    }
    if let Some(own) = OWN.into_iter().find(|own| path.starts_with(own)) {
        return Some(format!("it lies in `{own}`"));
    }
    let is_own = |mount: &&Mount| KINDS.contains(&&*mount.kind);
    // A later mount hides an earlier one at the same place.
    let around = mounts.iter().rev().filter(|mount| path.starts_with(&mount.at));
    let around = around.max_by_key(|mount| mount.at.components().count());
    if let Some(mount) = around.filter(is_own) {
        return Some(format!(
            "it lies in a file system of the kind `{}`, at `{}`",
            mount.kind,
            mount.at.display()
        ));
    }
    let within = mounts.iter().filter(is_own).find(|mount| mount.at.starts_with(path))?;
    Some(format!("a file system of the kind `{}` lies in it, at `{}`", within.kind, within.at.display()))
}

/// The path without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::ParentDir => drop(plain.pop()),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    plain
}

/// The path with links resolved, as far as it exists.
fn real(path: &Path) -> PathBuf {
    for above in path.ancestors() {
        if let (Ok(found), Ok(rest)) = (above.canonicalize(), path.strip_prefix(above)) {
            return if rest.as_os_str().is_empty() { found } else { found.join(rest) };
        }
    }
    path.to_owned()
}

/// Parses a line such as `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`, with octal
/// escapes in paths.
fn mount(line: &str) -> Option<Mount> {
    let (before, after) = line.split_once(" - ")?;
    let at = before.split(' ').nth(4)?;
    let kind = after.split(' ').next()?;
    Some(Mount { at: unescaped(at).into(), kind: kind.to_owned() })
}

fn unescaped(path: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(path.to_owned(), |path, (escape, letter)| path.replace(escape, letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
23 27 254:0 / / rw,relatime - ext4 /dev/vda rw
24 27 0:6 / /srv/my\\040box/proc rw shared:1 - proc proc rw
25 27 0:23 / /mnt/view rw - sysfs sysfs rw
26 27 254:0 /var/log /mnt/view/log rw - ext4 /dev/vda rw";

    fn told(path: &str) -> Option<String> {
        let mounts: Vec<Mount> = MOUNTS.lines().filter_map(mount).collect();
        problem(&plain(Path::new(path)), &mounts)
    }

    #[test]
    fn the_machines_workings_are_no_folder_by_any_path() {
        for path in [
            "/",
            "//",
            "/.",
            "/srv/..",
            "/proc",
            "/proc/",
            "/proc/self",
            "/proc/1/root/var/log",
            "/var/../proc/self/environ",
            "/sys",
            "/sys/kernel/debug",
            "/dev",
            "/dev/shm",
            "/srv",
            "/srv/my box",
            "/srv/my box/proc/1",
            "/mnt",
            "/mnt/view",
            "/mnt/view/class",
        ] {
            assert!(told(path).is_some(), "{path}");
        }
        for path in [
            "/var/log",
            "/process",
            "/device",
            "/srv/other",
            "/opt/sys",
            "/mnt/view/log",
            "/mnt/view/log/nginx",
        ] {
            assert_eq!(told(path), None, "{path}");
        }
    }
}
