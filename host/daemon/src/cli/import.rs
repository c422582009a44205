//! `watchkeep import`: the config of another tool as one of this host. Needs no host.

mod files;
mod statuscake;
mod summary;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use clap::{ArgGroup, Args, Subcommand};
use watchkeep_import::Import;

use super::{Global, output};

pub(super) const EXAMPLES: &str = "\
Examples:
  watchkeep import gatus config.yaml --out watchkeep.toml
  watchkeep import blackbox blackbox.yml --prometheus prometheus.yml --out watchkeep.toml
  watchkeep import kuma Uptime_Kuma_Backup.json > watchkeep.toml
  watchkeep import statuscake --api-token-file token --out watchkeep.toml

The config goes to standard output, or to --out; what was carried over and what was not is said on standard error. With --out, \
the files of its secrets are written beside it, below `secrets`. Read it, then: watchkeep validate --config watchkeep.toml";

#[derive(Subcommand)]
pub(crate) enum ImportCommand {
    /// From Gatus: its config.yaml.
    Gatus(Source),
    /// From the Prometheus blackbox exporter: its blackbox.yml.
    ///
    /// With the config of the Prometheus that asks it, each target is a check; without it, each module is a template.
    Blackbox(BlackboxArgs),
    /// From Uptime Kuma: the backup that it exports as JSON.
    Kuma(Source),
    /// From StatusCake: its uptime tests, read from its API or from saved answers of it.
    #[command(name = "statuscake")]
    StatusCake(StatusCakeArgs),
}

#[derive(Args)]
pub(crate) struct Source {
    /// The file; `-` is standard input.
    file: PathBuf,
    #[command(flatten)]
    to: Destination,
}

#[derive(Args)]
pub(crate) struct Destination {
    /// Write the config here, and the files of its secrets beside it. What exists is never overwritten.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct BlackboxArgs {
    #[command(flatten)]
    source: Source,
    /// The config of the Prometheus that asks the exporter: its jobs name the targets.
    #[arg(long, value_name = "FILE")]
    prometheus: Option<PathBuf>,
}

#[derive(Args)]
#[command(group(ArgGroup::new("tests").required(true).args(["file", "api_token_file"])))]
pub(crate) struct StatusCakeArgs {
    /// What `GET /v1/uptime` and `GET /v1/uptime/ID` answered, one after the other; `-` is standard input.
    file: Option<PathBuf>,
    /// Ask StatusCake's API itself, with the token in this file.
    #[arg(long, value_name = "FILE")]
    api_token_file: Option<PathBuf>,
    /// Ask here instead.
    #[arg(long, hide = true, default_value = statuscake::BASE)]
    url: String,
    #[command(flatten)]
    to: Destination,
}

pub(crate) async fn answer(global: &Global, command: ImportCommand) -> Result<ExitCode> {
    let mut failed = false;
    let mut new_key = || {
        random_key().unwrap_or_else(|| {
            failed = true;
            String::new()
        })
    };
    let (import, from, to) = match command {
        ImportCommand::Gatus(source) => {
            let text = files::read(&source.file)?;
            let import = watchkeep_import::gatus(&text, &mut new_key);
            (told(import, &source.file)?, files::named(&source.file), source.to)
        }
        ImportCommand::Blackbox(args) => {
            let text = files::read(&args.source.file)?;
            let prometheus = args.prometheus.as_deref().map(files::read).transpose()?;
            let import = watchkeep_import::blackbox(&text, prometheus.as_deref());
            (told(import, &args.source.file)?, files::named(&args.source.file), args.source.to)
        }
        ImportCommand::Kuma(source) => {
            let text = files::read(&source.file)?;
            let import = watchkeep_import::kuma(&text, &mut new_key);
            (told(import, &source.file)?, files::named(&source.file), source.to)
        }
        ImportCommand::StatusCake(args) => {
            let (text, from) = match (&args.file, &args.api_token_file) {
                (Some(file), _) => (files::read(file)?, files::named(file)),
                (None, Some(token)) => {
                    (statuscake::fetch(&args.url, token).await?, "StatusCake's API".to_owned())
                }
                (None, None) => bail!("neither a file nor a token is named; hint: give one of them"),
            };
            let import = watchkeep_import::statuscake(&text).map_err(|error| anyhow!("{from}: {error}"))?;
            (import, from, args.to)
        }
    };
    if failed {
        bail!("this machine gives no random numbers for the keys of heartbeats");
    }
    finish(global, &import, &from, to.out)
}

fn told(import: Result<Import, watchkeep_import::ImportError>, file: &std::path::Path) -> Result<Import> {
    import.map_err(|error| anyhow!("cannot import `{}`: {error}", file.display()))
}

fn finish(global: &Global, import: &Import, from: &str, out: Option<PathBuf>) -> Result<ExitCode> {
    let toml = watchkeep_import::render(import, from);
    if let Some(out) = &out {
        files::write(out, &toml, import)?;
    }
    if global.json {
        output::print_json(&summary::json(import, &toml, out.as_deref()))?;
    } else {
        if out.is_none() {
            output::print(&toml)?;
        }
        output::remark(summary::text(import, out.as_deref()).trim_end());
    }
    Ok(ExitCode::SUCCESS)
}

/// 32 hexadecimal digits.
fn random_key() -> Option<String> {
    let mut bytes = [0_u8; 16];
    rustls::crypto::CryptoProvider::get_default()?.secure_random.fill(&mut bytes).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
