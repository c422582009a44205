//! `watchkeep run`.

use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;

use super::{Global, output};
use crate::host::{StartError, start, start_logging};

#[derive(Args)]
pub(crate) struct RunArgs {
    /// How many seconds runs and deliveries under way have after a signal to stop.
    #[arg(long, default_value_t = 15, value_name = "SECONDS")]
    drain_seconds: u64,
}

pub(crate) async fn run(global: &Global, args: RunArgs) -> Result<ExitCode> {
    start_logging(&global.log)?;
    match start(global.config.clone(), Duration::from_secs(args.drain_seconds)).await {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(StartError::Failed(error)) => Err(error),
        Err(StartError::Config(problems)) => {
            output::remark(watchkeep_config::render(&problems, colour()).trim_end());
            output::remark("nothing was started");
            Ok(ExitCode::FAILURE)
        }
    }
}

pub(crate) fn colour() -> watchkeep_config::Colour {
    if std::io::stderr().is_terminal() {
        watchkeep_config::Colour::Ansi
    } else {
        watchkeep_config::Colour::Plain
    }
}
