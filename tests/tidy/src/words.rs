//! Words that may not stand in the repository: a machine's own paths, and work left for later.

use std::path::Path;

use crate::repository::File;

const PATH: &str = "a path of one machine";

/// What may not stand anywhere in a line, and why. Paths of the machine at hand are asked of it, see [`own_paths`].
const FORBIDDEN: [(&str, &str); 8] = [
    ("/home/", PATH),
    ("/Users/", PATH),
    ("\\Users\\", PATH),
    ("todo!", "work left for later"),
    ("unimplemented!", "work left for later"),
    ("TODO", "work left for later"),
    ("FIXME", "work left for later"),
    ("#[ignore", "a test that does not run"),
];

/// Where these words are named in order to forbid them.
const EXEMPT: [&str; 2] = ["tests/tidy/src/words.rs", "Cargo.lock"];

/// Where this checkout lies, what lies beside it, and the home of whoever runs the test.
pub fn own_paths(root: &Path) -> Vec<String> {
    let beside = root.parent().into_iter().map(Path::to_owned);
    let places = [root.to_owned()].into_iter().chain(beside).chain(std::env::home_dir());
    // A place at the top of the file system is nobody's own.
    places
        .filter(|place| place.components().count() > 1)
        .map(|place| format!("{}/", place.display()))
        .filter(|place| place != "/tmp/")
        .collect()
}

pub fn violations(files: &[File], own: &[String]) -> Vec<String> {
    let forbidden: Vec<(&str, &str)> =
        FORBIDDEN.into_iter().chain(own.iter().map(|path| (path.as_str(), PATH))).collect();
    let mut found = Vec::new();
    for file in files.iter().filter(|file| !EXEMPT.contains(&file.path.as_str())) {
        for (number, line) in file.text.lines().enumerate() {
            for (word, why) in &forbidden {
                if names(line, word) {
                    found.push(format!("{}:{}: `{word}` is {why}", file.path, number + 1));
                }
            }
        }
    }
    found
}

/// A path counts only where it begins: `https://x.example/srv/` and `"$folder/home/"` are no machine's paths.
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
        let file = File { path: "a.rs".to_owned(), text: format!("fine\n{line}\n") };
        violations(&[file], &own_paths(Path::new("/srv/ada/watchkeep"))).len()
    }

    #[test]
    fn finds_machine_paths_and_work_left() {
        for line in
            ["let p = \"/home/me/x\";", "cd /srv/ada/elsewhere", "// TODO: later", "    todo!()", "#[ignore]"]
        {
            assert_eq!(check(line), 1, "{line}");
        }
    }

    #[test]
    fn leaves_urls_and_longer_paths_alone() {
        for line in
            ["https://example.com/srv/ada/", "\"${HOME}/home/\"", "a frame/srv/ada/flow", "todos", "method"]
        {
            assert_eq!(check(line), 0, "{line}");
        }
    }
}
