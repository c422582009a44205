//! `watchkeep-build [DIR] [--package NAME]... [--out DIR] [--strip]`: components from the command line.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use watchkeep_build::{Build, Names};

const HELP: &str = "\
Builds plugin crates to WebAssembly components.

Usage: watchkeep-build [DIR] [--package NAME]... [--out DIR] [--strip]

  DIR             the crate, or a workspace (default: here)
  --package NAME  a crate of the workspace; any number of them
  --out DIR       copies the components there
  --strip         leaves out the names of functions (smaller; backtraces say less)

Example: watchkeep-build examples/first-check --out plugins
Exit status: 0 built, 1 not built, 2 not understood
";

struct Arguments {
    build: Build,
    out: Option<PathBuf>,
}

enum Invocation {
    Build(Arguments),
    Help,
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(Invocation::Help) => say(&mut std::io::stdout(), HELP),
        Ok(Invocation::Build(arguments)) => match build(arguments) {
            Ok(told) => say(&mut std::io::stdout(), &told),
            Err(error) => {
                say(&mut std::io::stderr(), &format!("error: {error}\n"));
                return ExitCode::FAILURE;
            }
        },
        Err(message) => {
            say(&mut std::io::stderr(), &format!("error: {message}\n\n{HELP}"));
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// A closed pipe is no failure of the build.
fn say(out: &mut dyn std::io::Write, text: &str) {
    let _ = out.write_all(text.as_bytes());
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Invocation, String> {
    let mut dir = None;
    let mut out = None;
    let mut packages = Vec::new();
    let mut names = Names::Keep;
    while let Some(argument) = arguments.next() {
        let mut value = |of: &str| arguments.next().ok_or_else(|| format!("`{of}` needs a value"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(Invocation::Help),
            "--package" | "-p" => packages.push(value("--package")?),
            "--out" => out = Some(PathBuf::from(value("--out")?)),
            "--strip" => names = Names::Strip,
            option if option.starts_with('-') => return Err(format!("unknown option `{option}`")),
            _ if dir.is_some() => return Err(format!("one folder at a time, not also `{argument}`")),
            _ => dir = Some(argument),
        }
    }
    let build = Build::of(dir.unwrap_or_else(|| ".".to_owned())).names(names);
    let build = packages.into_iter().fold(build, Build::package);
    Ok(Invocation::Build(Arguments { build, out }))
}

fn build(arguments: Arguments) -> Result<String, Box<dyn std::error::Error>> {
    let mut told = Vec::new();
    for (at, built) in arguments.build.run()?.into_iter().enumerate() {
        if at == 0 {
            writeln!(told, "compiler: {}", built.toolchain)?;
        }
        let path = match &arguments.out {
            None => built.path.clone(),
            Some(out) => {
                std::fs::create_dir_all(out)?;
                let path = out.join(format!("{}.wasm", built.name));
                std::fs::write(&path, &built.bytes)?;
                path
            }
        };
        let asks = if built.imports.is_empty() { "nothing".to_owned() } else { built.imports.join(", ") };
        let size = built.bytes.len().div_ceil(1024);
        writeln!(
            told,
            "{} {}: {}, {size} KiB, asks for {asks}",
            built.kind.as_str(),
            built.name,
            path.display()
        )?;
    }
    Ok(String::from_utf8(told)?)
}
