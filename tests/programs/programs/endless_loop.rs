//! Never returns from its run.

watchkeep_hostile_programs::check!("endless-loop", |run| {
    let mut count = run.deadline;
    loop {
        count = std::hint::black_box(count.wrapping_add(1));
    }
});
