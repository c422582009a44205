//! What loads, and what a person reads when something does not.

use std::sync::Arc;

use watchkeep_engine::{CompileLimits, Engine, LoadError, LoadStage, PluginKind};

use crate::support::{component, engine, load, module, options};

pub(crate) async fn refused(bytes: Vec<u8>) -> LoadError {
    engine().load(bytes.into(), "x.wasm").await.expect_err("it must not load")
}

pub(crate) fn replaced(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let mut at = 0;
    while at + from.len() <= bytes.len() {
        if &bytes[at..at + from.len()] == from.as_bytes() {
            bytes[at..at + from.len()].copy_from_slice(to.as_bytes());
        }
        at += 1;
    }
    bytes
}

#[tokio::test]
async fn a_component_and_a_core_module_with_types_both_load() {
    for bytes in [module("null"), component("null")] {
        let size = bytes.len();
        let generation = engine().load(bytes.into(), "null.wasm").await.unwrap();
        assert_eq!(generation.name.as_str(), "null");
        assert_eq!(
            (&*generation.version, generation.kind, generation.size),
            ("1.0.0", PluginKind::Check, size)
        );
        assert_eq!(generation.schema["type"], "object");
        assert!(generation.imports.is_empty(), "{:?}", generation.imports);
    }
    assert_eq!(load("notifier").await.kind, PluginKind::Notifier);
    assert_eq!(load("denied_as_down").await.imports, ["http"]);
}

#[tokio::test]
async fn a_plugin_may_refuse_a_config() {
    let generation = load("null").await;
    assert_eq!(engine().validate(&generation, "{}").await, Ok(()));
    let problems = engine().validate(&generation, r#"{"wrong":1}"#).await.unwrap_err();
    assert_eq!((&*problems[0].path, &*problems[0].message), ("/wrong", "is wrong"));
}

#[tokio::test]
async fn a_second_start_takes_compiled_code_from_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    let first = Engine::new(options(folder.path())).unwrap();
    first.load(module("null").into(), "null.wasm").await.unwrap();
    let mut second = options(folder.path());
    second.compiler.program = "/nonexistent".into();
    let second = Engine::new(second).unwrap();
    second.load(module("null").into(), "null.wasm").await.unwrap();
    let error = second.load(module("trap").into(), "trap.wasm").await.unwrap_err();
    assert_eq!(error.stage, LoadStage::Host);
}

#[tokio::test]
async fn the_cache_is_private_and_a_damaged_entry_is_made_again() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path().join("cache");
    let engine = Engine::new(options(&cache)).unwrap();
    engine.load(module("null").into(), "null.wasm").await.unwrap();
    assert_eq!(std::fs::metadata(&cache).unwrap().permissions().mode() & 0o777, 0o700);
    for entry in std::fs::read_dir(&cache).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "json") {
            std::fs::write(path, b"{\"facts\":").unwrap();
        }
    }
    engine.load(module("null").into(), "null.wasm").await.unwrap();
    let mut left: Vec<_> = std::fs::read_dir(&cache).unwrap().flatten().map(|entry| entry.path()).collect();
    left.retain(|path| path.extension().is_none_or(|end| end != "lock"));
    assert_eq!(left.len(), 2, "no temporary file is left: {left:?}");
}

/// Ctrl-Z on a command that shares the host's cache, while it compiles.
#[tokio::test]
async fn a_process_that_stands_still_with_the_turn_holds_nobody_up_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.compile.time_max = std::time::Duration::from_secs(3);
    let engine = Engine::new(options).unwrap();
    let bytes: Arc<[u8]> = module("null").into();
    let digest = watchkeep_core::ids::Digest::of(&bytes);
    let held = std::fs::File::create(folder.path().join(format!("{digest}-compiling.lock"))).unwrap();
    held.lock().unwrap();
    engine.load(bytes, "null.wasm").await.unwrap();
}

