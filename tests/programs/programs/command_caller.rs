//! Runs the command that its config names, with the parameter `who` if there is one.

use watchkeep::plugin::{commands, secrets};
use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::check!("command-caller", |run| {
    let text = |name: &str| field(&run.config, name);
    if !text("reveal").is_empty() {
        let _ = secrets::reveal(text("reveal"));
    }
    let unescaped = text("who").replace("\\n", "\n");
    let mut parameters = Vec::new();
    if run.config.contains("\"who\"") {
        parameters.push(("who".to_string(), unescaped));
    }
    if run.config.contains("\"other\"") {
        parameters.push(("other".to_string(), text("other").to_string()));
    }
    let timeout = text("timeout").parse().unwrap_or(60_000);
    let times = text("times").parse().unwrap_or(1);
    let mut last = None;
    for _ in 0..times {
        last = Some(commands::run(text("command"), &parameters, timeout));
    }
    Ok(match last.expect("it runs once at least") {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            let complained = String::from_utf8_lossy(&output.stderr).into_owned();
            let mut report = report(
                State::Ok,
                format!(
                    "status {:?} killed {} truncated {} out {} err {}",
                    output.status,
                    output.killed,
                    output.truncated,
                    output.stdout.len(),
                    output.stderr.len()
                ),
            );
            report.details = Some(format!("{}|{complained}", said.chars().take(2_000).collect::<String>()));
            report
        }
        Err(error) => report(State::Critical, format!("{error:?}")),
    })
});
