//! `watchkeep status`: the pages that people outside read, and the notes on them.

use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Subcommand;
use serde_json::{Value, json};

use super::alert::{By, add};
use super::client::{Client, escaped};
use super::{Global, output};

/// The most that are listed.
const LISTED_MAX: usize = 5000;

#[derive(Subcommand)]
pub(crate) enum StatusCommand {
    /// List status pages, with the state that people outside see, and the notes on them that have not ended. Asks the host,
    /// or reads the database.
    List {
        /// Also notes that have ended.
        #[arg(long)]
        all: bool,
    },
    /// Post a note on a status page, for everybody who sees it, and print its id. Needs a running host.
    #[command(
        after_help = "Examples:\n  watchkeep status note acme --title 'The shop is slow' --text 'We are looking into it.'\n  \
        watchkeep status note n-5f2a9c --stage identified --text 'A disk is full.'"
    )]
    Note {
        /// The name of the page; or the id of a note, to say more about the same.
        page: String,
        /// What it is about, in a few words. Needed for a new note.
        #[arg(long)]
        title: Option<String>,
        /// What people outside should know. Plain text; web addresses become links.
        #[arg(long)]
        text: String,
        /// investigating, identified, monitoring or resolved; by default as it was, and investigating at first.
        #[arg(long)]
        stage: Option<String>,
        #[command(flatten)]
        by: By,
    },
    /// Say that what a note is about is resolved. Needs a running host.
    #[command(after_help = "Example: watchkeep status end n-5f2a9c --text 'The disk was replaced.'")]
    End {
        /// The id, as `status list` shows it.
        id: String,
        /// What people outside should know.
        #[arg(long)]
        text: Option<String>,
        #[command(flatten)]
        by: By,
    },
    /// List who gets letters of a status page, or has asked for them. Needs the role admin. Asks the host, or reads the
    /// database.
    Subscribers {
        /// The name of the page.
        page: String,
    },
    /// Forget an address on all status pages, so that it gets no more letters. Needs a running host.
    #[command(after_help = "Example: watchkeep status forget ann@example.org")]
    Forget {
        /// The address, in upper or lower case.
        address: String,
    },
    /// Take a note away as if it had never been posted. Needs a running host.
    Remove {
        /// The id, as `status list` shows it.
        id: String,
    },
}

pub(crate) async fn answer(global: &Global, command: StatusCommand) -> Result<ExitCode> {
    match command {
        StatusCommand::List { all } => return list(global, all).await,
        StatusCommand::Subscribers { page } => return subscribers(global, &page).await,
        StatusCommand::Forget { address } => return forget(global, &address).await,
        StatusCommand::Note { page, title, text, stage, by } => {
            let mut body = json!({ "text": text });
            add(&mut body, "title", title.clone());
            add(&mut body, "stage", stage);
            add(&mut body, "by", by.name());
            // Only a new note has a title.
            let path = match title {
                Some(_) => format!("/api/v1/status-pages/{}/notes", escaped(&page)),
                None => format!("/api/v1/notes/{}", escaped(&page)),
            };
            told(global, &Client::running(global)?.post_json(&path, &body).await?)?;
        }
        StatusCommand::End { id, text, by } => {
            let mut body = json!({});
            add(&mut body, "text", text);
            add(&mut body, "by", by.name());
            let path = format!("/api/v1/notes/{}/end", escaped(&id));
            Client::running(global)?.post_json(&path, &body).await?;
            output::print_line(&format!("{id} has ended"))?;
        }
        StatusCommand::Remove { id } => {
            Client::running(global)?.delete(&format!("/api/v1/notes/{}", escaped(&id))).await?;
            output::print_line(&format!("{id} is gone"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn told(global: &Global, note: &Value) -> Result<()> {
    if global.json {
        return output::print_json(note);
    }
    output::print_line(&output::field(note, "id"))
}

async fn list(global: &Global, all: bool) -> Result<ExitCode> {
    let client = Client::running_or_database(global).await?;
    let pages = client.whole("/api/v1/status-pages").await?;
    let mut rows = Vec::new();
    for page in pages {
        let name = output::field(&page, "name");
        let path = format!("/api/v1/status-pages/{}/notes", escaped(&name));
        let mut notes = client.whole(&path).await?;
        notes.retain(|note| all || output::field(note, "stage") != "resolved");
        rows.push(page);
        rows.append(&mut notes);
    }
    output::print_list(global, rows, &["PAGE", "STATE", "NOTE", "SINCE", "TITLE"], |item| {
        // A page has a name, a note the page that it is on.
        let is_note = item.get("page").is_some();
        let (page, state) = if is_note { ("page", "stage") } else { ("name", "state") };
        vec![
            output::field(item, page),
            output::field(item, state),
            if is_note { output::field(item, "id") } else { String::new() },
            if is_note { output::field(item, "posted_at") } else { String::new() },
            output::plain(&output::field(item, "title")),
        ]
    })
}

async fn subscribers(global: &Global, page: &str) -> Result<ExitCode> {
    let client = Client::running_or_database(global).await?;
    let found =
        client.list(&format!("/api/v1/status-pages/{}/subscribers", escaped(page)), LISTED_MAX).await?;
    output::print_list(global, found, &["ID", "ASKED", "CONFIRMED", "ADDRESS"], |it| {
        let fields = ["id", "asked_at", "confirmed_at", "address"];
        fields.map(|name| output::plain(&output::field(it, name))).into()
    })
}

async fn forget(global: &Global, address: &str) -> Result<ExitCode> {
    let client = Client::running(global)?;
    let mut forgotten = 0;
    for page in client.whole("/api/v1/status-pages").await? {
        let name = output::field(&page, "name");
        let path = format!("/api/v1/status-pages/{}/subscribers", escaped(&name));
        for it in client.list(&path, LISTED_MAX).await? {
            if output::field(&it, "address").eq_ignore_ascii_case(address) {
                let id = output::field(&it, "id");
                client.delete(&format!("/api/v1/subscribers/{}", escaped(&id))).await?;
                output::print_line(&format!("forgotten on {}", output::plain(&name)))?;
                forgotten += 1;
            }
        }
    }
    ensure!(
        forgotten > 0,
        "no status page has this address; hint: `watchkeep status subscribers PAGE` lists them"
    );
    Ok(ExitCode::SUCCESS)
}
