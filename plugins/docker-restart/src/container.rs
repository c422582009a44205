//! Which containers are meant, and how each of them stands.

use std::time::Duration;

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::{Value, text};
use watchkeep_sdk::docker::Api;
use watchkeep_sdk::http::span;
use watchkeep_sdk::prelude::{Fault, Occasion, Unable, clock};
use watchkeep_sdk::wording::from_rfc3339;

use crate::NOTHING;
use crate::config::Docker;

const NAME_BYTES_MAX: usize = 255;

/// What is known of one container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) state: State,
    /// In milliseconds since the Unix epoch, as is the next one.
    pub(crate) started: Option<u64>,
    finished: Option<u64>,
    exit_code: u64,
    pub(crate) is_unhealthy: bool,
    /// By Docker itself, since it was started.
    pub(crate) restarts: u64,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum State {
    Running,
    Exited,
    /// Docker's word for any other.
    Other(String),
}

/// The names of the containers that this occasion is about, each of which may be touched.
pub(crate) fn chosen(config: &Docker, api: &Api<'_>, occasion: &Occasion) -> Result<Vec<String>, Unable> {
    let no = |said: String| Err(Unable(Fault::config(format!("{said}; nothing was done"))));
    if !config.labels.0.is_empty() {
        return labelled(config, api);
    }
    let name = match (&config.container, &occasion.finding) {
        (Some(name), _) | (None, Some(name)) => name,
        (None, None) => {
            return no(format!(
                "`{}` has no finding that names a container; hint: write `container` or `labels`",
                clipped(&occasion.check)
            ));
        }
    };
    if !is_name(name) {
        return no(format!(
            "the finding `{}` is not a container's name; hint: write `container`",
            clipped(name)
        ));
    }
    if !config.may_touch(name) {
        return no(format!("the container `{name}` matches none of `names`"));
    }
    Ok(vec![name.clone()])
}

fn get(api: &Api<'_>, path: &str, query: &[(&str, &str)]) -> Result<Value, Unable> {
    api.get(path, query).map_err(|refusal| Unable(refusal.fault(NOTHING)))
}

fn labelled(config: &Docker, api: &Api<'_>) -> Result<Vec<String>, Unable> {
    let labels = config.labels.0.iter().map(|label| Value::String(label.clone())).collect();
    let filters = format!("{{\"label\":{}}}", text(&Value::Array(labels)));
    let listed = get(api, "/containers/json", &[("all", "true"), ("filters", &filters)])?;
    let no = |said: String| Err(Unable(Fault::config(format!("{said}; nothing was done"))));
    let Some(listed) = listed.as_array() else {
        return no("Docker lists no containers; hint: is it the API of Docker?".to_owned());
    };
    // One that is linked has further names, with a slash in them.
    let name = |container: &Value| {
        let names = container["Names"].as_array()?.iter().filter_map(Value::as_str);
        names.filter_map(|name| name.strip_prefix('/')).find(|name| is_name(name)).map(str::to_owned)
    };
    let mut names: Vec<String> =
        listed.iter().filter_map(name).filter(|name| config.may_touch(name)).collect();
    names.sort();
    let most = config.containers_max as usize;
    match names.len() {
        0 => no(format!("no container has these labels and a name in `names`, of {} listed", listed.len())),
        count if count > most => {
            no(format!("{count} containers have these labels, more than `containers_max`"))
        }
        _ => Ok(names),
    }
}

impl Container {
    pub(crate) fn inspect(api: &Api<'_>, name: &str) -> Result<Self, Unable> {
        let document = get(api, &format!("/containers/{name}/json"), &[])?;
        let state = &document["State"];
        let Some(status) = state["Status"].as_str() else {
            let told = format!("Docker does not say in which state `{name}` is; nothing was done");
            return Err(Unable(Fault::inconclusive(told)));
        };
        // A daemon finds a container by the beginning of its id too: that would be another one.
        let called = document["Name"].as_str().map(|called| called.trim_start_matches('/'));
        if called != Some(name) {
            let told = format!(
                "Docker finds another container under `{name}`: `{}`; nothing was done",
                clipped(called.unwrap_or_default())
            );
            return Err(Unable(Fault::inconclusive(told)));
        }
        let moment = |value: &Value| value.as_str().and_then(from_rfc3339).filter(|at| *at > 0);
        Ok(Self {
            name: name.to_owned(),
            state: match status {
                "running" => State::Running,
                "exited" => State::Exited,
                other => State::Other(clipped(other)),
            },
            started: moment(&state["StartedAt"]),
            finished: moment(&state["FinishedAt"]),
            exit_code: state["ExitCode"].as_u64().unwrap_or_default(),
            is_unhealthy: state["Health"]["Status"] == "unhealthy",
            restarts: document["RestartCount"].as_u64().unwrap_or_default(),
        })
    }

    /// `is running since 4 min`, `exited 20.0 s ago with 137`.
    pub(crate) fn standing(&self) -> String {
        let now = clock::now();
        let ago = |at: Option<u64>| at.map(|at| span(Duration::from_millis(now.saturating_sub(at))));
        let restarts = match self.restarts {
            0 => String::new(),
            1 => ", restarted once by Docker".to_owned(),
            count => format!(", restarted {count} times by Docker"),
        };
        match &self.state {
            State::Running => {
                let health = if self.is_unhealthy { " and unhealthy" } else { "" };
                let up = ago(self.started).map_or_else(String::new, |up| format!(" since {up}"));
                format!("is running{up}{health}{restarts}")
            }
            State::Exited => {
                let ago = ago(self.finished).map_or_else(String::new, |ago| format!(" {ago} ago"));
                format!("exited{ago} with {}{restarts}", self.exit_code)
            }
            State::Other(word) => format!("is {word}{restarts}"),
        }
    }
    /// The same of what is over.
    pub(crate) fn stood(&self) -> String {
        let standing = self.standing();
        match standing.strip_prefix("is ") {
            Some(rest) => format!("was {rest}"),
            None => standing.replacen("exited", "had exited", 1),
        }
    }
}

/// As Docker names containers; it becomes part of a path.
pub(crate) fn is_name(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte))
}
