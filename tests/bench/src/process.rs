//! What a process uses, read from /proc.

use std::time::Duration;

use anyhow::{Context as _, Result};

/// Bytes that lie in memory now.
pub(crate) fn resident(process: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kib * 1024)
}

/// Processor time of all its threads since it started, its ended children excluded.
pub(crate) fn processor_time(process: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    ticks(&stat).map(|ticks| Duration::from_millis(ticks * 10)).context("`stat` reads as it always did")
}

/// User and system time in ticks, of which Linux shows 100 a second. The second field is the program's name in
/// brackets and may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_user_and_system_time_whatever_the_name() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 8 0 100 1000 10";
        assert_eq!(ticks(stat), Some(300));
    }

    #[test]
    fn reads_its_own_process() {
        assert!(resident(std::process::id()).unwrap() > 100_000);
        assert!(processor_time(std::process::id()).unwrap() < Duration::from_secs(3600));
    }
}
