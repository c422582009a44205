//! Measures, prints a table for each part, and writes the tables into docs/benchmarks.md if asked.
//!
//! Ratios between contenders of one run are what counts; absolute numbers belong to the machine. Contenders take
//! turns within a run, so that a machine that slows down slows all of them. Everything that is started here is
//! stopped here, by its own process.

mod cameras;
mod crowd;
mod hostile;
mod list;
mod listeners;
mod machine;
mod many;
mod metrics;
mod pages;
mod paging;
mod peers;
mod plugins;
mod process;
mod report;
mod runs;
mod sink;
mod start;
mod step;
mod storm;
mod swaps;
mod targets;
mod tax;
mod whole_path;
mod years;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};

use report::Section;

/// Measures Watchkeep beside its peers.
#[derive(Parser)]
struct Arguments {
    /// What to measure; everything if none is named.
    #[arg(value_enum)]
    parts: Vec<Part>,
    /// The file in which the measured parts' tables are replaced.
    #[arg(long)]
    write: Option<PathBuf>,
    /// Seconds of each contender's turn.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Turns of each contender; the median counts.
    #[arg(long, default_value_t = 3)]
    turns: usize,
    /// Minutes for which the many checks are watched.
    #[arg(long, default_value_t = 3)]
    minutes: u64,
    /// How many checks are many.
    #[arg(long, default_value_t = 10_000)]
    checks: usize,
    /// How many cameras are looked at once.
    #[arg(long, default_value_t = 1_000)]
    cameras: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum)]
enum Part {
    /// What the sandbox costs one run.
    Tax,
    /// HTTP checks a second, from schedule to stored result, beside the peers.
    WholePath,
    /// Many checks once a minute: memory, processor time, lateness.
    Many,
    /// From the process's start to its first finished run.
    Start,
    /// What deciding costs with 100,000 checks.
    Step,
    /// Plugins swapped while their checks run.
    Swaps,
    /// What plugins cost to load and to call, by language.
    Plugins,
    /// What a run of each bundled check costs beside a real server.
    Runs,
    /// Many cameras, each of which is looked at once: processor time and memory.
    Cameras,
    /// Honest checks beside every hostile guest.
    Hostile,
    /// From a transition to the notice at its receiver.
    Paging,
    /// Ten thousand alerts at once through 200 routes.
    Storm,
    /// The list of ten thousand alerts, page by page.
    List,
    /// Pages of a host with many checks and a year of history.
    Pages,
    /// How much virtual time the simulation lives through.
    Years,
}

fn main() -> Result<()> {
    let mut arguments = Arguments::parse();
    if arguments.parts.is_empty() {
        arguments.parts = Part::value_variants().to_vec();
    }
    rustls::crypto::ring::default_provider()
        .install_default()
        .ok()
        .context("the provider is installed once")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(&arguments))
}

async fn measure(arguments: &Arguments) -> Result<()> {
    for part in &arguments.parts {
        let section = match part {
            Part::Tax => tax::measure(arguments.turns)?,
            Part::WholePath => {
                whole_path::measure(Duration::from_secs(arguments.seconds), arguments.turns).await?
            }
            Part::Many => {
                many::measure(arguments.checks, Duration::from_secs(60 * arguments.minutes)).await?
            }
            Part::Start => start::measure(arguments.turns).await?,
            Part::Step => step::measure()?,
            Part::Swaps => swaps::measure().await?,
            Part::Plugins => plugins::measure()?,
            Part::Runs => runs::measure(Duration::from_secs(arguments.seconds), arguments.turns).await?,
            Part::Cameras => cameras::measure(arguments.cameras).await?,
            Part::Paging => paging::measure().await?,
            Part::Storm => storm::measure(arguments.turns).await?,
            Part::List => list::measure().await?,
            Part::Pages => pages::measure(arguments.checks).await?,
            Part::Years => years::measure(arguments.turns)?,
            Part::Hostile => hostile::measure(Duration::from_secs(60 * arguments.minutes)).await?,
        };
        let section = Section { taken: format!("{}, {}", machine::date(), machine::describe()), ..section };
        report::print(&section);
        if let Some(file) = &arguments.write {
            report::write(file, &section).with_context(|| format!("cannot write `{}`", file.display()))?;
        }
    }
    Ok(())
}
