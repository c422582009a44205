//! The binary `watchkeep`: arguments, signals, exit code.

mod cli;
mod host;

/// Runs allocate on one thread and free on another, thousands of times a second; the system's allocator spends a
/// fifth of the processor on its locks then.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // A guest touches a few pages of a large slot: with huge pages the host needs twice the memory and is no faster. A
    // kernel without this switch loses nothing else.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_thp_disable(true);
    cli::main()
}
