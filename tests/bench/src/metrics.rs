//! Reads the text that `/metrics` answers, as far as the measurements need it.

use std::collections::BTreeMap;

/// One scrape: the value of every series, by name and labels as they stand in the text.
pub(crate) struct Scrape(BTreeMap<String, f64>);

impl Scrape {
    pub(crate) fn read(text: &str) -> Scrape {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let series = lines.filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name.to_owned(), value.parse().ok()?))
        });
        Scrape(series.collect())
    }

    /// The sum of all series of this name.
    pub(crate) fn sum(&self, name: &str) -> f64 {
        self.of(name).map(|(_, value)| value).sum()
    }

    /// The sum of the series whose labels contain `label`, such as `outcome="ok"`.
    pub(crate) fn sum_with(&self, name: &str, label: &str) -> f64 {
        self.of(name).filter(|(series, _)| series.contains(label)).map(|(_, value)| value).sum()
    }

    fn of<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        self.0
            .iter()
            .filter(move |(series, _)| {
                series.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('{'))
            })
            .map(|(series, value)| (series.as_str(), *value))
    }
}

/// The upper bound of the bucket in which this share of what was observed between two scrapes lies: the true value is at most
/// this. `None` if nothing was observed.
pub(crate) fn at_most(before: &Scrape, after: &Scrape, histogram: &str, share: f64) -> Option<f64> {
    Some(bucket(before, after, histogram, share)?.high)
}

/// Where this share lies within its bucket, if what is in the bucket is spread evenly.
pub(crate) fn within(before: &Scrape, after: &Scrape, histogram: &str, share: f64) -> Option<f64> {
    let Bucket { low, high, part } = bucket(before, after, histogram, share)?;
    Some(if high.is_finite() { low + (high - low) * part } else { high })
}

/// The bucket of a share.
struct Bucket {
    low: f64,
    high: f64,
    /// How much of the bucket lies below the share, from 0 to 1.
    part: f64,
}

fn bucket(before: &Scrape, after: &Scrape, histogram: &str, share: f64) -> Option<Bucket> {
    let buckets = format!("{histogram}_bucket");
    let mut counted: BTreeMap<u64, (f64, f64)> = BTreeMap::new();
    for (scrape, sign) in [(before, -1.0), (after, 1.0)] {
        for (series, value) in scrape.of(&buckets) {
            let bound = series.split("le=\"").nth(1)?.split('"').next()?;
            let bound: f64 = if bound == "+Inf" { f64::INFINITY } else { bound.parse().ok()? };
            // Bounds are not negative, so their bits sort as they do.
            let entry = counted.entry(bound.to_bits()).or_insert((bound, 0.0));
            entry.1 += sign * value;
        }
    }
    let wanted = counted.values().last()?.1 * share;
    if counted.values().last()?.1 <= 0.0 {
        return None;
    }
    let (mut low, mut below) = (0.0, 0.0);
    for (high, count) in counted.into_values() {
        if count >= wanted {
            let part = if count > below { (wanted - below) / (count - below) } else { 1.0 };
            return Some(Bucket { low, high, part });
        }
        (low, below) = (high, count);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str = "# TYPE runs counter\nruns_total{plugin=\"http\",outcome=\"ok\"} 10\nruns_total{plugin=\"http\",outcome=\"critical\"} 1\n\
                          late_bucket{le=\"0.01\"} 5\nlate_bucket{le=\"0.1\"} 5\nlate_bucket{le=\"+Inf\"} 5\nruns_total_other 7\n";
    const AFTER: &str =
        "late_bucket{le=\"0.01\"} 95\nlate_bucket{le=\"0.1\"} 104\nlate_bucket{le=\"+Inf\"} 105\n";

    #[test]
    fn sums_the_series_of_a_name() {
        let scrape = Scrape::read(BEFORE);
        assert_eq!((scrape.sum("runs_total"), scrape.sum_with("runs_total", "outcome=\"ok\"")), (11.0, 10.0));
        assert_eq!(scrape.sum("none"), 0.0);
    }

    #[test]
    fn a_share_lies_in_the_first_bucket_that_holds_so_many() {
        let (before, after) = (Scrape::read(BEFORE), Scrape::read(AFTER));
        assert_eq!(at_most(&before, &after, "late", 0.5), Some(0.01));
        assert_eq!(at_most(&before, &after, "late", 0.99), Some(0.1));
        assert_eq!(at_most(&before, &after, "late", 1.0), Some(f64::INFINITY));
        assert_eq!(at_most(&after, &after, "late", 0.5), None);
    }

    #[test]
    fn a_share_is_found_within_its_bucket() {
        let (before, after) = (Scrape::read(BEFORE), Scrape::read(AFTER));
        // 90 of 100 are in the first bucket, 9 in the second, one in the last.
        assert_eq!(within(&before, &after, "late", 0.45), Some(0.005));
        let second = within(&before, &after, "late", 0.945).expect("it was observed");
        assert!((second - 0.055).abs() < 1e-9, "{second}");
        assert_eq!(within(&before, &after, "late", 1.0), Some(f64::INFINITY));
        assert_eq!(within(&after, &after, "late", 0.5), None);
    }
}
