//! `watchkeep config`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::json;
use watchkeep_core::ids::CheckName;

use super::{Global, output, validate};
use crate::host::Catalogue;

#[derive(Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print a JSON Schema of the whole config, the plugins' own parts included, for editors. Needs no host.
    #[command(after_help = "Example: watchkeep config schema > watchkeep.schema.json")]
    Schema,
    /// Print a check as it is after `each`, templates and defaults. Needs no host.
    #[command(after_help = "Example: watchkeep config show site-shop")]
    Show { name: String },
}

pub(crate) async fn answer(global: &Global, command: ConfigCommand) -> Result<ExitCode> {
    match command {
        ConfigCommand::Schema => schema(global).await,
        ConfigCommand::Show { name } => show(global, &name).await,
    }
}

/// Without a config, the schema describes the bundled plugins.
async fn schema(global: &Global) -> Result<ExitCode> {
    let facts = if global.config.exists() {
        let settings = validate::preliminary(global)?;
        let engine = validate::scratch_engine()?;
        Catalogue::load(&engine, &settings.plugin_dir, &Catalogue::default(), None).await.facts()
    } else {
        let engine = validate::scratch_engine()?;
        let nowhere = std::path::Path::new("");
        Catalogue::load(&engine, nowhere, &Catalogue::default(), None).await.facts()
    };
    output::print_json(&watchkeep_config::config_schema(&facts))?;
    Ok(ExitCode::SUCCESS)
}

async fn show(global: &Global, name: &str) -> Result<ExitCode> {
    let (config, _, _) = validate::load_good(global).await?;
    let Some(text) = watchkeep_config::show(&config, &CheckName::from(name)) else {
        bail!("there is no check `{name}`; hint: {}", nearest(&config, name));
    };
    if global.json {
        output::print_json(&json!({ "name": name, "toml": text }))?;
    } else {
        output::print(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn nearest(config: &watchkeep_config::Config, name: &str) -> String {
    let alike = config
        .setup
        .checks
        .keys()
        .find(|check| check.as_str().contains(name) || name.contains(check.as_str()));
    match alike {
        Some(check) => format!("there is `{check}`"),
        None => "`watchkeep check list` lists them all".to_owned(),
    }
}
