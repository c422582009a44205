//! Sockets that wait for whoever comes, from the kernel's tables, and the processes that hold them, as far as the
//! host's user may see these.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _};
use std::net::SocketAddr;
use std::path::Path;

use procfs::net::{TcpNetEntries, UdpNetEntries};
use procfs::process::FDTarget;
use procfs::{FromBufReadSI as _, ProcError};

use super::machine::cannot_read;
use super::processes::{is_out_of_sight, user};
use super::readers::At;
use super::small::{odd, unread};
use super::trouble::Trouble;
use crate::contract::system::Listener;

/// The most bytes of one table. A connection takes 150 of them.
const TABLE_BYTES_MAX: u64 = 128 << 20;
/// The most open files of processes that are looked at.
const FILES_MAX: usize = 1_000_000;
/// The most names with one socket.
const NAMES_MAX: usize = 16;

struct Socket {
    protocol: &'static str,
    at: SocketAddr,
    uid: u32,
    inode: u64,
}

/// The listeners: one more than `max` if there are more.
pub(super) fn read(at: &At, root: &Path, max: usize) -> Result<Vec<Listener>, Trouble> {
    let proc = root.join("proc");
    let mut sockets = Vec::new();
    for (table, protocol) in [("tcp", "tcp"), ("tcp6", "tcp"), ("udp", "udp"), ("udp6", "udp")] {
        let path = proc.join("net").join(table);
        at.now(format!("`{}`", path.display()));
        sockets.extend(waiting(&path, protocol)?);
    }
    at.now("the processes that hold the sockets".to_owned());
    let mut holders = holders(&proc, &sockets)?;
    let mut users = HashMap::new();
    let mut places: BTreeMap<(&str, u16, SocketAddr), (u32, BTreeSet<String>)> = BTreeMap::new();
    for Socket { protocol, at, uid, inode } in sockets {
        let place = places.entry((protocol, at.port(), at)).or_insert((uid, BTreeSet::new()));
        place.1.extend(holders.remove(&inode).unwrap_or_default());
    }
    let listener =
        |((protocol, port, at), (uid, names)): ((&str, u16, SocketAddr), (u32, BTreeSet<String>))| Listener {
            protocol: protocol.to_owned(),
            address: at.ip().to_string(),
            port,
            user: users.entry(uid).or_insert_with(|| user(uid)).clone(),
            processes: names.into_iter().take(NAMES_MAX).collect(),
        };
    Ok(places.into_iter().take(max + 1).map(listener).collect())
}

/// The sockets of a table that wait. There is no table of a protocol that the machine does not have.
fn waiting(path: &Path, protocol: &'static str) -> Result<Vec<Socket>, Trouble> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unread(path, &error)),
    };
    // Only lines of sockets that wait are kept: there may be hundreds of thousands of others.
    let state = if protocol == "tcp" { "0A" } else { "07" };
    let mut table = BufReader::new(file.take(TABLE_BYTES_MAX));
    let (mut kept, mut line) = ("header\n".to_owned(), String::new());
    while table.read_line(&mut line).map_err(|error| unread(path, &error))? > 0 {
        if line.split_whitespace().nth(3) == Some(state) {
            kept.push_str(&line);
        }
        line.clear();
    }
    if table.into_inner().limit() == 0 {
        return Err(Trouble::Other(format!("`{}` is too long to be read", path.display())));
    }
    let told = entries(protocol, kept.as_bytes());
    told.map_err(|error| match error {
        ProcError::Io(..) => cannot_read(&path.display().to_string(), &error),
        _ => odd(path),
    })
}

fn entries(protocol: &'static str, table: &[u8]) -> Result<Vec<Socket>, ProcError> {
    let system = procfs::current_system_info();
    Ok(match protocol {
        "tcp" => {
            let all = TcpNetEntries::from_buf_read(table, system)?.0.into_iter();
            all.map(|it| Socket { protocol, at: it.local_address, uid: it.uid, inode: it.inode }).collect()
        }
        _ => {
            let all = UdpNetEntries::from_buf_read(table, system)?.0.into_iter();
            let waiting = all.filter(|it| it.remote_address.port() == 0);
            waiting
                .map(|it| Socket { protocol, at: it.local_address, uid: it.uid, inode: it.inode })
                .collect()
        }
    })
}

