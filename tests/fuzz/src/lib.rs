//! What the fuzzer runs: one function for each place where bytes of strangers come in. It panics where a promise is
//! broken. The targets (`targets/`) call these under the fuzzer, the tests here with the inputs of `corpus/`.

mod config;
mod grants;

use std::cell::OnceCell;

use tempfile::TempDir;
use tokio::runtime::Runtime;
use watchkeep_engine::fuzzing::Answers;

pub use config::config;
pub use grants::grants;
pub use watchkeep_engine::fuzzing::{plugin_bytes as plugin, report};

/// Its name is that of the fuzzer's binary and of its folder in `corpus/`.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 5] = [
    ("config", config),
    ("grants", grants),
    ("http_answer", http_answer),
    ("plugin", plugin),
    ("report", report),
];

/// The first two bytes say how is asked, the rest is a server's answer.
pub fn http_answer(bytes: &[u8]) {
    thread_local! {
        static BROKER: OnceCell<(TempDir, Runtime, Answers)> = const { OnceCell::new() };
    }
    BROKER.with(|broker| {
        let (_, runtime, answers) = broker.get_or_init(|| {
            let folder = tempfile::tempdir().expect("a folder can be made");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime starts");
            let answers = runtime.block_on(async { Answers::new(folder.path()) });
            (folder, runtime, answers)
        });
        runtime.block_on(answers.read(bytes));
    });
}
