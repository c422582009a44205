//! What one call of a plugin may use, and the most that the host lets it use. One table defines every limit: its key in
//! a config, its unit and its default. Code that enforces a limit finds here which key to raise.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

macro_rules! limits {
    ($($(#[$doc:meta])* $limit:ident $key:literal $field:ident: $type:ty = $default:expr;)*) => {
        /// One of the limits.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Limit {
            $($(#[$doc])* $limit,)*
        }

        impl Limit {
            pub const ALL: &[Limit] = &[$(Limit::$limit),*];

            /// The key as a config names it.
            pub const fn key(self) -> &'static str {
                match self {
                    $(Limit::$limit => $key,)*
                }
            }
        }

        /// What one call of a plugin may use.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub struct Limits {
            $($(#[$doc])* pub $field: $type,)*
            /// The limits that are at the host's ceiling, so that raising them takes a higher ceiling as well.
            pub held: LimitSet,
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($field: $default,)* held: LimitSet::default() }
            }
        }

        impl Limits {
            /// The value, in bytes, milliseconds or pieces.
            pub fn get(&self, limit: Limit) -> u64 {
                match limit {
                    $(Limit::$limit => self.$field.amount(),)*
                }
            }
            pub fn set(&mut self, limit: Limit, amount: u64) {
                match limit {
                    $(Limit::$limit => self.$field = Amount::of(amount),)*
                }
            }
        }
    };
}

limits! {
    /// Bytes of all linear memories together.
    Memory "memory" memory_bytes: usize = 64 << 20;
    /// Elements of all tables together.
    Tables "tables" table_elements: usize = 20_000;
    /// CPU time of the thread while the guest or a host call for it computes.
    Cpu "cpu" cpu: Duration = Duration::from_secs(1);
    /// Host calls of any kind.
    HostCalls "host_calls" host_calls: u32 = 1_000;
    /// Bytes that one host call may hand over.
    CallBytes "call_bytes" call_bytes: usize = 16 << 20;
    /// Lines of log; further ones are counted and dropped.
    LogLines "log_lines" log_lines: u32 = 100;
    /// HTTP exchanges, redirects not counted.
    HttpRequests "http_requests" http_requests: u32 = 100;
    /// Decoded bytes of one HTTP body, whatever the plugin asks for.
    HttpBody "http_body" http_body_bytes: u64 = 8 << 20;
    /// Streams open at once.
    Connections "connections" connections: u32 = 16;
    /// Bytes read and written over streams and datagrams.
    NetBytes "net_bytes" net_bytes: u64 = 16 << 20;
    /// Datagrams sent and taken.
    Datagrams "datagrams" datagrams: u32 = 1_000;
    /// Questions to name servers.
    DnsQueries "dns_queries" dns_queries: u32 = 500;
    /// Echo requests.
    Echoes "echoes" echoes: u32 = 100;
    /// Bytes of files read; hashing does not count.
    FileBytes "file_bytes" file_bytes: u64 = 64 << 20;
    /// Programs started.
    Commands "commands" commands: u32 = 10;
    /// Bytes of snapshots and pictures read.
    SnapshotBytes "snapshot_bytes" snapshot_bytes: u64 = 32 << 20;
    /// Bytes of all keys and values that one call may write.
    Kv "kv" kv_bytes: usize = 1 << 20;
    /// Bytes of one kv value.
    KvValue "kv_value" kv_value_bytes: usize = 256 << 10;
    /// Keys that one check or receiver may keep.
    KvKeys "kv_keys" kv_keys: usize = 1_000;
    /// Runs of the plugin's checks under way at once. Not of one call: whoever starts runs holds it.
    Concurrency "concurrency" concurrency: u32 = 256;
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl Limits {
    /// The limits, lowered where they are above the host's ceilings.
    pub fn under(mut self, ceilings: &Ceilings) -> Limits {
        for (limit, most) in ceilings.iter() {
            if self.get(limit) >= most {
                self.set(limit, most);
                self.held.add(limit);
            }
        }
        self
    }

    /// What to do for a plugin that hit `limit`: the key to raise, and where.
    pub fn raise(&self, limit: Limit, plugin: &str) -> String {
        let own = format!("under [plugin.{plugin}.limits]");
        if self.held.has(limit) {
            format!(
                "the host's ceiling holds it: raise `{limit}` under [host.ceilings], and {own} if it is set there"
            )
        } else {
            format!("raise `{limit}` {own}")
        }
    }
}

/// A set of limits.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct LimitSet(u32);

impl LimitSet {
    fn add(&mut self, limit: Limit) {
        self.0 |= 1 << limit as u32;
    }
    pub fn has(self, limit: Limit) -> bool {
        self.0 & 1 << limit as u32 != 0
    }
}

impl fmt::Debug for LimitSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(Limit::ALL.iter().filter(|limit| self.has(**limit))).finish()
    }
}

