//! The core stays pure: no runtime, engine, database or network among its dependencies, and no clock in its source.
//! Clippy bans clocks as well (`clippy.toml` beside this crate); this test needs no clippy.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this test reads the source and asks cargo; the code under test may do neither"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

const FORBIDDEN: [&str; 12] = [
    "tokio",
    "wasmtime",
    "redb",
    "axum",
    "reqwest",
    "hyper",
    "mio",
    "rand",
    "getrandom",
    "tracing",
    "async-std",
    "smol",
];

#[test]
fn depends_on_no_runtime_engine_database_or_network() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let tree = Command::new(cargo)
        .args(["tree", "--package", "watchkeep-core", "--edges", "normal", "--prefix", "none", "--offline"])
        .args(["--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("names of crates are text");
    let crates: Vec<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(crates.contains(&"watchkeep-core") && crates.contains(&"chrono"), "cargo tree said: {tree}");
    let found: Vec<&&str> = crates.iter().filter(|name| FORBIDDEN.contains(name)).collect();
    assert!(found.is_empty(), "the core depends on {found:?}");
    let ours: Vec<&&str> = crates.iter().filter(|name| name.starts_with("watchkeep-")).collect();
    assert!(ours.iter().all(|name| **name == "watchkeep-core"), "the core depends on {ours:?}");
}

#[test]
fn reads_no_clock_no_file_and_no_environment() {
    let mut files = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    assert!(files.len() > 30, "found only {} source files", files.len());
    let banned = [
        "Instant::",
        "time::Instant",
        "SystemTime",
        "Utc::now",
        "Local::now",
        "std::fs",
        "TcpStream",
        "UdpSocket",
        "std::env",
        "std::process",
        "std::thread",
        "async fn",
        "RandomState",
        "println!",
        "eprintln!",
    ];
    let mut found = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a readable source file");
        for (number, line) in text.lines().enumerate() {
            if line.trim_start().starts_with("//") {
                continue;
            }
            if let Some(word) = banned.iter().find(|word| line.contains(**word)) {
                found.push(format!("{}:{}: {word}", file.display(), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "not pure:\n{}", found.join("\n"));
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a folder entry").path();
        if path.is_dir() {
            walk(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}
