//! Asks the API of a remote host, or of the host on this machine through its control socket. If no host runs, it reads
//! the database through the very same routes.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;

use super::{Global, offline};

/// The size of the largest answer that the command line reads.
const ANSWER_MAX: usize = 64 << 20;

/// The longest time for an answer that is written to a file.
const DOWNLOAD_TIME: Duration = Duration::from_hours(6);

pub(crate) enum Client {
    Over { client: reqwest::Client, base: String, token: Option<String> },
    Offline(axum::Router),
}

impl Client {
    /// A running host; if there is none, an error that says so.
    pub(crate) fn running(global: &Global) -> Result<Client> {
        match &global.host {
            Some(url) => remote(url, global.token_file.as_ref()),
            None => {
                let socket = control_socket(global)?;
                match local(&socket)? {
                    Some(client) => Ok(client),
                    None => bail!(
                        "no host answers at `{}`; hint: start one with `watchkeep run --config {}`, or name one with `--host`",
                        socket.display(),
                        global.config.display()
                    ),
                }
            }
        }
    }

    /// A running host, or else the database in the config's data folder.
    pub(crate) async fn running_or_database(global: &Global) -> Result<Client> {
        if global.host.is_some() {
            return Client::running(global);
        }
        match local(&control_socket(global)?)? {
            Some(client) => Ok(client),
            None => Ok(Client::Offline(offline::router(global).await?)),
        }
    }

    /// A running host, or none; an error if one is named and cannot be asked.
    pub(crate) fn running_if_any(global: &Global) -> Result<Option<Client>> {
        match global.host {
            Some(_) => Client::running(global).map(Some),
            None => local(&control_socket(global)?),
        }
    }

