//! The daemon's list of containers, read in pages: all of them at once may be more than a host hands over.

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::{Value, text};
use watchkeep_sdk::docker::{Api, Cause, Refusal};
use watchkeep_sdk::prelude::*;

use crate::config::Docker;

/// How many are asked for at once.
const PAGE: usize = 500;
/// Where labels are so long that not even these fit into an answer, nothing helps.
const PAGE_MIN: usize = 20;
const PAGES_MAX: usize = 25;
/// Longer than any word of Docker's.
const STATE_CHARS_MAX: usize = 20;
/// How often the list is begun anew because a container that ended a page is gone.
const BEGINNINGS_MAX: usize = 3;

/// What the list says of a container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Container {
    /// Hexadecimal: it becomes part of a path.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) project: String,
    pub(crate) service: String,
    /// Docker's word.
    pub(crate) state: String,
    pub(crate) exit_code: Option<u32>,
    pub(crate) health: Option<String>,
    /// In milliseconds since the Unix epoch.
    pub(crate) created: u64,
}

pub(crate) struct Listing {
    /// Those that are wanted, newest first, as Docker lists them.
    pub(crate) containers: Vec<Container>,
    /// There are more than are read.
    pub(crate) is_cut: bool,
}

pub(crate) fn read(config: &Docker, api: &Api<'_>) -> Result<Listing, Stop> {
    for _ in 0..BEGINNINGS_MAX {
        if let Some(listing) = read_once(config, api)? {
            return Ok(listing);
        }
    }
    let said = "the list of containers changed whenever it was read; hint: choose fewer by `labels`";
    Err(Fault::inconclusive(said).into())
}

/// None if the container that ended a page was removed meanwhile.
fn read_once(config: &Docker, api: &Api<'_>) -> Result<Option<Listing>, Stop> {
    let mut listing = Listing { containers: Vec::new(), is_cut: false };
    let (mut size, mut pages, mut last) = (PAGE, 0, None);
    loop {
        let page = match page(config, api, size, last.as_deref()) {
            Ok(page) => page?,
            Err(refusal) if refusal.cause == Cause::TooLong && size > PAGE_MIN => {
                size /= 4;
                continue;
            }
            Err(refusal) if refusal.cause == Cause::Gone && last.is_some() => return Ok(None),
            Err(refusal) => return Err(refusal.fault("").into()),
        };
        pages += 1;
        let (count, end) = (page.len(), page.last().map(|container| container.id.clone()));
        let is_repeated = end.is_some() && end == last;
        listing.containers.extend(page.into_iter().filter(|container| config.is_wanted(&container.name)));
        // What gives more than it was asked for has given all.
        if count != size || is_repeated {
            return Ok(Some(listing));
        }
        if pages == PAGES_MAX {
            listing.is_cut = true;
            return Ok(Some(listing));
        }
        last = end;
    }
}

/// The page behind that container.
fn page(
    config: &Docker,
    api: &Api<'_>,
    size: usize,
    behind: Option<&str>,
) -> Result<Result<Vec<Container>, Fault>, Refusal> {
    let labels = config.labels.0.iter().map(|label| Value::from(label.as_str()));
    let mut filters = Value::default();
    if !config.labels.0.is_empty() {
        filters["label"] = labels.collect::<Vec<_>>().into();
    }
    if let Some(behind) = behind {
        filters["before"] = vec![Value::from(behind)].into();
    }
    let (size, filters) = (size.to_string(), text(&filters));
    let mut query = vec![("all", "true"), ("limit", &*size)];
    if filters != "null" {
        query.push(("filters", &filters));
    }
    let document = api.get("/containers/json", &query)?;
    let items = document.as_array().map(|items| items.iter().map(container).collect::<Option<Vec<_>>>());
    Ok(items.flatten().ok_or_else(|| {
        let said = clipped(&text(&document));
        Fault::inconclusive(format!("Docker answers with no list of containers: `{said}`"))
    }))
}

fn container(item: &Value) -> Option<Container> {
    let id = item["Id"].as_str().filter(|id| is_id(id))?;
    let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let label = |name: &str| words(&item["Labels"][name]);
    let status = item["Status"].as_str().unwrap_or_default();
    let health = item["Health"]["Status"].as_str().or_else(|| health_in(status));
    Some(Container {
        id: id.to_owned(),
        name: name(&item["Names"]).unwrap_or_else(|| id[..12].to_owned()),
        image: words(&item["Image"]),
        project: label("com.docker.compose.project"),
        service: label("com.docker.compose.service"),
        state: state(&item["State"]),
        exit_code: exit_code_in(status),
        health: health.map(str::to_owned),
        created: item["Created"].as_u64().unwrap_or_default().saturating_mul(1_000),
    })
}

/// Docker's word for it, as it is kept and shown.
pub(crate) fn state(value: &Value) -> String {
    let letters = value.as_str().unwrap_or_default().chars().filter(char::is_ascii_alphanumeric);
    letters.take(STATE_CHARS_MAX).collect()
}

fn is_id(id: &str) -> bool {
    (12..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Names of links have a slash inside as well.
fn name(names: &Value) -> Option<String> {
    let names = names.as_array()?.iter().filter_map(Value::as_str).map(|name| name.trim_start_matches('/'));
    let mut named = names.filter(|name| !name.is_empty());
    let first = named.next()?;
    let own = std::iter::once(first).chain(named).find(|name| !name.contains('/'));
    Some(clipped(own.unwrap_or(first)))
}

/// The exit code in the text for people, `Exited (137) 2 hours ago`, for containers that are not inspected in this run.
pub fn exit_code_in(status: &str) -> Option<u32> {
    let rest = status.strip_prefix("Exited (").or_else(|| status.strip_prefix("Restarting ("))?;
    let (code, _) = rest.split_once(')')?;
    code.bytes().all(|byte| byte.is_ascii_digit()).then(|| code.parse().ok()).flatten()
}

/// The health in the text for people, `Up 3 minutes (unhealthy)`: older versions have no other place for it in the list.
pub fn health_in(status: &str) -> Option<&'static str> {
    if !status.starts_with("Up ") {
        return None;
    }
    let all = [("(healthy)", "healthy"), ("(unhealthy)", "unhealthy"), ("(health: starting)", "starting")];
    all.into_iter().find(|(end, _)| status.ends_with(end)).map(|(_, word)| word)
}
