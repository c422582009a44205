//! Says ok and nothing else.

watchkeep_hostile_programs::check!("null", |_| Ok(report(State::Ok, "fine")));
