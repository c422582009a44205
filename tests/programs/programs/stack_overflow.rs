//! Calls itself for ever.

fn deeper(depth: u64) -> u64 {
    if depth == u64::MAX {
        return 0;
    }
    let held = std::hint::black_box([depth; 64]);
    std::hint::black_box(deeper(depth + 1)) + held[(depth % 64) as usize]
}

watchkeep_hostile_programs::check!("stack-overflow", |run| Ok(report(
    State::Ok,
    deeper(run.deadline).to_string()
)));
