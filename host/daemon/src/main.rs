//! The binary `watchkeep`: arguments, signals, exit code.

mod cli;
mod host;

/// Runs allocate on one thread and free on another, thousands of times a second; the system's allocator spends a
/// fifth of the processor on its locks then.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
