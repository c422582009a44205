//! Panics.

watchkeep_hostile_programs::check!("trap", |_| {
    watchkeep::plugin::log::write(watchkeep::plugin::log::Level::Error, "the sky fell", &[]);
    panic!("the sky fell")
});
