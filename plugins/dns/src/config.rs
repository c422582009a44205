//! What an operator writes for questions to name servers.

use std::time::Duration;

use watchkeep_sdk::config::{Config, OneOrMany, Place, Problems, Schema, Table, Value, response_times};
use watchkeep_sdk::net::Family;

/// Queries name servers and compares the answers with what is expected.
#[derive(watchkeep_sdk::Config)]
#[config(check = Dns::consistent)]
pub struct Dns {
    /// The name to query; a zone if `serials` or `delegation` is set.
    #[config(grants = "dns", example = "example.com")]
    pub(crate) name: String,
    /// The record type to query.
    #[config(name = "type", default = "A", example = "MX")]
    pub(crate) kind: Kind,
    /// Name servers to query, by address, with `:port` if that is not 53; each of several is a finding of its own.
    /// Default: the host's resolver.
    #[config(default, grants = "dns", example = ["192.0.2.53", "[2001:db8::53]:5353"])]
    pub(crate) server: OneOrMany<String>,
    /// The transport protocol for queries. An answer that does not fit into a datagram is requested again over TCP.
    #[config(default = "udp")]
    pub(crate) protocol: Protocol,
    /// Whether the server may query others; `false` asks only for what it knows itself.
    #[config(default = true)]
    pub(crate) recursive: bool,
    /// The complete set of expected answers, in any order.
    #[config(default, example = ["192.0.2.1", "192.0.2.2"])]
    pub(crate) expect: OneOrMany<String>,
    /// Answers that must be included, whatever others there are.
    #[config(default, example = ["10 mail.example.com"])]
    pub(crate) expect_some: OneOrMany<String>,
    /// Answers that must not be included.
    #[config(default, example = ["203.0.113.9"])]
    pub(crate) do_not_expect: OneOrMany<String>,
    /// The expected response code: `NOERROR`, or `NXDOMAIN` for a name that must not exist.
    #[config(default = "NOERROR")]
    pub(crate) expect_status: OneOrMany<Status>,
    /// The answer must be authoritative, not cached.
    #[config(default = false)]
    pub(crate) authoritative: bool,
    /// The resolver must have validated the signatures successfully.
    #[config(default = false)]
    pub(crate) authenticated: bool,
    /// Warns this many days before the records' signature expires; a missing signature is then critical.
    #[config(max = 3650, example = 5)]
    pub(crate) signature_warning_days: Option<u32>,
    /// Critical this many days before the signature expires.
    #[config(max = 3650, example = 2)]
    pub(crate) signature_critical_days: Option<u32>,
    /// All name servers of the zone must answer for it, with the same serial number.
    #[config(default = false)]
    pub(crate) serials: bool,
    /// The parent zone must list the same name servers as the zone itself.
    #[config(default = false)]
    pub(crate) delegation: bool,
    /// The IP version over which the zone's name servers are queried, unless `server` names them.
    #[config(default = "any", example = "ipv4")]
    pub(crate) ip_family: Family,
    /// The expected SPF record of the domain.
    #[config(example = "v=spf1 include:_spf.example.com -all")]
    pub(crate) spf: Option<String>,
    /// The expected DMARC record, at `_dmarc`.
    #[config(example = "v=DMARC1; p=reject; rua=mailto:dmarc@example.com")]
    pub(crate) dmarc: Option<String>,
    /// The expected DKIM records, by selector; an empty string only requires a record with a key.
    #[config(default)]
    pub(crate) dkim: Table<String>,
    /// A response time above this is a warning.
    pub(crate) response_time_warning: Option<Duration>,
    /// A response time above this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// How long to wait for each answer; never longer than the check's timeout.
    #[config(default = "5s")]
    pub(crate) timeout: Duration,
}

/// Over which protocol a server is asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Protocol {
    Udp,
    Tcp,
}

impl Dns {
    /// None is the host's resolver.
    pub(crate) fn servers(&self) -> Vec<Option<&str>> {
        match &*self.server.0 {
            [] => vec![None],
            several => several.iter().map(|server| Some(server.as_str())).collect(),
        }
    }

    pub(crate) fn asks_for_mail_records(&self) -> bool {
        self.spf.is_some() || self.dmarc.is_some() || !self.dkim.0.is_empty()
    }

    /// Whoever looks at a zone or at mail records asks for others only if something is said of them.
    pub(crate) fn asks_for_records(&self) -> bool {
        let says_something =
            !(self.expect.0.is_empty() && self.expect_some.0.is_empty() && self.do_not_expect.0.is_empty())
                || self.asks_for_signatures()
                || self.authenticated
                || self.authoritative;
        says_something || !(self.serials || self.delegation || self.asks_for_mail_records())
    }

