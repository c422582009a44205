//! What the tests and the bench share: the guest programs, an engine, ports in memory.

#[allow(dead_code, unreachable_pub, reason = "the end-to-end tests use the other part of it")]
mod compiled;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use watchkeep_core::commit::{KvScope, KvWrite};
use watchkeep_core::grant::{Aim, Allow, Ceiling, OriginPattern, Requests, Rights, Target};
use watchkeep_core::ids::{CheckName, Digest, PluginName, RunId, SecretName};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::{Failure, Outcome};
use watchkeep_core::report::Report;
use watchkeep_core::time::{Local, Wall};
use watchkeep_engine::{
    CheckCall, CompilerCommand, Ended, Engine, EngineOptions, Generation, KeptSnapshot, KvReadError,
    KvReader, Limits, Ports, Secret, SecretSource, SnapshotReadError, SnapshotReader, Which,
};

/// Builds every program of `tests/programs`, and says where they lie as core modules.
pub(crate) fn programs() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| build(&["--examples"], "wasm32-unknown-unknown"))
}

fn build(what: &[&str], platform: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("programs");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--locked", "--release", "--target", platform])
        .args(what)
        .current_dir(&source)
        .env("CARGO_TARGET_DIR", &target)
        .env("RUSTFLAGS", "-Clink-arg=-zstack-size=65536")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .output()
        .expect("cargo starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the guest programs do not build:\n{complaint}");
    target.join(platform).join("release/examples")
}

/// A program built for WASI: a component for 0.2, a core module for 0.1.
pub(crate) fn built_for(platform: &str, name: &str) -> Vec<u8> {
    let folder = build(&["--example", name], platform);
    std::fs::read(folder.join(format!("{name}.wasm"))).expect("the program was built")
}

/// What `examples/NAME` is built to by its own script: once for each content, however many tests ask.
pub(crate) fn example(name: &str) -> Vec<u8> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/component.sh");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it lies in the target folder");
    let output =
        Command::new(script).arg(name).env("CARGO_TARGET_DIR", target).output().expect("bash starts");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "examples/{name} is not built; hint: tests/prepare.sh test\n{complaint}"
    );
    std::fs::read(String::from_utf8_lossy(&output.stdout).trim()).expect("it was built")
}

/// The program as a core module with the contract's types in it.
pub(crate) fn module(name: &str) -> Vec<u8> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/programs");
    let text = sources.join("programs").join(format!("{name}.wat"));
    if text.exists() {
        return module_of_text(&sources, &text);
    }
    std::fs::read(programs().join(format!("{name}.wasm"))).expect("the program was built")
}

/// A program in text does what no compiler would: its module is put together here.
fn module_of_text(sources: &Path, program: &Path) -> Vec<u8> {
    let read = |path: &Path| std::fs::read_to_string(path).expect("the program's text is there");
    let program = read(program);
    let manifest = read(&sources.join("src/manifest.wat"));
    let realloc =
        if program.contains("cabi_realloc") { String::new() } else { read(&sources.join("src/realloc.wat")) };
    // Imports come first in a module, and the manifest's memory is the first one.
    let (imports, rest): (Vec<&str>, Vec<&str>) =
        program.lines().partition(|line| line.trim_start().starts_with("(import "));
    let text = format!("(module\n{}\n{manifest}{}\n{realloc})", imports.join("\n"), rest.join("\n"));
    let mut module = wat::parse_str(text).expect("the program's text is a module");
    let mut resolve = wit_parser::Resolve::default();
    let contract = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit/0.1.0");
    let (package, _) = resolve.push_dir(contract).expect("the contract can be read");
    let world = resolve.select_world(&[package], Some("check-plugin")).expect("the world is there");
    wit_component::embed_component_metadata(
        &mut module,
        &resolve,
        world,
        wit_component::StringEncoding::UTF8,
    )
    .expect("types can be embedded");
    module
}

/// The program as a component.
pub(crate) fn component(name: &str) -> Vec<u8> {
    wit_component::ComponentEncoder::default()
        .module(&module(name))
        .and_then(|mut encoder| encoder.encode())
        .expect("the program is a plugin")
}

