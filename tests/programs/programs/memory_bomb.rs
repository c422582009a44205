//! Takes memory until there is none.

watchkeep_hostile_programs::check!("memory-bomb", |_| {
    let mut held = Vec::new();
    loop {
        held.push(std::hint::black_box(vec![1u8; 1 << 20]));
    }
});
