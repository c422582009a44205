//! `files` and `commands` against the scripted host.

use watchkeep_sdk::commands::CommandError;
use watchkeep_sdk::files::{FileError, FileKind};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::testing::{Host, NOW, hashing, output};

#[derive(Config)]
struct Nothing {}

fn host() -> Host {
    Host::new().file("logs", "app/a.log", "one\ntwo\n").file("logs", "app/b.log", "").file("logs", "c", "x")
}

#[test]
fn a_scripted_folder_is_looked_at_and_read() {
    fn all(_: Nothing, _: Run) -> Verdict {
        let logs = files::root("logs");
        let top: Vec<_> = logs.entries("")?.into_iter().map(|entry| (entry.path, entry.kind)).collect();
        assert_eq!(top, [("app".to_owned(), FileKind::Directory), ("c".to_owned(), FileKind::File)]);
        let app = logs.entries("app")?;
        assert_eq!(app.iter().map(|entry| entry.name()).collect::<Vec<_>>(), ["a.log", "b.log"]);
        let entry = logs.stat("app/a.log")?;
        assert!(entry.is_file() && entry.size == 8);
        assert_eq!(entry.age(NOW + 5_000), Duration::from_secs(5));
        assert_eq!(logs.read_at("app/a.log", 4, 3)?, b"two");
        Ok(Report::ok(logs.read_text("app/a.log")?))
    }
    assert_eq!(host().check(all, "{}").report().summary, "one\ntwo\n");
}

#[test]
fn a_file_that_is_not_there_is_critical_and_a_denial_a_fault() {
    fn read(_: Nothing, _: Run) -> Verdict {
        Ok(Report::ok(files::root("logs").read_text("gone")?))
    }
    let ran = host().check(read, "{}");
    assert_eq!(ran.report().summary, "no file `gone` in `logs`");
    assert_eq!(ran.report().state, State::Critical);
    let denied = host().answer("file logs gone", FileError::Denied("denied: files".to_owned()));
    assert_eq!(denied.check(read, "{}").error(), &Fault::Denied("denied: files".to_owned()));
    let changed = host().answer("file logs gone", FileError::Changed);
    assert!(matches!(changed.check(read, "{}").error(), Fault::Inconclusive(_)));
}

#[test]
#[should_panic(expected = "unexpected call: `file mail x`; the script has no file in `mail`")]
fn a_root_that_the_script_does_not_know_fails_the_test() {
    fn read(_: Nothing, _: Run) -> Verdict {
        Ok(Report::ok(files::root("mail").read_text("x")?))
    }
    host().check(read, "{}");
}

#[test]
fn hashing_goes_on_until_there_is_a_digest() {
    fn hash(_: Nothing, _: Run) -> Verdict {
        let logs = files::root("logs");
        let mut hashing = logs.sha256("c", None, Duration::from_secs(1))?;
        while hashing.digest.is_none() {
            hashing = logs.sha256("c", Some(&hashing), Duration::from_secs(1))?;
        }
        Ok(Report::ok(format!("{} bytes", hashing.offset)))
    }
    let ran = host()
        .answer("sha256 logs c", hashing(10, None))
        .answer("sha256 logs c", hashing(20, Some([7; 32])))
        .check(hash, "{}");
    assert_eq!(ran.report().summary, "20 bytes");
}

fn command(_: Nothing, _: Run) -> Verdict {
    let output = commands::command("disks").parameter("of", "sda").parameter("who", "ann").run()?;
    Ok(Report::ok(format!("{:?} {}", output.status, output.text())))
}

#[test]
fn a_command_is_answered_by_its_name_and_parameters() {
    let ran = Host::new().answer("command disks of=sda who=ann", output(2, "full")).check(command, "{}");
    assert_eq!(ran.report().summary, "Some(2) full");
    let ran = Host::new().answer("command disks of=sda who=ann", CommandError::TimedOut).check(command, "{}");
    assert_eq!(ran.report().summary, "command `disks` did not end in time");
    let odd = CommandError::Parameter("command `disks`: odd".to_owned());
    let ran = Host::new().answer("command disks of=sda who=ann", odd).check(command, "{}");
    assert_eq!(ran.error(), &Fault::Config("command `disks`: odd".to_owned()));
}

#[test]
#[should_panic(expected = "unexpected call: `command disks of=sda who=ann`")]
fn a_command_that_the_script_does_not_hold_fails_the_test() {
    Host::new().check(command, "{}");
}
