//! `watchkeep receiver`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use super::client::{Client, escaped};
use super::{Global, output};

#[derive(Subcommand)]
pub(crate) enum ReceiverCommand {
    /// Send a test notice and wait for the result. Needs a running host.
    #[command(after_help = "Example: watchkeep receiver test chat")]
    Test {
        name: String,
        /// How long to wait, in seconds.
        #[arg(long, default_value_t = 30, value_name = "SECONDS")]
        wait: u64,
    },
}

pub(crate) async fn answer(global: &Global, command: ReceiverCommand) -> Result<ExitCode> {
    let ReceiverCommand::Test { name, wait } = command;
    let client = Client::running(global)?;
    let answer = client.post(&format!("/api/v1/receivers/{}/test?wait={wait}", escaped(&name))).await?;
    if global.json {
        output::print_json(&answer)?;
    }
    let result = answer.get("result").cloned().unwrap_or_default();
    let status = output::field(&result, "status");
    if status == "delivered" {
        if !global.json {
            output::print_line(&format!("receiver `{name}` took the test notice"))?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let error = output::field(&result, "error");
    let why = if error.is_empty() { format!("no answer within {wait}s") } else { output::plain(&error) };
    output::remark(&format!("receiver `{name}` did not take the test notice: {why}"));
    Ok(ExitCode::FAILURE)
}
