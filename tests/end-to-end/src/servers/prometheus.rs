//! A real Prometheus that watches itself and what does not listen.

use tempfile::TempDir;

use super::running::{self, Running, Server, free_port};
use super::{at, write};

pub struct Prometheus {
    pub port: u16,
    _running: Running,
    _folder: TempDir,
}

impl Prometheus {
    /// Scrapes itself as the job `self`, and nobody as the job `gone`.
    pub fn start() -> Prometheus {
        let folder = running::folder();
        let (port, gone) = (free_port(), free_port());
        let job = |name: &str, port: u16| {
            format!("- job_name: {name}\n  static_configs: [{{ targets: ['127.0.0.1:{port}'] }}]\n")
        };
        write(
            folder.path(),
            "prometheus.yml",
            &format!(
                "global: {{ scrape_interval: 1s }}\nscrape_configs:\n{}{}",
                job("self", port),
                job("gone", gone)
            ),
        );
        let server = Server::new("prometheus", folder.path()).arguments([
            "--config.file=prometheus.yml",
            "--storage.tsdb.path=data",
            "--log.level=error",
            &format!("--web.listen-address=127.0.0.1:{port}"),
        ]);
        Prometheus { port, _running: server.start(&[at(port)]), _folder: folder }
    }
}
