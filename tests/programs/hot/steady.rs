//! Says ok: what a later build of the same plugin is held against.

watchkeep_hostile_programs::check!("steady", |_| Ok(report(State::Ok, "steady")));
