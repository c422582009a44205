//! The rules of the core by their codes: whoever names one finds it in `docs/rules.md`.

use std::collections::BTreeSet;

use crate::repository::File;

/// Where they are written down.
pub const DOCUMENT: &str = "docs/rules.md";

/// Codes of the rules that the document states: paragraphs that begin with `**A1. `.
pub fn stated(document: &File) -> BTreeSet<String> {
    let heads = document.text.lines().filter_map(|line| line.strip_prefix("**"));
    heads
        .filter_map(|head| head.split_once(". "))
        .map(|(code, _)| code)
        .filter(|code| is_code(code))
        .map(str::to_owned)
        .collect()
}

/// One sentence for each place that names a rule which is not stated.
pub fn unknown(file: &File, stated: &BTreeSet<String>) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |number: usize, code: &str| {
        if !stated.contains(code) {
            found.push(format!("{}:{number}: names rule {code}, which {DOCUMENT} does not state", file.path));
        }
    };
    if let Some(name) = scenario(&file.path) {
        let code = name.split('-').next().unwrap_or_default();
        check(1, code);
        let head = file.text.strip_prefix("# ").and_then(|text| text.split(':').next()).unwrap_or_default();
        head.split(", ").filter(|word| is_code(word)).for_each(|code| check(1, code));
    }
    for (number, line) in file.text.lines().enumerate() {
        for (at, _) in line.match_indices("rule") {
            named(&line[at + "rule".len()..]).for_each(|code| check(number + 1, code));
        }
    }
    found
}

/// ` A1` and `s A1, A2 and A3-A5`, until a word that is none.
fn named(after: &str) -> impl Iterator<Item = &str> {
    let after = after.strip_prefix('s').unwrap_or(after);
    let begins = after.starts_with(' ');
    let words =
        after.split([' ', '-']).skip(1).map(|word| word.trim_matches([',', '.', ':', ';', '(', ')', '`']));
    words.filter(|word| *word != "and" && *word != "or").take_while(move |word| begins && is_code(word))
}

fn scenario(path: &str) -> Option<&str> {
    path.strip_prefix("host/core/tests/scenarios/").filter(|name| name.ends_with(".txt"))
}

fn is_code(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|letter| matches!(letter, 'S' | 'A' | 'R' | 'D' | 'X'))
        && word.len() > 1
        && letters.all(|letter| letter.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }
    fn known() -> BTreeSet<String> {
        stated(&file(DOCUMENT, "**A1. One.** It holds.\n**S2. Two.** So does it.\n**Not a rule.** A3. x\n"))
    }

    #[test]
    fn a_rule_is_stated_by_the_head_of_its_paragraph() {
        assert_eq!(known(), ["A1", "S2"].map(str::to_owned).into());
    }

    #[test]
    fn rules_that_are_stated_may_be_named_in_any_way() {
        let text =
            "// (rule A1) rules A1, S2 and A1; rules A1-S2. a rule of thumb, the ruler A9, D400 beside\n";
        assert_eq!(unknown(&file("host/x.rs", text), &known()), Vec::<String>::new());
    }

    #[test]
    fn tells_where_an_unknown_rule_is_named() {
        let found = unknown(&file("host/x.rs", "\n/// By rules A1, A7 and D1.\n"), &known());
        assert_eq!(
            found,
            [
                "host/x.rs:2: names rule A7, which docs/rules.md does not state",
                "host/x.rs:2: names rule D1, which docs/rules.md does not state"
            ]
        );
    }

    #[test]
    fn a_scenario_names_rules_in_its_file_and_at_its_head() {
        let path = "host/core/tests/scenarios/A9-a-story.txt";
        let found = unknown(&file(path, "# A1, R7: why.\n"), &known());
        let codes: Vec<&str> =
            found.iter().filter_map(|it| it.split("rule ").nth(1)?.split(',').next()).collect();
        assert_eq!(codes, ["A9", "R7"]);
    }
}
