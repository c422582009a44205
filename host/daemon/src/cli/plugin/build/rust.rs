//! Rust: cargo, through `watchkeep_build`.

use std::io::IsTerminal as _;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use tokio::process::Command;
use watchkeep_build::{Build, Names, Progress};

use super::{Component, Purpose, put, tool};

pub(super) async fn component(folder: &Path, out: &Path, purpose: Purpose) -> Result<Component> {
    let names = match purpose {
        Purpose::Desk => Names::WithLines,
        Purpose::Release => Names::Strip,
    };
    let progress = if std::io::stderr().is_terminal() { Progress::Told } else { Progress::Quiet };
    let build = Build::of(folder).names(names).progress(progress);
    let built = tokio::task::spawn_blocking(move || build.run()).await.context("the build ended abruptly")?;
    // The sentence contains the chain of causes already.
    let built = built.map_err(|error| anyhow!("{error}"))?;
    let [built] =
        <[_; 1]>::try_from(built).map_err(|all| anyhow!("{} components were built, not one", all.len()))?;
    let path = out.join(format!("{}.wasm", built.name));
    put(&path, &built.bytes)?;
    Ok(Component {
        name: built.name,
        bytes: built.bytes.len(),
        imports: built.imports,
        toolchain: built.toolchain,
        path,
    })
}

pub(super) async fn unit_tests(folder: &Path) -> Result<()> {
    let mut command = Command::new("cargo");
    command.arg("test").current_dir(folder);
    if !std::io::stderr().is_terminal() {
        command.arg("--quiet");
    }
    tool(&mut command, || format!("the unit tests in `{}` do not pass", folder.display())).await
}
