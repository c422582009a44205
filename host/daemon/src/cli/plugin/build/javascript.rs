//! JavaScript: `componentize-js`, from npm.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use tokio::process::Command;

use super::{Component, scratch, taken_over, tool};
use crate::cli::output;

const WORLD: &str = "plugin";
const BUILDER: &str = "@bytecodealliance/componentize-js";

pub(super) async fn component(folder: &Path, out: &Path) -> Result<Component> {
    let builder = builder(folder).await?;
    let scratch = scratch(folder)?;
    let written = std::path::absolute(scratch.path().join("plugin.wasm"))?;
    let source = Source::of(folder)?;
    let mut command = Command::new("node");
    command.arg(builder.join("src/cli.js")).arg(&source.name);
    command.args(["--wit", "wit", "--world-name", WORLD]);
    // A plugin makes requests and serves none.
    command.args(["--disable", "fetch-event", "--out"]).arg(&written).current_dir(folder);
    tool(&mut command, || format!("`{}` does not become a component", folder.join("plugin.js").display()))
        .await?;
    taken_over(folder, out, &written, "componentize-js")
}

/// The plugin's source, followed by code that reports exceptions. Its file is beside the original, because it imports
/// files from there.
struct Source {
    name: String,
    _file: tempfile::NamedTempFile,
}

/// `BUILT` stands for the name of the file that is built.
const TOLD: &str = include_str!("told.js");

impl Source {
    fn of(folder: &Path) -> Result<Self> {
        let path = folder.join("plugin.js");
        let own =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        let cannot = || format!("cannot write into `{}`", folder.display());
        let mut file = tempfile::Builder::new()
            .prefix(".building-")
            .suffix(".js")
            .tempfile_in(folder)
            .with_context(cannot)?;
        let name = file.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let whole = format!("{own}{}", TOLD.replace("BUILT", &name));
        file.write_all(whole.as_bytes()).with_context(cannot)?;
        Ok(Self { name, _file: file })
    }
}

/// Runs `*.test.js` with this machine's node.
pub(super) async fn unit_tests(folder: &Path) -> Result<()> {
    let mut command = Command::new("node");
    command.args(["--test", "--test-reporter", "dot"]).current_dir(folder);
    tool(&mut command, || format!("the unit tests in `{}` do not pass", folder.display())).await
}

/// The folder of the builder in the version that `package.json` names. Installed if it is missing.
async fn builder(folder: &Path) -> Result<PathBuf> {
    let wanted = version(folder)?;
    let shared = std::env::var_os("WATCHKEEP_TOOLS").map(|tools| PathBuf::from(tools).join("js"));
    for base in shared.iter().map(PathBuf::as_path).chain([folder]) {
        let builder = std::path::absolute(base.join("node_modules").join(BUILDER))?;
        let installed = std::fs::read(builder.join("package.json"))
            .ok()
            .and_then(|text| serde_json::from_slice::<Value>(&text).ok());
        if installed.is_some_and(|installed| installed["version"] == wanted.as_str()) {
            return Ok(builder);
        }
    }
    output::remark(&format!("installing what `{}` names with npm", folder.join("package.json").display()));
    let mut command = Command::new("npm");
    let how = if folder.join("package-lock.json").is_file() { "ci" } else { "install" };
    command
        .args([how, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(folder);
    tool(&mut command, || "what `package.json` names could not be installed".to_owned()).await?;
    Ok(std::path::absolute(folder.join("node_modules").join(BUILDER))?)
}

fn version(folder: &Path) -> Result<String> {
    let path = folder.join("package.json");
    let text = std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let package: Value =
        serde_json::from_slice(&text).with_context(|| format!("`{}` is not JSON", path.display()))?;
    match package["devDependencies"][BUILDER].as_str() {
        Some(version) => Ok(version.to_owned()),
        None => bail!(
            "`{}` names no builder; hint: add `\"{BUILDER}\": \"0.23.0\"` to its `devDependencies`",
            path.display()
        ),
    }
}
