//! Calls the host for ever.

watchkeep_hostile_programs::check!("host-call-flood", |_| {
    loop {
        std::hint::black_box(watchkeep::plugin::clock::now());
    }
});
