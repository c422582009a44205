//! What a plugin costs by the language that it is written in. The engine's own bench measures it; its path comes in
//! `WATCHKEEP_PLUGINS`, as `run.sh` sets it. The bundled plugins are Rust; the others are the examples.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::report::{Section, say};

/// Folders of `examples`, and what their component is called here.
const EXAMPLES: [(&str, &str); 4] = [
    ("python-check", "python-check (Python)"),
    ("js-check", "js-check (JavaScript)"),
    ("nagios-rust", "check_answer (Rust, WASI 0.2)"),
    ("nagios-c", "check_until (C)"),
];

pub(crate) fn measure() -> Result<Section> {
    let program = std::env::var_os("WATCHKEEP_PLUGINS").context(
        "`WATCHKEEP_PLUGINS` does not name the engine's bench; hint: start this by tests/bench/run.sh",
    )?;
    let folder = tempfile::tempdir()?;
    let mut files: Vec<(String, PathBuf)> = Vec::new();
    for plugin in watchkeep_bundle::BUNDLED {
        let file = folder.path().join(format!("{}.wasm", plugin.name));
        std::fs::write(&file, plugin.bytes)?;
        files.push((format!("{} (Rust)", plugin.name), file));
    }
    for (example, name) in EXAMPLES {
        say(&format!("building examples/{example}"));
        let file = folder.path().join(format!("{example}.wasm"));
        std::fs::copy(built(example)?, &file)?;
        files.push((name.to_owned(), file));
    }
    say("plugins by language");
    let output = Command::new(&program)
        .arg("--bench")
        .args(files.iter().map(|(_, file)| file))
        .output()
        .context("cannot start the engine's bench")?;
    ensure!(
        output.status.success(),
        "the engine's bench failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = text.lines().collect();
    ensure!(lines.len() == files.len(), "the bench printed other lines than it was to:\n{text}");
    let rows = files
        .iter()
        .zip(lines)
        .map(|((name, _), line)| row(name, line).with_context(|| format!("the bench printed `{line}`")));
    Ok(Section {
        name: "plugins",
        columns: vec!["plugin", "file", "first load", "load from the cache", "call", "memory while it waits"],
        rows: rows.collect::<Result<_>>()?,
        notes: vec![
            "the first load compiles, in a process of its own; a call is a fresh store, an instance and `validate`"
                .to_owned(),
            "memory is what 2,000 runs (50 of an interpreter) that wait for a silent server add to the process at once, each, with the server's own end of their connections; `-`: it asks no URL"
                .to_owned(),
        ],
        ..Section::default()
    })
}

/// Where tests/component.sh has put what an example is built to.
fn built(example: &str) -> Result<PathBuf> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../component.sh");
    let output = Command::new(script).arg(example).output().context("cannot start tests/component.sh")?;
    ensure!(
        output.status.success(),
        "examples/{example} is not built; hint: tests/prepare.sh test\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(String::from_utf8_lossy(&output.stdout).trim().into())
}

/// Parses `NAME: N bytes, compiled in N us, loaded from the cache in N us, called in N us, N bytes while it waits`.
fn row(name: &str, line: &str) -> Option<Vec<String>> {
    let numbers: Option<Vec<f64>> = line
        .split_once(": ")?
        .1
        .split(", ")
        .map(|part| part.split(' ').find_map(|word| word.parse().ok()))
        .collect();
    let [size, compiled, cached, called, waiting] = numbers?.try_into().ok()?;
    let mib = |bytes: f64| {
        if bytes < 1_048_576.0 {
            format!("{:.0} KiB", bytes / 1024.0)
        } else {
            format!("{:.1} MiB", bytes / 1_048_576.0)
        }
    };
    Some(vec![
        name.to_owned(),
        mib(size),
        format!("{:.0} ms", compiled / 1e3),
        format!("{:.1} ms", cached / 1e3),
        if called < 1.0 { "-".to_owned() } else { format!("{:.0} µs", called) },
        if waiting < 1.0 { "-".to_owned() } else { mib(waiting) },
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_line_of_the_bench() {
        let line = "http: 204800 bytes, compiled in 350000 us, loaded from the cache in 900 us, called in 31 us, 2621440 bytes while it waits";
        let cells = ["http (Rust)", "200 KiB", "350 ms", "0.9 ms", "31 µs", "2.5 MiB"];
        assert_eq!(row("http (Rust)", line), Some(cells.map(str::to_owned).to_vec()));
        assert_eq!(row("http", "http: nothing"), None);
    }

    #[test]
    fn says_so_where_there_is_nothing_to_measure() {
        let line = "x: 1 bytes, compiled in 1 us, loaded from the cache in 1 us, called in 0 us, 0 bytes while it waits";
        assert_eq!(
            row("x", line).map(|cells| cells[4..].to_vec()),
            Some(vec!["-".to_owned(), "-".to_owned()])
        );
    }
}
