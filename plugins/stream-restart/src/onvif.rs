//! ONVIF: what time the camera has, and then that it shall restart. A login by digest holds the time, and a camera refuses one
//! that it takes for old: so its own clock counts.

use watchkeep_sdk::clipped;
use watchkeep_sdk::http::{self, Ending, Extras, Failure, FailureKind, Response};
use watchkeep_sdk::onvif::{DEVICE, content_type, envelope, login};
use watchkeep_sdk::prelude::*;

use crate::config::{Login, Onvif};
use crate::soap;

const BODY_BYTES_MAX: u64 = 64 << 10;

pub(crate) fn reboot(config: &Onvif) -> Result<String, Unable> {
    let password = match config.login {
        Login::Token => Some(secrets::reveal(&config.password)?),
        Login::Digest => None,
    };
    let begun = clock::monotonic();
    let answer = ask(config, "GetSystemDateAndTime", "", &Extras::default())
        .map_err(|failure| Unable(unreached(&failure, "nothing was done")))?;
    // A camera that does not tell its time gets the right one.
    let now = if answer.status == 200 { soap::moment(&answer.text()) } else { None };
    let own = clock::now();
    let drift = now.map(|now| (now.abs_diff(own), if now > own { "ahead" } else { "behind" }));
    let asked_at = now.unwrap_or_else(clock::now) + millis(clock::monotonic().saturating_sub(begun));
    let (header, extras) = match &password {
        Some(password) => (login(&config.user, password, asked_at), Extras::default()),
        None => (String::new(), Extras::default().digest(&config.user, &config.password)),
    };
    let answer = ask(config, "SystemReboot", &header, &extras).map_err(|failure| {
        Unable(unreached(
            &failure,
            if failure.may_have_arrived() { "it may restart" } else { "nothing was done" },
        ))
    })?;
    let said = answer.text();
    if answer.status != 200 || !said.contains("SystemRebootResponse") {
        return Err(Unable(refusal(config, &answer, drift)));
    }
    let words = soap::text(&said, "Message").filter(|words| !words.is_empty());
    Ok(words.map_or_else(String::new, |words| format!(": `{}`", clipped(words))))
}

/// Whether the device service answers at all, for a dry run, which may not send it anything.
pub(crate) fn stands(config: &Onvif) -> Result<String, Unable> {
    let answer =
        http::get(config.url.as_str()).redirects_max(0).body_bytes_max(0).timeout(config.timeout).send();
    match answer {
        // It speaks by POST alone; which refusal it has for a GET does not matter.
        Ok(answer) => Ok(format!("answers {} to a GET", answer.status)),
        Err(failure) => match failure.as_fault() {
            Some(fault) => Err(Unable(fault)),
            None => Ok(format!("does not answer: {}", failure.sentence())),
        },
    }
}

fn ask(config: &Onvif, operation: &str, header: &str, extras: &Extras) -> Result<Response, Box<Failure>> {
    let request = http::post(config.url.as_str())
        .header("content-type", content_type(DEVICE, operation))
        .body(envelope(header, DEVICE, operation, ""))
        .redirects_max(0)
        .body_bytes_max(BODY_BYTES_MAX)
        .timeout(config.timeout);
    match request.fetch_with(extras).exchange.ending {
        Ending::Whole(response) => Ok(response),
        Ending::Cut(incomplete) | Ending::Stopped(incomplete) => Ok(incomplete.response),
        Ending::Unanswered(failure) => Err(Box::new(failure)),
    }
}

fn unreached(failure: &Failure, came: &str) -> Fault {
    if let Some(fault) = failure.as_fault() {
        return fault;
    }
    let hint = match failure.kind {
        FailureKind::Refused => "; hint: is ONVIF switched on in the camera?",
        _ => "",
    };
    Fault::inconclusive(format!("the camera could not be asked: {}; {came}{hint}", failure.sentence()))
}

fn refusal(config: &Onvif, answer: &Response, drift: Option<(u64, &str)>) -> Fault {
    let said = answer.text();
    let reason = soap::text(&said, "Text").or_else(|| soap::text(&said, "faultstring")).unwrap_or_default();
    let reason = if reason.is_empty() { String::new() } else { format!(": `{}`", clipped(reason)) };
    let codes = soap::texts(&said, "Value");
    let is_unauthorized = answer.status == 401 || codes.iter().any(|code| code.ends_with("NotAuthorized"));
    let status = answer.status;
    if is_unauthorized {
        let clock = match drift {
            Some((by, way)) if by >= 5_000 => {
                format!(" (its clock is {} s {way}, which was taken into account)", by / 1_000)
            }
            Some(_) => String::new(),
            None => " (it does not tell its time: if its clock is wrong, so is the login)".to_owned(),
        };
        let other = match config.login {
            Login::Token => "digest",
            Login::Digest => "token",
        };
        return Fault::config(format!(
            "the camera refuses the login of `{}`{reason}{clock}; nothing was done; hint: is the user an administrator there? \
             Some cameras want `login = \"{other}\"`",
            clipped(&config.user)
        ));
    }
    if codes.iter().any(|code| code.ends_with("ActionNotSupported")) {
        return Fault::config(format!(
            "the camera cannot be restarted by ONVIF{reason}; nothing was done; hint: use `request`"
        ));
    }
    match status {
        404 => Fault::config(
            "the camera has no such page (404); nothing was done; hint: is the `url` that of the device service?",
        ),
        300..=399 => Fault::config(format!(
            "the camera answers {status} and redirects to `{}`; nothing was done; hint: write that `url`",
            clipped(answer.header("location").unwrap_or_default())
        )),
        200 => Fault::inconclusive(format!(
            "the camera answers 200, and no `SystemRebootResponse`: `{}`; it may restart",
            clipped(&said.split_whitespace().collect::<Vec<_>>().join(" "))
        )),
        _ => Fault::inconclusive(format!("the camera answers {status}{reason}; it may restart")),
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
