//! `watchkeep validate`, and what other commands share: reading a config without a host.

use std::process::ExitCode;

use anyhow::{Result, anyhow};
use watchkeep_config::{Config, HostConfig, Loaded, Severity};
use watchkeep_engine::{Engine, Inheritance};

use super::{Global, output, remembered, run};
use crate::host::{Catalogue, engine, engine_by_hand, load_config};

pub(crate) async fn validate(global: &Global) -> Result<ExitCode> {
    let (mut loaded, _, _) = load(global).await?;
    if let Some(config) = &loaded.config {
        let found = crate::host::tls::problems(&config.host);
        let are_errors = found.iter().any(|problem| problem.severity == Severity::Error);
        loaded.problems.extend(found);
        loaded.config = loaded.config.filter(|_| !are_errors);
    }
    if global.json {
        output::print_json(&watchkeep_config::to_json(&loaded.problems))?;
    } else if !loaded.problems.is_empty() {
        output::remark(watchkeep_config::render(&loaded.problems, run::colour()).trim_end());
    }
    let Some(config) = &loaded.config else { return Ok(ExitCode::FAILURE) };
    if !global.json {
        let setup = &config.setup;
        let mut counts = vec![
            output::counted(setup.checks.len(), "check"),
            output::counted(setup.receivers.len(), "receiver"),
        ];
        if !setup.actions.is_empty() {
            counts.push(output::counted(setup.actions.len(), "action"));
        }
        output::print_line(&format!("the config is good: {}", counts.join(", ")))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads `[host]` only. Its problems are printed as one error.
pub(crate) fn preliminary(global: &Global) -> Result<HostConfig> {
    watchkeep_config::preliminary(&global.config).map_err(|problems| {
        let text = watchkeep_config::render(&problems, run::colour());
        anyhow!("the config cannot be read\n{}", text.trim_end())
    })
}

/// Reads the whole config, with the plugins it names.
pub(crate) async fn load(global: &Global) -> Result<(Loaded, Catalogue, Engine)> {
    let settings = match watchkeep_config::preliminary(&global.config) {
        Ok(settings) => settings,
        // Problems of `[host]` are reported together with all others, with no plugin known.
        Err(problems) => {
            let engine = scratch_engine()?;
            let loaded = Loaded { config: None, problems };
            return Ok((loaded, Catalogue::default(), engine));
        }
    };
    let engine = engine_for(&settings)?;
    let mut catalogue = Catalogue::for_config(&engine, &global.config, &settings.plugin_dir).await;
    let broken = remembered::fill(global, &settings, &engine, &mut catalogue).await;
    let mut loaded = load_config(global.config.clone(), &engine, &catalogue).await;
    loaded.problems.extend(broken);
    Ok((loaded, catalogue, engine))
}

/// A config without an error, or its problems as one error.
pub(crate) async fn load_good(global: &Global) -> Result<(Config, Catalogue, Engine)> {
    let (loaded, catalogue, engine) = load(global).await?;
    match loaded.config {
        Some(config) => Ok((config, catalogue, engine)),
        None => {
            let text = watchkeep_config::render(&loaded.problems, run::colour());
            Err(anyhow!("the config has errors\n{}", text.trim_end()))
        }
    }
}

/// How many sockets there are when a config is only validated, which connects to nothing.
const NOBODY_IS_REACHED: u32 = 16;

/// Uses the host's cache of compiled plugins if it can be written, or else one of its own.
fn engine_for(settings: &HostConfig) -> Result<Engine> {
    if settings.data_dir.is_dir()
        && let Ok(engine) = engine(settings, NOBODY_IS_REACHED, Inheritance::default())
    {
        return Ok(engine);
    }
    scratch_engine()
}

/// An engine whose cache is in the user's cache folder, for work without a host.
pub(crate) fn scratch_engine() -> Result<Engine> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(std::path::PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| std::path::PathBuf::from(home).join(".cache")))
        .unwrap_or_else(std::env::temp_dir);
    engine_by_hand(&base.join("watchkeep"))
}