    pub(crate) const fn asks_for_signatures(&self) -> bool {
        self.signature_warning_days.is_some() || self.signature_critical_days.is_some()
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        if let (Some(warning), Some(critical)) = (self.signature_warning_days, self.signature_critical_days)
            && warning < critical
        {
            problems.add::<()>(
                &place.key("signature_warning_days"),
                "must not be less than `signature_critical_days`, or it never warns",
            );
        }
        let has_values = !(self.expect.0.is_empty() && self.expect_some.0.is_empty());
        if has_values && !self.expect_status.0.iter().any(|status| status.0 == "NOERROR") {
            problems.add::<()>(
                &place.key("expect_status"),
                "there are answers with `NOERROR` alone; hint: leave out one of the two",
            );
        }
        if self.authenticated && !self.recursive {
            problems.add::<()>(
                &place.key("authenticated"),
                "signatures are checked by a resolver that asks others; hint: leave out `recursive = false`",
            );
        }
        for (at, server) in self.server.0.iter().enumerate() {
            if self.server.0[..at].contains(server) {
                problems.add::<()>(&place.key("server").index(at), format!("`{server}` is listed twice"));
            }
            let is_address =
                server.parse::<std::net::IpAddr>().is_ok() || server.parse::<std::net::SocketAddr>().is_ok();
            if !is_address {
                problems.add::<()>(
                    &place.key("server").index(at),
                    format!("`{server}` is not a name server address; hint: write `192.0.2.53` or `[2001:db8::53]:5353`"),
                );
            }
        }
    }
}

/// A type of records: a mnemonic, or `TYPE65`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Kind(pub(crate) String);

impl Config for Kind {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""pattern":"^[A-Za-z][A-Za-z0-9-]{0,15}$","x-watchkeep-hint":"write a type such as `A`, `MX` or `TYPE65`""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let kind = String::read(value, place, problems)?.to_ascii_uppercase();
        let is_kind = kind.starts_with(|c: char| c.is_ascii_uppercase())
            && kind.len() <= 16
            && kind.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match (is_kind, kind.as_str()) {
            (_, "AXFR" | "IXFR") => problems.add(place, "zones are not transferred"),
            // RFC 8482 lets a server answer what it likes.
            (_, "ANY" | "TYPE255") => {
                problems.add(place, "`ANY` is answered with whatever a server likes; hint: write one type")
            }
            (true, _) => Some(Kind(mnemonic(&kind).map_or(kind, str::to_owned))),
            (false, _) => problems.add(
                place,
                format!("`{kind}` is not a record type; hint: write one such as `A`, `MX` or `TYPE65`"),
            ),
        }
    }
}

/// Answers come with the mnemonics that the host knows: `TYPE65` is `HTTPS`.
fn mnemonic(kind: &str) -> Option<&'static str> {
    let number: u16 = kind.strip_prefix("TYPE")?.parse().ok()?;
    Some(match number {
        1 => "A",
        2 => "NS",
        5 => "CNAME",
        6 => "SOA",
        12 => "PTR",
        13 => "HINFO",
        15 => "MX",
        16 => "TXT",
        28 => "AAAA",
        33 => "SRV",
        35 => "NAPTR",
        37 => "CERT",
        39 => "DNAME",
        43 => "DS",
        44 => "SSHFP",
        46 => "RRSIG",
        47 => "NSEC",
        48 => "DNSKEY",
        50 => "NSEC3",
        51 => "NSEC3PARAM",
        52 => "TLSA",
        53 => "SMIMEA",
        59 => "CDS",
        60 => "CDNSKEY",
        61 => "OPENPGPKEY",
        64 => "SVCB",
        65 => "HTTPS",
        99 => "SPF",
        256 => "URI",
        257 => "CAA",
        _ => return None,
    })
}

/// What a server says of a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Status(pub(crate) &'static str);

const STATUSES: [&str; 6] = ["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "FORMERR", "NOTIMP"];

impl Config for Status {
    const SCHEMA: Schema =
        Schema::OneOfTexts { json: r#"["NOERROR","NXDOMAIN","SERVFAIL","REFUSED","FORMERR","NOTIMP"]"# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let at = watchkeep_sdk::config::one_of(value, place, &STATUSES, problems)?;
        Some(Status(STATUSES[at]))
    }
}
