//! A visit at the management interface of OpenVPN. It serves one client at a time: what is needed is asked, and the visit ends.

use watchkeep_sdk::http::span;
use watchkeep_sdk::openvpn::{self, Management, Said, Ungreeted};
use watchkeep_sdk::prelude::*;

use crate::config::OpenVpn;
use crate::lines::{self, Broken, Door};
use crate::status::Status;
use crate::words::without_keys;

/// What a visit found.
pub(crate) struct Found {
    pub(crate) state: openvpn::State,
    pub(crate) status: Status,
    /// What the process waits for, in a sentence.
    pub(crate) waits: Option<&'static str>,
}

/// None, with a sentence, if nobody listens there.
pub(crate) fn visit(config: &OpenVpn, timeout: Duration) -> Result<Result<Found, String>, Stop> {
    let access = &config.access;
    let (opened, place) = (access.connect(timeout), access.place());
    let door = match (&access.address, &access.socket) {
        (Some(address), _) => lines::address(address, opened)?,
        (None, socket) => lines::socket(socket.as_deref().unwrap_or_default(), opened)?,
    };
    let connection = match door {
        Door::Open(connection) => connection,
        Door::Absent => return Ok(Err(format!("tunnel down: OpenVPN does not run: {place} is gone"))),
        Door::Refused => {
            let said = format!("tunnel down: OpenVPN does not run: {place} refuses connections");
            return Ok(Err(format!("{said}; hint: if it runs, is `management` in its config?")));
        }
    };
    let mut management = Management::over(connection, lines::intake(), clock::monotonic() + timeout);
    let who = format!("the management interface at {place}");
    management.greet(access.password.as_ref()).map_err(|wrong| ungreeted(wrong, &who, timeout))?;
    let mut waits = None;
    let late = format!("did not answer within {}", span(timeout));
    let (state, status) = ask(&mut management, &mut waits).map_err(|broken| broken.fault(&who, &late))?;
    Ok(Ok(Found { state, status, waits }))
}

fn ungreeted(wrong: Ungreeted, who: &str, timeout: Duration) -> Stop {
    let late = format!(
        "is busy: it says nothing within {}, and serves one client at a time; hint: end the session that holds it with `quit`",
        span(timeout)
    );
    let config = |said: &str| -> Stop { Fault::config(format!("{who} {said}")).into() };
    match wrong {
        Ungreeted::PasswordWanted => config(
            "asks for a password; hint: give `password`, or remove the password file from `management`",
        ),
        Ungreeted::PasswordRefused => {
            config("refuses the password; hint: compare it with the file that `management` names")
        }
        Ungreeted::Foreign(line) => {
            let said = without_keys(&String::from_utf8_lossy(&line));
            let nonsense = format!("it greets with `{said}`; hint: is that the port of `management`?");
            Broken::Nonsense(nonsense).fault(who, &late)
        }
        Ungreeted::Unread(unread) => Broken::Unread(unread).fault(who, &late),
    }
}

fn ask(
    management: &mut Management,
    waits: &mut Option<&'static str>,
) -> Result<(openvpn::State, Status), Broken> {
    let mut state = None;
    management.ask("state")?;
    answer(management, waits, |line| {
        if line == b"END" {
            return Ok(true);
        }
        let mut read = openvpn::State::read(line).ok_or("it answers `state` with something else")?;
        read.detail = without_keys(&read.detail);
        state = Some(read);
        Ok(false)
    })?;
    let state = state.ok_or_else(|| Broken::nonsense("it answers `state` with nothing"))?;
    let mut status = Status::default();
    management.ask("status 3")?;
    answer(management, waits, |line| status.line(line))?;
    management.quit();
    Ok((state, status))
}

/// An answer of lines up to `END`. Notices of the process come between them at any time.
fn answer(
    management: &mut Management,
    waits: &mut Option<&'static str>,
    mut take: impl FnMut(&[u8]) -> Result<bool, String>,
) -> Result<(), Broken> {
    loop {
        match management.hear()? {
            Said::Notice(notice) => *waits = waiting(notice).or(*waits),
            Said::Refusal(error) => {
                let said = without_keys(&String::from_utf8_lossy(error));
                return Err(Broken::nonsense(format!("it refuses: {said}")));
            }
            Said::Line(line) => {
                if take(line).map_err(Broken::Nonsense)? {
                    return Ok(());
                }
            }
        }
    }
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
