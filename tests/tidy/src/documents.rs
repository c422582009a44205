//! Markdown: the paths it names, the files it links to, and the code blocks it shows.
//!
//! A fenced block is named by its info string. `toml` must be TOML; `toml config` must be a whole valid config of
//! the host, which the end-to-end tests prove with the real binary.

use std::collections::BTreeSet;

use crate::repository::File;

/// A fenced code block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    pub document: String,
    /// The line of the opening fence, from 1.
    pub line: usize,
    /// The words after the fence: `["toml", "config"]`.
    pub info: Vec<String>,
    pub text: String,
}

pub fn is_document(file: &File) -> bool {
    file.path.ends_with(".md")
}

/// Every fenced block of a document, in order.
pub fn blocks(file: &File) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(Block, usize)> = None;
    for (number, line) in file.text.lines().enumerate() {
        let ticks = line.trim_start().bytes().take_while(|&byte| byte == b'`').count();
        match &mut open {
            Some((_, fence)) if ticks >= *fence && line.trim().len() == ticks => {
                found.extend(open.take().map(|(block, _)| block));
            }
            Some((block, _)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            None if ticks >= 3 => {
                let info = line.trim_start()[ticks..].split_whitespace().map(str::to_owned).collect();
                let block =
                    Block { document: file.path.clone(), line: number + 1, info, text: String::new() };
                open = Some((block, ticks));
            }
            None => {}
        }
    }
    found
}

/// One sentence for each path that a document names and that `exists` denies.
pub fn missing_paths(file: &File, tops: &BTreeSet<String>, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for (number, line) in file.text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced {
            continue;
        }
        let spans = line.split('`').skip(1).step_by(2).filter_map(|span| own_path(span, tops));
        let links = link_targets(line).filter_map(|target| from_folder(&file.path, target));
        for path in spans.chain(links) {
            if !exists(&path) {
                found.push(format!("{}:{}: names `{path}`, which does not exist", file.path, number + 1));
            }
        }
    }
    found
}

/// A code span that names something below one of the root's entries. A pattern (`plugins/*/src`) stands for the
/// folder before its first star; a placeholder (`plugins/NAME`) for the folder before it.
fn own_path(span: &str, tops: &BTreeSet<String>) -> Option<String> {
    let top = span.split('/').next()?;
    if span.contains(char::is_whitespace) || !tops.contains(top) {
        return None;
    }
    let placeholder = |part: &str| part.len() > 1 && part.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    let literal = |part: &&str| !part.contains(['*', '<', '{', '$']) && !placeholder(part);
    let without_place = span.split(['#', ':']).next()?.trim_end_matches('/');
    let parts: Vec<&str> = without_place.split('/').take_while(literal).collect();
    (!parts.is_empty()).then(|| parts.join("/"))
}

fn link_targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

/// A link's target from the root; `None` for one that leads elsewhere.
fn from_folder(document: &str, target: &str) -> Option<String> {
    let path = target.split('#').next()?;
    if path.is_empty() || path.contains(':') {
        return None;
    }
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in path.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> File {
        File { path: "docs/guide.md".to_owned(), text: text.to_owned() }
    }
    fn missing(text: &str) -> Vec<String> {
        let tops = ["host", "docs", "README.md", "Makefile"].map(str::to_owned).into();
        let known = ["host", "host/core", "host/core/src/lib.rs", "docs", "docs/format.md", "README.md"];
        missing_paths(&document(text), &tops, &|path| known.contains(&path))
    }

    #[test]
    fn accepts_paths_that_exist_and_words_that_are_no_paths() {
        let text = "`host/core/` `host/core/src/lib.rs:12` `host/*/src` `host/NAME/x` `README.md` `config.toml` \
                    `make run` [format](format.md#keys) [up](../README.md) [web](https://x.example/a) [here](#a)\n\
                    ```sh\ncat `host/none`\n```\n";
        assert_eq!(missing(text), Vec::<String>::new());
    }

    #[test]
    fn tells_paths_that_do_not_exist() {
        assert_eq!(
            missing("see `host/none/x.rs`"),
            ["docs/guide.md:1: names `host/none/x.rs`, which does not exist"]
        );
        assert_eq!(
            missing("\n[x](other.md)"),
            ["docs/guide.md:2: names `docs/other.md`, which does not exist"]
        );
        assert_eq!(missing("`Makefile`").len(), 1);
    }

    #[test]
    fn finds_fenced_blocks_with_their_info() {
        let found = blocks(&document("a\n```toml config\nx = 1\n\n```\n````md\n```\ninner\n```\n````\n"));
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].line, found[0].info.join(" "), found[0].text.as_str()),
            (2, "toml config".into(), "x = 1\n\n")
        );
        assert_eq!(found[1].text, "```\ninner\n```\n");
    }
}
