//! The lab as a program: arguments, signals, exit code.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};
use watchkeep_lab::inbox::Pace;
use watchkeep_lab::lab::Part;
use watchkeep_lab::{Lab, Options, Ports};

/// Things to watch on loopback, and an inbox that takes what Slack would take. Stops on Ctrl-C.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Port of the healthy site; 0 takes any free port, as for every other part.
    #[arg(long, default_value_t = Ports::DEMO.healthy)]
    healthy_port: u16,
    #[arg(long, default_value_t = Ports::DEMO.flapping)]
    flapping_port: u16,
    #[arg(long, default_value_t = Ports::DEMO.slow)]
    slow_port: u16,
    #[arg(long, default_value_t = Ports::DEMO.expiring)]
    expiring_port: u16,
    #[arg(long, default_value_t = Ports::DEMO.inbox)]
    inbox_port: u16,
    #[arg(long, default_value_t = Ports::DEMO.camera)]
    camera_port: u16,
    #[arg(long, default_value_t = Ports::DEMO.worker)]
    worker_port: u16,
    /// Seconds for which the flapping site stays up, then down.
    #[arg(long, default_value_t = 20)]
    flap_every: u64,
    /// Milliseconds that the slow site waits before it answers.
    #[arg(long, default_value_t = 1500)]
    delay: u64,
    /// Days that the certificate of the TLS site has left.
    #[arg(long, default_value_t = 5)]
    certificate_days: i64,
    /// Write the certificate of the TLS site's authority to this file.
    #[arg(long)]
    authority_file: Option<PathBuf>,
    /// Seconds until the camera is turned.
    #[arg(long, default_value_t = 45)]
    turns_after: u64,
    /// Seconds for which the worker works before it has to be restarted for the first time.
    #[arg(long, default_value_t = 30)]
    first_life: u64,
    /// How many messages the inbox takes.
    #[arg(long, value_enum, default_value_t = PaceArgument::Any)]
    pace: PaceArgument,
    /// Print where the parts are as one line of JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum PaceArgument {
    /// Any number.
    Any,
    /// About one a second, and 429 with Retry-After beyond that, as Slack does.
    Slack,
}

#[derive(Serialize)]
struct Printed<'a> {
    parts: &'a [Part],
}

impl Arguments {
    fn options(&self) -> Options {
        Options {
            ports: Ports {
                healthy: self.healthy_port,
                flapping: self.flapping_port,
                slow: self.slow_port,
                expiring: self.expiring_port,
                inbox: self.inbox_port,
                camera: self.camera_port,
                worker: self.worker_port,
            },
            flap_every: Duration::from_secs(self.flap_every),
            turns_after: Duration::from_secs(self.turns_after),
            first_life: Duration::from_secs(self.first_life),
            delay: Duration::from_millis(self.delay),
            certificate_days: self.certificate_days,
            authority_file: self.authority_file.clone(),
            pace: match self.pace {
                PaceArgument::Any => Pace::Any,
                PaceArgument::Slack => Pace::slack(),
            },
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let mut text = format!("watchkeep-lab: {error}");
            let mut cause = error.source();
            while let Some(source) = cause {
                text.push_str(&format!(": {source}"));
                cause = source.source();
            }
            // Nowhere left to complain if standard error is gone.
            let _ = writeln!(std::io::stderr(), "{text}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut terminated = signal(SignalKind::terminate())?;
    let lab = Lab::start(arguments.options()).await?;

    let mut out = std::io::stdout();
    if arguments.json {
        writeln!(out, "{}", serde_json::to_string(&Printed { parts: &lab.parts })?)?;
    } else {
        for part in &lab.parts {
            writeln!(out, "{:<9} {:<52} {}", part.name, part.url, part.what)?;
        }
    }
    out.flush()?;

    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
    lab.stop().await;
    Ok(())
}
