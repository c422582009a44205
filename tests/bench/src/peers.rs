//! The others, each driven as its own users would, against the same nginx.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tempfile::NamedTempFile;
use tokio::process::{Child, Command as TokioCommand};
use watchkeep_end_to_end::eventually;

/// What was done in a turn, a second.
pub(crate) type Rate = f64;

/// A loop around reqwest and nothing else: the most that a host could reach which makes its requests with it.
/// Every request is on a fresh connection, as a check's must be, and its body is read.
pub(crate) async fn reqwest_loop(url: &str, tasks: usize, turn: Duration) -> Result<Rate> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let began = Instant::now();
    let mut loops = tokio::task::JoinSet::new();
    for _ in 0..tasks {
        let (client, url) = (client.clone(), url.to_owned());
        loops.spawn(async move {
            let mut done = 0_u64;
            while began.elapsed() < turn {
                let answer = client.get(&url).header("connection", "close").send().await?;
                ensure!(answer.status().is_success(), "nginx answered {}", answer.status());
                answer.bytes().await?;
                done += 1;
            }
            Ok(done)
        });
    }
    let mut done = 0;
    while let Some(ended) = loops.join_next().await {
        done += ended??;
    }
    Ok(done as f64 / began.elapsed().as_secs_f64())
}

/// Blackbox exporter, whose every probe is one HTTP request to it; it stores nothing and decides nothing.
pub(crate) struct Blackbox {
    address: String,
    _process: Child,
    _config: NamedTempFile,
}

impl Blackbox {
    pub(crate) async fn start() -> Result<Blackbox> {
        let mut config = NamedTempFile::new()?;
        writeln!(config, "modules:\n  http_2xx:\n    prober: http\n    timeout: 5s")?;
        let port = tokio::net::TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
        let address = format!("127.0.0.1:{port}");
        let process = TokioCommand::new("prometheus-blackbox-exporter")
            .arg(format!("--config.file={}", config.path().display()))
            .arg(format!("--web.listen-address={address}"))
            .args(["--log.level=error"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start prometheus-blackbox-exporter")?;
        eventually("the exporter listens", async || tokio::net::TcpStream::connect(&address).await.ok())
            .await;
        Ok(Blackbox { address, _process: process, _config: config })
    }

    /// Driven by wrk on connections that stay open, which costs the exporter least.
    pub(crate) async fn turn(&self, url: &str, connections: usize, turn: Duration) -> Result<Rate> {
        let probe = format!("http://{}/probe?module=http_2xx&target={url}", self.address);
        let one = reqwest::Client::builder().no_proxy().build()?.get(&probe).send().await?.text().await?;
        ensure!(one.contains("probe_success 1"), "the exporter does not reach nginx: {one}");
        let output = TokioCommand::new("wrk")
            .args(["-t1", &format!("-c{connections}"), &format!("-d{}s", turn.as_secs()), &probe])
            .output()
            .await
            .context("cannot start wrk")?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        ensure!(!text.contains("Non-2xx"), "the exporter failed under load: {text}");
        let line = text.lines().find_map(|line| line.trim().strip_prefix("Requests/sec:"));
        line.and_then(|rate| rate.trim().parse().ok()).with_context(|| format!("wrk printed no rate: {text}"))
    }
}

/// `check_http` of the monitoring plugins, a process for each check, as Nagios and its kin run it.
pub(crate) fn check_http(port: u16, workers: usize, turn: Duration) -> Result<Rate> {
    let done = AtomicU64::new(0);
    let began = Instant::now();
    let ended: Result<Vec<()>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers)
            .map(|_| {
                scope.spawn(|| {
                    while began.elapsed() < turn {
                        let status = Command::new("/usr/lib/nagios/plugins/check_http")
                            .args(["-I", "127.0.0.1", "-p", &port.to_string(), "-u", "/"])
                            .stdout(Stdio::null())
                            .status()
                            .context("cannot start check_http")?;
                        ensure!(status.success(), "check_http ended with {status}");
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                    Ok(())
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect()
    });
    ended?;
    Ok(done.into_inner() as f64 / began.elapsed().as_secs_f64())
}
