//! `watchkeep audit`: whether the database holds what its tables promise; the audit log, whether anybody cut into it, and a
//! copy of it.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Subcommand;
use serde_json::{Value, json};
use watchkeep_store::{OpenError, Store, Violation};

use super::client::{Client, escaped};
use super::{Global, output, validate};

/// The cache for the database's pages. Small, because it is read only once.
const CACHE_BYTES: usize = 16 << 20;

#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    /// Check that no entry of the audit log was changed or taken out, and print the newest number with its hash. Asks the
    /// host, or reads the database.
    #[command(
        after_help = "Write down what it prints, somewhere else: later, `--expect` says whether the log was cut off or written anew.\n\
        Example: watchkeep audit verify --expect 1204:9f2c..."
    )]
    Verify {
        /// A number and a hash that were printed before.
        #[arg(long, value_name = "NUMBER:HASH")]
        expect: Option<String>,
    },
    /// Print the whole audit log, oldest first. Asks the host, or reads the database if none runs.
    #[command(after_help = "Example: watchkeep audit export --csv > audit.csv")]
    Export {
        /// As CSV; otherwise as JSON.
        #[arg(long)]
        csv: bool,
    },
}

pub(crate) async fn answer(global: &Global, command: Option<AuditCommand>) -> Result<ExitCode> {
    match command {
        None => audit(global).await,
        Some(AuditCommand::Verify { expect }) => verify(global, expect).await,
        Some(AuditCommand::Export { csv }) => export(global, csv).await,
    }
}

/// Exits with 0 if everything is as it must be; with 1 if something is not, or if the database cannot be read.
async fn audit(global: &Global) -> Result<ExitCode> {
    let violations = audited(global).await?;
    let violations: Vec<String> = violations.iter().map(ToString::to_string).collect();
    if global.json {
        let items: Vec<Value> = violations.iter().map(|what| json!({ "violation": what })).collect();
        output::print_json(&Value::Array(items))?;
    } else if violations.is_empty() {
        output::print_line("every row is as it has to be")?;
    } else {
        output::print(&violations.iter().map(|what| format!("{what}\n")).collect::<String>())?;
        let found = output::counted(violations.len(), "violation");
        output::remark(&format!(
            "{found}; hint: restore a backup, or move the database away to start afresh"
        ));
    }
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What is wrong.
async fn audited(global: &Global) -> Result<Vec<Violation>> {
    let data_dir = validate::preliminary(global)?.data_dir;
    let audited = tokio::task::spawn_blocking(move || {
        let store = Store::open_read_only(&data_dir, CACHE_BYTES).map_err(refused)?;
        store.audit().context("cannot audit the database")
    });
    audited.await?
}

async fn verify(global: &Global, expect: Option<String>) -> Result<ExitCode> {
    let query = match expect.as_deref().map(expected).transpose()? {
        Some((number, hash)) => format!("?expect={number}:{}", escaped(&hash)),
        None => String::new(),
    };
    let client = Client::running_or_database(global).await?;
    let found = client.get(&format!("/api/v1/audit/check{query}")).await?;
    let is_whole = found["is_whole"] == true;
    if global.json {
        output::print_json(&found)?;
    } else if !is_whole {
        for problem in found["problems"].as_array().into_iter().flatten() {
            output::print_line(&output::plain(problem.as_str().unwrap_or_default()))?;
        }
        output::remark("somebody changed the audit log; hint: compare it with an export or a backup");
    } else if found["newest_number"].is_null() {
        output::print_line("the audit log is empty")?;
    } else {
        let (number, hash) = (output::field(&found, "newest_number"), output::field(&found, "newest_hash"));
        output::print_line(&format!(
            "the audit log is whole up to entry {number}; its hash: {number}:{hash}"
        ))?;
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn expected(text: &str) -> Result<(u64, String)> {
    let (number, hash) = text.split_once(':').ok_or_else(|| {
        anyhow!("`{text}` is not a number and a hash; hint: write it as `verify` printed it")
    })?;
    let number = number.parse().with_context(|| format!("`{number}` is not a number of an entry"))?;
    if hash.len() != 64 {
        bail!("`{hash}` is not a hash of 64 digits; hint: write it as `verify` printed it");
    }
    Ok((number, hash.to_owned()))
}

const COLUMNS: [&str; 10] =
    ["number", "at", "by", "role", "by_way_of", "from", "what", "on", "before", "after"];

async fn export(global: &Global, csv: bool) -> Result<ExitCode> {
    let mut items = Client::running_or_database(global).await?.list("/api/v1/audit", usize::MAX).await?;
    items.reverse();
    if !csv {
        output::print_json(&Value::Array(items))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = format!("{}\n", COLUMNS.join(","));
    for item in &items {
        let cells: Vec<String> = COLUMNS.iter().map(|name| cell(&output::field(item, name))).collect();
        let _ = writeln!(text, "{}", cells.join(","));
    }
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// A cell of CSV. A text that a spreadsheet would compute gets an apostrophe before it: comments are what anybody typed.
fn cell(text: &str) -> String {
    let guarded =
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if guarded.contains([',', '"', '\n', '\r', '\'']) {
        format!("\"{}\"", guarded.replace('"', "\"\""))
    } else {
        guarded
    }
}

fn refused(error: OpenError) -> anyhow::Error {
    match error {
        OpenError::AlreadyOpen { path } => anyhow!(
            "database `{}` is open in a running host; hint: stop the host first, or audit a copy of the data folder made while it was stopped",
            path.display()
        ),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_compute_nothing() {
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(cell("=1+1"), "\"'=1+1\"");
    }

    #[test]
    fn what_was_printed_is_read_back() {
        let hash = "ab".repeat(32);
        assert_eq!(expected(&format!("12:{hash}")).unwrap(), (12, hash));
        assert!(expected("12").is_err() && expected("x:y").is_err() && expected("1:abc").is_err());
    }
}
