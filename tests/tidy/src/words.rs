//! Words that may not stand in the repository: a machine's own paths, and work left for later.

use crate::repository::File;

/// What may not stand anywhere in a line, and why.
const FORBIDDEN: [(&str, &str); 12] = [
    ("/home/", "a path of one machine"),
    ("/root/", "a path of one machine"),
    ("/Users/", "a path of one machine"),
    ("\\Users\\", "a path of one machine"),
    ("/work/", "a path of one machine"),
    ("/tmp/wk", "a path of one machine"),
    ("../shared", "a folder that is not in the repository"),
    ("todo!", "work left for later"),
    ("unimplemented!", "work left for later"),
    ("TODO", "work left for later"),
    ("FIXME", "work left for later"),
    ("#[ignore", "a test that does not run"),
];

/// Where these words are named in order to forbid them.
const EXEMPT: [&str; 2] = ["tests/tidy/src/words.rs", "Cargo.lock"];

pub fn violations(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !EXEMPT.contains(&file.path.as_str())) {
        for (number, line) in file.text.lines().enumerate() {
            for (word, why) in FORBIDDEN {
                if names(line, word) {
                    found.push(format!("{}:{}: `{word}` is {why}", file.path, number + 1));
                }
            }
        }
    }
    found
}

/// A path counts only where it begins: `https://x.example/work/` and `"$folder/home/"` are no machine's paths.
fn names(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let part_of_longer =
            before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '/' | '}' | '_' | '-' | '.' | ')'));
        !(word.starts_with('/') && part_of_longer)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> usize {
        violations(&[File { path: "a.rs".to_owned(), text: format!("fine\n{line}\n") }]).len()
    }

    #[test]
    fn finds_machine_paths_and_work_left() {
        for line in [
            "let p = \"/home/me/x\";",
            "cd /work/main",
            "// TODO: later",
            "    todo!()",
            "#[ignore]",
            "see ../shared/x",
        ] {
            assert_eq!(check(line), 1, "{line}");
        }
    }

    #[test]
    fn leaves_urls_and_longer_paths_alone() {
        for line in ["https://example.com/work/", "\"${HOME}/root/\"", "a frame/work/flow", "todos", "method"]
        {
            assert_eq!(check(line), 0, "{line}");
        }
    }
}
