//! A build of `steady` that imports `http`, so that what was granted for it comes within reach.

watchkeep_hostile_programs::check!("steady", |run| {
    let url = watchkeep_hostile_programs::field(&run.config, "url");
    if !url.is_empty() {
        let _ = watchkeep::plugin::http::send(&get(url));
    }
    Ok(report(State::Ok, "grasping"))
});
