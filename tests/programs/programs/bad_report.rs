//! Returns what no report may hold; the config says what.

watchkeep_hostile_programs::check!("bad-report", |run| {
    let mut bad = report(State::Ok, "fine");
    let metric = |name: &str, value| watchkeep::plugin::types::Metric {
        name: name.into(),
        value,
        unit: String::new(),
        warning: None,
        critical: None,
        min: None,
        max: None,
        labels: Vec::new(),
    };
    match watchkeep_hostile_programs::field(&run.config, "bad") {
        "nan" => bad.metrics.push(metric("speed", f64::NAN)),
        "infinite" => bad.metrics.push(metric("speed", f64::INFINITY)),
        "negative-zero" => bad.metrics.push(metric("speed", -0.0)),
        "name" => bad.metrics.push(metric("no name", 1.0)),
        "summary" => bad.summary = "x".repeat(100_000),
        "metrics" => bad.metrics = (0..2_000).map(|n| metric(&format!("m{n}"), 1.0)).collect(),
        _ => bad.summary = "two\nlines".into(),
    }
    Ok(bad)
});
