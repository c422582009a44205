//! Looks at files as its config says, and reports what it was told.

use watchkeep::plugin::{files, kv};
use watchkeep_hostile_programs::field;

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn told(error: files::FileError) -> String {
    format!("{error:?}")
}

fn stat(root: &str, path: &str) -> Result<String, String> {
    let entry = files::stat(root, path).map_err(told)?;
    Ok(format!("{:?} {} {} {}", entry.kind, entry.size, entry.path, entry.modified))
}

/// All pages, each in brackets.
fn entries(root: &str, path: &str, max: u32) -> Result<String, String> {
    let mut pages = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = files::entries(root, path, after.as_deref(), max).map_err(told)?;
        let Some(last) = page.last() else { return Ok(pages.join(" ")) };
        after = Some(last.path.clone());
        pages.push(format!("[{}]", page.iter().map(|entry| entry.path.as_str()).collect::<Vec<_>>().join(" ")));
    }
}

/// Goes on from what the run before kept.
fn sha256(root: &str, path: &str, budget: u64) -> Result<String, String> {
    let kept = kv::get("state").map(|entry| {
        let (offset, state) = entry.value.split_at(8);
        let offset = u64::from_be_bytes(offset.try_into().expect("eight bytes were kept"));
        files::Hashing { offset, state: state.to_vec(), digest: None }
    });
    let hashing = files::sha256(root, path, kept.as_ref(), budget).map_err(told)?;
    let value = [&hashing.offset.to_be_bytes()[..], &hashing.state].concat();
    kv::set("state", &value).map_err(|error| format!("{error:?}"))?;
    Ok(match hashing.digest {
        Some(digest) => hex(&digest),
        None => format!("at {}", hashing.offset),
    })
}

watchkeep_hostile_programs::check!("files-caller", |run| {
    let text = |name: &str| field(&run.config, name);
    let number = |name: &str, usual: u64| text(name).parse().unwrap_or(usual);
    let (root, path) = (text("root"), text("path"));
    let max = u32::try_from(number("max", 1_000)).unwrap_or(u32::MAX);
    let answer = match text("do") {
        "stat" => stat(root, path),
        "entries" => entries(root, path, max),
        "sha256" => sha256(root, path, number("budget", 60_000)),
        _ => files::read(root, path, number("offset", 0), max)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .map_err(told),
    };
    Ok(match answer {
        Ok(said) => report(State::Ok, said),
        Err(error) => report(State::Critical, error),
    })
});
