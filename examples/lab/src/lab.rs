//! Starts every part, says where they are, and stops them together.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::certificate::{self, CertificateError};
use crate::inbox::{Inbox, Pace};
use crate::part::{Stop, listen, serve};
use crate::sites::camera::Camera;
use crate::sites::expiring::{self, TlsListener};
use crate::sites::flapping::Flapping;
use crate::sites::worker::Worker;
use crate::sites::{healthy, slow};

/// Port 0 takes any free port.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ports {
    pub healthy: u16,
    pub flapping: u16,
    pub slow: u16,
    pub expiring: u16,
    pub inbox: u16,
    pub camera: u16,
    pub worker: u16,
}

impl Ports {
    /// Any free ports: for tests.
    pub const ANY: Ports =
        Ports { healthy: 0, flapping: 0, slow: 0, expiring: 0, inbox: 0, camera: 0, worker: 0 };
    /// What examples/demo is written for.
    pub const DEMO: Ports = Ports {
        healthy: 8701,
        flapping: 8702,
        slow: 8703,
        expiring: 8704,
        inbox: 8705,
        camera: 8706,
        worker: 8707,
    };
}

#[derive(Clone, Debug)]
pub struct Options {
    pub ports: Ports,
    /// The flapping site stays up, then down, for so long.
    pub flap_every: Duration,
    /// How long the slow site waits before it answers.
    pub delay: Duration,
    /// What the TLS site's certificate has left.
    pub certificate_days: i64,
    /// Where the certificate of the TLS site's authority is written, for clients that should trust it.
    pub authority_file: Option<PathBuf>,
    pub pace: Pace,
    /// When the camera is turned.
    pub turns_after: Duration,
    /// How long the worker works before it has to be restarted for the first time.
    pub first_life: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ports: Ports::ANY,
            flap_every: Duration::from_secs(20),
            delay: Duration::from_millis(1500),
            certificate_days: 5,
            authority_file: None,
            pace: Pace::Any,
            turns_after: Duration::from_secs(45),
            first_life: Duration::from_secs(30),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum LabError {
    #[error(
        "the {part} part cannot listen on {address}; hint: stop what uses that port, or give another with --{part}-port"
    )]
    Listen { part: &'static str, address: SocketAddr, source: std::io::Error },
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error("writing the authority's certificate to `{}` failed", path.display())]
    WriteAuthority { path: PathBuf, source: std::io::Error },
}

/// One line of what the lab prints.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Part {
    pub name: &'static str,
    pub url: String,
    pub what: String,
}

/// The running lab. Dropping it stops the parts without waiting for them.
pub struct Lab {
    pub parts: Vec<Part>,
    pub flapping: Flapping,
    pub inbox: Inbox,
    pub camera: Camera,
    pub worker: Worker,
    /// PEM.
    pub authority: String,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Lab {
    /// Straight-line set-up: every part is bound before any is served, so that a taken port leaves nothing running.
    pub async fn start(options: Options) -> Result<Lab, LabError> {
        let ports = options.ports;
        let (healthy_listener, healthy_at) = listen("healthy", ports.healthy).await?;
        let (flapping_listener, flapping_at) = listen("flapping", ports.flapping).await?;
        let (slow_listener, slow_at) = listen("slow", ports.slow).await?;
        let (expiring_listener, expiring_at) = listen("expiring", ports.expiring).await?;
        let (inbox_listener, inbox_at) = listen("inbox", ports.inbox).await?;
        let (camera_listener, camera_at) = listen("camera", ports.camera).await?;
        let (worker_listener, worker_at) = listen("worker", ports.worker).await?;

        let days = time::Duration::days(options.certificate_days);
        let signed = certificate::signed(&["localhost", "127.0.0.1"], days)?;
        if let Some(path) = &options.authority_file {
            std::fs::write(path, &signed.authority_pem)
                .map_err(|source| LabError::WriteAuthority { path: path.clone(), source })?;
        }

        let flapping = Flapping::new(options.flap_every);
        let inbox = Inbox::new(options.pace);
        let camera = Camera::new(options.turns_after);
        let worker = Worker::new(options.first_life);
        let (sender, stop) = Stop::new();
        let tls = TlsListener::new(expiring_listener, expiring_at, signed.server);
        let tasks = vec![
            serve(healthy_listener, healthy::router(), stop.clone()),
            serve(flapping_listener, flapping.router(), stop.clone()),
            serve(slow_listener, slow::router(options.delay), stop.clone()),
            serve(tls, expiring::router(), stop.clone()),
            serve(camera_listener, camera.router(), stop.clone()),
            serve(worker_listener, worker.router(), stop.clone()),
            serve(inbox_listener, inbox.router(), stop),
        ];
        let part = |name, url, what| Part { name, url, what };
        let parts = vec![
            part("healthy", format!("http://{healthy_at}/"), "always answers 200".to_owned()),
            part(
                "flapping",
                format!("http://{flapping_at}/"),
                format!("goes down and comes back every {} s", options.flap_every.as_secs_f64()),
            ),
            part(
                "slow",
                format!("http://{slow_at}/"),
                format!("answers after {} ms", options.delay.as_millis()),
            ),
            part(
                "expiring",
                format!("https://localhost:{}/", expiring_at.port()),
                format!("its certificate ends in {} days", options.certificate_days),
            ),
            part(
                "camera",
                format!("http://{camera_at}{}", Camera::SNAPSHOT_PATH),
                format!("is turned after {} s", options.turns_after.as_secs_f64()),
            ),
            part(
                "worker",
                format!("http://{worker_at}/"),
                format!("stops working after {} s, until it is restarted", options.first_life.as_secs_f64()),
            ),
            part(
                "inbox",
                format!("http://{inbox_at}/"),
                "shows what arrived; takes what Slack would take".to_owned(),
            ),
            part(
                "webhook",
                format!("http://{inbox_at}{}", Inbox::WEBHOOK_PATH),
                "where to send it".to_owned(),
            ),
        ];
        Ok(Lab {
            parts,
            flapping,
            inbox,
            camera,
            worker,
            authority: signed.authority_pem,
            stop: sender,
            tasks,
        })
    }

    /// The URL of a part by its name; the names are those of [`Lab::parts`].
    pub fn url(&self, name: &str) -> &str {
        self.parts
            .iter()
            .find(|part| part.name == name)
            .map(|part| part.url.as_str())
            .expect("a part of the lab")
    }

    pub async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            // A part that panicked has stopped too.
            let _ = task.await;
        }
    }
}
