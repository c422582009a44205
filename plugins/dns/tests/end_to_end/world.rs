//! A small Internet: a root, the zone `example` below it, name servers for what is below that, and a resolver.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, SystemTime};

use watchkeep_end_to_end::servers::{Nsd, Unbound};

/// Serves the root and `example`, and nothing below.
const ABOVE: &str = "192.0.2.10";
/// The same server at three addresses.
pub(super) const FIRST: &str = "192.0.2.11";
const SECOND: &str = "192.0.2.12";
const SIXTH: &str = "2001:db8::11";
/// Another, which is behind with some zones and knows nothing of others.
pub(super) const BEHIND: &str = "192.0.2.13";

pub(super) struct World {
    _servers: [Nsd; 3],
    _resolver: Unbound,
}

impl World {
    /// `example` delegates as is said, a line each. The first server has these zones, the other one those.
    pub(super) fn new(
        delegates: &str,
        first: &[(String, String)],
        behind: &[(String, String)],
        keys: &[&str],
    ) -> World {
        let root = format!(
            ". 300 SOA a.root. admin. 1 7200 900 1209600 300\n. 300 NS a.root.\na.root. 300 A {ABOVE}\n\
             example. 300 NS a.example.\na.example. 300 A {ABOVE}\n"
        );
        let example = format!("$ORIGIN example.\n{}a A {ABOVE}\n{delegates}", head("a.example.", "1"));
        fn texts(zones: &[(String, String)]) -> Vec<(&str, &str)> {
            zones.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
        }
        let servers = [
            Nsd::start(&[ABOVE], &[(".", &root), ("example", &example)]),
            Nsd::start(&[FIRST, SECOND, SIXTH], &texts(first)),
            Nsd::start(&[BEHIND], &texts(behind)),
        ];
        World { _servers: servers, _resolver: Unbound::start(ABOVE, keys) }
    }
}

/// Delegates `NAME.example` to the first server alone.
pub(super) fn delegated(names: &[&str]) -> String {
    names.iter().map(|name| format!("{name} NS ns1.{name}\nns1.{name} A {FIRST}\n")).collect()
}

/// A zone on the first server alone.
pub(super) fn zone(name: &str, records: &str) -> (String, String) {
    let name = format!("{name}.example");
    let text = format!("$ORIGIN {name}.\n{}ns1 A {FIRST}\n{records}", head("ns1", "7"));
    (name, text)
}

/// What stands at a zone's top.
pub(super) fn head(server: &str, serial: &str) -> String {
    format!("$TTL 300\n@ SOA {server} admin {serial} 7200 900 1209600 300\n@ NS {server}\n")
}

/// Until when a zone's signatures last, from now.
pub(super) enum Signed {
    Days(u32),
    /// They ended so many days ago.
    Ago(u32),
}

/// The zone with signatures, and its key as a resolver is told it.
pub(super) fn signed(zone: &(String, String), until: &Signed) -> ((String, String), String) {
    let day = Duration::from_secs(86_400);
    let (end, begin) = match until {
        // Half a day more, so that it is as many days for as long as the test runs.
        Signed::Days(days) => (now() + day * *days + day / 2, now() - day),
        Signed::Ago(days) => (now() - day * *days, now() - day * (*days + 30)),
    };
    let folder = tempfile::tempdir().unwrap();
    let (name, text) = zone;
    std::fs::write(folder.path().join("zone"), text).unwrap();
    let key = ran(folder.path(), "ldns-keygen", &["-r", "/dev/urandom", "-a", "ECDSAP256SHA256", "-k", name]);
    let key = key.trim();
    let [end, begin] = [end, begin].map(|at| at.as_secs().to_string());
    ran(folder.path(), "ldns-signzone", &["-e", &end, "-i", &begin, "-o", name, "-f", "signed", "zone", key]);
    let read = |file: &str| std::fs::read_to_string(folder.path().join(file)).unwrap();
    let public = read(&format!("{key}.key"));
    let public = public.split(';').next().unwrap().trim().replace('\t', " ");
    ((name.clone(), read("signed")), public)
}

fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap()
}

fn ran(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output =
        output.unwrap_or_else(|error| panic!("`{program}`: {error}; hint: `make setup` installs it"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
