//! `watchkeep plugin list`.

use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;

use crate::cli::{Global, client::Client, output};

pub(super) async fn list(global: &Global) -> Result<ExitCode> {
    let client = Client::running_or_database(global).await?;
    let items = client.whole("/api/v1/plugins").await?;
    output::print_list(
        global,
        items,
        &["NAME", "KIND", "STATUS", "VERSION", "GENERATION", "SINCE", "SOURCE", "ASKS", "PROBLEM"],
        |item| {
            let live = item.get("generation").cloned().unwrap_or_default();
            let digest = output::field(&live, "digest");
            let short = digest.get(..12).unwrap_or(&digest).to_owned();
            vec![
                output::field(item, "name"),
                output::field(&live, "kind"),
                output::field(item, "status"),
                output::field(&live, "version"),
                short,
                output::field(&live, "since"),
                output::field(&live, "source"),
                asks(item),
                output::field(item, "problem"),
            ]
        },
    )
}

/// What a file that waits asks for.
fn asks(item: &Value) -> String {
    let rights = item.get("pending").and_then(|pending| pending.get("rights")).and_then(Value::as_array);
    let rights: Vec<&str> = rights.into_iter().flatten().filter_map(Value::as_str).collect();
    rights.join(", ")
}
