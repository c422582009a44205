//! `watchkeep plugin test`: a plugin's own unit tests, then its component in the real engine, held to the exchanges
//! in its folder `tests`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use watchkeep_engine::Engine;

use super::build::{self, Purpose};
use super::heard::{Heard, How, Line};
use super::recording::Recording;
use super::{folder_or_here, load, run};
use crate::cli::{Global, output, validate};

pub(super) const EXAMPLES: &str = "\
Examples:
  watchkeep plugin test
  watchkeep plugin test queue-depth --json

Every tests/*.json in the folder is a recording, as `watchkeep plugin run --record` writes them, or written by hand.
Exit codes: 0 all passed, 1 not.";

#[derive(clap::Args)]
pub(crate) struct TestArgs {
    /// The plugin's folder (default: here).
    folder: Option<PathBuf>,
}

/// A recording, and what differed from it.
pub(super) struct Tested {
    name: String,
    problem: Option<String>,
    /// What its author may not have meant.
    remark: Option<String>,
    /// What the plugin said meanwhile.
    log: Vec<Line>,
}

impl Tested {
    fn json(&self) -> Value {
        let mut item = json!({ "test": self.name, "problem": self.problem });
        if let Some(remark) = &self.remark {
            item["remark"] = remark.as_str().into();
        }
        item
    }
    pub(super) fn print(&self) -> Result<()> {
        let Tested { name, problem, remark, log } = self;
        let told = problem.as_ref().map_or_else(|| "ok".to_owned(), |problem| format!("FAILED: {problem}"));
        output::print_line(&output::plain(&format!("{name}: {told}")))?;
        if let Some(remark) = remark {
            output::print_line(&output::plain(&format!("  {remark}")))?;
        }
        // The log helps to explain a problem; otherwise nobody wants to see it.
        let lines = if problem.is_some() { log.as_slice() } else { &[] };
        lines.iter().try_for_each(|line| output::print_line(&format!("  {}", line.told())))
    }
}

pub(super) async fn test(global: &Global, args: TestArgs) -> Result<ExitCode> {
    let heard = Heard::listen(global, How::Kept)?;
    let folder = folder_or_here(args.folder);
    build::unit_tests(&folder).await?;
    let built = build::component(&folder, None, Purpose::Desk).await?;
    let tested = recordings(&validate::scratch_engine()?, &folder, &built.path, &heard).await?;
    let failed = tested.iter().filter(|tested| tested.problem.is_some()).count();
    if global.json {
        let items = tested.iter().map(Tested::json).collect();
        output::print_json(&items)?;
    } else {
        output::print_line(&build::told(&built))?;
        tested.iter().try_for_each(Tested::print)?;
        if tested.is_empty() {
            output::remark(
                "there is no exchange to hold it to; hint: `watchkeep plugin run --record tests/NAME.json`",
            );
        }
    }
    if failed > 0 {
        bail!("{failed} of {} exchanges did not go as recorded", tested.len());
    }
    Ok(ExitCode::SUCCESS)
}

/// Every exchange in the folder's `tests`, by name.
pub(super) async fn recordings(
    engine: &Engine,
    folder: &Path,
    component: &Path,
    heard: &Heard,
) -> Result<Vec<Tested>> {
    let tests = folder.join("tests");
    let mut paths: Vec<PathBuf> = match std::fs::read_dir(&tests) {
        Ok(entries) => entries.filter_map(|entry| Some(entry.ok()?.path())).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read `{}`", tests.display())),
    };
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let generation = load(engine, component).await?;
    let mut tested = Vec::new();
    for path in paths {
        let one = async {
            let recording = Recording::read(&path)?;
            recording.must_be_of(generation.name.as_str(), &path)?;
            run::replay(engine, &generation, &recording).await
        };
        let (problem, remark) = match one.await {
            Ok((ending, _)) => (None, ending.remark()),
            Err(error) => (Some(error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")), None),
        };
        let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        tested.push(Tested { name, problem, remark, log: heard.take() });
    }
    Ok(tested)
}
