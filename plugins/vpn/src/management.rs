//! A visit at the management interface of OpenVPN. It serves one client at a time: what is needed is asked, and the visit ends.

use watchkeep_sdk::http::span;
use watchkeep_sdk::prelude::*;

use crate::config::OpenVpn;
use crate::lines::{self, Broken, Door, Lines};
use crate::status::{Standing, Status};
use crate::words::without_keys;

const PROMPT: &[u8] = b"ENTER PASSWORD:";

/// What a visit found.
pub(crate) struct Found {
    pub(crate) standing: Standing,
    pub(crate) status: Status,
    /// What the process waits for, in a sentence.
    pub(crate) waits: Option<&'static str>,
}

/// None, with a sentence, if nobody listens there.
pub(crate) fn visit(config: &OpenVpn, timeout: Duration) -> Result<Result<Found, String>, Stop> {
    let (door, place) = match (&config.address, &config.socket) {
        (Some(address), _) => (lines::address(address, timeout)?, format!("`{address}`")),
        (None, Some(socket)) => (lines::socket(socket)?, format!("socket `{socket}`")),
        (None, None) => return Err(Fault::config("`address` or `socket` is missing").into()),
    };
    let connection = match door {
        Door::Open(connection) => connection,
        Door::Absent => return Ok(Err(format!("tunnel down: OpenVPN does not run: {place} is gone"))),
        Door::Refused => {
            let said = format!("tunnel down: OpenVPN does not run: {place} refuses connections");
            return Ok(Err(format!("{said}; hint: if it runs, is `management` in its config?")));
        }
    };
    let mut lines = Lines::over(connection, timeout);
    greet(&mut lines, config, &place, timeout)?;
    let mut waits = None;
    let asked = ask(&mut lines, &mut waits);
    let late = format!("did not answer within {}", span(timeout));
    let (standing, status) =
        asked.map_err(|broken| broken.fault(&format!("the management interface at {place}"), &late))?;
    Ok(Ok(Found { standing, status, waits }))
}

fn greet(lines: &mut Lines, config: &OpenVpn, place: &str, timeout: Duration) -> Result<(), Stop> {
    let late = format!(
        "is busy: it says nothing within {}, and serves one client at a time; hint: end the session that holds it with `quit`",
        span(timeout)
    );
    let place = format!("the management interface at {place}");
    let fault = |broken: Broken| broken.fault(&place, &late);
    let wrong = |said: &str| -> Stop { Fault::config(format!("{place} {said}")).into() };
    if lines.prompts(PROMPT).map_err(fault)? {
        let Some(password) = &config.password else {
            return Err(wrong(
                "asks for a password; hint: give `password`, or remove the password file from `management`",
            ));
        };
        lines.write_secret(password).map_err(fault)?;
        if lines.prompts(PROMPT).map_err(fault)? {
            return Err(wrong(
                "refuses the password; hint: compare it with the file that `management` names",
            ));
        }
        let answer = lines.each(|line| Ok(Some(line.starts_with(b"SUCCESS:"))));
        if !answer.map_err(fault)? {
            return Err(wrong("refuses the password"));
        }
    }
    lines.each(|line| greeting(line).map(Some)).map_err(fault)
}

fn greeting(line: &[u8]) -> Result<(), Broken> {
    if line.starts_with(b">") {
        return Ok(());
    }
    let said = without_keys(&String::from_utf8_lossy(line));
    Err(Broken::nonsense(format!("it greets with `{said}`; hint: is that the port of `management`?")))
}

fn ask(lines: &mut Lines, waits: &mut Option<&'static str>) -> Result<(Standing, Status), Broken> {
    let mut standing = None;
    lines.write("state\n")?;
    answer(lines, waits, |line| {
        if line == b"END" {
            return Ok(true);
        }
        standing = Some(Standing::read(line).ok_or("it answers `state` with something else")?);
        Ok(false)
    })?;
    let standing = standing.ok_or_else(|| Broken::nonsense("it answers `state` with nothing"))?;
    let mut status = Status::default();
    lines.write("status 3\n")?;
    answer(lines, waits, |line| status.line(line))?;
    // All is known: that it does not hear the end is none of the tunnel's.
    let _ = lines.write("quit\n");
    Ok((standing, status))
}

/// An answer of lines up to `END`. Notices of the process come between them at any time.
fn answer(
    lines: &mut Lines,
    waits: &mut Option<&'static str>,
    mut take: impl FnMut(&[u8]) -> Result<bool, String>,
) -> Result<(), Broken> {
    lines.each(|line| {
        if line.starts_with(b">") {
            *waits = waiting(line).or(*waits);
            return Ok(None);
        }
        if let Some(error) = line.strip_prefix(b"ERROR:") {
            let said = without_keys(&String::from_utf8_lossy(error));
            return Err(Broken::nonsense(format!("it refuses: {said}")));
        }
        let is_last = take(line).map_err(Broken::Nonsense)?;
        Ok(is_last.then_some(()))
    })
}

fn waiting(notice: &[u8]) -> Option<&'static str> {
    if notice.starts_with(b">HOLD:") {
        Some("it waits for `hold release` on its management interface, because of `management-hold`")
    } else if notice.starts_with(b">PASSWORD:Need") || notice.starts_with(b">NEED-OK:") {
        Some("it waits for a password or an answer on its management interface")
    } else {
        None
    }
}
