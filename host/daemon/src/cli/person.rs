//! `watchkeep user` and `watchkeep token`: who may use the pages and the API.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use serde_json::{Value, json};

use super::client::{Client, escaped};
use super::{Global, output};

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Let somebody sign in. Asks for the password, or reads it from standard input; it is never an argument. Needs a
    /// running host.
    #[command(
        after_help = "Examples:\n  watchkeep user add kari --role admin\n  watchkeep user add ola --role viewer --scope 'team=\"web\"' --one-time\n  \
        pass show watchkeep/kari | watchkeep user add kari --role operator"
    )]
    Add {
        name: String,
        #[command(flatten)]
        rank: Rank,
        /// Let the host make a password, which it prints once and which must be changed at the first sign-in.
        #[arg(long)]
        one_time: bool,
    },
    /// List users. Asks the host, or reads the database if none runs.
    List,
    /// Give a user another password; every session ends. Needs a running host.
    #[command(
        after_help = "Examples:\n  watchkeep user passwd kari\n  watchkeep user passwd kari --one-time"
    )]
    Passwd {
        name: String,
        /// Let the host make one, which must be changed at the next sign-in.
        #[arg(long)]
        one_time: bool,
    },
    /// Give a user another role, and the scope that is stated here. Needs a running host.
    #[command(after_help = "Example: watchkeep user role kari --role operator --scope 'team=\"web\"'")]
    Role {
        name: String,
        #[command(flatten)]
        rank: Rank,
    },
    /// Let a user do nothing any more; every session ends. Needs a running host.
    Disable { name: String },
    /// The opposite of `disable`. Needs a running host.
    Enable { name: String },
    /// Remove a user. The audit log keeps what the user did. Needs a running host.
    Remove { name: String },
}

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Make an API token and print it, this once. Needs a running host.
    #[command(after_help = "Example: watchkeep token add grafana --role viewer --for 90d")]
    Add {
        name: String,
        #[command(flatten)]
        rank: Rank,
        /// How long it is good for, such as `90d`; by default until it is revoked.
        #[arg(long = "for", value_name = "SPAN")]
        lasts: Option<String>,
    },
    /// List tokens, without their secrets. Asks the host, or reads the database if none runs.
    List,
    /// Revoke a token at once. Needs a running host.
    #[command(after_help = "Example: watchkeep token revoke grafana")]
    Revoke {
        /// Its name or its id.
        token: String,
    },
}

/// What somebody may do, and see.
#[derive(clap::Args)]
pub(crate) struct Rank {
    /// viewer, operator or admin.
    #[arg(long)]
    role: String,
    /// A matcher over the labels of checks, such as 'team="web"': only these are there for the user. May be given several
    /// times; all must match.
    #[arg(long, value_name = "MATCHER")]
    scope: Vec<String>,
}

