//! What the management interface of OpenVPN answers to `status 3`.

use crate::uapi::{Peer, number, sort};
use crate::words::without_keys;

const CLIENTS_MAX: usize = 20_000;
/// Who has not logged in yet.
const NOBODY: &str = "UNDEF";
const NAME_BYTES_MAX: usize = 256;

/// What the process is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Client,
    Server,
}

/// What `status 3` says, as far as it was read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Status {
    pub role: Option<Role>,
    pub received: u64,
    pub sent: u64,
    /// One for each common name, in order once all is read.
    pub clients: Vec<Peer>,
    /// Connections that are not logged in yet.
    pub pending: usize,
    columns: Option<Columns>,
    lines: usize,
}

/// Where a line of `CLIENT_LIST` has what is needed; versions differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Columns {
    name: usize,
    address: usize,
    received: usize,
    sent: usize,
    since: usize,
}

impl Status {
    /// Takes a line without its end; true once it was the last. A sentence says what is wrong with one.
    pub fn line(&mut self, line: &[u8]) -> Result<bool, String> {
        self.lines += 1;
        let text = String::from_utf8_lossy(line);
        if text == "END" {
            return match self.role {
                Some(_) => {
                    self.merge();
                    Ok(true)
                }
                None => Err("it ends without a status".to_owned()),
            };
        }
        if text.starts_with("OpenVPN STATISTICS") {
            self.role = Some(Role::Client);
        } else if let Some(count) = text.strip_prefix("TCP/UDP read bytes,") {
            self.received = self.number(count)?;
        } else if let Some(count) = text.strip_prefix("TCP/UDP write bytes,") {
            self.sent = self.number(count)?;
        } else if text.starts_with("TITLE\t") {
            self.role = Some(Role::Server);
        } else if let Some(header) = text.strip_prefix("HEADER\tCLIENT_LIST\t") {
            self.columns = Some(columns(header).ok_or_else(|| self.wrong("lacks a column"))?);
        } else if let Some(row) = text.strip_prefix("CLIENT_LIST\t") {
            self.client(row)?;
        }
        Ok(false)
    }

    fn client(&mut self, row: &str) -> Result<(), String> {
        let columns = self.columns.ok_or_else(|| self.wrong("comes before its header"))?;
        let cells: Vec<&str> = row.split('\t').collect();
        let cell = |at: usize| cells.get(at).copied().ok_or_else(|| self.wrong("is too short"));
        let name = cell(columns.name)?;
        let (received, sent) = (self.number(cell(columns.received)?)?, self.number(cell(columns.sent)?)?);
        let (since, endpoint) = (self.number(cell(columns.since)?)?, without_keys(cell(columns.address)?));
        if name == NOBODY || name.is_empty() {
            self.pending = self.pending.saturating_add(1);
            return Ok(());
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(self.wrong("has a name that is too long"));
        }
        if self.clients.len() >= CLIENTS_MAX {
            return Err(format!("more than {CLIENTS_MAX} clients"));
        }
        self.clients.push(Peer {
            key: name.replace(char::is_control, " "),
            endpoint: Some(endpoint),
            handshake: Some(since),
            received,
            sent,
            ..Peer::default()
        });
        Ok(())
    }

    /// Several may be connected under one name: they are counted together, and told as the newest of them.
    fn merge(&mut self) {
        sort(&mut self.clients);
        self.clients.dedup_by(|next, kept| {
            let is_same = next.key == kept.key;
            if is_same {
                if next.handshake > kept.handshake {
                    std::mem::swap(&mut kept.handshake, &mut next.handshake);
                    std::mem::swap(&mut kept.endpoint, &mut next.endpoint);
                }
                kept.more += 1;
                kept.received = kept.received.saturating_add(next.received);
                kept.sent = kept.sent.saturating_add(next.sent);
            }
            is_same
        });
    }

    fn number(&self, text: &str) -> Result<u64, String> {
        number(text.as_bytes()).ok_or_else(|| self.wrong("has something else where a number should be"))
    }

    fn wrong(&self, what: &str) -> String {
        format!("line {} {what}", self.lines)
    }
}

fn columns(header: &str) -> Option<Columns> {
    let at = |name: &str| header.split('\t').position(|column| column == name);
    Some(Columns {
        name: at("Common Name")?,
        address: at("Real Address")?,
        received: at("Bytes Received")?,
        sent: at("Bytes Sent")?,
        since: at("Connected Since (time_t)")?,
    })
}
