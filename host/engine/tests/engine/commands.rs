//! `commands` with real programs: how they end, what they get, and that nothing of them stays.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use watchkeep_core::grant::{Argument, Ceiling, Command, ParameterPattern, Rights};
use watchkeep_core::ids::CommandName;
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::{CheckCall, Ended, Engine, HugePages, Inheritance, Limits, Tape};

use crate::support::{
    Memory, call, engine, failure, lasting_cache, load, module, options, ports, report, rights,
};

pub(crate) fn command(program: &str, arguments: &[&str], parameters: &[(&str, &str)]) -> Command {
    Command {
        program: program.into(),
        arguments: arguments.iter().map(|text| Argument::parse(text).unwrap()).collect(),
        parameters: parameters
            .iter()
            .map(|(name, pattern)| ((*name).to_owned(), ParameterPattern::parse(pattern).unwrap()))
            .collect(),
        environment: BTreeMap::new(),
        folder: "/".into(),
        timeout: None,
        output_bytes_max: 64 << 10,
    }
}

/// What the operator himself wrote for a shell.
fn script(text: &str) -> Command {
    command("/bin/sh", &["-c", &text.replace('{', "{{").replace('}', "}}")], &[])
}

fn granted(command: Command, allow: &[(&str, &str)]) -> Arc<Rights> {
    let mut rights = Rights::clone(&rights("command-caller", &[], allow));
    let commands = [(CommandName::from("tool"), Arc::new(command))].into();
    rights.ceiling = Arc::new(Ceiling { commands, ..Ceiling::default() });
    Arc::new(rights)
}

