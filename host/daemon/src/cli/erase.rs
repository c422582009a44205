//! `watchkeep erase`: removes all that is stored of some checks.

use std::collections::BTreeSet;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;
use watchkeep_core::ids::CheckName;
use watchkeep_core::matcher::Matcher;
use watchkeep_store::{EraseMode, Erased};

use super::{Global, output, validate};

#[derive(Args)]
pub(crate) struct EraseArgs {
    /// A check by its name, also one that the config has no more; may be given again.
    #[arg(long)]
    check: Vec<String>,
    /// Checks of the config by label, such as 'client="acme"'; given again, all must fit.
    #[arg(long = "match", value_name = "MATCHER")]
    matchers: Vec<String>,
    /// Erase. Without it, only what would go is listed.
    #[arg(long)]
    yes: bool,
}

pub(crate) async fn erase(global: &Global, args: EraseArgs) -> Result<ExitCode> {
    if args.check.is_empty() && args.matchers.is_empty() {
        bail!(
            "erase what? hint: name checks with `--check NAME`, or choose them with `--match 'client=\"acme\"'`"
        );
    }
    let mut checks: BTreeSet<CheckName> =
        args.check.iter().map(|name| CheckName::from(name.as_str())).collect();
    if !args.matchers.is_empty() {
        checks.extend(matching(global, &args.matchers).await?);
    }
    let data_dir = validate::preliminary(global)?.data_dir;
    let mode = if args.yes { EraseMode::Apply } else { EraseMode::DryRun };
    let names: Vec<String> = checks.iter().map(ToString::to_string).collect();
    let erased = tokio::task::spawn_blocking(move || watchkeep_store::erase(&data_dir, &checks, mode));
    let Erased { rows, attachments } = erased.await?.context("nothing was erased")?;
    if global.json {
        let rows: serde_json::Map<_, _> =
            rows.into_iter().map(|(table, count)| (table.to_owned(), json!(count))).collect();
        output::print_json(
            &json!({ "checks": names, "rows": rows, "attachments": attachments, "erased": args.yes }),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<String> = rows.into_iter().map(|(table, count)| format!("{count} of {table}")).collect();
    let what = if rows.is_empty() { "no rows".to_owned() } else { rows.join(", ") };
    let of = names.join(", ");
    if args.yes {
        output::print_line(&format!("erased of {of}: {what}, {attachments} attachments"))?;
        output::remark("backups that were written before still hold it");
    } else {
        output::print_line(&format!("would erase of {of}: {what}, {attachments} attachments"))?;
        output::remark("nothing was erased; hint: add `--yes`");
    }
    Ok(ExitCode::SUCCESS)
}

async fn matching(global: &Global, matchers: &[String]) -> Result<Vec<CheckName>> {
    let matchers: Vec<Matcher> =
        matchers.iter().map(|text| Matcher::parse(text)).collect::<Result<_, _>>()?;
    let (config, _, _) = validate::load_good(global).await?;
    let found: Vec<CheckName> = config
        .setup
        .checks
        .values()
        .filter(|spec| {
            let labels = spec.labels.with([("check", spec.name.as_str()), ("plugin", spec.plugin.as_str())]);
            matchers.iter().all(|matcher| matcher.matches(&labels))
        })
        .map(|spec| spec.name.clone())
        .collect();
    if found.is_empty() {
        bail!(
            "no check of the config fits; hint: one that was removed from the config is named with `--check NAME`"
        );
    }
    Ok(found)
}
