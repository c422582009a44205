//! What our own script puts into a page: nodes and texts, never markup.

use std::path::Path;

/// Ways by which a text becomes markup or code.
const WAYS: [&str; 14] = [
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function",
    "srcdoc",
    "createContextualFragment",
    "setHTML",
    "javascript:",
    "setTimeout(\"",
    "setInterval(\"",
    "import(",
    "onclick",
];

#[test]
fn no_script_of_ours_makes_markup_or_code_of_a_text() {
    let assets = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets");
    let mut scripts = 0;
    for entry in std::fs::read_dir(assets).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        if path.extension().is_some_and(|extension| extension == "js") {
            scripts += 1;
            for way in WAYS {
                assert!(!text.contains(way), "{} has `{way}`", path.display());
            }
        }
        if path.extension().is_some_and(|extension| extension == "css") {
            assert!(
                !text.contains("@import") && !text.contains("://"),
                "{} loads of elsewhere",
                path.display()
            );
        }
    }
    assert!(scripts > 0);
}

/// The templates are where text becomes a page: none takes any for markup.
#[test]
fn no_template_takes_a_text_for_markup() {
    let templates = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    for entry in std::fs::read_dir(templates).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for way in ["|safe", "| safe", "escape(\"none\")", "<style", "javascript:", " style=", " onclick="] {
            assert!(!text.contains(way), "{} has `{way}`", path.display());
        }
    }
}
