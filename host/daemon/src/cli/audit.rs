//! `watchkeep audit`: whether the database holds what its tables promise.

use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow};
use serde_json::{Value, json};
use watchkeep_store::{OpenError, Store};

use super::{Global, output, validate};

/// The cache for the database's pages. Small, because it is read only once.
const CACHE_BYTES: usize = 16 << 20;

/// Exits with 0 if everything is as it must be; with 1 if something is not, or if the database cannot be read.
pub(crate) async fn audit(global: &Global) -> Result<ExitCode> {
    let data_dir = validate::preliminary(global)?.data_dir;
    let audited = tokio::task::spawn_blocking(move || {
        let store = Store::open_read_only(&data_dir, CACHE_BYTES).map_err(refused)?;
        store.audit().context("cannot audit the database")
    });
    let violations: Vec<String> = audited.await??.iter().map(ToString::to_string).collect();
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

fn refused(error: OpenError) -> anyhow::Error {
    match error {
        OpenError::AlreadyOpen { path } => anyhow!(
            "database `{}` is open in a running host; hint: stop the host first, or audit a copy of the data folder made while it was stopped",
            path.display()
        ),
        error => error.into(),
    }
}
