//! `watchkeep delivery`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use super::client::{Client, escaped};
use super::{Global, output};

#[derive(Subcommand)]
pub(crate) enum DeliveryCommand {
    /// List deliveries, newest first. Asks the host, or reads the database if none runs.
    #[command(after_help = "Example: watchkeep delivery list --status dead")]
    List {
        /// all, open, delivered or dead.
        #[arg(long, default_value = "all")]
        status: String,
        /// The largest number of deliveries.
        #[arg(long, default_value_t = 50)]
        limit: usize,
    },
    /// Try a dead letter again: what was given up is sent once more, brought up to date. Needs a running host.
    #[command(after_help = "Example: watchkeep delivery retry d42")]
    Retry {
        /// As `delivery list --status dead` shows it.
        id: String,
    },
}

pub(crate) async fn answer(global: &Global, command: DeliveryCommand) -> Result<ExitCode> {
    let (status, limit) = match command {
        DeliveryCommand::List { status, limit } => (status, limit),
        DeliveryCommand::Retry { id } => {
            let client = Client::running(global)?;
            client.post(&format!("/api/v1/deliveries/{}/retry", escaped(&id))).await?;
            output::print_line(&format!("delivery {id} is tried again"))?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let client = Client::running_or_database(global).await?;
    let items = client.list(&format!("/api/v1/deliveries?status={}", escaped(&status)), limit).await?;
    output::print_list(
        global,
        items,
        &["ID", "CREATED", "RECEIVER", "KIND", "STATUS", "ATTEMPTS", "NEXT ATTEMPT", "ERROR"],
        |item| {
            vec![
                output::field(item, "id"),
                output::field(item, "created_at"),
                output::field(item, "receiver"),
                output::field(item, "kind"),
                output::field(item, "status"),
                output::field(item, "attempts"),
                output::field(item, "next_attempt_at"),
                output::field(item, "error"),
            ]
        },
    )
}
