//! Returns 32 MiB.

watchkeep_hostile_programs::check!("huge-report", |_| {
    let mut huge = report(State::Ok, "fine");
    huge.attachments.push(watchkeep::plugin::types::Attachment {
        name: "huge".into(),
        media_type: "application/octet-stream".into(),
        data: vec![0; 32 << 20],
        series: None,
    });
    Ok(huge)
});
