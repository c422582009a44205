//! Nothing but the compiling child.

fn main() -> std::process::ExitCode {
    watchkeep_engine::compile_child_main()
}
