//! Builds of one plugin, to be dropped into a host: `steady` says ok, `shaky` traps, `grasping` wants more, `demanding`
//! has another config, `costly` a schema that nobody can walk; one of a notifier, `jammed`, which traps; `crowd`, which finds much at
//! once; and one of an action, `actor`, which does what it should not.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};

/// The program as it was built, with a custom section that makes it another file: `number` tells builds apart.
///
/// # Panics
/// If it does not build.
pub fn build(program: &str, number: u32) -> Vec<u8> {
    let bytes = std::fs::read(programs().join(format!("{program}.wasm"))).expect("the program was built");
    numbered(&bytes, number)
}

/// The same plugin in another file.
pub fn numbered(plugin: &[u8], number: u32) -> Vec<u8> {
    let name = b"build";
    let mut section = vec![name.len() as u8];
    section.extend(name);
    section.extend(number.to_le_bytes());
    let mut bytes = plugin.to_vec();
    bytes.extend([0, section.len() as u8]);
    bytes.extend(section);
    bytes
}

/// As the API tells it.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// In the same folder as the engine's tests build them, so that they are built once.
fn programs() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs");
        let target = crate::host::binary()
            .ancestors()
            .nth(2)
            .expect("it lies in a target folder")
            .join("tmp/programs");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["build", "--locked", "--release", "--target", "wasm32-unknown-unknown"])
            .args(
                [
                    "actor",
                    "steady",
                    "shaky",
                    "grasping",
                    "demanding",
                    "crowd",
                    "costly",
                    "jammed",
                    "snapshots_caller",
                    "picture_reader",
                    "files_caller",
                ]
                .iter()
                .flat_map(|it| ["--example", it]),
            )
            .current_dir(&source)
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTFLAGS", "-Clink-arg=-zstack-size=65536")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .output()
            .expect("cargo starts");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "the guest programs do not build:\n{complaint}");
        target.join("wasm32-unknown-unknown/release/examples")
    })
}
