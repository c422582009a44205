use proptest::prelude::*;

use super::*;

fn only(text: &str) -> Metric {
    let mut perfdata = parse(text);
    assert_eq!((perfdata.metrics.len(), perfdata.not_understood), (1, 0), "{text}: {perfdata:?}");
    perfdata.metrics.remove(0)
}

type Bounds = (Option<f64>, Option<f64>, bool);

fn bounds(range: &Option<Range>) -> Option<Bounds> {
    range.as_ref().map(|range| (range.low, range.high, range.inside))
}

fn names(text: &str) -> Vec<String> {
    parse(text).metrics.into_iter().map(|metric| metric.name).collect()
}

#[test]
fn a_value_with_everything_is_a_metric_with_everything() {
    let metric = only("time=0.25s;1;@2:3;0;10");
    assert_eq!((&*metric.name, metric.value, &*metric.unit), ("time", 0.25, "seconds"));
    assert_eq!(bounds(&metric.warning), Some((Some(0.0), Some(1.0), false)));
    assert_eq!(bounds(&metric.critical), Some((Some(2.0), Some(3.0), true)));
    assert_eq!((metric.min, metric.max), (Some(0.0), Some(10.0)));
    assert!(metric.labels.is_empty());
}

#[test]
fn units_become_base_units_with_their_thresholds() {
    for (text, value, unit, high) in [
        ("x=5;7", 5.0, "", 7.0),
        ("x=5c;7", 5.0, "", 7.0),
        ("x=250ms;500", 0.25, "seconds", 0.5),
        ("x=5us;7", 5e-6, "seconds", 7e-6),
        ("x=73%;80", 0.73, "ratio", 0.8),
        ("x=2KB;3", 2_000.0, "bytes", 3_000.0),
        ("x=2MB;3", 2e6, "bytes", 3e6),
        ("x=2TB;3", 2e12, "bytes", 3e12),
        ("x=2KiB;3", 2_048.0, "bytes", 3_072.0),
        ("x=21.5C;30", 21.5, "C", 30.0),
        ("x=1.5e-3s;2e-3", 0.0015, "seconds", 0.002),
        ("x=5ms;7ms", 0.005, "seconds", 0.007),
    ] {
        let metric = only(text);
        assert_eq!((metric.value, &*metric.unit), (value, unit), "{text}");
        assert_eq!(metric.warning.and_then(|range| range.high), Some(high), "{text}");
    }
}

#[test]
fn ranges_are_read_as_the_convention_has_them() {
    let of = |text: &str| bounds(&only(&format!("x=1;{text}")).warning);
    assert_eq!(of("10"), Some((Some(0.0), Some(10.0), false)));
    assert_eq!(of("10:"), Some((Some(10.0), None, false)));
    assert_eq!(of("~:10"), Some((None, Some(10.0), false)));
    assert_eq!(of("10:20"), Some((Some(10.0), Some(20.0), false)));
    assert_eq!(of("@10:20"), Some((Some(10.0), Some(20.0), true)));
    assert_eq!(of("-5:5"), Some((Some(-5.0), Some(5.0), false)));
    assert_eq!(of(":7"), Some((Some(0.0), Some(7.0), false)));
    for nothing in ["", "20:10", "ten", "1:two", "@", "~"] {
        assert_eq!(of(nothing), None, "{nothing}");
    }
}

#[test]
fn what_could_not_be_determined_is_no_metric_and_no_mistake() {
    let perfdata = parse("load1=U;1;2 load5=0.5");
    assert_eq!((perfdata.metrics.len(), perfdata.not_understood), (1, 0));
}

#[test]
fn a_quoted_label_may_hold_anything() {
    let metric = only("'it''s a = label | here'=1");
    assert_eq!(metric.labels[0].value, "it's a = label | here");
    assert_eq!(metric.name, "it_s_a_label_here");
    assert_eq!(names("'one two'=1 'three'=2 four=3"), ["one_two", "three", "four"]);
}

#[test]
fn a_label_that_is_no_name_is_kept_beside_one_that_is() {
    for (label, name) in
        [("/var/log", "var_log"), ("/", "value"), ("C:", "C:"), ("5min", "_5min"), ("ålesund", "lesund")]
    {
        let metric = only(&format!("{label}=1"));
        assert_eq!(metric.name, name);
        let kept = metric.labels.first().map_or(label, |kept| &kept.value);
        assert_eq!((kept, metric.labels.len()), (label, usize::from(label != name)));
    }
}

#[test]
fn what_is_not_understood_costs_nothing_else() {
    let perfdata = parse("good=1 no value=x 'open=3 =4 b'ad=5 huge=1e999 inf=inf nan=nan last=2");
    assert_eq!(
        names("good=1 no value=x 'open=3 =4 b'ad=5 huge=1e999 inf=inf nan=nan last=2"),
        ["good", "last"]
    );
    assert_eq!(perfdata.not_understood, 8);
    assert_eq!(perfdata.first_not_understood.as_deref(), Some("no"));
}

#[test]
fn a_label_that_comes_twice_counts_once_and_a_flood_is_capped() {
    assert_eq!(parse("a=1 a=2").metrics[0].value, 1.0);
    assert_eq!(parse("a=1 a=2").metrics.len(), 1);
    let flood: String = (0..5_000).map(|at| format!("m{at}={at} ")).collect();
    let perfdata = parse(&flood);
    assert_eq!((perfdata.metrics.len(), perfdata.not_understood), (1_000, 4_000));
}

/// Text of the characters that mean something here, and some that do not.
fn hostile() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            proptest::char::any().prop_map(String::from),
            "['=;:@~|UE%+. \t\r\n-]".prop_map(String::from),
            "[0-9]{1,4}",
            "(ms|KB|%|c|U|e9|=1)",
            "[a-z]{1,3}=",
        ],
        0..200,
    )
    .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn whatever_is_read_keeps_the_contract(text in hostile()) {
        let perfdata = parse(&text);
        let mut seen = std::collections::BTreeSet::new();
        for metric in &perfdata.metrics {
            let labels: Vec<_> = metric.labels.iter().map(|label| (&label.name, &label.value)).collect();
            prop_assert!(seen.insert(format!("{} {labels:?}", metric.name)), "{} twice in {text:?}", metric.name);
        }
        let report = crate::contract::types::Report {
            state: crate::contract::types::State::Ok,
            summary: String::new(),
            details: None,
            metrics: perfdata.metrics,
            findings: Vec::new(),
            events: Vec::new(),
            attachments: Vec::new(),
            labels: Vec::new(),
        };
        let checked = crate::call::report::checked(report);
        prop_assert!(checked.is_ok(), "{text:?}: {checked:?}");
    }

    #[test]
    fn what_is_written_by_the_convention_is_read_back(
        label in "[ -~&&[^=]]{1,40}",
        value in -1e12..1e12f64,
        warn in proptest::option::of((-1e6..1e6f64, 0.0..1e6f64, any::<bool>())),
    ) {
        let range = warn.map(|(low, span, inside)| Range { low: Some(low), high: Some(low + span), inside });
        let written = range.as_ref().map_or(String::new(), |range| {
            let at = if range.inside { "@" } else { "" };
            format!("{at}{}:{}", range.low.unwrap_or(0.0), range.high.unwrap_or(0.0))
        });
        let text = format!("'{}'={value};{written}", label.replace('\'', "''"));
        let metric = only(&text);
        prop_assert_eq!(metric.value, value);
        prop_assert_eq!(metric.labels.first().map_or(&metric.name, |kept| &kept.value), &label);
        prop_assert_eq!(bounds(&metric.warning), bounds(&range));
    }
}
