//! How much of its memory and of its CPUs a container uses, of one-shot statistics. These have no earlier counters beside them, as
//! others do for which the daemon waits a second or two: what earlier runs saw is kept in their place.

use watchkeep_sdk::config::Value;
use watchkeep_sdk::docker::{Api, Cause};
use watchkeep_sdk::prelude::*;

/// More than any machine has.
const CPUS_MAX: u64 = 1 << 16;
/// In microseconds, where the container has a quota and names no period.
const PERIOD_DEFAULT: u64 = 100_000;
/// The two clocks are not read at the same moment. What is further apart is no measurement.
const USED_MAX: f64 = 1.25;

#[derive(Clone, Copy, Default)]
pub(crate) struct Statistics {
    pub(crate) memory: Option<Memory>,
    pub(crate) cpu: Option<Counters>,
}

/// In bytes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Memory {
    pub(crate) used: u64,
    /// The machine's memory, where the container has no limit of its own.
    pub(crate) limit: u64,
}

/// What only grows while a container runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Counters {
    /// The container's CPU time, in nanoseconds.
    pub(crate) used: u64,
    /// That of all CPUs of the machine together, idle or not.
    pub(crate) machine: u64,
    /// How many CPUs the machine has.
    pub(crate) cpus: u64,
    /// Of the scheduler, of which each has its part of a quota; none without a quota.
    pub(crate) periods: u64,
    /// In so many of them the quota was used up.
    pub(crate) throttled: u64,
}

/// The CPU time between two readings.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct CpuUse {
    /// Of all CPUs of the machine, from 0 to 1.
    share_of_machine: f64,
    pub(crate) machine_cpus: u64,
    /// The share of the periods in which it was throttled.
    pub(crate) throttled: Option<f64>,
    pub(crate) within: Duration,
}

/// How many CPUs a container may use, if that is limited.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct CpuLimit(Option<f64>);

/// None of it if the container has stopped meanwhile, or the machine does not count by container.
pub(crate) fn read(api: &Api<'_>, id: &str) -> Result<Statistics, Stop> {
    let path = format!("/containers/{id}/stats");
    match api.get(&path, &[("stream", "false"), ("one-shot", "true")]) {
        Ok(document) => Ok(Statistics {
            memory: memory(&document["memory_stats"]),
            cpu: counters(&document["cpu_stats"]),
        }),
        Err(refusal) if matches!(refusal.cause, Cause::Gone | Cause::Failed) => Ok(Statistics::default()),
        Err(refusal) => Err(refusal.fault("").into()),
    }
}

/// Without the page cache that can be given back, as `docker stats` shows it.
fn memory(stats: &Value) -> Option<Memory> {
    let detail = &stats["stats"];
    let cache = detail["inactive_file"].as_u64().or_else(|| detail["total_inactive_file"].as_u64());
    let used = stats["usage"].as_u64()?.saturating_sub(cache.unwrap_or_default());
    let limit = stats["limit"].as_u64().filter(|limit| *limit > 0)?;
    Some(Memory { used, limit })
}

fn counters(stats: &Value) -> Option<Counters> {
    let usage = &stats["cpu_usage"];
    // Daemons before API 1.27 give the time of each CPU, and not their number.
    let each = usage["percpu_usage"].as_array().and_then(|each| u64::try_from(each.len()).ok());
    let cpus = stats["online_cpus"].as_u64().filter(|cpus| *cpus > 0).or(each);
    let throttling = &stats["throttling_data"];
    Some(Counters {
        used: usage["total_usage"].as_u64()?,
        machine: stats["system_cpu_usage"].as_u64()?,
        cpus: cpus.filter(|cpus| (1..=CPUS_MAX).contains(cpus))?,
        periods: throttling["periods"].as_u64().unwrap_or_default(),
        throttled: throttling["throttled_periods"].as_u64().unwrap_or_default(),
    })
}

impl Memory {
    pub(crate) fn share(self) -> f64 {
        self.used as f64 / self.limit as f64
    }
}

impl Counters {
    /// None if no time has passed, or the counters began anew.
    pub(crate) fn since(self, before: Counters, within: Duration) -> Option<CpuUse> {
        let machine = self.machine.checked_sub(before.machine).filter(|grown| *grown > 0)?;
        let used = self.used.checked_sub(before.used)?;
        let share = used as f64 / machine as f64;
        if share > USED_MAX {
            return None;
        }
        let grown = (self.periods.checked_sub(before.periods), self.throttled.checked_sub(before.throttled));
        let throttled = match grown {
            (Some(periods), Some(throttled)) if periods > 0 && throttled <= periods => {
                Some(throttled as f64 / periods as f64)
            }
            (_, _) => None,
        };
        Some(CpuUse { share_of_machine: share.min(1.0), machine_cpus: self.cpus, throttled, within })
    }
}

impl CpuUse {
    /// The share of what the container may use, and how many CPUs that are if it is limited to less than the machine has.
    pub(crate) fn of(self, limit: CpuLimit) -> (f64, Option<f64>) {
        let all = self.machine_cpus as f64;
        match limit.0.filter(|limit| *limit < all) {
            Some(limit) => (self.share_of_machine * all / limit, Some(limit)),
            None => (self.share_of_machine, None),
        }
    }
}

impl CpuLimit {
    /// What an inspection says of it, as `--cpus` or as a quota in each period.
    pub(crate) fn of(config: &Value) -> CpuLimit {
        let number = |key: &str| config[key].as_u64().filter(|number| *number > 0);
        let whole = number("NanoCpus").map(|nanos| nanos as f64 / 1e9);
        let quota = || {
            let period = number("CpuPeriod").unwrap_or(PERIOD_DEFAULT);
            number("CpuQuota").map(|quota| quota as f64 / period as f64)
        };
        CpuLimit(whole.or_else(quota))
    }
}
