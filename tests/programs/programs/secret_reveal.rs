//! Asks for the bytes of a secret and puts them into its report.

watchkeep_hostile_programs::check!("secret-reveal", |run| {
    Ok(match watchkeep::plugin::secrets::reveal(watchkeep_hostile_programs::field(&run.config, "secret")) {
        Ok(bytes) => report(State::Ok, format!("{} bytes: {}", bytes.len(), String::from_utf8_lossy(&bytes))),
        Err(error) => report(State::Critical, format!("{error:?}")),
    })
});
