//! The command line: what can be typed, and which file answers it. One file per command.

mod action;
mod alert;
mod audit;
mod backup;
mod calendar;
mod check;
mod client;
mod config;
mod delivery;
mod erase;
mod gate;
mod import;
mod marker;
mod offline;
mod output;
mod person;
mod plugin;
mod receiver;
mod reload;
mod remembered;
mod result;
mod route;
mod run;
mod status;
mod validate;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand};

const EXIT_CODES: &str = "Exit codes: 0 done; 1 it failed, or the config has errors; 2 the command line is wrong. \
`check run` and `plugin run` exit like a Nagios plugin: 0 ok, 1 warning, 2 critical, 3 unknown.";

/// Runs checks and notifiers as sandboxed WebAssembly components.
#[derive(Parser)]
#[command(name = "watchkeep", version, after_help = EXIT_CODES, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Args, Clone)]
pub(crate) struct Global {
    /// The config: a TOML file, or a folder whose files are merged.
    #[arg(long, short, global = true, env = "WATCHKEEP_CONFIG", default_value = "watchkeep.toml")]
    pub(crate) config: PathBuf,
    /// Talk to this host instead of the one on this machine, such as https://watch.example.com.
    #[arg(long, global = true, env = "WATCHKEEP_HOST", value_name = "URL")]
    pub(crate) host: Option<String>,
    /// A file that holds an API token, or the admin token, for `--host`.
    #[arg(long, global = true, env = "WATCHKEEP_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Log level, or a filter such as `info,watchkeep_engine=debug`.
    #[arg(long, global = true, env = "WATCHKEEP_LOG", default_value = "info", value_name = "FILTER")]
    pub(crate) log: String,
}

#[derive(Subcommand)]
enum Command {
    /// Start the host and stay in the foreground.
    ///
    /// SIGTERM and Ctrl-C drain and stop it, SIGHUP reloads the config.
    #[command(after_help = "Example: watchkeep run --config /etc/watchkeep")]
    Run(run::RunArgs),
    /// Read the config and print every problem. Needs no host.
    #[command(after_help = "Example: watchkeep validate --config watchkeep.toml")]
    Validate,
    /// Make a running host read its config again. A bad config changes nothing.
    #[command(after_help = "Example: watchkeep reload --dry-run")]
    Reload(reload::ReloadArgs),
    /// The config's schema, and what a check is after templates and defaults. Needs no host.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Which days a calendar closes, and by what. Needs no host.
    #[command(subcommand)]
    Calendar(calendar::CalendarCommand),
    /// List, run, pause and resume checks; read their history.
    #[command(subcommand)]
    Check(check::CheckCommand),
    /// List the host's plugins; look into a plugin file and run it without a host.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Open alerts, and why people were told of one or not.
    #[command(subcommand)]
    Alert(alert::AlertCommand),
    /// Automatic recovery: what was tried, what waits for approval; act by hand.
    #[command(subcommand)]
    Action(action::ActionCommand),
    /// Ask the route tree. Needs no host.
    #[command(subcommand)]
    Route(route::RouteCommand),
    /// Try a receiver.
    #[command(subcommand)]
    Receiver(receiver::ReceiverCommand),
    /// Notifications on their way, delivered and given up.
    #[command(subcommand)]
    Delivery(delivery::DeliveryCommand),
    /// Hold back notices about matching alerts, for a time.
    #[command(subcommand)]
    Silence(window::SilenceCommand),
    /// Announce maintenance, once or recurring.
    #[command(subcommand)]
    Maintenance(window::MaintenanceCommand),
    /// Moments that charts show, such as deployments.
    #[command(subcommand)]
    Marker(marker::MarkerCommand),
    /// The pages that people outside read, and the notes on them.
    #[command(subcommand)]
    Status(status::StatusCommand),
    /// Who signs in to the pages, as what.
    #[command(subcommand)]
    User(person::UserCommand),
    /// What programs send to the API in place of a name and a password.
    #[command(subcommand)]
    Token(person::TokenCommand),
    /// Read the whole database and report each row that is not as it must be. Needs a stopped host. With a subcommand: the
    /// log of who did what.
    #[command(after_help = "Example: watchkeep audit --config watchkeep.toml")]
    Audit {
        #[command(subcommand)]
        command: Option<audit::AuditCommand>,
    },
    /// Write everything that the host knows into a file, while it runs or not.
    #[command(after_help = "Example: watchkeep backup /var/backups/watchkeep-2026-12-01")]
    Backup(backup::BackupArgs),
    /// Make a database of a backup, and read all of it. Needs a stopped host and a data folder without a database.
    #[command(after_help = "Example: watchkeep restore --check /var/backups/watchkeep-2026-12-01")]
    Restore(backup::RestoreArgs),
    /// Remove all that is stored of some checks, and make the database smaller. Needs a stopped host.
    #[command(after_help = "Example: watchkeep erase --match 'client=\"acme\"' --yes")]
    Erase(erase::EraseArgs),
    /// Say whether all matching checks are green, and have been: for a deployment to ask. Needs a running host.
    #[command(after_help = "Example: watchkeep gate --match 'service=\"api\"' --no-critical 1h --watch 10m")]
    Gate(gate::GateArgs),
    /// Make a config from that of another tool: Gatus, blackbox exporter, Uptime Kuma, StatusCake. Needs no host.
    #[command(subcommand, after_help = import::EXAMPLES)]
    Import(import::ImportCommand),
    /// Print completions for a shell. Needs no host.
    #[command(after_help = "Example: watchkeep completions bash > /etc/bash_completion.d/watchkeep")]
    Completions { shell: clap_complete::Shell },
    /// Compiles one plugin; the host starts it, people never do.
    #[command(hide = true, name = "compile-plugin")]
    CompilePlugin {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        args: Vec<std::ffi::OsString>,
    },
}

