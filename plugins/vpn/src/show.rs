//! What `wg show INTERFACE WHAT` prints: a table without secrets for each of the things that it is asked for.

use watchkeep_sdk::commands::{self, CommandError};
use watchkeep_sdk::prelude::*;

use crate::config::{WireGuard, is_key};
use crate::uapi::{Peer, endpoint, in_order, number};
use crate::words::{has, without_keys};

const PEERS_MAX: usize = 20_000;

/// What is asked for, in this order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Table {
    Handshakes,
    Transfer,
    Endpoints,
    Keepalive,
}

impl Table {
    pub const ALL: [Table; 4] = [Table::Handshakes, Table::Transfer, Table::Endpoints, Table::Keepalive];

    const fn word(self) -> &'static str {
        match self {
            Table::Handshakes => "latest-handshakes",
            Table::Transfer => "transfer",
            Table::Endpoints => "endpoints",
            Table::Keepalive => "persistent-keepalive",
        }
    }
}

/// None if there is no such interface.
pub(crate) fn peers(config: &WireGuard, command: &str, timeout: Duration) -> Result<Option<Vec<Peer>>, Stop> {
    let mut peers = Vec::new();
    for what in Table::ALL {
        let asked = commands::command(command)
            .parameter("interface", &*config.interface)
            .parameter("what", what.word())
            .timeout(timeout);
        let output = asked.run().map_err(|failure| unrun(&failure))?;
        if output.truncated {
            let said = format!("`{command}` prints more than is kept; hint: raise its `output_max`");
            return Err(Fault::inconclusive(said).into());
        }
        if !output.is_success() {
            return refused(config, command, &output.complaints()).map(|()| None);
        }
        table(what, &output.stdout, &mut peers).map_err(|wrong| {
            let said = format!(
                "`{command}` does not print what `wg show {} {}` does: {wrong}",
                config.interface,
                what.word()
            );
            Stop::from(Fault::inconclusive(said))
        })?;
    }
    Ok(Some(peers))
}

/// A program that hangs judges nothing: it is not the tunnel.
fn unrun(failure: &commands::Failure) -> Stop {
    let told = failure.to_string();
    match failure.error {
        CommandError::Denied(_) => Fault::Denied(told),
        CommandError::Parameter(_) => Fault::config(format!(
            "{told}; hint: let `parameters` have `interface` and `what`, with `latest-handshakes|transfer|endpoints|persistent-keepalive`"
        )),
        CommandError::TimedOut => Fault::inconclusive(told),
        CommandError::NotStartable(_) | CommandError::Other(_) => Fault::other(told),
    }
    .into()
}

/// Well if it says that there is no such interface.
fn refused(config: &WireGuard, command: &str, complaint: &str) -> Result<(), Stop> {
    let said = without_keys(complaint);
    let is_said = |words: &[&str]| words.iter().any(|word| has(complaint, word));
    if is_said(&["No such device", "does not exist"]) {
        return Ok(());
    }
    let hint = if is_said(&["not permitted", "ermission denied", "a password is required"]) {
        "; hint: it needs `CAP_NET_ADMIN`: run it through `sudo -n`, with a line in sudoers for these arguments alone"
    } else if is_said(&["not supported"]) {
        // The kernel has none of any name, and no socket of that name is there.
        return Ok(());
    } else {
        ""
    };
    let interface = &config.interface;
    Err(Fault::inconclusive(format!("`{command}` failed for {interface}: {said}{hint}")).into())
}

/// Adds what a table says to the peers; the first table makes them. A sentence says what is wrong, without repeating any of it:
/// it could be a key.
pub fn table(what: Table, text: &[u8], peers: &mut Vec<Peer>) -> Result<(), String> {
    let rows = text.split(|byte| *byte == b'\n').filter(|row| !row.is_empty());
    for (index, row) in rows.enumerate() {
        let line = index + 1;
        let mut columns = row.split(|byte| *byte == b'\t');
        let key = columns.next().and_then(|key| std::str::from_utf8(key).ok()).filter(|key| is_key(key));
        let (Some(key), Some(first)) = (key, columns.next()) else {
            return Err(format!("line {line} does not begin with a public key and a tab"));
        };
        let second = columns.next();
        if columns.next().is_some() || second.is_some() != (what == Table::Transfer) {
            return Err(format!("line {line} has another number of columns"));
        }
        if what == Table::Handshakes {
            if peers.len() >= PEERS_MAX {
                return Err(format!("more than {PEERS_MAX} peers"));
            }
            peers.push(Peer { key: key.to_owned(), ..Peer::default() });
        }
        // A peer may come or go between two tables.
        let found = match what {
            Table::Handshakes => peers.len().checked_sub(1),
            Table::Transfer | Table::Endpoints | Table::Keepalive => {
                peers.binary_search_by(|peer| peer.key.as_str().cmp(key)).ok()
            }
        };
        let Some(peer) = found.and_then(|at| peers.get_mut(at)) else { continue };
        let wrong = || format!("line {line} has something else where a number should be");
        match what {
            Table::Handshakes => {
                peer.handshake = Some(number(first).ok_or_else(wrong)?).filter(|at| *at > 0);
            }
            Table::Transfer => {
                peer.received = number(first).ok_or_else(wrong)?;
                peer.sent = second.and_then(number).ok_or_else(wrong)?;
            }
            Table::Endpoints => peer.endpoint = endpoint(first),
            Table::Keepalive if first == b"off" => peer.keepalive = false,
            Table::Keepalive => peer.keepalive = number(first).ok_or_else(wrong)? > 0,
        }
    }
    if what == Table::Handshakes {
        in_order(peers);
    }
    Ok(())
}