/// The names of the processes that hold each of the sockets.
fn holders(proc: &Path, sockets: &[Socket]) -> Result<HashMap<u64, BTreeSet<String>>, Trouble> {
    let mut holders: HashMap<u64, BTreeSet<String>> =
        sockets.iter().map(|socket| (socket.inode, BTreeSet::new())).collect();
    let mut left = FILES_MAX;
    let all = procfs::process::all_processes_with_root(proc);
    for process in all.map_err(|error| cannot_read(&proc.display().to_string(), &error))? {
        let process = match process {
            Ok(process) => process,
            Err(error) if is_out_of_sight(&error) => continue,
            Err(error) => return Err(cannot_read(&proc.display().to_string(), &error)),
        };
        // Those of others are not for every user to see.
        let Ok(files) = process.fd() else { continue };
        let mut name = None;
        for file in files.flatten() {
            left = left.saturating_sub(1);
            let FDTarget::Socket(inode) = file.target else { continue };
            let Some(names) = holders.get_mut(&inode) else { continue };
            let name = name.get_or_insert_with(|| process.stat().map(|stat| stat.comm).unwrap_or_default());
            names.insert(name.clone());
        }
        if left == 0 {
            break;
        }
    }
    Ok(holders)
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    const HEADER: &str =
        "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";

    fn told(files: &[(&str, String)]) -> Result<Vec<Listener>, Trouble> {
        let with = |tree: Tree, (name, text): &(&str, String)| tree.with(&format!("proc/net/{name}"), text);
        read(&At::default(), files.iter().fold(Tree::new(), with).root(), 10_000)
    }

    fn line(local: &str, remote: &str, state: &str) -> String {
        format!(
            "   0: {local} {remote} {state} 00000000:00000000 00:00000000 00000000     0        0 1077 1 0000000000000000 100 0 0 10 0\n"
        )
    }

    #[test]
    fn sockets_that_wait_are_told_and_connections_are_not() {
        let v6 = "00000000000000000000000001000000";
        let all = told(&[
            (
                "tcp",
                [
                    HEADER,
                    &line("0100007F:1F90", "00000000:0000", "0A"),
                    &line("0100007F:1F90", "0100007F:9999", "01"),
                ]
                .concat(),
            ),
            ("tcp6", [HEADER, &line(&format!("{v6}:01BB"), &format!("{:032}:0000", 0), "0A")].concat()),
            (
                "udp",
                [
                    HEADER,
                    &line("00000000:0035", "00000000:0000", "07"),
                    &line("00000000:0036", "0100007F:0035", "07"),
                    &line("00000000:0037", "0100007F:0035", "01"),
                ]
                .concat(),
            ),
        ])
        .expect("it is as the kernel writes it");
        let all: Vec<_> =
            all.iter().map(|it| format!("{} {} {}", it.protocol, it.address, it.port)).collect();
        assert_eq!(all, ["tcp ::1 443", "tcp 127.0.0.1 8080", "udp 0.0.0.0 53"]);
    }

    #[test]
    fn a_table_of_a_million_connections_is_read_and_an_odd_one_is_told() {
        let mut many = HEADER.to_owned();
        let connection = line("0100007F:1F90", "0100007F:9999", "01");
        (0..100_000).for_each(|_| many.push_str(&connection));
        many.push_str(&line("00000000:0050", "00000000:0000", "0A"));
        assert_eq!(told(&[("tcp", many)]).expect("it is long").len(), 1);
        let ports: String =
            (0..20_000).map(|port| line(&format!("00000000:{port:04X}"), "00000000:0000", "0A")).collect();
        assert_eq!(told(&[("tcp", format!("{HEADER}{ports}"))]).expect("they are many").len(), 10_001);
        for odd in ["0: x y 0A z\n", "0: 0100007F:ZZZZ 0:0 0A 1 2 3 4 5 6\n"] {
            let told = told(&[("tcp", format!("{HEADER}{odd}"))]).expect_err("it is odd");
            assert!(matches!(told, Trouble::Other(said) if said.contains("net/tcp")), "{odd}");
        }
    }
}