#[tokio::test]
async fn two_hosts_with_one_cache_compile_a_plugin_once() {
    let folder = tempfile::tempdir().unwrap();
    // Says that it was started, and is the compiler.
    let script = folder.path().join("compiler");
    let starts = folder.path().join("starts");
    let real = options(folder.path()).compiler.program;
    let text = format!("#!/bin/sh\necho once >>{}\nexec {} \"$@\"\n", starts.display(), real.display());
    std::fs::write(&script, text).unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let engine = || {
        let mut options = options(&folder.path().join("cache"));
        options.compiler.program = script.clone();
        Engine::new(options).unwrap()
    };
    let (one, other) = (engine(), engine());
    let (first, second) =
        tokio::join!(one.load(module("null").into(), "a.wasm"), other.load(module("null").into(), "b.wasm"));
    assert_eq!(first.unwrap().digest, second.unwrap().digest);
    assert_eq!(std::fs::read_to_string(&starts).unwrap(), "once\n");
}

#[tokio::test]
pub(crate) async fn an_endless_describe_is_cut_off() {
    let error = refused(module("endless_describe")).await;
    assert_eq!(error.stage, LoadStage::Describe);
    assert!(error.message.contains("used up its CPU time"), "{error}");
}

#[tokio::test]
async fn an_import_that_is_not_offered_is_named() {
    let later = replaced(&component("snapshots_caller"), "plugin/snapshots", "plugin/teleports");
    let error = refused(later).await;
    assert_eq!(error.stage, LoadStage::Inspect);
    assert!(error.message.contains("`teleports` is not offered by this version"), "{error}");
}

#[tokio::test]
pub(crate) async fn only_notifiers_may_import_pictures() {
    let error = refused(module("check_with_pictures")).await;
    assert_eq!(error.message, "imports `pictures`, which only notifiers may");
}

#[tokio::test]
async fn another_version_of_the_contract_is_a_sentence() {
    let error = refused(replaced(&component("null"), "@0.1.0", "@0.2.0")).await;
    assert_eq!(error.message, "speaks version 0.2.0 of the contract, this host speaks 0.1.0");
    assert!(error.hint.as_deref().is_some_and(|hint| hint.contains("later version")), "{error}");
}

#[tokio::test]
async fn a_component_of_another_world_is_a_sentence() {
    let error = refused(replaced(&component("null"), "watchkeep:plugin", "somebodys:plugin")).await;
    assert!(
        error.message.contains("is a component of another world: it exports `somebodys:plugin/"),
        "{error}"
    );
    let error = refused(b"\0asm\x0d\0\x01\0".to_vec()).await;
    assert!(error.message.contains("it exports no interface at all"), "{error}");
}

#[tokio::test]
async fn what_is_no_component_is_a_sentence() {
    for (bytes, says) in [
        (&b""[..], "is empty"),
        (b"<!DOCTYPE html>", "is not WebAssembly: it begins with `<!DOCTYPE.ht`"),
        (b"\0asm\x01\0\0\0", "is a core module without the contract's types"),
        (b"\0asm", "is truncated"),
    ] {
        let error = refused(bytes.to_vec()).await;
        assert!(error.message.starts_with(says), "{error}");
        assert!(error.hint.is_some(), "{error}");
    }
}

#[tokio::test]
async fn a_truncated_component_is_refused_at_every_length() {
    let whole = component("null");
    for part in [9, 100, whole.len() / 2, whole.len() - 1] {
        let error = refused(whole[..part].to_vec()).await;
        assert!(matches!(error.stage, LoadStage::Inspect | LoadStage::Compile), "{error}");
    }
}

#[tokio::test]
async fn a_compiler_that_takes_too_long_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.compiler.program = "/bin/sh".into();
    options.compiler.args = vec!["-c".into(), "exec sleep 600".into()];
    options.compile =
        CompileLimits { time_max: std::time::Duration::from_millis(50), ..CompileLimits::default() };
    let engine = Engine::new(options).unwrap();
    let error = engine.load(Arc::from(module("null")), "null.wasm").await.unwrap_err();
    assert!(error.message.contains("was not compiled within 0.05 s"), "{error}");
}

#[tokio::test]
async fn a_compiler_out_of_memory_is_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.compile = CompileLimits { memory_bytes_max: 80 << 20, ..CompileLimits::default() };
    let engine = Engine::new(options).unwrap();
    let error = engine.load(Arc::from(module("secret_echo")), "x.wasm").await.unwrap_err();
    assert_eq!(error.stage, LoadStage::Compile, "{error}");
}
