//! Takes every failure of a host call for a target that is down, as careless libraries do.

watchkeep_hostile_programs::check!("denied-as-down", |run| {
    let url = watchkeep_hostile_programs::field(&run.config, "url");
    Ok(match watchkeep::plugin::http::send(&get(url)) {
        Ok(response) => report(State::Ok, format!("status {}", response.status)),
        Err(failure) => report(State::Critical, format!("down: {}", failure.message)),
    })
});