pub(crate) fn compiler() -> CompilerCommand {
    CompilerCommand { program: env!("CARGO_BIN_EXE_watchkeep-compile").into(), args: Vec::new() }
}

pub(crate) fn options(cache: &Path) -> EngineOptions {
    let mut options = EngineOptions::new(cache, compiler());
    // A whole Python takes an unoptimised compiler half a minute, and several tests may begin with it at once.
    options.compile.time_max = Duration::from_secs(240);
    options
}

/// One engine for all tests of a process, with a cache that stays.
pub(crate) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(options(&lasting_cache())).expect("the engine starts"))
}

pub(crate) fn lasting_cache() -> PathBuf {
    compiled::cache(Path::new(env!("CARGO_TARGET_TMPDIR")))
}

pub(crate) async fn load(name: &str) -> Arc<Generation> {
    engine().load(module(name).into(), &format!("{name}.wasm")).await.expect("the program loads")
}

/// Key-value state and secrets in memory.
#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) kv: Mutex<BTreeMap<String, (Vec<u8>, u64)>>,
    pub(crate) secrets: Mutex<BTreeMap<String, Secret>>,
    /// Oldest first, with their bytes.
    pub(crate) snapshots: Mutex<Vec<(KeptSnapshot, Vec<u8>)>>,
}

impl Memory {
    pub(crate) fn secret(&self, name: &str, value: &str, to: &[&str]) {
        self.secret_bytes(name, value.as_bytes(), to);
    }
    pub(crate) fn secret_bytes(&self, name: &str, value: &[u8], to: &[&str]) {
        let to = to.iter().map(|to| OriginPattern::parse(to).expect("the test's pattern is valid")).collect();
        let secret = Secret { value: value.into(), to };
        self.secrets.lock().expect("no test panics while it holds it").insert(name.to_owned(), secret);
    }
    /// What an earlier run of `check` attached; returns its id.
    pub(crate) fn snapshot(&self, check: &str, series: Option<&str>, at: i64, bytes: &[u8]) -> String {
        let digest = Digest::of(bytes);
        let kept = KeptSnapshot {
            check: CheckName::from(check),
            series: series.map(str::to_owned),
            at: Wall::from_millis(at),
            media_type: "image/png".to_owned(),
            size_bytes: bytes.len() as u64,
            digest,
        };
        self.snapshots.lock().expect("no test panics while it holds it").push((kept, bytes.to_vec()));
        digest.to_string()
    }
    /// What the store does with the writes of a call that ended well.
    pub(crate) fn commit(&self, writes: &[KvWrite]) {
        let mut kv = self.kv.lock().expect("no test panics while it holds it");
        for write in writes {
            match &write.value {
                Some(value) => drop(kv.insert(write.key.clone(), (value.clone(), write.version))),
                None => drop(kv.remove(&write.key)),
            }
        }
    }
}

impl KvReader for Memory {
    fn get(&self, _scope: &KvScope, key: &str) -> Result<Option<(Vec<u8>, u64)>, KvReadError> {
        Ok(self.kv.lock().expect("no test panics while it holds it").get(key).cloned())
    }
    fn keys(&self, _scope: &KvScope, prefix: &str) -> Result<Vec<String>, KvReadError> {
        let kv = self.kv.lock().expect("no test panics while it holds it");
        Ok(kv.keys().filter(|key| key.starts_with(prefix)).cloned().collect())
    }
}

