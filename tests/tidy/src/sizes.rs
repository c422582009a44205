//! A file that a reader can hold in mind: none over 800 lines but those explained here, nine in ten under 400.

use crate::repository::File;

const LINES_MAX: usize = 800;
const USUAL_LINES_MAX: usize = 400;
/// In a hundred files.
const LONG_FILES_MAX: usize = 10;
const COUNTED: [&str; 9] = [".rs", ".html", ".css", ".js", ".py", ".sh", ".md", ".toml", ".wit"];

/// Path and reason of each file that may be longer.
const EXPLAINED: [(&str, &str); 1] =
    [("docs/authoring/reference.md", "made of the whole contract, to be looked up in")];

pub fn violations(files: &[File]) -> Vec<String> {
    check(files, &EXPLAINED)
}

fn check(files: &[File], explained: &[(&str, &str)]) -> Vec<String> {
    let counted: Vec<(&str, usize)> = files
        .iter()
        .filter(|file| COUNTED.iter().any(|ending| file.path.ends_with(ending)))
        .map(|file| (file.path.as_str(), file.text.lines().count()))
        .collect();
    let is_explained = |path: &str| explained.iter().any(|(known, _)| *known == path);
    let mut found: Vec<String> = counted
        .iter()
        .filter(|(path, lines)| *lines > LINES_MAX && !is_explained(path))
        .map(|(path, lines)| {
            format!("{path} has {lines} lines; hint: split it, or explain it in tests/tidy/src/sizes.rs")
        })
        .collect();
    for (path, reason) in explained {
        if !counted.iter().any(|(known, lines)| known == path && *lines > LINES_MAX) {
            found.push(format!(
                "{path} is explained ({reason}) but not over {LINES_MAX} lines; hint: remove it from the list"
            ));
        }
    }
    let mut long: Vec<_> = counted.iter().filter(|(_, lines)| *lines > USUAL_LINES_MAX).collect();
    if long.len() * 100 > counted.len() * LONG_FILES_MAX {
        long.sort_by_key(|(_, lines)| std::cmp::Reverse(*lines));
        found.push(format!(
            "{} of {} files have over {USUAL_LINES_MAX} lines: {long:?}",
            long.len(),
            counted.len()
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, lines: usize) -> File {
        File { path: path.to_owned(), text: "x\n".repeat(lines) }
    }

    #[test]
    fn tells_long_files_and_stale_explanations() {
        let mut files: Vec<_> = (0..20).map(|n| file(&format!("{n}.rs"), 100)).collect();
        assert_eq!(check(&files, &[]), Vec::<String>::new());
        files.push(file("long.rs", 801));
        files.push(file("data.json", 5000));
        assert_eq!(check(&files, &[]).len(), 1);
        assert_eq!(check(&files, &[("long.rs", "a table")]), Vec::<String>::new());
        assert_eq!(check(&files, &[("long.rs", "a table"), ("0.rs", "was long")]).len(), 1);
    }

    #[test]
    fn tells_when_more_than_one_file_in_ten_is_long() {
        let files: Vec<_> = (0..10).map(|n| file(&format!("{n}.rs"), if n < 2 { 401 } else { 10 })).collect();
        assert_eq!(check(&files, &[]).len(), 1);
        assert_eq!(check(&files[1..], &[]).len(), 1);
        assert_eq!(check(&files[2..], &[]), Vec::<String>::new());
    }
}
