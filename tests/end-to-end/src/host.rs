//! The real `watchkeep`, as a process.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use serde_json::Value;
use tokio::process::{Child, Command};

use crate::{Folder, compiled, eventually, eventually_seeing};

/// A running host. Dropping it kills it; if the test is failing, its log is shown.
pub struct Host {
    process: Child,
    log: PathBuf,
    /// Without a trailing slash.
    pub url: String,
    client: reqwest::Client,
}

/// What the API answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub text: String,
}

impl Answer {
    /// # Panics
    /// If it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

/// Where the binary is.
///
/// # Panics
/// If there is none.
pub fn binary() -> PathBuf {
    if let Some(named) = std::env::var_os("WATCHKEEP_BIN") {
        return named.into();
    }
    let test = std::env::current_exe().expect("a test knows where it lies");
    // A test lies in the target folder's `deps`, a program in the target folder itself.
    let found =
        test.ancestors().skip(1).take(2).map(|folder| folder.join("watchkeep")).find(|path| path.exists());
    found.expect("`watchkeep` lies in the target folder; hint: cargo build -p watchkeep-daemon")
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    command_under(folder, &[], arguments)
}

fn command_under(folder: &Path, prefix: &[&str], arguments: &[&str]) -> Command {
    let mut command = match prefix {
        [] => Command::new(binary()),
        [program, rest @ ..] => {
            let mut command = Command::new(program);
            command.args(rest).arg(binary());
            command
        }
    };
    // Not `--log`: a test may say what is logged by an argument of its own.
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).kill_on_drop(true);
    command.env("NO_COLOR", "1").env_remove("RUST_LOG");
    command.env("XDG_CACHE_HOME", compiled::user_cache());
    command
}

