//! The management interface of OpenVPN, over TCP or a socket of this machine. It serves one client at a time: ask what is needed,
//! and [`quit`](Management::quit).
//!
//! ```
//! use watchkeep_sdk::net::{Intake, Unread};
//! use watchkeep_sdk::openvpn::{Access, Management, Said};
//! use watchkeep_sdk::prelude::*;
//!
//! #[derive(Config)]
//! struct Load {
//!     #[config(flatten)]
//!     access: Access,
//! }
//!
//! fn load(config: &Load) -> Result<String, String> {
//!     let timeout = Duration::from_secs(5);
//!     let until = clock::monotonic() + timeout;
//!     let connection = config.access.connect(timeout).map_err(|failure| failure.sentence())?;
//!     let mut management = Management::over(connection, Intake::new(64 << 10, 50), until);
//!     management.greet(config.access.password.as_ref()).map_err(|_| "it does not greet")?;
//!     management.ask("load-stats").map_err(|_| "it does not listen")?;
//!     loop {
//!         match management.hear().map_err(|_| "it says nothing")? {
//!             Said::Notice(_) => {}
//!             Said::Line(line) => return Ok(String::from_utf8_lossy(line).into_owned()),
//!             Said::Refusal(_) => return Err("it refuses".to_owned()),
//!         }
//!     }
//! }
//! ```

use std::str;
use std::time::Duration;

use crate::config::{Place, Problems, Secret};
use crate::net::{self, Connection, Failure, Intake, Lines, Unread};

const PROMPT: &[u8] = b"ENTER PASSWORD:";
const STATE_CHARS_MAX: usize = 24;

/// Where the interface is. Its keys stand among those of a plugin, by `#[config(flatten)]`.
#[derive(watchkeep_sdk::Config)]
#[config(check = Access::consistent)]
pub struct Access {
    /// Where the management interface listens, as `management` of OpenVPN's config says it.
    #[config(grants = "tcp", example = "127.0.0.1:7505")]
    pub address: Option<String>,
    /// The name of a socket under `[sockets]` where it listens, in place of `address`. Needs the grant `net_local`.
    #[config(example = "openvpn")]
    pub socket: Option<String>,
    /// The password of the management interface, if it asks for one: a secret bound to `address`.
    pub password: Option<Secret>,
}

impl Access {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.address.is_some() == self.socket.is_some() {
            problems.add::<()>(place, "either `address` or `socket` must be given");
        } else if self.socket.is_some() && self.password.is_some() {
            problems.add::<()>(
                &place.key("password"),
                "no secret goes over a socket of this machine; hint: let the file's rights protect it, without a password, or use `address`",
            );
        }
    }

    /// Opens a stream to it.
    pub fn connect(&self, timeout: Duration) -> Result<Connection, Box<Failure>> {
        match (&self.address, &self.socket) {
            (Some(address), _) => net::target(address).timeout(timeout).connect(),
            (None, socket) => net::connect_local(socket.as_deref().unwrap_or_default()),
        }
    }

    /// Where it is, for a sentence.
    pub fn place(&self) -> String {
        match (&self.address, &self.socket) {
            (Some(address), _) => format!("`{}`", crate::clipped(address)),
            (None, socket) => format!("socket `{}`", crate::clipped(socket.as_deref().unwrap_or_default())),
        }
    }
}

/// A client of the interface.
#[derive(Debug)]
pub struct Management(Lines);

/// Why there is no conversation.
#[derive(Clone, Debug)]
pub enum Ungreeted {
    Unread(Unread),
    /// It asks for a password, and there is none.
    PasswordWanted,
    PasswordRefused,
    /// This comes in place of a greeting.
    Foreign(Vec<u8>),
}

impl From<Unread> for Ungreeted {
    fn from(unread: Unread) -> Self {
        Ungreeted::Unread(unread)
    }
}

/// A line without its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said<'l> {
    /// Comes at any time, and begins with `>`, as in `>STATE:`.
    Notice(&'l [u8]),
    /// What stands behind `ERROR:`.
    Refusal(&'l [u8]),
    /// Of an answer.
    Line(&'l [u8]),
}

impl Management {
    /// What is read in all is limited by `intake`; `until` is a moment of the run's own clock.
    pub fn over(connection: Connection, intake: Intake, until: Duration) -> Self {
        Self(Lines::over(connection, intake, until))
    }

    /// Waits for the greeting, and logs in if the interface asks for it.
    pub fn greet(&mut self, password: Option<&Secret>) -> Result<(), Ungreeted> {
        let Management(lines) = self;
        if lines.prompts(PROMPT)? {
            lines.write_secret(password.ok_or(Ungreeted::PasswordWanted)?, "\n")?;
            // It asks again.
            if lines.prompts(PROMPT)? || !lines.line()?.starts_with(b"SUCCESS:") {
                return Err(Ungreeted::PasswordRefused);
            }
        }
        match lines.line()? {
            [b'>', ..] => Ok(()),
            other => Err(Ungreeted::Foreign(other.to_vec())),
        }
    }

    /// Writes a command, which is given without a line end.
    pub fn ask(&mut self, command: &str) -> Result<(), Unread> {
        self.0.write(format!("{command}\n"))
    }

    /// The next line.
    pub fn hear(&mut self) -> Result<Said<'_>, Unread> {
        let line = self.0.line()?;
        Ok(match (line, line.strip_prefix(b"ERROR:")) {
            ([b'>', ..], _) => Said::Notice(line),
            (_, Some(error)) => Said::Refusal(error),
            (_, None) => Said::Line(line),
        })
    }

    /// Ends the conversation, so that others may begin one. That it is not heard is nobody's fault.
    pub fn quit(&mut self) {
        let _ = self.ask("quit");
    }
}

/// What the tunnel does, as a line of `state` or a notice tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// In seconds since the Unix epoch.
    pub since: u64,
    /// `CONNECTED`, `RECONNECTING` and the like.
    pub name: String,
    /// Such as `SUCCESS` or `tls-error`; may be empty, and may be anything.
    pub detail: String,
}

impl State {
    /// Reads `1700000000,CONNECTED,SUCCESS,10.8.0.2,...`.
    ///
    /// ```
    /// use watchkeep_sdk::openvpn::State;
    ///
    /// let state = State::read(b"1700000000,CONNECTED,SUCCESS,10.8.0.2").unwrap();
    /// assert_eq!((state.since, state.name.as_str(), state.detail.as_str()), (1_700_000_000, "CONNECTED", "SUCCESS"));
    /// assert_eq!(State::read(b"END"), None);
    /// ```
    pub fn read(line: &[u8]) -> Option<Self> {
        let mut parts = str::from_utf8(line).ok()?.split(',');
        let since = parts.next()?.parse().ok()?;
        let is_of_word = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let is_word =
            |name: &&str| (1..=STATE_CHARS_MAX).contains(&name.len()) && name.bytes().all(is_of_word);
        let name = parts.next().filter(is_word)?.to_owned();
        Some(Self { since, name, detail: parts.next().unwrap_or_default().to_owned() })
    }
    /// Whether the tunnel is up.
    pub fn is_up(&self) -> bool {
        self.name == "CONNECTED"
    }
}
