//! A metric's value with its unit, for people.

/// The value with its unit: `2.5 s`, `320 ms`, `1.5 GiB`, `85 %`, `120`.
pub fn value(value: f64, unit: &str) -> String {
    match unit {
        "seconds" if value.abs() < 1.0 => format!("{} ms", tenths(value * 1_000.0)),
        "seconds" if value.abs() >= 120.0 => {
            let sign = if value < 0.0 { "-" } else { "" };
            format!("{sign}{}", super::span(std::time::Duration::from_secs(value.abs().min(1e15) as u64)))
        }
        "seconds" => format!("{} s", tenths(value)),
        "bytes" => bytes(value),
        "ratio" => format!("{} %", tenths(value * 100.0)),
        "" => tenths(value),
        unit => format!("{} {unit}", tenths(value)),
    }
}

fn bytes(value: f64) -> String {
    let mut value = value;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value.abs() < 1_024.0 {
            return format!("{} {unit}", tenths(value));
        }
        value /= 1_024.0;
    }
    format!("{} TiB", tenths(value))
}

/// The number with at most one decimal, without the standard library's formatting of floats (18 KB of a component).
fn tenths(value: f64) -> String {
    let rounded = (value.abs() * 10.0).round().min(1e18) as u64;
    let sign = if value < 0.0 && rounded > 0 { "-" } else { "" };
    match rounded % 10 {
        0 => format!("{sign}{}", rounded / 10),
        tenth => format!("{sign}{}.{tenth}", rounded / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn values_carry_the_unit_that_people_use() {
        for (number, unit, text) in [
            (2.54, "seconds", "2.5 s"),
            (0.0321, "seconds", "32.1 ms"),
            (7_200.0, "seconds", "2 h"),
            (1_610_612_736.0, "bytes", "1.5 GiB"),
            (512.0, "bytes", "512 B"),
            (0.85, "ratio", "85 %"),
            (120.0, "", "120"),
            (-3.25, "celsius", "-3.3 celsius"),
            (-0.01, "", "0"),
        ] {
            assert_eq!(value(number, unit), text);
        }
    }
}
