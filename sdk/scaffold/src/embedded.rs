//! What the build script took from the repository: see `build.rs`.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
