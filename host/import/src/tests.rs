//! Whole configs, imported and rendered.

mod hostile;
mod samples;
mod secrets;
mod shapes;

use crate::{Import, ImportError, render};

/// The result as the command makes it.
fn toml(import: &Import) -> toml::Table {
    let text = render(import, "sample");
    text.parse().unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn gatus(text: &str) -> Result<Import, ImportError> {
    crate::gatus(text, &mut keys())
}

fn kuma(text: &str) -> Result<Import, ImportError> {
    crate::kuma(text, &mut keys())
}

/// New keys, each used once.
fn keys() -> impl FnMut() -> String {
    let mut count = 0_u64;
    move || {
        count += 1;
        format!("new-key-{count:016}")
    }
}

/// The notes, one per line.
fn told(import: &Import) -> String {
    let lines =
        import.notes.iter().map(|note| format!("{}: {}: {}\n", note.kind.word(), note.place, note.text));
    lines.collect()
}
