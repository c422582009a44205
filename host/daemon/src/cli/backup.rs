//! `watchkeep backup` and `watchkeep restore`.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use serde_json::json;
use tempfile::NamedTempFile;
use watchkeep_store::{BackupFacts, Store};

use super::client::Client;
use super::{Global, output, validate};

/// The cache for the database's pages. Small, because it is read only once.
const CACHE_BYTES: usize = 16 << 20;

#[derive(Args)]
pub(crate) struct BackupArgs {
    /// The file to write. It must not exist yet.
    file: PathBuf,
}

#[derive(Args)]
pub(crate) struct RestoreArgs {
    /// A file that `watchkeep backup` wrote.
    file: PathBuf,
    /// Only see whether a database can be made of it: make one in a temporary folder beside the file, read all of it, and remove it again.
    #[arg(long)]
    check: bool,
}

pub(crate) async fn backup(global: &Global, args: BackupArgs) -> Result<ExitCode> {
    let BackupArgs { file } = args;
    if file.exists() {
        bail!(
            "`{}` exists already; hint: name a file that does not, old backups are not overwritten",
            file.display()
        );
    }
    // A new file that only its owner can read, under a name that nobody else has; it is gone if this fails.
    let part = tempfile::Builder::new().prefix(".watchkeep-backup-").tempfile_in(beside(&file));
    let part = part.with_context(|| format!("cannot write beside `{}`", file.display()))?;
    let facts = write(global, &part).await?;
    // Another backup may have been given this name meanwhile.
    let kept = part.persist_noclobber(&file).map_err(|error| error.error);
    kept.with_context(|| format!("cannot create `{}`", file.display()))?;
    told(global, &facts, &format!("wrote `{}`", file.display()))
}

fn beside(file: &Path) -> &Path {
    file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

async fn write(global: &Global, part: &NamedTempFile) -> Result<BackupFacts> {
    let cannot = || format!("cannot write `{}`", part.path().display());
    let mut out = part.as_file().try_clone().with_context(cannot)?;
    match Client::running_if_any(global)? {
        Some(client) => client.download("/api/v1/backup", &mut out).await?,
        None => {
            let data_dir = validate::preliminary(global)?.data_dir;
            let mut own = out.try_clone().with_context(cannot)?;
            tokio::task::spawn_blocking(move || {
                let store = Store::open_read_only(&data_dir, CACHE_BYTES)?;
                store.backup(std::io::BufWriter::new(&mut own))?;
                anyhow::Ok(())
            })
            .await??;
        }
    }
    out.flush().and_then(|()| out.sync_all()).with_context(cannot)?;
    // What arrived may be less than what was sent.
    checked(part.path()).await
}

async fn checked(file: &Path) -> Result<BackupFacts> {
    let path = file.to_owned();
    let facts = tokio::task::spawn_blocking(move || {
        let file = File::open(&path).with_context(|| format!("cannot read `{}`", path.display()))?;
        anyhow::Ok(Store::check_backup(file)?)
    });
    facts.await?
}

pub(crate) async fn restore(global: &Global, args: RestoreArgs) -> Result<ExitCode> {
    let RestoreArgs { file, check } = args;
    // Without it, a damaged file would be noticed only when most of the database is made.
    checked(&file).await?;
    if check {
        let folder = tempfile::tempdir_in(beside(&file)).context("cannot create a temporary folder")?;
        let facts = made(&file, folder.path()).await?;
        return told(global, &facts, &format!("`{}` can be restored", file.display()));
    }
    let data_dir = validate::preliminary(global)?.data_dir;
    let facts = made(&file, &data_dir).await?;
    told(global, &facts, &format!("restored `{}` into `{}`", file.display(), data_dir.display()))
}

/// Makes a database, and reads every row of it.
async fn made(file: &Path, data_dir: &Path) -> Result<BackupFacts> {
    let (file, data_dir) = (file.to_owned(), data_dir.to_owned());
    let made = tokio::task::spawn_blocking(move || {
        let source = File::open(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        let facts = Store::restore(&data_dir, source)?;
        let store = Store::open_read_only(&data_dir, CACHE_BYTES)?;
        let violations = store.audit().context("cannot read the database that was made")?;
        match violations.first() {
            None => Ok(facts),
            Some(first) => Err(anyhow!(
                "the database was made, and {} of its rows are not as they have to be, first {first}; hint: they were so when the backup was written, `watchkeep audit` lists them",
                violations.len()
            )),
        }
    });
    made.await?
}

fn told(global: &Global, facts: &BackupFacts, what: &str) -> Result<ExitCode> {
    let BackupFacts { rows, attachments, bytes } = *facts;
    if global.json {
        output::print_json(&json!({ "rows": rows, "attachments": attachments, "bytes": bytes }))?;
    } else {
        output::print_line(&format!("{what}: {rows} rows, {attachments} attachments, {bytes} bytes"))?;
    }
    Ok(ExitCode::SUCCESS)
}
