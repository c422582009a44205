//! Discord's text: escaped, so that nothing a target says is markup, and cut so that no escape is torn.

use watchkeep_sdk::wording;

/// What is markup only at the beginning of a line stands at none. Whom a message may call is said beside it.
const MARKS: &[char] = &['\\', '*', '_', '~', '`', '|', '[', ']', '<'];

/// At most `chars_max` characters. What is cut off leaves an ellipsis.
pub(crate) fn escape(text: &str, chars_max: usize) -> String {
    let mut out = String::new();
    let mut chars = 0;
    // Where it ends if what follows does not fit.
    let mut cut = 0;
    for c in text.chars() {
        let width = if MARKS.contains(&c) { 2 } else { 1 };
        if chars + width > chars_max {
            out.truncate(cut);
            out.push('…');
            return out;
        }
        if width == 2 {
            out.push('\\');
        }
        out.push(c);
        chars += width;
        if chars < chars_max {
            cut = out.len();
        }
    }
    out
}

/// As it came, between fences.
pub(crate) fn fenced(text: &str, chars_max: usize) -> String {
    let text = text.replace("```", "'''");
    let text: String = text.chars().take(chars_max.saturating_sub(8)).collect();
    format!("```\n{text}\n```")
}

/// A URL that would end its link is written as text.
pub(crate) fn link(url: &str, name: &str) -> String {
    if !wording::is_page(url) || url.len() > 500 || url.contains(['(', ')']) {
        return escape(name, 100);
    }
    format!("[{}]({url})", escape(name, 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_discord_would_read_as_markup_is_escaped() {
        assert_eq!(escape("<@1> **x** [a](b)", 100), "\\<@1> \\*\\*x\\*\\* \\[a\\](b)");
    }

    #[test]
    fn a_cut_never_tears_an_escape() {
        for max in 1..14 {
            let cut = escape("ab*_cd*e", max);
            assert!(cut.chars().count() <= max, "{max}: {cut}");
            let whole = cut.trim_end_matches('…');
            assert!("ab\\*\\_cd\\*e".starts_with(whole) && !whole.ends_with('\\'), "{max}: {cut}");
        }
    }

    #[test]
    fn a_link_that_discord_could_not_read_is_text() {
        assert_eq!(link("https://example.com/?a=1", "Open"), "[Open](https://example.com/?a=1)");
        assert_eq!(link("https://example.com/a) x", "Open"), "Open");
        assert_eq!(link("javascript:alert(1)", "Open"), "Open");
    }
}
