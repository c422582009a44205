//! Never returns from its description.

watchkeep_hostile_programs::check!("endless-describe", |_| Ok(report(State::Ok, "fine")), || {
    let mut count = 0u64;
    loop {
        count = std::hint::black_box(count.wrapping_add(1));
        if count == u64::MAX {
            break;
        }
    }
});
