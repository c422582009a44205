//! Reports a million metrics.

watchkeep_hostile_programs::check!("million-metrics", |_| {
    let mut many = report(State::Ok, "fine");
    many.metrics = (0..1_000_000)
        .map(|_| watchkeep::plugin::types::Metric {
            name: String::new(),
            value: 1.0,
            unit: String::new(),
            warning: None,
            critical: None,
            min: None,
            max: None,
            labels: Vec::new(),
        })
        .collect();
    Ok(many)
});
