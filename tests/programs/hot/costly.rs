//! A build of `steady` whose config schema leads to itself by eight ways, and again from each of them.

watchkeep_hostile_programs::check!(
    "steady",
    |_| Ok(report(State::Ok, "costly")),
    || {},
    r##"{"type":"object","anyOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"},{"$ref":"#"},{"$ref":"#"},{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}]}"##
);