impl SnapshotReader for Memory {
    fn find(
        &self,
        check: &CheckName,
        series: &str,
        which: Which,
    ) -> Result<Option<KeptSnapshot>, SnapshotReadError> {
        let snapshots = self.snapshots.lock().expect("no test panics while it holds it");
        let mut all = snapshots
            .iter()
            .map(|(kept, _)| kept)
            .filter(|kept| kept.check == *check && kept.series.as_deref() == Some(series));
        let found = match which {
            Which::Latest => all.next_back(),
            Which::Nearest { at, within } => {
                let away = |kept: &&KeptSnapshot| kept.at.millis().abs_diff(at.millis());
                all.filter(|kept| u128::from(away(kept)) <= within.as_millis()).min_by_key(away)
            }
            // The oldest stands for what was accepted.
            Which::Reference => all.next(),
        };
        Ok(found.cloned())
    }
    fn with(&self, digest: Digest) -> Result<Vec<KeptSnapshot>, SnapshotReadError> {
        let snapshots = self.snapshots.lock().expect("no test panics while it holds it");
        Ok(snapshots.iter().map(|(kept, _)| kept).filter(|kept| kept.digest == digest).cloned().collect())
    }
    fn bytes(&self, digest: Digest) -> Result<Option<Vec<u8>>, SnapshotReadError> {
        let snapshots = self.snapshots.lock().expect("no test panics while it holds it");
        Ok(snapshots.iter().find(|(kept, _)| kept.digest == digest).map(|(_, bytes)| bytes.clone()))
    }
}

impl SecretSource for Memory {
    fn secret(&self, name: &SecretName) -> Option<Secret> {
        self.secrets.lock().expect("no test panics while it holds it").get(name.as_str()).cloned()
    }
}

pub(crate) fn ports(memory: &Arc<Memory>) -> Ports {
    Ports {
        kv: Arc::clone(memory) as Arc<dyn KvReader>,
        snapshots: Arc::clone(memory) as Arc<dyn SnapshotReader>,
        secrets: Arc::clone(memory) as Arc<dyn SecretSource>,
        wall: Arc::new(|| Wall::from_millis(1_790_000_000_000)),
        local: Arc::new(|at| Local::at("Europe/Oslo".parse().expect("it is a zone"), at)),
        tape: None,
    }
}

/// Rights of `plugin` whose config names `targets` (URLs), with `allow` as `(capability, entry)`.
pub(crate) fn rights(plugin: &str, targets: &[&str], allow: &[(&str, &str)]) -> Arc<Rights> {
    let mut allowed = Allow::default();
    for (capability, entry) in allow {
        allowed.parse_entry(capability, entry).expect("the test's grant is valid");
    }
    Arc::new(Rights {
        plugin: PluginName::from(plugin),
        requests: Requests::Unstated,
        allow: allowed.into(),
        targets: targets
            .iter()
            .map(|target| Target::from_config("http", target).expect("the test's target is valid"))
            .collect(),
        ceiling: Arc::new(Ceiling::default()),
        aim: Aim::Act,
    })
}

/// A run of check `c`, with time enough on a loaded machine.
pub(crate) fn call(config: &str, rights: Arc<Rights>) -> CheckCall {
    CheckCall {
        run: RunId { check: CheckName::from("c"), scheduled_at: Wall::from_millis(1_790_000_000_000) },
        config: config.into(),
        scheduled_at: Wall::from_millis(1_790_000_000_000),
        timeout: Duration::from_secs(60),
        previous: None,
        location: "here".into(),
        labels: Labels::default(),
        rights,
        limits: Limits::default(),
        scope: KvScope::of_check(CheckName::from("c"), "plugin".into()),
    }
}

/// Loads and runs a program that needs no rights.
pub(crate) async fn run(name: &str, config: &str) -> Ended<Outcome> {
    let memory = Arc::new(Memory::default());
    let generation = load(name).await;
    let rights = rights(generation.name.as_str(), &[], &[]);
    engine().run_check(&generation, call(config, rights), &ports(&memory)).await
}

pub(crate) fn failure(ended: &Ended<Outcome>) -> &Failure {
    match &ended.value {
        Outcome::Failed(failure) => failure,
        Outcome::Report(report) => panic!("it judged: {report:?}"),
    }
}

pub(crate) fn report(ended: &Ended<Outcome>) -> &Report {
    match &ended.value {
        Outcome::Report(report) => report,
        Outcome::Failed(failure) => panic!("it did not judge: {failure:?}"),
    }
}
