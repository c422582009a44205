//! How a peer that speaks in the clear is asked to continue under TLS.

mod binary;
mod lines;
mod stanzas;

pub(crate) use lines::reply;

use super::{Connection, Failure};

/// The protocol in which a peer is asked for TLS.
///
/// ```no_run
/// use watchkeep_sdk::net::StartTls;
/// use watchkeep_sdk::prelude::*;
///
/// fn chain(address: &str) -> Result<net::Inspection, Verdict> {
///     let mut connection = net::connect(address).map_err(|failure| Err(failure.into()))?;
///     match StartTls::Smtp.ask(&mut connection, "mail.example.com") {
///         Ok(()) => connection.inspect_tls(&net::TlsOptions::new()).map_err(|failure| Err(failure.into())),
///         Err(refused) => Err(Ok(Report::critical(refused.sentence()))),
///     }
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk_macros::Config)]
pub enum StartTls {
    Smtp,
    Imap,
    Pop3,
    Ftp,
    Ldap,
    Postgresql,
    Mysql,
    /// As a client of the server.
    Xmpp,
    /// As another server.
    XmppServer,
}

/// Why a peer does not continue under TLS.
#[derive(Clone, Debug)]
pub enum NoTls {
    /// It could not be asked, or did not answer.
    Failed(Box<Failure>),
    /// It refused, or sent something that is not an answer; described in a sentence.
    Refused(String),
}

/// How much of a peer's answer a sentence quotes.
const REPEATED_CHARS_MAX: usize = 200;

impl StartTls {
    /// Asks the peer for TLS, after which it waits for a handshake. `name` is the host that is asked for, if the
    /// protocol names one. All of it takes no longer than the connection's timeout for one call.
    pub fn ask(self, connection: &mut Connection, name: &str) -> Result<(), NoTls> {
        connection.together(|connection| match self {
            StartTls::Smtp => lines::smtp(connection),
            StartTls::Imap => lines::imap(connection),
            StartTls::Pop3 => lines::pop3(connection),
            StartTls::Ftp => lines::ftp(connection),
            StartTls::Ldap => binary::ldap(connection),
            StartTls::Postgresql => binary::postgresql(connection),
            StartTls::Mysql => binary::mysql(connection),
            StartTls::Xmpp => stanzas::xmpp(connection, "jabber:client", name),
            StartTls::XmppServer => stanzas::xmpp(connection, "jabber:server", name),
        })
    }
}

impl NoTls {
    pub fn sentence(&self) -> String {
        match self {
            NoTls::Failed(failure) => failure.sentence(),
            NoTls::Refused(why) => why.clone(),
        }
    }
}

impl From<Box<Failure>> for NoTls {
    fn from(failure: Box<Failure>) -> Self {
        NoTls::Failed(failure)
    }
}

/// The error for a peer that sends something other than what was expected.
pub(crate) fn refused<T>(what: &str, said: &str) -> Result<T, NoTls> {
    let said: String = said.chars().filter(|c| !c.is_control()).take(REPEATED_CHARS_MAX).collect();
    if said.is_empty() {
        return Err(NoTls::Refused(format!("{what}: it says nothing that can be read")));
    }
    Err(NoTls::Refused(format!("{what}: it says `{said}`")))
}
