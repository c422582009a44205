//! Performance data of a Nagios plugin, `'label'=value[UOM];[warn];[crit];[min];[max]`, as metrics in base units.
//! Pure, and made for hostile text: what is not understood is left out and counted, and nothing else is lost.

use crate::contract::types::{Label, Metric, Range};

/// The bound of every report's metrics. Further values are counted as not understood.
const METRICS_MAX: usize = 1_000;
/// Anything longer is not a label.
const LABEL_BYTES_MAX: usize = 256;
const UNIT_BYTES_MAX: usize = 32;
/// The longest name of a metric. It need not say everything, because the label does.
const NAME_BYTES_MAX: usize = 128;
/// The label that holds the plugin's own name for a metric, if that cannot be the name of a metric.
const LABEL_NAME: &str = "perfdata";

#[derive(Debug, Default)]
pub(super) struct Perfdata {
    pub(super) metrics: Vec<Metric>,
    /// How many values were left out.
    pub(super) not_understood: u32,
    pub(super) first_not_understood: Option<String>,
}

/// Reads all of `text`, whose values are separated by white space.
pub(super) fn parse(text: &str) -> Perfdata {
    let mut perfdata = Perfdata::default();
    let mut seen = std::collections::BTreeSet::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (item, behind) = next(rest);
        rest = behind.trim_start();
        let Item::Value { label, value } = item else {
            if let Item::Junk(text) = item {
                perfdata.leave_out(text);
            }
            continue;
        };
        match metric(&label, value) {
            Some(Read::Metric(metric))
                if perfdata.metrics.len() < METRICS_MAX && seen.insert(label.clone()) =>
            {
                perfdata.metrics.push(metric);
            }
            Some(Read::Undetermined) => {}
            Some(Read::Metric(_)) | None => perfdata.leave_out(&format!("{label}={value}")),
        }
    }
    perfdata
}

impl Perfdata {
    fn leave_out(&mut self, text: &str) {
        self.not_understood = self.not_understood.saturating_add(1);
        self.first_not_understood.get_or_insert_with(|| text.chars().take(80).collect());
    }
}

