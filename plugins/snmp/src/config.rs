//! What an operator writes for an agent.

mod item;
mod user;

use std::time::Duration;

use watchkeep_sdk::config::{Glob, OneOrMany, Place, Problems, Secret, has_address, response_times};
use watchkeep_sdk::net::Family;

use crate::oid::Oid;

pub(crate) use item::{Item, ReadAs, Said};
pub(crate) use user::User;
pub use user::{Cipher, Digest};

/// The most metrics of a report, less those that are always there.
const METRICS_MAX: u64 = 950;

/// Queries an SNMP agent for values and tables and compares them with thresholds.
#[derive(watchkeep_sdk::Config)]
#[config(check = Snmp::consistent)]
pub struct Snmp {
    /// The agent to query, as `host:port`; the port is usually 161.
    #[config(grants = "udp", example = "switch.example.com:161")]
    pub(crate) agent: String,
    /// The community, for version 2c.
    pub(crate) community: Option<Secret>,
    /// The user, for version 3.
    pub(crate) user: Option<User>,
    /// Single values to query. Without values and tables, the agent's uptime is queried.
    #[config(default)]
    pub(crate) values: Vec<Item>,
    /// Tables to query; each row is a finding.
    #[config(default)]
    pub(crate) tables: Vec<Table>,
    /// A response time above this is a warning.
    pub(crate) response_time_warning: Option<Duration>,
    /// A response time above this is critical.
    pub(crate) response_time_critical: Option<Duration>,
    /// How often a request is sent before the check gives up: a datagram may be lost.
    #[config(default = 3, min = 1, max = 10)]
    pub(crate) attempts: u8,
    /// How long each attempt waits for an answer; never longer than the check's timeout.
    #[config(default = "2s")]
    pub(crate) timeout: Duration,
    /// How many values one answer may hold. If they do not fit into the agent's datagrams, the request is split in
    /// half.
    #[config(default = 40, min = 1, max = 200)]
    pub(crate) answer_values_max: u8,
    /// Which IP version to use.
    #[config(default = "any")]
    pub(crate) ip_family: Family,
}

/// A table: columns that have the same rows.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct Table {
    /// The table's name: the beginning of its findings' keys, and the label `table` of their metrics.
    #[config(non_empty, example = "interfaces")]
    pub(crate) name: String,
    /// The column that names the rows, such as that of `ifName`; rows without it are named by their index.
    #[config(example = "1.3.6.1.2.1.31.1.1.1.1")]
    pub(crate) label: Option<Oid>,
    /// The columns to judge. `oid` is a column's OID, without an index.
    #[config(non_empty)]
    pub(crate) columns: Vec<Item>,
    /// Only rows whose name matches one of these patterns: `*` matches any text, `?` one character.
    #[config(default, example = "eth*")]
    pub(crate) include: OneOrMany<Glob>,
    /// No rows whose name matches one of these patterns.
    #[config(default, example = "lo")]
    pub(crate) exclude: OneOrMany<Glob>,
    /// Only rows in which a column has this value, such as interfaces that should be up.
    pub(crate) only_if: Option<Filter>,
    /// The state if there are no such rows.
    #[config(default = "critical")]
    pub(crate) empty: Said,
    /// At most this many rows are judged, in the table's order; more of them is a warning.
    #[config(default = 100, min = 1, max = 900)]
    pub(crate) rows_max: u32,
}

/// Which rows of a table count.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct Filter {
    /// The column's OID, without an index.
    #[config(example = "1.3.6.1.2.1.2.2.1.7")]
    pub(crate) oid: Oid,
    /// The value of the column in rows that count, written as in `expect`.
    #[config(example = "1")]
    pub(crate) is: OneOrMany<Glob>,
}

impl Snmp {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        response_times(self.response_time_warning, self.response_time_critical, place, problems);
        has_address(&self.agent, self.ip_family, place, problems);
        match (&self.community, &self.user) {
            (Some(_), Some(_)) => {
                let said = "`community` is for version 2c and `user` for version 3; hint: keep one";
                problems.add::<()>(&place.key("user"), said);
            }
            (None, None) => {
                let said = "`community` or `user` is missing; hint: add `community = { secret = \"NAME\" }` for version 2c, or a `user` for \
                            version 3";
                problems.add::<()>(place, said);
            }
            (_, _) => {}
        }
        names(&self.values, &place.key("values"), problems);
        for (at, table) in self.tables.iter().enumerate() {
            let all = place.key("tables");
            let here = all.index(at);
            names(&table.columns, &here.key("columns"), problems);
            item::metric_name(&table.name, &here, problems);
            let before = &self.tables[..at];
            if before.iter().any(|other| other.name == table.name)
                || self.values.iter().any(|value| value.name == table.name)
            {
                let said = format!("another table, or a value, is called `{}`", table.name);
                problems.add::<()>(&here.key("name"), said);
            }
            if table.only_if.as_ref().is_some_and(|filter| filter.is.0.is_empty()) {
                let said = "no row says nothing; hint: write what the column says, such as `is = \"1\"`";
                problems.add::<()>(&here.key("only_if"), said);
            }
        }
        let cells = |table: &Table| u64::from(table.rows_max) * table.columns.len() as u64 + 1;
        let most = self.values.len() as u64 + self.tables.iter().map(cells).sum::<u64>();
        if most > METRICS_MAX {
            let said = format!(
                "this may come to {most} numbers, and a report holds {METRICS_MAX}; hint: lower `rows_max` of the tables, or \
                 judge fewer columns"
            );
            problems.add::<()>(place, said);
        }
    }

    /// Whether something is measured between two runs.
    pub(crate) fn has_rates(&self) -> bool {
        let columns = self.tables.iter().flat_map(|table| &table.columns);
        self.values.iter().chain(columns).any(|item| item.read_as == ReadAs::Rate)
    }
}

fn names(items: &[Item], place: &Place<'_>, problems: &mut Problems) {
    for (at, item) in items.iter().enumerate() {
        if items[..at].iter().any(|other| other.name == item.name) {
            let said = format!("`{}` is the name of another one", item.name);
            problems.add::<()>(&place.index(at).key("name"), said);
        }
    }
}
