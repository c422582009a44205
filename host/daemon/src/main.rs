//! The binary `watchkeep`: arguments, signals, exit code.

mod cli;
mod host;

fn main() -> std::process::ExitCode {
    cli::main()
}
