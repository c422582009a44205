//! Fifty findings, all of them critical while its target is not well: what many alerts at once are made of.

watchkeep_hostile_programs::check!(
    "crowd",
    |run| {
        let url = watchkeep_hostile_programs::field(&run.config, "url");
        let is_well = watchkeep::plugin::http::send(&get(url)).is_ok_and(|answer| answer.status == 200);
        let finding = |number: u32| watchkeep::plugin::types::Finding {
            key: format!("disk-{number:02}"),
            state: if is_well { State::Ok } else { State::Critical },
            summary: format!("disk {number} is {}", if is_well { "well" } else { "full" }),
            labels: Vec::new(),
            metrics: Vec::new(),
            link: None,
        };
        let mut said = report(State::Ok, "50 disks");
        said.findings = (0..50).map(finding).collect();
        Ok(said)
    },
    || {},
    r#"{"type":"object","properties":{"url":{"type":"string","x-watchkeep-grant":"http"}}}"#
);