/// How long to wait for aborted work to end.
const EXIT_WAIT: Duration = Duration::from_secs(2);

/// Parses the arguments and does what they say.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::CompilePlugin { .. } = cli.command {
        return watchkeep_engine::compile_child_main();
    }
    if let Command::Completions { shell } = cli.command {
        return completions(shell);
    }
    // Asking a host over TLS needs a provider of cryptography, and this program has one.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        return output::failed(&anyhow::anyhow!("a provider of cryptography was installed before the start"));
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::failed(&anyhow::Error::new(error).context("cannot start the runtime")),
    };
    let done = runtime.block_on(answer(cli));
    // Tasks hold the database, which is closed when the last of them is gone. Blocking work that is still under way
    // must not hold up the exit for long.
    runtime.shutdown_timeout(EXIT_WAIT);
    done.unwrap_or_else(|error| output::failed(&error))
}

/// Made in memory first, because the generator panics if it cannot write.
fn completions(shell: clap_complete::Shell) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "watchkeep", &mut text);
    match output::print(&String::from_utf8_lossy(&text)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => output::failed(&error.context("cannot print the completions")),
    }
}

async fn answer(cli: Cli) -> anyhow::Result<ExitCode> {
    let global = cli.global;
    match cli.command {
        Command::Run(args) => run::run(&global, args).await,
        Command::Validate => validate::validate(&global).await,
        Command::Reload(args) => reload::reload(&global, args).await,
        Command::Config(command) => config::answer(&global, command).await,
        Command::Calendar(command) => calendar::answer(&global, command).await,
        Command::Check(command) => check::answer(&global, command).await,
        Command::Plugin(command) => plugin::answer(&global, command).await,
        Command::Alert(command) => alert::answer(&global, command).await,
        Command::Action(command) => action::answer(&global, command).await,
        Command::Route(command) => route::answer(&global, command).await,
        Command::Receiver(command) => receiver::answer(&global, command).await,
        Command::Delivery(command) => delivery::answer(&global, command).await,
        Command::Silence(command) => window::silence(&global, command).await,
        Command::Maintenance(command) => window::maintenance(&global, command).await,
        Command::Marker(command) => marker::answer(&global, command).await,
        Command::Status(command) => status::answer(&global, command).await,
        Command::User(command) => person::user(&global, command).await,
        Command::Token(command) => person::token(&global, command).await,
        Command::Audit { command } => audit::answer(&global, command).await,
        Command::Backup(args) => backup::backup(&global, args).await,
        Command::Restore(args) => backup::restore(&global, args).await,
        Command::Erase(args) => erase::erase(&global, args).await,
        Command::Gate(args) => gate::gate(&global, args).await,
        Command::Import(command) => import::answer(&global, command).await,
        Command::Completions { .. } | Command::CompilePlugin { .. } => {
            unreachable!("answered before the runtime starts")
        }
    }
}
