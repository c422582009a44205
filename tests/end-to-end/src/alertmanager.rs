//! A real Alertmanager, alone and with nobody to tell, by its own process.

use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::host::client;
use crate::servers::free_port;
use crate::{eventually, program};

pub struct Alertmanager {
    pub url: String,
    client: reqwest::Client,
    _process: Child,
    _folder: TempDir,
}

impl Alertmanager {
    pub async fn start() -> Alertmanager {
        Self::start_with("route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n").await
    }

    /// On this config.
    pub async fn start_with(config_text: &str) -> Alertmanager {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let config = folder.path().join("alertmanager.yml");
        std::fs::write(&config, config_text).expect("a file can be written");
        let url = format!("127.0.0.1:{}", free_port());
        let process = Command::new(program("prometheus-alertmanager", &[]))
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={url}"))
            .args(["--cluster.listen-address=", "--log.level=error"])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("Alertmanager can be started; hint: `make setup` installs it");
        let url = format!("http://{url}");
        let alertmanager = Alertmanager { url, client: client(None), _process: process, _folder: folder };
        eventually("Alertmanager answers", async || alertmanager.alerts("nothing").await).await;
        alertmanager
    }

    /// What fires under this name; none while it does not answer.
    pub async fn alerts(&self, name: &str) -> Option<Vec<Value>> {
        let url = format!("{}/api/v2/alerts?filter=alertname%3D%22{name}%22", self.url);
        let answer = self.client.get(url).send().await.ok()?.json::<Value>().await.ok()?;
        answer.as_array().cloned()
    }
}