pub(crate) async fn user(global: &Global, command: UserCommand) -> Result<ExitCode> {
    match command {
        UserCommand::Add { name, rank, one_time } => {
            let client = Client::running(global)?;
            let mut body = json!({ "name": name, "role": rank.role, "scope": rank.scope });
            if !one_time {
                body["password"] = new_password(&name)?.into();
            }
            made(global, &client.post_json("/api/v1/users", &body).await?)?;
        }
        UserCommand::List => return users(global).await,
        UserCommand::Passwd { name, one_time } => {
            let client = Client::running(global)?;
            let body = if one_time { json!({}) } else { json!({ "password": new_password(&name)? }) };
            made(global, &client.post_json(&path(&name, "/password"), &body).await?)?;
        }
        UserCommand::Role { name, rank } => {
            let body = json!({ "role": rank.role, "scope": rank.scope });
            Client::running(global)?.post_json(&path(&name, "/role"), &body).await?;
            output::print_line(&format!("{name} is `{}` now", rank.role))?;
        }
        UserCommand::Disable { name } => {
            Client::running(global)?.post(&path(&name, "/disable")).await?;
            output::print_line(&format!("{name} is disabled"))?;
        }
        UserCommand::Enable { name } => {
            Client::running(global)?.post(&path(&name, "/enable")).await?;
            output::print_line(&format!("{name} is enabled"))?;
        }
        UserCommand::Remove { name } => {
            Client::running(global)?.delete(&path(&name, "")).await?;
            output::print_line(&format!("{name} is removed"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn token(global: &Global, command: TokenCommand) -> Result<ExitCode> {
    match command {
        TokenCommand::Add { name, rank, lasts } => {
            let mut body = json!({ "name": name, "role": rank.role, "scope": rank.scope });
            if let Some(lasts) = lasts {
                body["for"] = lasts.into();
            }
            let made = Client::running(global)?.post_json("/api/v1/tokens", &body).await?;
            if global.json {
                output::print_json(&made)?;
            } else {
                // Alone on standard output, so that it can be kept by a pipe.
                output::print_line(&output::field(&made, "token"))?;
                output::remark("it is shown this once: the host does not keep it");
            }
        }
        TokenCommand::List => return tokens(global).await,
        TokenCommand::Revoke { token } => {
            Client::running(global)?.delete(&format!("/api/v1/tokens/{}", escaped(&token))).await?;
            output::print_line(&format!("{token} is revoked"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn path(name: &str, what: &str) -> String {
    format!("/api/v1/users/{}{what}", escaped(name))
}

/// Prints the one-time password, if the host made one.
fn made(global: &Global, answer: &Value) -> Result<()> {
    if global.json {
        return output::print_json(answer);
    }
    match answer.get("password").and_then(Value::as_str) {
        Some(password) => {
            output::print_line(password)?;
            output::remark("it is good for one sign-in, at which another has to be chosen");
            Ok(())
        }
        None => output::print_line(&format!("{} can sign in", output::field(answer, "name"))),
    }
}

fn matchers(item: &Value) -> String {
    let scope = item.get("scope").and_then(Value::as_array).into_iter().flatten();
    scope.filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
}

async fn users(global: &Global) -> Result<ExitCode> {
    let items = Client::running_or_database(global).await?.whole("/api/v1/users").await?;
    output::print_list(global, items, &["NAME", "ROLE", "STATE", "SEEN", "SCOPE"], |item| {
        let disabled = !output::field(item, "disabled_at").is_empty();
        let must_change = output::field(item, "must_change_password") == "true";
        let state = match (disabled, must_change) {
            (true, _) => "disabled",
            (false, true) => "one-time password",
            (false, false) => "active",
        };
        vec![
            output::field(item, "name"),
            output::field(item, "role"),
            state.to_owned(),
            output::field(item, "seen_at"),
            matchers(item),
        ]
    })
}

async fn tokens(global: &Global) -> Result<ExitCode> {
    let items = Client::running_or_database(global).await?.whole("/api/v1/tokens").await?;
    output::print_list(global, items, &["ID", "NAME", "ROLE", "EXPIRES", "USED", "BY", "SCOPE"], |item| {
        vec![
            output::field(item, "id"),
            output::field(item, "name"),
            output::field(item, "role"),
            output::field(item, "expires_at"),
            output::field(item, "used_at"),
            output::field(item, "by"),
            matchers(item),
        ]
    })
}

/// A password from the terminal, twice and unseen, or the first line of standard input.
fn new_password(name: &str) -> Result<String> {
    if !std::io::stdin().is_terminal() {
        let password = line()?;
        if password.is_empty() {
            bail!("standard input has no password; hint: give it as the first line, or add `--one-time`");
        }
        return Ok(password);
    }
    let password = unseen(&format!("New password of {name}: "))?;
    if unseen("The same again: ")? != password {
        bail!("the two passwords are not the same");
    }
    Ok(password)
}

/// One line of standard input, without its end.
fn line() -> Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password")?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

/// Asks on the terminal, which does not show what is typed.
#[cfg(target_os = "linux")]
fn unseen(question: &str) -> Result<String> {
    use nix::sys::termios::{LocalFlags, SetArg, tcgetattr, tcsetattr};
    let terminal = std::io::stdin();
    let before = tcgetattr(&terminal).context("cannot ask the terminal how it is set")?;
    let mut quiet = before.clone();
    quiet.local_flags.remove(LocalFlags::ECHO);
    quiet.local_flags.insert(LocalFlags::ECHONL);
    let mut out = std::io::stderr();
    out.write_all(question.as_bytes()).and_then(|()| out.flush()).context("cannot ask on the terminal")?;
    tcsetattr(&terminal, SetArg::TCSAFLUSH, &quiet)
        .context("cannot keep the terminal from showing the password")?;
    let answer = line();
    tcsetattr(&terminal, SetArg::TCSAFLUSH, &before).context("cannot set the terminal back")?;
    answer
}

#[cfg(not(target_os = "linux"))]
fn unseen(_: &str) -> Result<String> {
    bail!(
        "on this system a password is read from standard input alone; hint: pipe it in, or add `--one-time`"
    )
}
