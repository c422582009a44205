//! Never gives its notice up.

watchkeep_hostile_programs::notifier!("notifier-hangs", |told| {
    let mut count = told.attempt;
    loop {
        count = std::hint::black_box(count.wrapping_add(1));
        if count == u32::MAX {
            watchkeep::plugin::clock::now();
        }
    }
});
