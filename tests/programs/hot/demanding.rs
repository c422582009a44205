//! A build of `steady` whose config must have a `depth`.

watchkeep_hostile_programs::check!(
    "steady",
    |_| Ok(report(State::Ok, "demanding")),
    || {},
    r#"{"type":"object","required":["depth"],"properties":{"depth":{"type":"integer"}},"additionalProperties":false}"#
);
