//! Eight mistakes in two files are eight problems, each with its place and its fix, and nothing starts.

use watchkeep_end_to_end::{Folder, run_to_end};

const FIRST: &str = r#"
include = ["more.toml"]

[[check]]
name = "shop"
plugin = "htpp"
config = { url = "http://127.0.0.1:1/" }

[[check]]
name = "blog"
plugin = "http"
intervall = "5s"
config = { url = "http://127.0.0.1:1/" }

[[check]]
name = "nightly"
plugin = "http"
schedule = "61 2 * * *"
config = { url = "http://127.0.0.1:1/" }

[[check]]
name = "office"
plugin = "http"
run_hours = "ofice"
config = { url = "http://127.0.0.1:1/" }

[secrets]
empty = { file = "empty" }
"#;

const SECOND: &str = r#"
[[check]]
name = "blog"
plugin = "http"
config = { url = "http://127.0.0.1:1/" }

[[check]]
name = "child"
plugin = "http"
depends_on = ["gatway"]
config = { url = "http://127.0.0.1:1/" }

[[route]]
name = "root"
receivers = ["nobody"]
"#;

fn folder() -> Folder {
    let folder = Folder::new(&FIRST.replace("include = [\"more.toml\"]\n", ""));
    let with_include = std::fs::read_to_string(folder.config_path()).unwrap();
    // `include` belongs to [host], which stands in front.
    let with_include = with_include.replacen("[host]\n", "[host]\ninclude = [\"more.toml\"]\n", 1);
    // A byte-order mark and line ends of another system are fine.
    std::fs::write(folder.config_path(), format!("\u{feff}{}", with_include.replace('\n', "\r\n"))).unwrap();
    folder.write("more.toml", SECOND);
    folder.write("empty", "\n");
    folder
}

#[tokio::test]
async fn every_problem_is_printed_with_its_place_and_nothing_starts() {
    let folder = folder();
    for command in ["validate", "run"] {
        let (code, out, errors) = run_to_end(&folder, &[command, "--config", "watchkeep.toml"]).await;
        let printed = format!("{out}{errors}");
        assert_eq!(code, 1, "{command}: {printed}");
        for word in ["htpp", "intervall", "61 2 * * *", "ofice", "empty", "blog", "gatway", "nobody"] {
            assert!(printed.contains(word), "{command} does not tell of `{word}`: {printed}");
        }
        assert!(printed.contains("watchkeep.toml") && printed.contains("more.toml"), "{printed}");
        assert!(printed.matches("hint").count() >= 8, "{printed}");
        assert!(!folder.data().join("control.sock").exists(), "{command} started something");
    }
}
