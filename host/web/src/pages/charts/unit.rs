//! Numbers with their units as people read them, and scales with round numbers.

use std::time::Duration;

use crate::pages::words::span;

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Unit {
    Seconds,
    Bytes,
    Ratio,
    /// Any other, which may be empty.
    Other(String),
}

impl Unit {
    /// The unit that a metric states; if it states none, the one in its name, as Prometheus has it.
    pub(crate) fn of(unit: &str, name: &str) -> Self {
        let known = |text: &str| match text {
            "seconds" | "s" => Some(Unit::Seconds),
            "bytes" => Some(Unit::Bytes),
            "ratio" => Some(Unit::Ratio),
            _ => None,
        };
        match (known(unit), unit.is_empty()) {
            (Some(unit), _) => unit,
            (None, true) => {
                let named = name.rsplit('_').next().filter(|last| *last != name).and_then(known);
                named.unwrap_or_else(|| Unit::Other(String::new()))
            }
            (None, false) => Unit::Other(unit.to_owned()),
        }
    }

    pub(crate) fn written(&self, value: f64) -> String {
        let sign = if value < 0.0 { "−" } else { "" };
        let size = value.abs();
        let text = match self {
            Unit::Seconds => seconds(size),
            Unit::Bytes => bytes(size),
            Unit::Ratio => format!("{} %", digits(size * 100.0)),
            Unit::Other(unit) => format!("{} {unit}", plain(size)).trim_end().to_owned(),
        };
        format!("{sign}{text}")
    }

    /// The next round step that is not below `least`.
    fn step(&self, least: f64) -> f64 {
        const TIMES: [f64; 18] = [
            1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
            14_400.0, 21_600.0, 43_200.0, 86_400.0,
        ];
        match self {
            Unit::Seconds if least > 0.5 => {
                TIMES.into_iter().find(|step| *step >= least).unwrap_or_else(|| decimal(least))
            }
            Unit::Bytes if least > 1.0 => 2_f64.powf(least.log2().ceil()),
            Unit::Seconds | Unit::Bytes | Unit::Ratio | Unit::Other(_) => decimal(least),
        }
    }
}

/// 1, 2 or 5 times a power of ten.
fn decimal(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= least).unwrap_or(least)
}

/// From where to where a chart goes, and its lines.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Lowest first.
    pub(super) lines: Vec<f64>,
}

impl Scale {
    /// A scale on which all values have a place. It begins at zero, unless the values are all far from it.
    pub(super) fn around(unit: &Unit, low: f64, high: f64) -> Self {
        let low = if low >= 0.0 && low < high * 0.7 { 0.0 } else { low };
        let spread = high - low;
        let tiny = f64::max(high.abs(), low.abs()) * 1e-3;
        let step = unit.step((if spread > tiny { spread } else { tiny.max(1e-6) }) / 4.0);
        // A value beyond what can be counted in steps is drawn at the edge.
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let last = if last > first { last } else { first + 1.0 };
        let count = (last - first).clamp(1.0, 10.0) as i32;
        let lines = (0..=count).map(|line| (first + f64::from(line)) * step).collect();
        Self { low: first * step, high: last * step, lines }
    }
    /// The place of a value: 0 is the top and 100 the bottom.
    pub(super) fn y(&self, value: f64) -> f64 {
        let part = (self.high - value) / (self.high - self.low) * 100.0;
        round(if part.is_finite() { part.clamp(0.0, 100.0) } else { 100.0 })
    }
}

/// To two places behind the point.
pub(super) fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn seconds(value: f64) -> String {
    if value == 0.0 {
        "0 s".to_owned()
    } else if value < 0.001 {
        format!("{} µs", digits(value * 1e6))
    } else if value < 1.0 {
        format!("{} ms", digits(value * 1e3))
    } else if value < 120.0 {
        format!("{} s", digits(value))
    } else {
        Duration::try_from_secs_f64(value).map_or_else(|_| format!("{} s", plain(value)), span)
    }
}

fn bytes(value: f64) -> String {
    let mut rest = value;
    for unit in ["B", "KiB", "MiB", "GiB", "TiB"] {
        if rest < 1024.0 {
            return format!("{} {unit}", digits(rest));
        }
        rest /= 1024.0;
    }
    format!("{} PiB", digits(rest))
}

fn plain(value: f64) -> String {
    if value >= 1e15 {
        format!("{value:.2e}")
    } else if value >= 1e9 {
        format!("{} G", digits(value / 1e9))
    } else if value >= 1e6 {
        format!("{} M", digits(value / 1e6))
    } else if value >= 1e4 {
        format!("{} k", digits(value / 1e3))
    } else {
        digits(value)
    }
}

/// Three digits that count, without zeros at the end.
fn digits(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let before = value.log10().floor() as i32;
    let text = format!("{value:.*}", (2 - before).clamp(0, 9) as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_units_that_people_read() {
        let other = |unit: &str| Unit::Other(unit.to_owned());
        for (unit, value, text) in [
            (Unit::Seconds, 0.0001234, "123 µs"),
            (Unit::Seconds, 0.305, "305 ms"),
            (Unit::Seconds, 1.5, "1.5 s"),
            (Unit::Seconds, 7260.0, "2 h 1 min"),
            (Unit::Bytes, 1536.0, "1.5 KiB"),
            (Unit::Ratio, 0.8756, "87.6 %"),
            (other(""), 12_340.0, "12.3 k"),
            (other("volts"), -3.0, "−3 volts"),
        ] {
            assert_eq!(unit.written(value), text);
        }
    }

    #[test]
    fn a_metric_without_a_unit_has_the_one_in_its_name() {
        assert_eq!(Unit::of("", "probe_duration_seconds"), Unit::Seconds);
        assert_eq!(Unit::of("", "seconds"), Unit::Other(String::new()));
        assert_eq!(Unit::of("", "http_status_code"), Unit::Other(String::new()));
        assert_eq!(Unit::of("celsius", "x_seconds"), Unit::Other("celsius".to_owned()));
    }

    #[test]
    fn scales_have_round_numbers_and_room_for_every_value() {
        let scale = Scale::around(&Unit::Seconds, 0.11, 0.34);
        assert_eq!((scale.low, scale.high), (0.0, 0.4));
        assert_eq!(scale.lines.len(), 5);
        let minutes = Scale::around(&Unit::Seconds, 0.0, 800.0);
        assert_eq!(minutes.lines, [0.0, 300.0, 600.0, 900.0]);
        assert_eq!(Scale::around(&Unit::Bytes, 0.0, 3e6).high, 3_145_728.0);
        let far = Scale::around(&Unit::Ratio, 0.91, 0.93);
        assert!(far.low > 0.9 && far.high < 0.95, "{far:?}");
    }

    #[test]
    fn a_scale_holds_whatever_a_plugin_reports() {
        for (low, high) in
            [(0.0, 0.0), (5.0, 5.0), (-3.0, -3.0), (1e300, 1e308), (-1e308, 1e308), (1e-300, 1e-290)]
        {
            let scale = Scale::around(&Unit::Other(String::new()), low, high);
            assert!(scale.lines.len() <= 12, "{scale:?}");
            for value in [low, high] {
                assert!((0.0..=100.0).contains(&scale.y(value)), "{scale:?} {value}");
            }
        }
    }
}
