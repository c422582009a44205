//! Regular expressions beside an engine that is well known: the same texts, the same groups.

use watchkeep_sdk::config::{self, Pattern};

fn pattern(text: &str) -> Option<Pattern> {
    config::parse(&serde_json::to_string(text).unwrap()).ok()
}

#[track_caller]
fn agree(expression: &str, text: &str) {
    let (Some(ours), Ok(theirs)) = (pattern(expression), regex_lite::Regex::new(expression)) else {
        panic!("`{expression}` is to be known to both");
    };
    let found = theirs.find(text).map(|found| found.range());
    assert_eq!(ours.is_in(text), found.is_some(), "`{expression}` in {text:?}");
    assert_eq!(ours.find(text), found, "`{expression}` in {text:?}");
    let groups = theirs.captures(text);
    for group in 0..theirs.captures_len() {
        let wanted = groups.as_ref().and_then(|groups| groups.get(group)).map(|found| found.as_str());
        assert_eq!(ours.capture(text, group), wanted, "group {group} of `{expression}` in {text:?}");
    }
}

#[test]
fn what_people_write_is_found_where_others_find_it() {
    let texts = [
        "",
        "a",
        "<input type=\"hidden\" name=\"csrf\" value=\"d41d8cd9\">\r\n<p>Gr\u{fc}ezi</p>",
        "220 mail.example.com ESMTP\r\n250-SIZE 10240000\r\n250 HELP\r\n",
        "version 1.21.3\nversion 2.0\n",
        "aaa bbb_ccc 42 -7 0x1F \u{1f600}\n\n",
        "ABC abc aBc ab\nabcabcabc",
        "]-[^\\{}",
    ];
    for expression in [
        "a",
        "^a",
        "a$",
        "^$",
        "(?m)^$",
        ".",
        "(?s).*",
        ".*",
        "a|b|",
        "(a|ab)(c|bcd)?",
        "(a*)(a*)",
        "(a*?)(a*)",
        "a{2}",
        "a{2,}",
        "a{0,2}?",
        "(ab?)+",
        "(?:abc)+",
        "(?P<word>\\w+)\\s+(?<other>\\S+)",
        "\\bab\\b",
        "\\Bb",
        "(?i)abc",
        "(?i:A)bc",
        "a(?i)B",
        "(?i)[^a-c]",
        "[^a-c\\n]+",
        "[]a]",
        "[a-]",
        "[\\]\\-^]+",
        "[\\d.]+",
        "[^\\W_]+",
        "[\\D]+",
        "\\x41|\\u0061|\\x{1F600}",
        "\u{fc}",
        "[\u{e0}-\u{ff}]",
        "name=\"csrf\" value=\"([^\"]+)\"",
        "(?m)^250[ -](\\S+)",
        "version ([0-9]+)\\.([0-9]+)",
        "\\A220 .*",
        "HELP\\r\\n\\z",
        "(a|b)*c",
        "((a)|(b))+",
        "(|a)+",
        "(a|)+?b",
        "()",
        "(?m)$",
        "x*",
        "\\$|\\{|\\}",
        "(?-i)a",
        "(?im)^ABC.AB$",
        "(a{1,2}){2}",
        "[a-cA-C]{3}?",
    ] {
        for text in texts {
            agree(expression, text);
        }
    }
}

#[test]
fn whatever_is_put_together_is_found_where_others_find_it() {
    const ATOMS: [&str; 14] =
        ["a", "b", "c", ".", "[ab]", "[^a]", "\\w", "\\b", "^", "$", "(?:ab)", "(a|bc)", "(b*)", "(?i)"];
    const COUNTS: [&str; 8] = ["", "", "", "*", "+?", "?", "{1,2}", "*?"];
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut any = |count: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % count as u64).unwrap()
    };
    for _ in 0..4_000 {
        let mut expression = String::new();
        for _ in 0..=any(5) {
            let atom = ATOMS[any(ATOMS.len())];
            let count =
                if matches!(atom, "(?i)" | "\\b" | "^" | "$") { "" } else { COUNTS[any(COUNTS.len())] };
            expression.push_str(atom);
            expression.push_str(count);
            if any(7) == 0 {
                expression.push('|');
            }
        }
        let text: String = (0..any(9)).map(|_| ['a', 'b', 'c', 'A', '\n'][any(5)]).collect();
        agree(&expression, &text);
    }
}

#[test]
fn what_is_none_is_refused() {
    for wrong in [
        "(",
        ")",
        "a)",
        "[",
        "[a",
        "[b-a]",
        "[]",
        "*",
        "a{",
        "a{2",
        "a{3,2}",
        "a{,2}",
        "\\",
        "\\q",
        "\\<",
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<n",
        "(?P<>a)",
        "(?z)",
        "(?",
        "\\1",
        "[[:alpha:]]",
        "\\x4",
        "\\x{110000}",
        "(?x)a",
        "[a-\\d]",
        "((a{100}){100}){100}",
    ] {
        assert!(pattern(wrong).is_none(), "{wrong}");
    }
    assert!(pattern(&"(".repeat(100_000)).is_none());
    assert!(pattern(&format!("{}a{}", "(".repeat(60), ")".repeat(60))).is_none());
}

#[test]
fn no_pattern_is_slow() {
    let text = "a".repeat(30_000);
    for slow in ["(a*)*b", "(a|a)*b", "(a|aa)+$b", "(.*)(.*)(.*)b", "a{1,50}b"] {
        assert!(!pattern(slow).unwrap().is_in(&text), "{slow}");
    }
}
