//! Python: `componentize-py`, in a virtual environment of its own.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use tokio::process::Command;

use super::{Component, scratch, taken_over, tool};
use crate::cli::output;

/// Package and world of every plugin that `plugin new` makes.
const WORLD: &str = "author:plugin/plugin";
const REQUIREMENTS: &str = "requirements.txt";

pub(super) async fn component(folder: &Path, out: &Path) -> Result<Component> {
    let tools = tools(folder).await?;
    let scratch = scratch(folder)?;
    let written = std::path::absolute(scratch.path().join("plugin.wasm"))?;
    let mut command = componentize(&tools, folder);
    command.args(["componentize", "plugin", "--output"]).arg(&written);
    tool(&mut command, || format!("`{}` does not become a component", folder.join("plugin.py").display()))
        .await?;
    taken_over(folder, out, &written, "componentize-py")
}

/// Runs `test_*.py` with this machine's Python. The contract's names come from bindings whose functions do nothing: a
/// test says what they answer.
pub(super) async fn unit_tests(folder: &Path) -> Result<()> {
    let tools = tools(folder).await?;
    let scratch = scratch(folder)?;
    let bindings = std::path::absolute(scratch.path().join("bindings"))?;
    let mut command = componentize(&tools, folder);
    command.arg("bindings").arg(&bindings);
    tool(&mut command, || format!("the world in `{}` is not understood", folder.join("wit").display()))
        .await?;
    let mut command = Command::new(tools.join("bin/python"));
    command.args(["-m", "unittest", "--quiet"]).current_dir(folder).env("PYTHONPATH", &bindings);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    tool(&mut command, || format!("the unit tests in `{}` do not pass", folder.display())).await
}

fn componentize(tools: &Path, folder: &Path) -> Command {
    let mut command = Command::new(tools.join("bin/componentize-py"));
    command.args(["--quiet", "--wit-path", "wit", "--world", WORLD]).current_dir(folder);
    command
}

/// The virtual environment. Made if it is missing, or was made for other requirements.
async fn tools(folder: &Path) -> Result<PathBuf> {
    let requirements = folder.join(REQUIREMENTS);
    let wanted = std::fs::read(&requirements).with_context(|| {
        format!(
            "cannot read `{}`; hint: it names the builder, such as `componentize-py==0.25.1`",
            requirements.display()
        )
    })?;
    let base = std::env::var_os("WATCHKEEP_TOOLS").map_or_else(|| folder.join(".tools"), PathBuf::from);
    let tools = std::path::absolute(base.join("python"))?;
    if std::fs::read(tools.join(REQUIREMENTS)).is_ok_and(|installed| installed == wanted) {
        return Ok(tools);
    }
    output::remark(&format!(
        "installing what `{}` names from PyPI into `{}`",
        requirements.display(),
        tools.display()
    ));
    let mut command = Command::new("python3");
    command.args(["-m", "venv", "--clear"]).arg(&tools);
    tool(&mut command, || "no virtual environment could be made; hint: install `python3-venv`".to_owned())
        .await?;
    let mut command = Command::new(tools.join("bin/python"));
    command
        .args(["-m", "pip", "--disable-pip-version-check", "--quiet", "install", "--requirement"])
        .arg(&requirements);
    tool(&mut command, || format!("what `{}` names could not be installed", requirements.display())).await?;
    // Written last, so that an installation that was interrupted is begun again.
    std::fs::write(tools.join(REQUIREMENTS), wanted)
        .with_context(|| format!("cannot write into `{}`", tools.display()))?;
    Ok(tools)
}