    /// Writes the answer to a `POST` to `out`, piece by piece, for as long as it takes.
    pub(crate) async fn download(&self, path: &str, out: &mut impl std::io::Write) -> Result<()> {
        let Client::Over { client, base, token } = self else {
            bail!("there is no host to ask for `{path}`");
        };
        let mut request = client.post(format!("{base}{path}")).timeout(DOWNLOAD_TIME);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.map_err(|error| anyhow::Error::new(error.without_url()));
        let mut answer = answer.with_context(|| format!("cannot ask the host for `{path}`"))?;
        let status = answer.status();
        if !status.is_success() {
            let bytes = answer.bytes().await.context("cannot read the host's answer")?;
            understood((status, parsed(status, &bytes, path)?))?;
            bail!("the host refused, without saying why");
        }
        while let Some(piece) = answer.chunk().await.context("the host's answer broke off")? {
            out.write_all(&piece).context("cannot write what the host answered")?;
        }
        Ok(())
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value> {
        understood(self.ask(Method::GET, path).await?)
    }

    pub(crate) async fn post(&self, path: &str) -> Result<Value> {
        understood(self.ask(Method::POST, path).await?)
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Result<Value> {
        understood(self.ask_with(Method::POST, path, Some(body)).await?)
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Value> {
        understood(self.ask(Method::DELETE, path).await?)
    }

    /// The answer even if the host refused: for refusals that carry more than a sentence.
    pub(crate) async fn post_for_any(&self, path: &str) -> Result<(StatusCode, Value)> {
        self.ask(Method::POST, path).await
    }

    pub(crate) async fn post_json_for_any(&self, path: &str, body: &Value) -> Result<(StatusCode, Value)> {
        self.ask_with(Method::POST, path, Some(body)).await
    }

    /// A list that is not paged.
    pub(crate) async fn whole(&self, path: &str) -> Result<Vec<Value>> {
        match self.get(path).await?.get_mut("items").map(Value::take) {
            Some(Value::Array(items)) => Ok(items),
            _ => bail!("the host's answer to `{path}` is not a list"),
        }
    }

    /// All items of a paged list, at most `most`.
    pub(crate) async fn list(&self, path: &str, most: usize) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mark = if path.contains('?') { '&' } else { '?' };
            let limit = most.saturating_sub(items.len()).clamp(1, 200);
            let mut page = format!("{path}{mark}limit={limit}");
            if let Some(cursor) = &cursor {
                page.push_str(&format!("&cursor={}", escaped(cursor)));
            }
            let mut answer = self.get(&page).await?;
            match answer.get_mut("items").map(Value::take) {
                Some(Value::Array(more)) => items.extend(more),
                _ => bail!("the host's answer to `{page}` is not a list"),
            }
            cursor = answer.get("next").and_then(Value::as_str).map(str::to_owned);
            if cursor.is_none() || items.len() >= most {
                items.truncate(most);
                return Ok(items);
            }
        }
    }

    async fn ask(&self, method: Method, path: &str) -> Result<(StatusCode, Value)> {
        self.ask_with(method, path, None).await
    }

    async fn ask_with(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(StatusCode, Value)> {
        let (status, bytes) = match self {
            Client::Over { client, base, token } => {
                let mut request = client.request(method.clone(), format!("{base}{path}"));
                if let Some(token) = token {
                    request = request.bearer_auth(token);
                }
                if let Some(body) = body {
                    request = request.header("content-type", "application/json").body(body.to_string());
                }
                let answer = request
                    .send()
                    .await
                    .map_err(|error| anyhow::Error::new(error.without_url()))
                    .with_context(|| format!("cannot ask the host for `{path}`"))?;
                let status = answer.status();
                (status, answer.bytes().await.context("cannot read the host's answer")?)
            }
            Client::Offline(router) => {
                let mut request = Request::builder().method(method).uri(path).header("host", "localhost");
                let body = match body {
                    Some(body) => {
                        request = request.header("content-type", "application/json");
                        Body::from(body.to_string())
                    }
                    None => Body::empty(),
                };
                let mut request = request.body(body).context("cannot make the request")?;
                request.extensions_mut().insert(watchkeep_web::LocalControl);
                let answer = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
                let status = answer.status();
                (status, axum::body::to_bytes(answer.into_body(), ANSWER_MAX).await?)
            }
        };
        Ok((status, parsed(status, &bytes, path)?))
    }
}

fn parsed(status: StatusCode, bytes: &[u8], path: &str) -> Result<Value> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(bytes).with_context(|| {
        format!("the answer to `{path}` (status {status}) is not JSON; is it a Watchkeep host?")
    })
}

pub(crate) fn understood((status, value): (StatusCode, Value)) -> Result<Value> {
    if status.is_success() {
        return Ok(value);
    }
    let detail = value.get("detail").or_else(|| value.get("title")).and_then(Value::as_str);
    Err(anyhow!("{}", detail.unwrap_or("the host refused, without saying why")))
}

fn remote(url: &str, token_file: Option<&PathBuf>) -> Result<Client> {
    let token = token_file
        .map(|file| {
            std::fs::read_to_string(file)
                .map(|token| token.trim_end().to_owned())
                .with_context(|| format!("cannot read the token file `{}`", file.display()))
        })
        .transpose()?;
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build()?;
    Ok(Client::Over { client, base: url.trim_end_matches('/').to_owned(), token })
}

/// `None` if nobody listens there.
fn local(socket: &std::path::Path) -> Result<Option<Client>> {
    if std::os::unix::net::UnixStream::connect(socket).is_err() {
        return Ok(None);
    }
    let client = reqwest::Client::builder().no_proxy().unix_socket(socket).build()?;
    Ok(Some(Client::Over { client, base: "http://localhost".to_owned(), token: None }))
}

fn control_socket(global: &Global) -> Result<PathBuf> {
    Ok(crate::host::control::socket_path(&super::validate::preliminary(global)?.data_dir))
}

/// For a path segment or a query value.
pub(crate) fn escaped(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                escaped.push(char::from(byte))
            }
            other => escaped.push_str(&format!("%{other:02X}")),
        }
        escaped
    })
}