/// Runs a command of the binary in the folder to its end: exit code, standard output, standard error.
pub async fn run_to_end(folder: &Folder, arguments: &[&str]) -> (i32, String, String) {
    let output = command(folder.path(), arguments).output().await.expect("the binary can be started");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// The same with variables for its environment, and with something to read.
pub async fn run_with_input(
    folder: &Folder,
    arguments: &[&str],
    environment: &[(&str, &str)],
    input: &str,
) -> (i32, String, String) {
    use tokio::io::AsyncWriteExt as _;
    let mut command = command(folder.path(), arguments);
    command.envs(environment.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the binary can be started");
    let mut stdin = child.stdin.take().expect("it is piped");
    // Whoever has read enough has closed it.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let output = child.wait_with_output().await.expect("it comes to its end");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

impl Host {
    /// Started on the folder's config, and ready.
    pub async fn start(folder: &Folder) -> Host {
        Host::start_with(folder, "info", &[]).await
    }

    /// By another program in front, such as one that changes the user; it becomes the host.
    pub async fn start_under(folder: &Folder, prefix: &[&str]) -> Host {
        started(Host::spawn(folder, "info", &[], prefix).await)
    }

    /// With a log filter and variables for its environment.
    pub async fn start_with(folder: &Folder, log_filter: &str, environment: &[(&str, &str)]) -> Host {
        started(Host::start_or_end(folder, log_filter, environment, &[]).await)
    }

    /// With how it ended and its log, if it ended before it was ready.
    ///
    /// # Errors
    /// Then.
    pub async fn start_or_end(
        folder: &Folder,
        log_filter: &str,
        environment: &[(&str, &str)],
        prefix: &[&str],
    ) -> Result<Host, String> {
        compiled::lend(&folder.data());
        Host::spawn(folder, log_filter, environment, prefix).await
    }

    async fn spawn(
        folder: &Folder,
        log_filter: &str,
        environment: &[(&str, &str)],
        prefix: &[&str],
    ) -> Result<Host, String> {
        let number = std::fs::read_dir(folder.path()).map(Iterator::count).unwrap_or(0);
        let log = folder.path().join(format!("host-{number}.log"));
        let file = std::fs::File::create(&log).expect("the log can be made");
        let arguments = ["run", "--config", "watchkeep.toml", "--log", log_filter];
        let mut command = command_under(folder.path(), prefix, &arguments);
        command.envs(environment.iter().copied());
        command.stdout(file.try_clone().expect("a file can be opened twice")).stderr(file);
        let process = command.spawn().expect("the binary can be started");
        let client = client(folder.admin_token().as_deref());
        let mut host = Host { process, log, url: String::new(), client };
        host.url = eventually("the host says where its page is", async || {
            if let Ok(Some(status)) = host.process.try_wait() {
                return Some(Err(format!("{status}\n{}", host.log())));
            }
            let log = host.log();
            let (scheme, at) = log.split("page is at ").nth(1)?.split_once("://127.0.0.1:")?;
            let port: String = at.chars().take_while(char::is_ascii_digit).collect();
            Some(Ok(format!("{scheme}://127.0.0.1:{port}")))
        })
        .await?;
        Ok(host)
    }

    /// Its process id, while it runs.
    pub fn process(&self) -> Option<u32> {
        self.process.id()
    }

    /// What it has printed so far.
    pub fn log(&self) -> String {
        std::fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    pub async fn get(&self, path: &str) -> Answer {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await;
        let answer = answer.unwrap_or_else(|error| panic!("GET {path}: {error:?}"));
        Answer { status: answer.status().as_u16(), text: answer.text().await.unwrap_or_default() }
    }

    /// As a browser asks for it, packed if the host packs it: the status and how many bytes came.
    pub async fn get_packed(&self, path: &str) -> (u16, usize) {
        let asked = self.client.get(format!("{}{path}", self.url)).header("accept-encoding", "gzip");
        let answer = asked.send().await.unwrap_or_else(|error| panic!("GET {path}: {error:?}"));
        let status = answer.status().as_u16();
        (status, answer.bytes().await.map_or(0, |bytes| bytes.len()))
    }

    /// What a browser sends when a form on a page of this host is submitted, through a proxy that adds the admin's token. The
    /// fields need no escaping.
    pub async fn submit(&self, path: &str, fields: &str, token: &str) -> u16 {
        let sent =
            self.client.post(format!("{}{path}", self.url)).header("origin", &self.url).bearer_auth(token);
        let sent = sent.header("content-type", "application/x-www-form-urlencoded").body(fields.to_owned());
        let answer = sent.send().await.unwrap_or_else(|error| panic!("POST {path}: {error:?}"));
        answer.status().as_u16()
    }

    /// As `get`, or `None` if it does not answer.
    pub async fn try_get(&self, path: &str) -> Option<Answer> {
        let answer = self.client.get(format!("{}{path}", self.url)).send().await.ok()?;
        Some(Answer { status: answer.status().as_u16(), text: answer.text().await.ok()? })
    }

    /// `GET /api/v1/checks/NAME`, or `None` while there is no such check.
    pub async fn check(&self, name: &str) -> Option<Value> {
        let answer = self.get(&format!("/api/v1/checks/{name}")).await;
        (answer.status == 200).then(|| answer.json())
    }

    /// The check once it has run.
    pub async fn ran(&self, name: &str) -> Value {
        eventually(&format!("`{name}` has run"), async || {
            self.check(name).await.filter(|check| !check["last_run"].is_null())
        })
        .await
    }

    /// The check once it is in this state (`ok`, `warning`, `critical`, `unknown`).
    pub async fn state(&self, name: &str, state: &str) -> Value {
        eventually_seeing(&format!("`{name}` is {state}"), async || {
            let check = self.ran(name).await;
            if check["state"] == state { Ok(check) } else { Err(check) }
        })
        .await
    }

    /// SIGKILL: nothing of it runs any more when this returns.
    pub async fn kill(mut self) {
        self.process.kill().await.expect("a child can be killed");
    }

    /// SIGTERM or SIGHUP.
    pub async fn signal(&self, name: &str) {
        let process = self.process.id().expect("it still runs").to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status().await;
        assert!(sent.is_ok_and(|status| status.success()), "{name} was sent");
    }

    /// The size in bytes that no file of it may pass from now on, or `unlimited`.
    pub async fn limit_file_size(&self, most: &str) {
        let process = self.process.id().expect("it still runs").to_string();
        let limit = format!("--fsize={most}:unlimited");
        let set = Command::new("prlimit").args(["--pid", &process, &limit]).status().await;
        assert!(set.is_ok_and(|status| status.success()), "the limit was set");
    }

    /// How it ended, if it has.
    pub fn end(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().expect("a child can be asked")
    }

    /// Waits until it has ended by itself.
    pub async fn ended(mut self) -> ExitStatus {
        let limit = std::time::Duration::from_secs(60);
        let waited = tokio::time::timeout(limit, self.process.wait()).await;
        waited.expect("the host ends within a minute").expect("a child can be waited for")
    }
}

fn started(host: Result<Host, String>) -> Host {
    host.unwrap_or_else(|end| panic!("the host ended before it was ready: {end}"))
}

impl Drop for Host {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let from = log.len().saturating_sub(6_000);
            let from = (from..=log.len()).find(|at| log.is_char_boundary(*at)).unwrap_or(0);
            eprint_log(&log[from..]);
        }
    }
}

#[allow(clippy::print_stderr, reason = "shown with a failing test, and only then")]
fn eprint_log(log: &str) {
    eprintln!("--- the host's log, its end\n{log}\n---");
}

/// A client that sends this token with each request, if there is one.
pub(crate) fn client(token: Option<&str>) -> reqwest::Client {
    // Another test of this process may have done it.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().timeout(std::time::Duration::from_secs(30));
    // A host that speaks TLS has a certificate of a test's own authority.
    let client = client.tls_danger_accept_invalid_certs(true);
    let token = token.map(|token| {
        let token = format!("Bearer {token}").parse().expect("a token of a test is a header's value");
        [(reqwest::header::AUTHORIZATION, token)].into_iter().collect()
    });
    client.default_headers(token.unwrap_or_default()).build().expect("a client can be made")
}
