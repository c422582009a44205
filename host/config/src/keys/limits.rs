//! `[plugin.NAME.limits]` and `[host.ceilings]`: the same keys. `watchkeep_core::limits` enforces nothing but knows
//! every limit; a test below compares this table with it.

use super::{Key, Kind, Section};

pub(crate) const LIMITS: Section = Section {
    header: "[plugin.NAME.limits]",
    noun: "limits",
    doc: "What one run of the plugin, or one attempt to deliver, may use. No limit may exceed the host's ceiling. A run that meets a limit says which key to raise.",
    keys: &[&KEYS],
};

pub(crate) const CEILINGS: Section = Section {
    header: "[host.ceilings]",
    noun: "ceilings",
    doc: "What no plugin's limits may exceed. A ceiling below a limit's default becomes that limit's default; one that is not given leaves the limit as it is.",
    keys: &[&CEILING_KEYS],
};

const KEYS: [Key; 20] = [
    Key {
        name: "memory",
        kind: Kind::Size { min: 1 << 20, max: 64 << 20 },
        default: "64MiB",
        doc: "The size of all memories of one run together.",
    },
    Key {
        name: "tables",
        kind: Kind::Count { min: 1, max: 160_000 },
        default: "20000",
        doc: "Elements of all tables of one run together. A single table has at most 20000, whatever stands here.",
    },
    Key {
        name: "cpu",
        kind: Kind::Span { min: 1, max: 60_000 },
        default: "1s",
        doc: "Processor time of one run.",
    },
    Key {
        name: "host_calls",
        kind: Kind::Count { min: 1, max: 1_000_000 },
        default: "1000",
        doc: "How many calls one run may make into the host.",
    },
    Key {
        name: "call_bytes",
        kind: Kind::Size { min: 64 << 10, max: 64 << 20 },
        default: "16MiB",
        doc: "How much one call into the host, or the report, may pass.",
    },
    Key {
        name: "log_lines",
        kind: Kind::Count { min: 0, max: 10_000 },
        default: "100",
        doc: "Log lines of one run; further ones are counted and dropped.",
    },
    Key {
        name: "http_requests",
        kind: Kind::Count { min: 0, max: 10_000 },
        default: "100",
        doc: "How many HTTP requests one run may make, not counting redirects.",
    },
    Key {
        name: "http_body",
        kind: Kind::Size { min: 0, max: 64 << 20 },
        default: "8MiB",
        doc: "The size of one HTTP body, decoded; the rest is cut off.",
    },
    Key {
        name: "connections",
        kind: Kind::Count { min: 0, max: 256 },
        default: "16",
        doc: "Streams that one run may have open at once.",
    },
    Key {
        name: "net_bytes",
        kind: Kind::Size { min: 0, max: 1 << 30 },
        default: "16MiB",
        doc: "How much one run may read and write over streams and datagrams.",
    },
    Key {
        name: "datagrams",
        kind: Kind::Count { min: 0, max: 100_000 },
        default: "1000",
        doc: "Datagrams that one run may send and take.",
    },
    Key {
        name: "dns_queries",
        kind: Kind::Count { min: 0, max: 10_000 },
        default: "500",
        doc: "How many questions one run may ask name servers.",
    },
    Key {
        name: "echoes",
        kind: Kind::Count { min: 0, max: 1_000 },
        default: "100",
        doc: "How many echo requests (ping) one run may send.",
    },
    Key {
        name: "file_bytes",
        kind: Kind::Size { min: 0, max: 1 << 30 },
        default: "64MiB",
        doc: "How much one run may read from files, not counting what is only hashed.",
    },
    Key {
        name: "commands",
        kind: Kind::Count { min: 0, max: 1_000 },
        default: "10",
        doc: "Programs that one run may start.",
    },
    Key {
        name: "snapshot_bytes",
        kind: Kind::Size { min: 0, max: 1 << 30 },
        default: "32MiB",
        doc: "How much one run may read from snapshots, and one attempt from pictures.",
    },
    Key {
        name: "kv",
        kind: Kind::Size { min: 0, max: 64 << 20 },
        default: "1MiB",
        doc: "The size of the keys and values that one run may write for later runs.",
    },
    Key {
        name: "kv_value",
        kind: Kind::Size { min: 0, max: 16 << 20 },
        default: "256KiB",
        doc: "The size of one such value.",
    },
    Key {
        name: "kv_keys",
        kind: Kind::Count { min: 0, max: 100_000 },
        default: "1000",
        doc: "Keys that one check or receiver may keep from run to run.",
    },
    Key {
        name: "concurrency",
        kind: Kind::Count { min: 1, max: 10_000 },
        default: "256",
        doc: "Runs of the plugin's checks under way at once.",
    },
];

/// The same keys, without defaults.
const CEILING_KEYS: [Key; 20] = {
    let mut keys = KEYS;
    let mut at = 0;
    while at < keys.len() {
        keys[at].default = "(none)";
        at += 1;
    }
    keys
};

#[cfg(test)]
mod tests {
    use watchkeep_core::limits::{Limit, Limits};

    use super::*;
    use crate::text::{parse_size, parse_span};

    #[test]
    fn every_limit_has_a_key_with_the_default_that_runs_have() {
        assert_eq!(LIMITS.keys().count(), Limit::ALL.len());
        for limit in Limit::ALL {
            let key = LIMITS.find(limit.key()).unwrap_or_else(|| panic!("`{limit}` is no key"));
            let said = match key.kind {
                Kind::Count { .. } => key.default.parse().ok(),
                Kind::Span { .. } => parse_span(key.default).map(|span| span.as_millis() as u64),
                _ => parse_size(key.default),
            };
            assert_eq!(said, Some(Limits::default().get(*limit)), "{limit}");
        }
    }
}
