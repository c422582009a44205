//! A build of the bundled notifier `console` that traps.

watchkeep_hostile_programs::notifier!("console", |_| panic!("out of paper"));
