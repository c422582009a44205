//! Counts its runs in kv, and traps after the write if the config says so.

use watchkeep::plugin::kv;

watchkeep_hostile_programs::check!("kv-writer", |run| {
    let seen = kv::get("count").map_or(0, |entry| entry.value[0]);
    let version = kv::set("count", &[seen + 1]).expect("a small write fits");
    let read = kv::get("count").expect("a call sees its own writes");
    assert_eq!((read.value[0], read.version), (seen + 1, version));
    assert!(
        matches!(kv::compare_and_set("count", version + 7, &[0]), Err(kv::KvError::Conflict(now)) if now == version)
    );
    kv::set("gone", b"x").expect("a small write fits");
    kv::delete("gone").expect("what is there can be deleted");
    assert_eq!(kv::keys("co"), ["count"]);
    match watchkeep_hostile_programs::field(&run.config, "then") {
        "trap" => panic!("after the write"),
        "fault" => Err(Fault::Inconclusive("after the write".into())),
        "flood" => {
            let full = (0..100).find_map(|n| kv::set(&format!("k{n}"), &vec![0; 100_000]).err());
            Ok(report(State::Critical, format!("{full:?}")))
        }
        _ => Ok(report(State::Ok, format!("run {}", seen + 1))),
    }
});
