//! Looks for the snapshots that its config names and tells what it found; attaches what it is told to.

use watchkeep::plugin::snapshots::{self, Series};
use watchkeep::plugin::types::Attachment;
use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::check!("snapshots-caller", |run| {
    let config = run.config.as_str();
    let check = field(config, "check");
    let series = Series { check: (!check.is_empty()).then(|| check.into()), name: field(config, "series").into() };
    let at = field(config, "at").parse().unwrap_or(0);
    let found = match field(config, "do") {
        "latest" => snapshots::latest(&series),
        "nearest" => snapshots::nearest(&series, at, field(config, "within").parse().unwrap_or(0)),
        "reference" => snapshots::reference(&series),
        "read" => {
            let read = snapshots::read(field(config, "id"));
            let times: usize = field(config, "times").parse().unwrap_or(1);
            let last = (1..times).fold(read, |_, _| snapshots::read(field(config, "id")));
            return Ok(match last {
                Ok(bytes) => report(State::Ok, format!("{} bytes: {}", bytes.len(), String::from_utf8_lossy(&bytes))),
                Err(error) => report(State::Critical, format!("{error:?}")),
            });
        }
        _ => Ok(None),
    };
    let told = match &found {
        Ok(None) => "nothing".to_owned(),
        Ok(Some(snapshot)) => format!("{} {} {} {}", snapshot.id, snapshot.at, snapshot.media_type, snapshot.size),
        Err(error) => format!("{error:?}"),
    };
    let well = found.is_ok() && field(config, "then") != "critical";
    let mut told = report(if well { State::Ok } else { State::Critical }, told);
    let data = field(config, "attach");
    if !data.is_empty() {
        told.attachments.push(Attachment {
            name: "seen.png".into(),
            media_type: "image/png".into(),
            data: data.into(),
            series: Some("front".into()),
        });
    }
    Ok(told)
});
