//! A connection to the system bus: who the host is, calls and their answers, and the signals that come between them.

use watchkeep_sdk::clipped;
use watchkeep_sdk::net::{Connection, Failure, FailureKind, Intake, Unread};
use watchkeep_sdk::prelude::*;

use crate::wire::{self, Call, Kind, MESSAGE_BYTES_MAX, Message};

const READ_BYTES_MAX: usize = 8 * MESSAGE_BYTES_MAX;
/// A run has a thousand host calls, and a step is one or two of them.
const STEPS_MAX: usize = 400;
/// Signals that came before they were waited for.
const SIGNALS_MAX: usize = 1_000;
const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";

pub(crate) struct Bus<'s> {
    socket: &'s str,
    connection: Connection,
    intake: Intake,
    serial: u32,
    until: Duration,
    signals: Vec<Message>,
}

/// Why there is no answer.
pub(crate) enum No {
    /// An error of D-Bus: its name, and what it says.
    Refused {
        name: String,
        said: String,
    },
    Late,
    Broken(Fault),
}

impl<'s> Bus<'s> {
    /// Says who it is, which the bus knows from the socket itself, and gets a name.
    pub(crate) fn open(socket: &'s str, until: Duration) -> Result<Self, Fault> {
        let mut connection = net::connect_local(socket).map_err(|failure| unopened(socket, &failure))?;
        connection.set_timeout(until.saturating_sub(clock::monotonic()));
        authenticate(&mut connection, socket)?;
        let intake = Intake::new(READ_BYTES_MAX, STEPS_MAX);
        let mut bus = Self { socket, connection, intake, serial: 0, until, signals: Vec::new() };
        bus.ask("Hello", &[])?;
        Ok(bus)
    }

    /// Signals of this kind are heard from now on.
    pub(crate) fn hear(&mut self, rule: &str) -> Result<(), Fault> {
        self.ask("AddMatch", &[rule]).map(drop)
    }

    /// The unique name of the connection that owns this name.
    pub(crate) fn owner(&mut self, name: &str) -> Result<String, No> {
        let arguments = [name];
        let call = Call {
            destination: BUS,
            path: BUS_PATH,
            interface: BUS,
            member: "GetNameOwner",
            arguments: &arguments,
        };
        Ok(self.call(&call)?.into_iter().next().unwrap_or_default())
    }

    fn ask(&mut self, member: &str, arguments: &[&str]) -> Result<Vec<String>, Fault> {
        let call = Call { destination: BUS, path: BUS_PATH, interface: BUS, member, arguments };
        self.call(&call).map_err(|no| match no {
            No::Refused { name, said } => Fault::inconclusive(format!(
                "the bus refuses `{member}`: {}: `{}`; nothing was done",
                clipped(&name),
                clipped(&said)
            )),
            No::Late => self.broken("does not answer in time; nothing was done"),
            No::Broken(fault) => fault,
        })
    }

    /// The strings of the answer.
    pub(crate) fn call(&mut self, call: &Call<'_>) -> Result<Vec<String>, No> {
        self.serial += 1;
        let serial = self.serial;
        self.connection.set_timeout(self.until.saturating_sub(clock::monotonic()));
        self.connection.write(call.bytes(serial)).map_err(|failure| self.unread(Unread::Failed(failure)))?;
        loop {
            let message = self.next()?;
            match message.kind {
                Kind::Return if message.reply_to == Some(serial) => {
                    return message.strings().map_err(|said| No::Broken(self.broken(&said)));
                }
                Kind::Error if message.reply_to == Some(serial) => {
                    // What an error says is its first argument, if that is a text.
                    let said =
                        message.strings().ok().and_then(|all| all.into_iter().next()).unwrap_or_default();
                    return Err(No::Refused { name: message.error, said });
                }
                Kind::Signal if self.signals.len() < SIGNALS_MAX => self.signals.push(message),
                Kind::Signal | Kind::Call | Kind::Return | Kind::Error | Kind::Unknown => {}
            }
        }
    }

    /// The next signal, those first that came while an answer was waited for.
    pub(crate) fn signal(&mut self) -> Result<Message, No> {
        if !self.signals.is_empty() {
            return Ok(self.signals.remove(0));
        }
        loop {
            let message = self.next()?;
            if message.kind == Kind::Signal {
                return Ok(message);
            }
        }
    }

    fn next(&mut self) -> Result<Message, No> {
        loop {
            match wire::message(self.intake.bytes()) {
                Ok(Some((message, count))) => {
                    self.intake.take(count);
                    return Ok(message);
                }
                Ok(None) => {
                    let more = self.intake.more(&mut self.connection, self.until);
                    more.map_err(|unread| self.unread(unread))?;
                }
                Err(said) => return Err(No::Broken(self.broken(&said))),
            }
        }
    }

    fn unread(&self, unread: Unread) -> No {
        No::Broken(match unread {
            Unread::Late => return No::Late,
            Unread::Closed => self.broken("closed the connection"),
            Unread::Endless(said) => self.broken(&said),
            Unread::Failed(failure) if failure.kind == FailureKind::TimedOut => return No::Late,
            Unread::Failed(failure) => match failure.as_fault() {
                Some(fault) => fault,
                None => self.broken(&failure.sentence()),
            },
        })
    }

    pub(crate) fn broken(&self, said: &str) -> Fault {
        Fault::inconclusive(format!("the bus at socket `{}`: {said}", self.socket))
    }
}

/// The mechanism EXTERNAL, without an answer of its own: the bus takes the user that the kernel names.
fn authenticate(connection: &mut Connection, socket: &str) -> Result<(), Fault> {
    let broken = |failure: Box<Failure>| match failure.as_fault() {
        Some(fault) => fault,
        None => Fault::inconclusive(format!(
            "the bus at socket `{socket}` broke off: {}; nothing was done",
            failure.sentence()
        )),
    };
    connection.write(b"\0AUTH EXTERNAL\r\n").map_err(broken)?;
    let mut line = connection.read_line().map_err(broken)?;
    if line.split(' ').next() == Some("DATA") {
        connection.write(b"DATA\r\n").map_err(broken)?;
        line = connection.read_line().map_err(broken)?;
    }
    match line.split(' ').next() {
        Some("OK") => connection.write(b"BEGIN\r\n").map_err(broken),
        Some("REJECTED") => Err(Fault::config(format!(
            "the bus at socket `{socket}` does not accept the user of the host: `{}`; hint: does its config allow that user?",
            clipped(&line)
        ))),
        _ => Err(Fault::config(format!(
            "socket `{socket}` is not a bus: it answers `{}`; hint: the system bus is `/run/dbus/system_bus_socket`",
            clipped(&line)
        ))),
    }
}

fn unopened(socket: &str, failure: &Failure) -> Fault {
    if let Some(fault) = failure.as_fault() {
        return fault;
    }
    let said = if failure.message.is_empty() { failure.sentence() } else { failure.message.clone() };
    Fault::inconclusive(format!(
        "the bus at socket `{socket}` cannot be reached: {said}; nothing was done; hint: the system bus is `/run/dbus/system_bus_socket`"
    ))
}
