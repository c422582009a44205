//! `files` on a real folder: what is read, what is held to the folder, what belongs to the host itself.

use std::os::unix::fs::{MetadataExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use watchkeep_core::grant::{Ceiling, Rights};
use watchkeep_core::ids::RootName;
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::{Ended, Limits, Tape};

use crate::support::{Memory, call, engine, failure, load, ports, report, rights};

struct Lab {
    _held: tempfile::TempDir,
    /// Above the root.
    folder: PathBuf,
    closed: Vec<PathBuf>,
    memory: Arc<Memory>,
}

impl Lab {
    fn new() -> Self {
        let held = tempfile::tempdir().unwrap();
        let folder = held.path().canonicalize().unwrap();
        std::fs::create_dir(folder.join("root")).unwrap();
        Self { _held: held, folder, closed: Vec::new(), memory: Arc::default() }
    }
    fn root(&self) -> PathBuf {
        self.folder.join("root")
    }
    /// Below the root, with the folders above it.
    fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.root().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }
    fn granted(&self, allow: &[(&str, &str)]) -> Arc<Rights> {
        let mut rights = Rights::clone(&rights("files-caller", &[], allow));
        let roots = [(RootName::from("logs"), self.root())].into();
        rights.ceiling = Arc::new(Ceiling { roots, closed: self.closed.clone(), ..Ceiling::default() });
        Arc::new(rights)
    }
    async fn ask(&self, config: &str) -> Ended<Outcome> {
        self.ask_with(config, self.granted(&[("files", "logs")]), Limits::default(), None).await
    }
    async fn ask_with(
        &self,
        config: &str,
        rights: Arc<Rights>,
        limits: Limits,
        tape: Option<&Tape>,
    ) -> Ended<Outcome> {
        let generation = load("files_caller").await;
        let mut ports = ports(&self.memory);
        ports.tape = tape.cloned();
        let mut call = call(&format!(r#"{{"root":"logs",{config}}}"#), rights);
        call.limits = limits;
        let ended = engine().run_check(&generation, call, &ports).await;
        self.memory.commit(&ended.kv);
        ended
    }
    /// What the program reports.
    async fn told(&self, config: &str) -> String {
        report(&self.ask(config).await).summary.clone()
    }
    async fn denied(&self, config: &str) -> String {
        let ended = self.ask(config).await;
        let failure = failure(&ended);
        assert_eq!(failure.reason, FailureReason::Denied, "{config}: {ended:?}");
        failure.message.clone()
    }
}

#[tokio::test]
pub(crate) async fn a_file_is_read_from_where_it_is_asked_and_seen_as_it_is() {
    let lab = Lab::new();
    let path = lab.write("app/today.log", "one two three!");
    symlink("app", lab.root().join("current")).unwrap();
    assert_eq!(lab.told(r#""path":"app/today.log""#).await, "one two three!");
    assert_eq!(lab.told(r#""path":"app/today.log","offset":"4","max":"3""#).await, "two");
    for beyond in ["14", "1000", "18446744073709551615"] {
        assert_eq!(lab.told(&format!(r#""path":"app/today.log","offset":"{beyond}""#)).await, "");
    }
    // A link that stays below its folder is a way like any other.
    assert_eq!(lab.told(r#""path":"current/./today.log","max":"3""#).await, "one");
    let modified = std::fs::metadata(&path).unwrap();
    let millis = modified.mtime() * 1_000 + modified.mtime_nsec() / 1_000_000;
    let expected = format!("FileKind::File 14 app/today.log {millis}");
    assert_eq!(lab.told(r#""do":"stat","path":"app/today.log""#).await, expected);
    assert_eq!(lab.told(r#""path":"app/nothing.log""#).await, "FileError::NotFound");
    assert_eq!(lab.told(r#""path":"app/today.log/x""#).await, "FileError::NotAFile");
}

#[tokio::test]
async fn files_are_denied_until_the_hints_entry_is_granted() {
    let lab = Lab::new();
    lab.write("a", "seen");
    let ask = async |rights| lab.ask_with(r#""path":"a""#, rights, Limits::default(), None).await;
    let ended = ask(lab.granted(&[])).await;
    let hint = failure(&ended).hint.clone().unwrap();
    assert_eq!(hint, r#"add `files = ["logs"]` under [plugin.files-caller.allow]"#);
    let entry = hint.split('"').nth(1).unwrap();
    assert_eq!(report(&ask(lab.granted(&[("files", entry)])).await).summary, "seen");
    let ended = ask(rights("files-caller", &[], &[("files", "logs")])).await;
    assert!(failure(&ended).message.contains("which the config does not name"), "{ended:?}");
}

#[tokio::test]
async fn no_path_and_no_link_leads_out_of_the_folder() {
    let lab = Lab::new();
    std::fs::write(lab.folder.join("secret"), "out").unwrap();
    lab.write("in", "in");
    symlink("../secret", lab.root().join("relative")).unwrap();
    symlink(lab.folder.join("secret"), lab.root().join("absolute")).unwrap();
    symlink("..", lab.root().join("above")).unwrap();
    symlink(lab.root().join("in"), lab.root().join("whole")).unwrap();
    symlink("/proc/self/root", lab.root().join("magic")).unwrap();
    for path in ["../secret", "/etc/hostname", "a/../../secret", "..", "above/secret", "magic/etc/hostname"] {
        for what in ["read", "stat", "entries", "sha256"] {
            lab.denied(&format!(r#""do":"{what}","path":"{path}""#)).await;
        }
    }
    let told = lab.denied(r#""path":"above/secret""#).await;
    assert!(told.contains("since a link leads out of its folder"), "{told}");
    // A link at the end is told of, and never followed.
    for path in ["relative", "absolute", "whole", "above"] {
        assert_eq!(lab.told(&format!(r#""path":"{path}""#)).await, "FileError::NotAFile", "{path}");
        let told = lab.told(&format!(r#""do":"stat","path":"{path}""#)).await;
        assert!(told.starts_with("FileKind::Symlink "), "{told}");
    }
}

#[tokio::test]
async fn only_regular_files_are_opened() {
    let lab = Lab::new();
    std::fs::create_dir(lab.root().join("folder")).unwrap();
    let _socket = UnixListener::bind(lab.root().join("socket")).unwrap();
    let made = Command::new("mkfifo").arg(lab.root().join("fifo")).status().unwrap();
    assert!(made.success());
    for (path, kind) in [("folder", "Directory"), ("socket", "Other"), ("fifo", "Other"), ("", "Directory")] {
        for what in ["read", "sha256"] {
            let told = lab.told(&format!(r#""do":"{what}","path":"{path}""#)).await;
            assert_eq!(told, "FileError::NotAFile", "{what} {path}");
        }
        let told = lab.told(&format!(r#""do":"stat","path":"{path}""#)).await;
        assert!(told.starts_with(&format!("FileKind::{kind} ")), "{told}");
    }
    // A device, where it is one: `/dev` may be a root like any other.
    let mut rights = Rights::clone(&lab.granted(&[("files", "logs")]));
    let roots = [(RootName::from("logs"), "/dev".into())].into();
    rights.ceiling = Arc::new(Ceiling { roots, ..Ceiling::default() });
    let ended = lab.ask_with(r#""path":"zero""#, Arc::new(rights), Limits::default(), None).await;
    assert_eq!(report(&ended).summary, "FileError::NotAFile");
}

#[tokio::test]
async fn what_belongs_to_the_host_is_never_read_whatever_its_name() {
    let mut lab = Lab::new();
    lab.write("data/deep/state.redb", "state");
    let config = lab.write("watchkeep.toml", "config");
    std::fs::create_dir(lab.folder.join("secrets")).unwrap();
    let secret = lab.folder.join("secrets/key");
    std::fs::write(&secret, "k3y").unwrap();
    std::fs::hard_link(&secret, lab.root().join("another-name")).unwrap();
    std::fs::hard_link(lab.root().join("data/deep/state.redb"), lab.root().join("copy.redb")).unwrap();
    lab.write("own", "own");
    lab.closed = vec![lab.root().join("data"), config, secret];
    for path in ["data/deep/state.redb", "watchkeep.toml", "another-name", "copy.redb", "data", "data/deep"] {
        for what in ["read", "stat", "entries", "sha256"] {
            let told = lab.denied(&format!(r#""do":"{what}","path":"{path}""#)).await;
            assert!(told.contains("belongs to this host itself"), "{told}");
        }
    }
    assert_eq!(lab.told(r#""path":"own""#).await, "own");
    assert_eq!(lab.told(r#""do":"entries","path":"""#).await, "[copy.redb own]");
    // A root inside of the data folder is no way around.
    lab.closed = vec![lab.folder.clone()];
    lab.denied(r#""path":"own""#).await;
}

#[tokio::test]
async fn entries_come_by_pages_in_name_order() {
    let lab = Lab::new();
    for name in ["b", "a", "d", "c", "e"] {
        lab.write(&format!("app/{name}.log"), name);
    }
    let told = lab.told(r#""do":"entries","path":"app","max":"2""#).await;
    assert_eq!(told, "[app/a.log app/b.log] [app/c.log app/d.log] [app/e.log]");
    assert_eq!(lab.told(r#""do":"entries","path":"app/""#).await.matches("app/").count(), 5);
    assert_eq!(lab.told(r#""do":"entries","path":"""#).await, "[app]");
    assert_eq!(lab.told(r#""do":"entries","path":"app/a.log""#).await, "FileError::NotAFile");
}

fn sha256sum(path: &Path) -> String {
    let output = Command::new("sha256sum").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_large_file_is_hashed_over_several_runs() {
    let lab = Lab::new();
    let bytes: Vec<u8> = (0..1_200_001_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let path = lab.write("large", bytes);
    let mut runs = 1;
    let digest = loop {
        let told = lab.told(r#""do":"sha256","path":"large","budget":"0""#).await;
        if !told.starts_with("at ") {
            break told;
        }
        runs += 1;
    };
    assert_eq!(digest, sha256sum(&path));
    assert!(runs > 3, "{runs}");
    // What is whole may be asked for again, and still is what it was.
    assert_eq!(lab.told(r#""do":"sha256","path":"large""#).await, digest);
    for (name, bytes) in [("empty", &b""[..]), ("short", b"abc"), ("even", &[7; 256 << 10])] {
        let lab = Lab::new();
        let path = lab.write(name, bytes);
        let told = lab.told(&format!(r#""do":"sha256","path":"{name}""#)).await;
        assert_eq!(told, sha256sum(&path), "{name}");
    }
}

#[tokio::test]
async fn a_file_that_becomes_another_between_two_runs_has_changed() {
    let large = vec![1; 1 << 20];
    let begin = r#""do":"sha256","path":"large","budget":"0""#;
    type Change = fn(&Lab, &Path);
    let changes: [Change; 3] = [
        |lab, _| drop(lab.write("large", vec![2; 1 << 20])),
        |_, path| {
            std::fs::OpenOptions::new().append(true).open(path).unwrap();
            std::fs::write(path.with_extension("new"), vec![1; 1 << 20]).unwrap();
            std::fs::rename(path.with_extension("new"), path).unwrap();
        },
        |lab, _| drop(lab.write("large", b"short")),
    ];
    for change in changes {
        let lab = Lab::new();
        let path = lab.write("large", &large);
        assert!(lab.told(begin).await.starts_with("at "));
        change(&lab, &path);
        assert_eq!(lab.told(begin).await, "FileError::Changed");
    }
}

#[tokio::test]
async fn a_state_that_the_host_did_not_give_is_refused() {
    let lab = Lab::new();
    lab.write("large", vec![1; 1 << 20]);
    let begin = r#""do":"sha256","path":"large","budget":"0""#;
    assert!(lab.told(begin).await.starts_with("at "));
    let (good, _) = lab.memory.kv.lock().unwrap()["state"].clone();
    let mut flipped = good.clone();
    flipped[60] ^= 1;
    let mut moved = good.clone();
    moved[5] ^= 1;
    for (state, expected) in [
        (flipped, "none that this host gave"),
        (good[..good.len() - 1].to_vec(), "none that this host gave"),
        ([&good[..], &[0; 100_000]].concat(), "none that this host gave"),
        (good[..8].to_vec(), "none that this host gave"),
        (moved, "FileError::Changed"),
    ] {
        lab.memory.kv.lock().unwrap().insert("state".to_owned(), (state, 9));
        let told = lab.told(begin).await;
        assert!(told.contains(expected), "{told}");
    }
}

#[tokio::test]
async fn what_one_run_reads_is_bounded() {
    let lab = Lab::new();
    lab.write("a", "0123456789");
    let rights = lab.granted(&[("files", "logs")]);
    let few = Limits { file_bytes: 4, ..Limits::default() };
    let ended = lab.ask_with(r#""path":"a""#, Arc::clone(&rights), few, None).await;
    assert_eq!(report(&ended).summary, "0123");
    let none = Limits { file_bytes: 0, ..Limits::default() };
    let ended = lab.ask_with(r#""path":"a""#, rights, none, None).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit, "{ended:?}");
}

#[tokio::test]
async fn files_on_tape_are_answered_without_a_folder_or_a_right() {
    let lab = Lab::new();
    lab.write("a", "seen once");
    let tape = Tape::record();
    let asked = r#""path":"a""#;
    let told = lab.ask_with(asked, lab.granted(&[("files", "logs")]), Limits::default(), Some(&tape)).await;
    std::fs::remove_file(lab.root().join("a")).unwrap();
    let again = Tape::replay(tape.recorded());
    let replayed = lab.ask_with(asked, lab.granted(&[]), Limits::default(), Some(&again)).await;
    assert_eq!(report(&replayed).summary, report(&told).summary);
    assert_eq!(again.differs(), None);
}
