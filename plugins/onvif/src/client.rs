//! Requests to a device, with the login that it wants.

use roxmltree::Node;
use watchkeep_sdk::clipped;
use watchkeep_sdk::http::{Exchange, Extras, Response};
use watchkeep_sdk::onvif;
use watchkeep_sdk::prelude::*;

use crate::config::Onvif;
use crate::soap::{self, Refusal};

/// Why there is no answer.
pub(crate) enum Wrong {
    /// Nothing that is the device's.
    Fault(Fault),
    /// The login is missing or refused, in a sentence.
    Login(String),
    /// The device's own refusal.
    Refused(String),
    Said(String),
}

impl Wrong {
    pub(crate) fn sentence(self) -> Result<String, Fault> {
        match self {
            Wrong::Fault(fault) => Err(fault),
            Wrong::Login(sentence) | Wrong::Refused(sentence) | Wrong::Said(sentence) => Ok(sentence),
        }
    }
}

/// What is asked: an operation of a service, at a URL.
pub(crate) struct Operation<'o> {
    pub(crate) url: &'o str,
    pub(crate) service: &'o str,
    pub(crate) name: &'o str,
    pub(crate) content: String,
}

#[derive(Clone)]
enum Login {
    None,
    /// By the host, if the device asks for it.
    Http,
    /// By WS-Security, with the password.
    Token(Vec<u8>),
}

pub(crate) struct Client<'c> {
    config: &'c Onvif,
    login: Login,
    /// How far the device's clock is ahead, in milliseconds.
    pub(crate) ahead: i64,
    /// How long the first answer took.
    pub(crate) took: Option<Duration>,
}

type Take<'t> = &'t mut dyn FnMut(Node<'_, '_>) -> Result<(), String>;

impl<'c> Client<'c> {
    pub(crate) fn new(config: &'c Onvif) -> Self {
        Self { config, login: Login::None, ahead: 0, took: None }
    }

    /// Without a login first, as ONVIF has it for the time; with one if the device wants it even so.
    pub(crate) fn ask(&mut self, operation: &Operation<'_>, take: Take<'_>) -> Result<(), Wrong> {
        loop {
            let exchange = self.send(operation);
            self.took = self.took.or(Some(exchange.elapsed()));
            if let Some(failure) = exchange.failure() {
                return Err(match failure.as_fault() {
                    Some(fault) => Wrong::Fault(fault),
                    None => Wrong::Said(failure.sentence()),
                });
            }
            let Some(response) = exchange.response() else {
                return Err(Wrong::Said("it does not answer".to_owned()));
            };
            let refusal = match answer(response, operation, take) {
                Ok(()) => return Ok(()),
                Err(refusal) => refusal,
            };
            match refusal {
                Refusal::Login => self.log_in(response)?,
                Refusal::Fault { code, reason } => {
                    let sentence = format!("it refuses {}: {reason} (`{code}`)", operation.name);
                    return Err(Wrong::Refused(sentence));
                }
                Refusal::Foreign(sentence) => return Err(Wrong::Said(sentence)),
            }
        }
    }

    /// The next login to try, or a sentence about why there is none. Wrong logins lock users out: each is tried once.
    fn log_in(&mut self, response: &Response) -> Result<(), Wrong> {
        let (Some(user), Some(password)) = (&self.config.user, &self.config.password) else {
            return Err(Wrong::Login("it requires a login; hint: add `user` and `password`".to_owned()));
        };
        match self.login {
            Login::None => {
                // A device without a challenge of HTTP would be asked in vain.
                self.login = match asks_for_digest(response) {
                    true => Login::Http,
                    false => {
                        Login::Token(secrets::reveal(password).map_err(|error| Wrong::Fault(error.into()))?)
                    }
                };
                Ok(())
            }
            Login::Http | Login::Token(_) => Err(Wrong::Login(format!(
                "it refuses the login of `{}`; hint: check user and password; many cameras keep users of ONVIF apart",
                clipped(user)
            ))),
        }
    }

    fn send(&self, operation: &Operation<'_>) -> Exchange {
        let Operation { url, service, name, content } = operation;
        let header = match (&self.login, &self.config.user) {
            (Login::Token(password), Some(user)) => {
                onvif::login(user, password, clock::now().saturating_add_signed(self.ahead))
            }
            (Login::Token(_) | Login::Http | Login::None, _) => String::new(),
        };
        let request = http::post(*url)
            .header("content-type", onvif::content_type(service, name))
            .header("accept", "application/soap+xml")
            .header("user-agent", concat!("Watchkeep/", env!("CARGO_PKG_VERSION")))
            .body(onvif::envelope(&header, service, name, content))
            .timeout(self.config.timeout)
            .redirects_max(0)
            .body_bytes_max(soap::BYTES_MAX as u64)
            .family(self.config.ip_family);
        let request = match url.starts_with("https://") {
            true => request.tls_options(self.config.peer.options()),
            false => request,
        };
        match (&self.login, &self.config.user, &self.config.password) {
            (Login::Http, Some(user), Some(password)) => {
                request.fetch_with(&Extras::default().digest(user, password)).exchange
            }
            (_, _, _) => request.fetch(),
        }
    }
}

fn answer(response: &Response, operation: &Operation<'_>, take: Take<'_>) -> Result<(), Refusal> {
    if response.truncated {
        return Err(Refusal::Foreign(format!("its answer is longer than {} bytes", soap::BYTES_MAX)));
    }
    let text = response.text();
    let wanted = format!("{}Response", operation.name);
    match soap::read(&text, operation.service, &wanted, take) {
        Err(Refusal::Foreign(sentence)) => Err(foreign(response, sentence)),
        // Said along with a status of success, it would not be believed.
        Ok(()) if response.status != 200 => {
            Err(Refusal::Foreign(format!("it answers {} with status {}", operation.name, response.status)))
        }
        other => other,
    }
}

/// Not an envelope: the status says more, if it is not one of success.
fn foreign(response: &Response, sentence: String) -> Refusal {
    match response.status {
        200 => Refusal::Foreign(sentence),
        401 => Refusal::Login,
        404 => Refusal::Foreign("it answers with status 404; hint: look at the path of `url`".to_owned()),
        403 => Refusal::Foreign("it answers with status 403; hint: the user may not use ONVIF".to_owned()),
        405 => Refusal::Foreign(
            "it answers with status 405: no service of ONVIF is there; hint: look at `url`".to_owned(),
        ),
        300..=399 => {
            let target = clipped(response.header("location").unwrap_or_default());
            let status = response.status;
            Refusal::Foreign(format!(
                "it redirects to `{target}` (status {status}); hint: write that as `url`"
            ))
        }
        status => Refusal::Foreign(format!("it answers with status {status}")),
    }
}

fn asks_for_digest(response: &Response) -> bool {
    let own = response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("www-authenticate"));
    response.status == 401
        && own.into_iter().any(|header| header.value.to_ascii_lowercase().contains("digest "))
}
