//! A build of `steady` that traps.

watchkeep_hostile_programs::check!("steady", |_| panic!("the sky fell"));