/// The most that the host lets any plugin use; a limit that is not named has no ceiling.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ceilings(BTreeMap<Limit, u64>);

impl Ceilings {
    /// The value, in bytes, milliseconds or pieces.
    pub fn get(&self, limit: Limit) -> Option<u64> {
        self.0.get(&limit).copied()
    }
    pub fn iter(&self) -> impl Iterator<Item = (Limit, u64)> {
        self.0.iter().map(|(limit, most)| (*limit, *most))
    }
}

impl FromIterator<(Limit, u64)> for Ceilings {
    fn from_iter<I: IntoIterator<Item = (Limit, u64)>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

/// The type of a limit, as a number.
trait Amount {
    fn amount(self) -> u64;
    fn of(amount: u64) -> Self;
}

impl Amount for u64 {
    fn amount(self) -> u64 {
        self
    }
    fn of(amount: u64) -> Self {
        amount
    }
}
impl Amount for u32 {
    fn amount(self) -> u64 {
        self.into()
    }
    fn of(amount: u64) -> Self {
        u32::try_from(amount).unwrap_or(u32::MAX)
    }
}
impl Amount for usize {
    fn amount(self) -> u64 {
        self as u64
    }
    fn of(amount: u64) -> Self {
        usize::try_from(amount).unwrap_or(usize::MAX)
    }
}
impl Amount for Duration {
    fn amount(self) -> u64 {
        u64::try_from(self.as_millis()).unwrap_or(u64::MAX)
    }
    fn of(amount: u64) -> Self {
        Duration::from_millis(amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_is_what_is_read_for_every_limit() {
        for limit in Limit::ALL {
            let mut limits = Limits::default();
            limits.set(*limit, 12_345);
            assert_eq!(limits.get(*limit), 12_345, "{limit}");
            let others = Limit::ALL.iter().filter(|other| *other != limit);
            for other in others {
                assert_eq!(limits.get(*other), Limits::default().get(*other), "{limit} moved {other}");
            }
        }
    }

    #[test]
    fn a_ceiling_lowers_what_is_above_it_and_leaves_the_rest() {
        let ceilings: Ceilings = [(Limit::Cpu, 500), (Limit::Echoes, 1_000)].into_iter().collect();
        let limits = Limits::default().under(&ceilings);
        assert_eq!(limits.cpu, Duration::from_millis(500));
        assert_eq!(limits.echoes, Limits::default().echoes);
        assert!(limits.held.has(Limit::Cpu) && !limits.held.has(Limit::Echoes), "{:?}", limits.held);
    }

    #[test]
    fn the_key_to_raise_is_named_and_the_ceiling_if_it_is_what_holds() {
        let limits = Limits::default();
        assert_eq!(limits.raise(Limit::Cpu, "http"), "raise `cpu` under [plugin.http.limits]");
        let at_the_ceiling = limits.under(&[(Limit::Cpu, 1_000)].into_iter().collect());
        assert_eq!(
            at_the_ceiling.raise(Limit::Cpu, "http"),
            "the host's ceiling holds it: raise `cpu` under [host.ceilings], and under [plugin.http.limits] if it \
             is set there"
        );
    }
}
