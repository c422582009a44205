//! The binary `watchkeep`: arguments, signals, exit code.

mod cli;
mod host;

/// Runs allocate on one thread and free on another, thousands of times a second. The system's allocator would spend a
/// fifth of the processor on its locks.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    // A guest touches a few pages of a large slot, so with huge pages the host needs twice the memory and is no faster.
    // On a kernel without this switch nothing else changes.
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_thp_disable(true);
    cli::main()
}
