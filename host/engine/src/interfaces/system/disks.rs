//! Mounted file systems, as `df` shows them: those that have blocks, each once.

use std::collections::HashMap;
use std::path::Path;

use procfs::FromRead;
use procfs::process::{MountInfo, MountInfos};
use rustix::fs::{StatVfsMountFlags, statvfs};
use rustix::io::Errno;

use super::machine::cannot_read;
use super::readers::At;
use super::trouble::Trouble;
use crate::contract::system::Disk;

const MOUNTS: &str = "/proc/self/mountinfo";
/// File systems that never hold data. An automount point is not asked, because that would mount it.
const DUMMIES: [&str; 12] = [
    "autofs",
    "cgroup",
    "cgroup2",
    "debugfs",
    "devpts",
    "fuse.portal",
    "fusectl",
    "mqueue",
    "proc",
    "rpc_pipefs",
    "sysfs",
    "tracefs",
];

pub(super) fn read(at: &At) -> Result<Vec<Disk>, Trouble> {
    at.now(format!("`{MOUNTS}`"));
    let text =
        std::fs::read(MOUNTS).map_err(|error| Trouble::of_io(&format!("cannot read `{MOUNTS}`"), &error))?;
    // Whoever may mount can give a folder a name that is not UTF-8; that must not hide all others.
    let text = String::from_utf8_lossy(&text).into_owned();
    let mounts = MountInfos::from_read(text.as_bytes()).map_err(|error| cannot_read(MOUNTS, &error))?;
    let mut disks = Vec::new();
    for mount in each_once(mounts.0) {
        let path = unescaped(&mount.mount_point.to_string_lossy());
        at.now(format!("file system `{path}` ({})", mount.fs_type));
        let told = match statvfs(Path::new(&path)) {
            Ok(told) => told,
            // It was unmounted meanwhile, or is hidden, or belongs to another user.
            Err(Errno::NOENT | Errno::ACCESS | Errno::PERM | Errno::NOTDIR) => continue,
            Err(error) => {
                let error = std::io::Error::from(error);
                return Err(Trouble::of_io(&format!("file system `{path}` cannot be asked"), &error));
            }
        };
        if told.f_blocks == 0 {
            continue;
        }
        disks.push(Disk {
            mount: path,
            filesystem: mount.fs_type,
            total: told.f_blocks.saturating_mul(told.f_frsize),
            available: told.f_bavail.saturating_mul(told.f_frsize),
            inodes_total: told.f_files,
            inodes_free: told.f_ffree,
            read_only: told.f_flag.contains(StatVfsMountFlags::RDONLY),
        });
    }
    Ok(disks)
}

/// For a file system that is mounted several times, the mount that shows all of it at the shortest path. For mounts
/// over one another, the last one, which hides the others.
fn each_once(mounts: Vec<MountInfo>) -> Vec<MountInfo> {
    let mut seen: HashMap<std::path::PathBuf, MountInfo> = HashMap::new();
    for mount in mounts {
        seen.insert(mount.mount_point.clone(), mount);
    }
    let rank = |mount: &MountInfo| (mount.root != "/", mount.mount_point.as_os_str().len());
    let mut best: HashMap<String, MountInfo> = HashMap::new();
    for mount in seen.into_values().filter(|mount| !DUMMIES.contains(&mount.fs_type.as_str())) {
        match best.get(&mount.majmin) {
            Some(other) if rank(other) <= rank(&mount) => {}
            Some(_) | None => drop(best.insert(mount.majmin.clone(), mount)),
        }
    }
    let mut all: Vec<MountInfo> = best.into_values().collect();
    all.sort_by(|a, b| a.mount_point.cmp(&b.mount_point));
    all
}

/// The text without the kernel's escapes, such as `\040` for a blank.
fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let code = rest.get(at + 1..at + 4).and_then(|code| u8::from_str_radix(code, 8).ok());
        match code.filter(u8::is_ascii) {
            Some(letter) => {
                plain.push(char::from(letter));
                rest = &rest[at + 4..];
            }
            None => {
                plain.push('\\');
                rest = &rest[at + 1..];
            }
        }
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mounts(text: &str) -> Vec<String> {
        let mounts = MountInfos::from_read(text.as_bytes()).expect("it is as the kernel writes it");
        each_once(mounts.0).iter().map(|mount| mount.mount_point.display().to_string()).collect()
    }

    #[test]
    fn a_file_system_stands_once_and_what_is_hidden_does_not_count() {
        let told = mounts(
            "22 27 0:21 / /proc rw,relatime - proc proc rw\n\
             27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
             28 27 254:0 /srv/a /etc/hosts rw,relatime - ext4 /dev/vda rw\n\
             29 27 254:1 / /mnt/long/way rw,relatime - xfs /dev/vdb rw\n\
             30 27 254:1 / /data rw,relatime - xfs /dev/vdb rw\n\
             31 27 254:1 /sub /d rw,relatime - xfs /dev/vdb rw\n\
             32 27 0:30 / /run rw,relatime - tmpfs tmpfs rw\n\
             33 32 0:31 / /run rw,relatime - tmpfs tmpfs rw\n\
             34 27 0:40 / /net rw,relatime - autofs systemd-1 rw\n",
        );
        assert_eq!(told, ["/", "/data", "/run"]);
    }

    #[test]
    fn a_paths_odd_letters_are_read_as_the_kernel_writes_them() {
        assert_eq!(unescaped(r"/mnt/my\040disk\134x"), r"/mnt/my disk\x");
        assert_eq!(unescaped(r"/ä\04"), r"/ä\04");
        assert_eq!(unescaped(r"\0é4"), r"\0é4");
    }
}
