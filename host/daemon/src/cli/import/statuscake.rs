//! Asks StatusCake for its uptime tests: all pages of the list, then each test, no faster than it allows.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;

pub(super) const BASE: &str = "https://api.statuscake.com/v1";

const PAGES_MAX: u64 = 200;
const TESTS_MAX: usize = 20_000;
const ANSWER_BYTES_MAX: usize = 4 << 20;
const TOKEN_BYTES_MAX: u64 = 4 << 10;
/// The pause if it does not say how many more requests it accepts.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest wait. Its windows are a minute long.
const WAIT_MAX: Duration = Duration::from_secs(120);
const TRIES_MAX: u32 = 5;

/// The list and the tests, as JSON texts one after another.
pub(super) async fn fetch(base: &str, token_file: &Path) -> Result<String> {
    let mut account = Account::open(base, token_file)?;
    let mut text = String::new();
    let mut ids: Vec<String> = Vec::new();
    for page in 1..=PAGES_MAX {
        let answer = account.get(&format!("/uptime?page={page}&limit=100&nouptime=true")).await?;
        let list: Value = read(&answer)?;
        let Some(tests) = list["data"].as_array() else { bail!("StatusCake's list of tests has no `data`") };
        ids.extend(tests.iter().filter_map(|test| test["id"].as_str().map(str::to_owned)));
        text.push_str(&answer);
        text.push('\n');
        let pages = list["metadata"]["page_count"].as_u64().unwrap_or(1);
        if tests.is_empty() || page >= pages {
            break;
        }
    }
    if ids.len() > TESTS_MAX {
        bail!("the account has more than {TESTS_MAX} tests; hint: import saved answers in parts");
    }
    for (at, id) in ids.iter().enumerate() {
        progress(at, ids.len());
        // The id becomes part of a path.
        if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            bail!("StatusCake names a test by something that is not a number");
        }
        if let Some(answer) = account.get_if_there(&format!("/uptime/{id}")).await? {
            read(&answer)?;
            text.push_str(&answer);
            text.push('\n');
        }
    }
    progress(ids.len(), ids.len());
    Ok(text)
}

fn read(answer: &str) -> Result<Value> {
    serde_json::from_str(answer).map_err(|_| {
        anyhow!("StatusCake answers something that is not JSON; hint: is the URL that of its API?")
    })
}

struct Account {
    client: reqwest::Client,
    base: String,
    token: String,
    /// The pause before the next request.
    pause: Duration,
}

impl Account {
    fn open(base: &str, token_file: &Path) -> Result<Self> {
        use std::io::Read as _;
        let mut token = String::new();
        std::fs::File::open(token_file)
            .and_then(|file| file.take(TOKEN_BYTES_MAX).read_to_string(&mut token))
            .with_context(|| format!("cannot read the token from `{}`", token_file.display()))?;
        let token = token.trim().to_owned();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!(
                "`{}` holds no token; hint: write the API token there, and nothing else",
                token_file.display()
            );
        }
        // No redirects: the token goes to nobody else.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .build()?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned(), token, pause: Duration::ZERO })
    }

    async fn get(&mut self, path: &str) -> Result<String> {
        self.get_if_there(path)
            .await?
            .ok_or_else(|| anyhow!("StatusCake answers 404; hint: is the URL that of its API?"))
    }

    /// `None` for a test that was deleted meanwhile.
    async fn get_if_there(&mut self, path: &str) -> Result<Option<String>> {
        for _ in 0..TRIES_MAX {
            tokio::time::sleep(self.pause).await;
            let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(&self.token);
            let answer =
                request.send().await.map_err(reqwest::Error::without_url).context("cannot ask StatusCake")?;
            let status = answer.status();
            self.pause = pause(answer.headers(), status);
            match status {
                StatusCode::TOO_MANY_REQUESTS => {}
                StatusCode::OK => return Ok(Some(body(answer).await?)),
                StatusCode::NOT_FOUND => return Ok(None),
                StatusCode::UNAUTHORIZED => {
                    bail!("StatusCake does not know the token (401); hint: make one under Account, API keys")
                }
                StatusCode::FORBIDDEN => bail!("StatusCake does not let the token read tests (403)"),
                status if status.is_server_error() => self.pause = self.pause.max(PAUSE),
                status => bail!("StatusCake answers {}", status.as_u16()),
            }
        }
        bail!("StatusCake takes no requests, after {TRIES_MAX} tries; hint: try again later")
    }
}

/// The pause according to the headers: how many requests are left, and when there are more.
fn pause(headers: &HeaderMap, status: StatusCode) -> Duration {
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let reset =
        number("x-ratelimit-reset").map(|seconds| Duration::from_secs(seconds).clamp(PAUSE, WAIT_MAX));
    match number("x-ratelimit-remaining") {
        _ if status == StatusCode::TOO_MANY_REQUESTS => reset.unwrap_or(Duration::from_secs(60)),
        Some(0) => reset.unwrap_or(PAUSE),
        Some(_) => Duration::ZERO,
        None => PAUSE,
    }
}

async fn body(mut answer: reqwest::Response) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(part) =
        answer.chunk().await.map_err(reqwest::Error::without_url).context("StatusCake's answer broke off")?
    {
        if bytes.len() + part.len() > ANSWER_BYTES_MAX {
            bail!("StatusCake's answer is larger than 4 MiB");
        }
        bytes.extend_from_slice(&part);
    }
    String::from_utf8(bytes).map_err(|_| anyhow!("StatusCake's answer is not UTF-8"))
}

/// Shows the progress, only on a terminal.
fn progress(done: usize, all: usize) {
    let mut err = std::io::stderr();
    if err.is_terminal() {
        let end = if done == all { "\n" } else { "" };
        // If it cannot be written, nobody misses it.
        let _ = write!(err, "\r{done} of {all} tests{end}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_as_the_service_says_and_never_for_ever() {
        let waits = |headers: &[(&'static str, &'static str)], status: u16| {
            let map =
                headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            pause(&map, StatusCode::from_u16(status).unwrap()).as_secs()
        };
        assert_eq!(waits(&[], 200), 1);
        assert_eq!(waits(&[("x-ratelimit-remaining", "4"), ("x-ratelimit-reset", "50")], 200), 0);
        assert_eq!(waits(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "50")], 200), 50);
        assert_eq!(waits(&[("x-ratelimit-reset", "7")], 429), 7);
        assert_eq!(waits(&[("x-ratelimit-reset", "99999999")], 429), 120);
        assert_eq!(waits(&[], 429), 60);
    }
}