enum Item<'a> {
    Value { label: String, value: &'a str },
    Junk(&'a str),
}

/// The first item of a text that does not begin with white space, and what follows it.
fn next(text: &str) -> (Item<'_>, &str) {
    if let Some(quoted) = text.strip_prefix('\'') {
        return match quoted_label(quoted) {
            Some((label, behind)) => {
                let (value, rest) = word(behind);
                (Item::Value { label, value }, rest)
            }
            None => junk(text),
        };
    }
    let (word, rest) = word(text);
    match word.split_once('=') {
        Some((label, value)) if !label.is_empty() && !label.contains('\'') => {
            (Item::Value { label: label.to_owned(), value }, rest)
        }
        Some(_) | None => (Item::Junk(word), rest),
    }
}

/// The label before `'=`, in which `''` is a quote, and what follows the `=`.
fn quoted_label(text: &str) -> Option<(String, &str)> {
    let mut label = String::new();
    let mut rest = text;
    loop {
        let (part, behind) = rest.split_once('\'')?;
        label.push_str(part);
        match behind.strip_prefix('\'') {
            Some(behind) => {
                label.push('\'');
                rest = behind;
            }
            None => {
                let value = behind.strip_prefix('=')?;
                return (!label.is_empty()).then_some((label, value));
            }
        }
    }
}

fn junk(text: &str) -> (Item<'_>, &str) {
    let (word, rest) = word(text);
    (Item::Junk(word), rest)
}

fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

enum Read {
    Metric(Metric),
    /// `U`: the plugin says that it could not be determined.
    Undetermined,
}

fn metric(label: &str, text: &str) -> Option<Read> {
    if label.len() > LABEL_BYTES_MAX || label.chars().any(char::is_control) {
        return None;
    }
    let mut parts = text.split(';');
    let first = parts.next()?;
    if first == "U" {
        return Some(Read::Undetermined);
    }
    let (value, unit) = split_unit(first);
    let (unit, scale) = base_unit(unit)?;
    let value = scaled(value, scale)?;
    let mut part = || parts.next().unwrap_or("");
    // A threshold that is not understood does not invalidate the value.
    let (warning, critical) = (range(part(), scale), range(part(), scale));
    let (min, max) = (scaled(part(), scale), scaled(part(), scale));
    let name = metric_name(label);
    let labels = if name == label {
        Vec::new()
    } else {
        vec![Label { name: LABEL_NAME.to_owned(), value: label.to_owned() }]
    };
    Some(Read::Metric(Metric { name, value, unit, warning, critical, min, max, labels }))
}

/// A number, with an exponent if there is one, and what follows it.
fn split_unit(text: &str) -> (&str, &str) {
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.');
    let end = text.find(|c| !is_number(c)).unwrap_or(text.len());
    let exponent = text[end..].strip_prefix(['e', 'E']).map_or(0, |behind| {
        let digits = behind.strip_prefix(['-', '+']).unwrap_or(behind);
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        if count == 0 { 0 } else { 1 + (behind.len() - digits.len()) + count }
    });
    text.split_at(end + exponent)
}

/// The base unit of Prometheus for a unit of measurement, and the factor for its values.
fn base_unit(unit: &str) -> Option<(String, f64)> {
    let (base, scale) = match unit {
        "" | "c" => ("", 1.0),
        "s" => ("seconds", 1.0),
        "ms" => ("seconds", 1e-3),
        "us" => ("seconds", 1e-6),
        "ns" => ("seconds", 1e-9),
        "%" => ("ratio", 1e-2),
        "B" => ("bytes", 1.0),
        "KB" | "kB" => ("bytes", 1e3),
        "MB" => ("bytes", 1e6),
        "GB" => ("bytes", 1e9),
        "TB" => ("bytes", 1e12),
        "PB" => ("bytes", 1e15),
        "KiB" => ("bytes", 1024.0),
        "MiB" => ("bytes", 1_048_576.0),
        "GiB" => ("bytes", 1_073_741_824.0),
        "TiB" => ("bytes", 1_099_511_627_776.0),
        other => {
            let is_unit = other.len() <= UNIT_BYTES_MAX
                && other.bytes().all(|b| b.is_ascii_alphanumeric() || b"_%/".contains(&b));
            return is_unit.then(|| (other.to_owned(), 1.0));
        }
    };
    Some((base.to_owned(), scale))
}

/// A finite decimal number, in no notation that only programming languages use.
fn scaled(text: &str, scale: f64) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'));
    // Dividing by a whole number is exact where multiplying by its inverse is not: 73 % is 0.73.
    let of = |value: f64| if scale < 1.0 { value / (1.0 / scale).round() } else { value * scale };
    let value = if plain { of(text.parse::<f64>().ok()?) } else { return None };
    value.is_finite().then_some(value + 0.0)
}

/// `[@]start:end`: alerts outside of the range, or inside with `@`. `~` is minus infinity, and `10` is `0:10`.
fn range(text: &str, scale: f64) -> Option<Range> {
    let (inside, bounds) = match text.strip_prefix('@') {
        Some(bounds) => (true, bounds),
        None => (false, text),
    };
    // Many plugins repeat the unit here, which the convention does not know.
    let number = |text: &str| scaled(split_unit(text).0, scale);
    let (low, high) = match bounds.split_once(':') {
        None => (Some(0.0), Some(number(bounds)?)),
        Some((low, high)) => {
            let low = match low {
                "~" => None,
                "" => Some(0.0),
                low => Some(number(low)?),
            };
            let high = if high.is_empty() { None } else { Some(number(high)?) };
            (low, high)
        }
    };
    match (low, high) {
        (Some(low), Some(high)) if low > high => None,
        _ => Some(Range { low, high, inside }),
    }
}

/// The name of a metric made from a label, which may be anything (`/var/log`): the characters allowed in a name, with
/// `_` for the others.
fn metric_name(label: &str) -> String {
    let mut name = String::new();
    for c in label.chars() {
        if name.len() >= NAME_BYTES_MAX {
            break;
        }
        if c.is_ascii_alphanumeric() || c == ':' || c == '_' {
            name.push(c);
        } else if !name.is_empty() && !name.ends_with('_') {
            name.push('_');
        }
    }
    if label != name {
        let trimmed = name.trim_end_matches('_').len();
        name.truncate(trimmed);
    }
    match name.bytes().next() {
        None => "value".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("_{name}"),
        Some(_) => name,
    }
}

#[cfg(test)]
mod tests;
