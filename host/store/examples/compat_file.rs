//! Writes the database that tests/compat keeps for the format of this version, compressed:
//! `cargo run -p watchkeep-store --example compat_file -- tests/compat/format-2.lz4`

#[path = "../tests/support/mod.rs"]
mod support;

fn main() -> std::io::Result<()> {
    let path = std::env::args_os().nth(1).ok_or_else(|| std::io::Error::other("say which file to write"))?;
    let folder = tempfile::tempdir()?;
    support::everything::write(folder.path());
    let database = std::fs::read(folder.path().join("watchkeep.redb"))?;
    std::fs::write(path, lz4_flex::block::compress_prepend_size(&database))
}