async fn ask(config: &str, rights: Arc<Rights>, tape: Option<&Tape>) -> Ended<Outcome> {
    let generation = load("command_caller").await;
    let memory = Arc::new(Memory::default());
    memory.secret("key", "c4n4ry-s3cret", &[]);
    let mut ports = ports(&memory);
    ports.tape = tape.cloned();
    let comma = if config.is_empty() { "" } else { "," };
    let call = call(&format!(r#"{{"command":"tool"{comma}{config}}}"#), rights);
    engine().run_check(&generation, call, &ports).await
}

async fn run(command: Command, config: &str) -> Ended<Outcome> {
    ask(config, granted(command, &[("commands", "tool"), ("reveal", "key")]), None).await
}

/// Summary and outputs.
fn told(ended: &Ended<Outcome>) -> (String, String) {
    let report = report(ended);
    (report.summary.clone(), report.details.clone().unwrap_or_default())
}

#[tokio::test]
pub(crate) async fn a_command_is_run_and_its_end_is_told() {
    for (text, summary, said) in [
        (
            "echo fine; echo odd >&2",
            "status Some(0) killed false truncated false out 5 err 4",
            "fine\n|odd\n",
        ),
        ("exit 3", "status Some(3) killed false truncated false out 0 err 0", "|"),
        ("kill -TERM $$", "status None killed false truncated false out 0 err 0", "|"),
        // What closes its outputs early is waited for all the same.
        ("exec >&- 2>&-; sleep 0.2; exit 4", "status Some(4) killed false truncated false out 0 err 0", "|"),
    ] {
        let ended = run(script(text), "").await;
        assert_eq!(told(&ended), (summary.to_owned(), said.to_owned()), "{text}");
    }
}

#[tokio::test]
async fn a_command_is_denied_until_the_hints_entry_is_granted() {
    let ended = ask("", granted(script("echo ran"), &[]), None).await;
    let hint = failure(&ended).hint.clone().unwrap();
    assert_eq!(hint, r#"add `commands = ["tool"]` under [plugin.command-caller.allow]"#);
    let entry = hint.split('"').nth(1).unwrap();
    let ended = ask("", granted(script("echo ran"), &[("commands", entry)]), None).await;
    assert_eq!(told(&ended).1, "ran\n|");
    let ended = ask("", rights("command-caller", &[], &[("commands", "tool")]), None).await;
    assert!(failure(&ended).message.contains("which the config does not name"), "{ended:?}");
}

#[tokio::test]
async fn what_fills_a_hole_is_one_argument_and_nothing_else() {
    let any = |arguments: &[&str]| command("/usr/bin/printf", arguments, &[("who", "(?s).*")]);
    let shown = &["<%s>", "--of={who}", "{who}"];
    for value in ["; rm -rf /", "$(id)", "`id`", "a b", "*", "a\\nb", "&& true", "| cat"] {
        let ended = run(any(shown), &format!(r#""who":"{value}""#)).await;
        let value = value.replace("\\n", "\n");
        assert_eq!(told(&ended).1, format!("<--of={value}><{value}>|"));
    }
    let held = || command("/usr/bin/printf", &["<%s>", "{who}"], &[("who", "[a-z]{1,20}")]);
    for (config, problem) in [
        (r#""who":"; rm""#, "parameter `who` cannot be `; rm`"),
        (r#""who":"$(id)""#, "parameter `who` cannot be `$(id)`"),
        (r#""who":"ann\nbob""#, "parameter `who` cannot be `ann\\nbob`"),
        (r#""who":"ann\n""#, "parameter `who` cannot be `ann\\n`"),
        (r#""who":"""#, "parameter `who` cannot be ``"),
        ("", "parameter `who` is missing"),
        (r#""who":"ann","other":"x""#, "there is no parameter `other`"),
    ] {
        let ended = run(held(), config).await;
        assert_eq!(failure(&ended).reason, FailureReason::Denied, "{config}: {ended:?}");
        assert!(failure(&ended).message.contains(problem), "{config}: {ended:?}");
    }
    let ended = run(any(&["<%s>", "{who}"]), r#""who":"--version""#).await;
    assert!(failure(&ended).message.contains("`--version` would be read as an option"), "{ended:?}");
    assert!(failure(&ended).hint.as_deref().unwrap().contains(r#"put `"--"` in front"#));
    let ended = run(any(&["--", "<%s>", "{who}"]), r#""who":"--version""#).await;
    assert_eq!(told(&ended).1, "<--version>|");
}

#[tokio::test]
async fn a_command_finds_nothing_that_the_operator_did_not_give_it() {
    assert_eq!(told(&run(command("/usr/bin/env", &[], &[]), "").await).1, "|");
    let mut with_env = command("/usr/bin/env", &[], &[]);
    with_env.environment = [("LANG".to_owned(), "C".to_owned())].into();
    assert_eq!(told(&run(with_env, "").await).1, "LANG=C\n|");
    let mut elsewhere = command("/bin/pwd", &[], &[]);
    elsewhere.folder = "/usr".into();
    assert_eq!(told(&run(elsewhere, "").await).1, "/usr\n|");
    // Its three, and that of the listing itself; standard input is at its end at once.
    assert_eq!(told(&run(command("/bin/ls", &["/proc/self/fd"], &[]), "").await).1, "0\n1\n2\n3\n|");
    assert_eq!(told(&run(command("/bin/cat", &[], &[]), "").await).1, "|");
}

/// What a program and all that it starts hold open: its first byte says that they have begun, its end that they are
/// gone, all of them.
struct Held {
    path: PathBuf,
    began: oneshot::Receiver<()>,
    gone: oneshot::Receiver<()>,
}

impl Held {
    fn new(folder: &Path) -> Self {
        let path = folder.join("held");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success(), "mkfifo is part of coreutils");
        let ((begin, began), (go, gone)) = (oneshot::channel(), oneshot::channel());
        let pipe = path.clone();
        // Opening waits for whoever writes, so it has a thread, which a test that fails leaves behind.
        std::thread::spawn(move || {
            let mut pipe = File::open(pipe).unwrap();
            pipe.read_exact(&mut [0]).unwrap();
            // Nobody listens any more once the test has failed.
            let _ = begin.send(());
            pipe.read_to_end(&mut Vec::new()).unwrap();
            let _ = go.send(());
        });
        Self { path, began, gone }
    }

    /// A program with a child that would outlive it.
    fn with_child(&self, then: &str) -> Command {
        let text = format!("exec 3> {}; sleep 1000 & echo began >&3; {then}", self.path.display());
        let environment = [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into();
        Command { environment, ..script(&text) }
    }

    async fn ends(self) {
        let gone = tokio::time::timeout(Duration::from_secs(20), self.gone).await;
        gone.expect("something lives on").expect("it began");
    }
}

#[tokio::test]
async fn when_its_time_is_over_all_of_its_group_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let held = Held::new(folder.path());
    let ended = run(held.with_child("wait"), r#""timeout":"1500""#).await;
    assert_eq!(report(&ended).summary, "CommandError::TimedOut");
    held.ends().await;
    let mut own = script("exec /bin/sleep 1000");
    own.timeout = Some(Duration::from_millis(200));
    assert_eq!(report(&run(own, "").await).summary, "CommandError::TimedOut");
}

#[tokio::test]
async fn what_a_program_leaves_behind_ends_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let held = Held::new(folder.path());
    assert_eq!(told(&run(held.with_child("echo done"), "").await).1, "done\n|");
    held.ends().await;
}

#[tokio::test]
async fn a_call_that_is_dropped_leaves_no_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut held = Held::new(folder.path());
    load("command_caller").await;
    {
        let mut running = std::pin::pin!(run(held.with_child("wait"), ""));
        tokio::select! {
            ended = &mut running => panic!("it ended: {ended:?}"),
            began = &mut held.began => began.unwrap(),
        }
    }
    held.ends().await;
}

#[tokio::test]
async fn output_is_cut_off_and_a_flood_is_ended() {
    let mut some = script("head -c 100000 /dev/zero; echo x >&2; exit 2");
    some.environment = [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into();
    let ended = run(some, "").await;
    assert_eq!(told(&ended).0, "status Some(2) killed false truncated true out 65536 err 2");
    let mut none = script("echo much");
    none.output_bytes_max = 0;
    assert_eq!(told(&run(none, "").await).0, "status Some(0) killed false truncated true out 0 err 0");
    let ended = run(command("/bin/cat", &["/dev/zero"], &[]), "").await;
    assert_eq!(told(&ended).0, "status None killed true truncated true out 65536 err 0");
}

#[tokio::test]
async fn a_program_that_cannot_be_started_judges_nothing() {
    for (program, folder) in
        [("/no/such/program", "/"), ("/etc/hostname", "/"), ("/bin/true", "/no/such/folder")]
    {
        let mut missing = command(program, &[], &[]);
        missing.folder = folder.into();
        let ended = run(missing, "").await;
        assert_eq!(failure(&ended).reason, FailureReason::Limit, "{ended:?}");
        assert!(failure(&ended).message.contains(&format!("`{program}` cannot be started: ")), "{ended:?}");
        assert!(failure(&ended).hint.is_some());
    }
}

/// An engine of its own: the places are an engine's. A plugin that lets all of its commands hang takes no more than its part.
#[tokio::test]
async fn so_many_commands_run_at_once_and_one_plugins_keep_no_others_from_running() {
    let engine = Engine::new(options(&lasting_cache())).unwrap();
    let load = async |name: &str| engine.load(module(name).into(), &format!("{name}.wasm")).await.unwrap();
    let (rival, honest) = (load("rival").await, load("command_caller").await);
    let memory = Arc::new(Memory::default());
    let folder = tempfile::tempdir().unwrap();
    let one = |generation: &Arc<_>, command: Command, timeout: Duration| {
        let rights = granted(command, &[("commands", "tool")]);
        let call = CheckCall { timeout, ..call(r#"{"do":"command","command":"tool"}"#, rights) };
        let (engine, generation, ports) = (engine.clone(), Arc::clone(generation), ports(&memory));
        async move { engine.run_check(&generation, call, &ports).await }
    };
    let (long, brief) = (Duration::from_secs(300), Duration::from_secs(1));
    let truth = || command("/bin/true", &[], &[]);
    let mut running = tokio::task::JoinSet::new();
    for at in 0..16 {
        let own = folder.path().join(at.to_string());
        std::fs::create_dir(&own).unwrap();
        let held = Held::new(&own);
        let holds = script(&format!("exec 3> {}; echo began >&3; exec /bin/sleep 1000", held.path.display()));
        if at == 12 {
            let ended = one(&rival, truth(), brief).await;
            assert_eq!(failure(&ended).reason, FailureReason::Host, "{ended:?}");
            let message = &failure(&ended).message;
            assert!(message.contains("12 commands of this plugin are running already"), "{ended:?}");
            let ended = one(&honest, truth(), long).await;
            assert!(told(&ended).0.starts_with("status Some(0)"), "{ended:?}");
        }
        running.spawn(one(if at < 12 { &rival } else { &honest }, holds, long));
        held.began.await.unwrap();
    }
    let ended = one(&honest, truth(), brief).await;
    assert_eq!(failure(&ended).reason, FailureReason::Host, "{ended:?}");
    assert!(failure(&ended).message.contains("16 commands are running already"), "{ended:?}");
    assert!(failure(&ended).hint.as_deref().is_some_and(|hint| hint.contains("`timeout`")));

    let waiting = one(&honest, truth(), long);
    running.abort_all();
    assert!(told(&waiting.await).0.starts_with("status Some(0)"), "a place that is free again is taken");
}

/// A host takes as many descriptors as it gets. Programs that close all that they might have, or keep to `select`, are
/// slow or wrong with a million.
#[tokio::test]
async fn a_command_gets_the_limits_that_the_host_was_started_with() {
    let mut options = options(&lasting_cache());
    let before = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let hard = before.maximum.map_or("unlimited".to_owned(), |hard| hard.to_string());
    for (open_files, huge_pages, told_of_pages) in
        [(300, HugePages::AsTheSystemHasThem, "THP_enabled:\t1"), (299, HugePages::None, "THP_enabled:\t0")]
    {
        options.inheritance = Inheritance { open_files: Some(open_files), huge_pages: Some(huge_pages) };
        let engine = Engine::new(options.clone()).unwrap();
        let generation = engine.load(module("command_caller").into(), "command_caller.wasm").await.unwrap();
        let text = "ulimit -Sn; ulimit -Hn; while read line; do case $line in THP*) echo \"$line\";; esac; done < /proc/self/status";
        let call = call(r#"{"command":"tool"}"#, granted(script(text), &[("commands", "tool")]));
        let ended = engine.run_check(&generation, call, &ports(&Arc::default())).await;
        assert_eq!(told(&ended).1, format!("{open_files}\n{hard}\n{told_of_pages}\n|"), "{ended:?}");
    }
    // The host's own are as they were.
    assert_eq!(rustix::process::getrlimit(rustix::process::Resource::Nofile), before);
}

#[tokio::test]
async fn commands_of_one_call_are_counted() {
    let ended = run(command("/bin/true", &[], &[]), r#""times":"10""#).await;
    assert!(told(&ended).0.starts_with("status Some(0)"), "{ended:?}");
    let ended = run(command("/bin/true", &[], &[]), r#""times":"11""#).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit);
    let most = Limits::default().commands;
    assert!(failure(&ended).message.contains(&format!("more than {most} commands in one call")));
}

#[tokio::test]
async fn a_secret_in_an_output_is_masked() {
    let ended = run(script("echo key c4n4ry-s3cret; echo c4n4ry-s3cret >&2"), r#""reveal":"key""#).await;
    assert_eq!(told(&ended).1, "key ***\n|***\n");
}

#[tokio::test]
async fn a_command_on_tape_is_answered_without_a_program_or_a_right() {
    let tape = Tape::record();
    let ran = ask("", granted(script("echo once"), &[("commands", "tool")]), Some(&tape)).await;
    let again = Tape::replay(tape.recorded());
    let replayed = ask("", granted(script("echo twice"), &[]), Some(&again)).await;
    assert_eq!(told(&replayed), told(&ran));
    assert_eq!(again.differs(), None);
}
