//! Slack's text: escaped, and cut so that no escape is torn.

use watchkeep_sdk::wording;

/// Escapes `text` into at most `chars_max` characters. What is cut off leaves an ellipsis.
pub(crate) fn escape(text: &str, chars_max: usize) -> String {
    let mut escaped = String::new();
    let mut chars = 0;
    // Where the text ends if what follows does not fit.
    let mut cut = 0;
    for c in text.chars() {
        let written = match c {
            '&' => "&amp;",
            '<' => "&lt;",
            '>' => "&gt;",
            _ => "",
        };
        let length = if written.is_empty() { 1 } else { written.len() };
        if chars + length > chars_max {
            escaped.truncate(cut);
            escaped.push('…');
            return escaped;
        }
        if written.is_empty() {
            escaped.push(c);
        } else {
            escaped.push_str(written);
        }
        chars += length;
        if chars < chars_max {
            cut = escaped.len();
        }
    }
    escaped
}

/// A link; a URL that Slack could not read is written as text.
pub(crate) fn link(url: &str, text: &str) -> String {
    const URL_CHARS_MAX: usize = 1_000;
    if !wording::is_page(url) || url.len() > URL_CHARS_MAX {
        return escape(text, 300);
    }
    format!("<{}|{}>", url.replace('&', "&amp;"), escape(text, 300).replace('|', "¦"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_slack_would_read_as_markup_is_escaped() {
        assert_eq!(escape("a < b && c > d", 100), "a &lt; b &amp;&amp; c &gt; d");
        assert_eq!(escape("<!channel>", 100), "&lt;!channel&gt;");
    }

    #[test]
    fn a_cut_never_tears_an_escape() {
        for max in 1..12 {
            let cut = escape("ab&<cd>", max);
            assert!(cut.chars().count() <= max, "{max}: {cut}");
            let whole = cut.trim_end_matches('…');
            assert!("ab&amp;&lt;cd&gt;".starts_with(whole), "{max}: {cut}");
            assert!(whole.rfind('&').is_none_or(|at| whole[at..].contains(';')), "{max}: {cut}");
        }
        assert_eq!(escape("abcdef", 6), "abcdef");
        assert_eq!(escape("abcdefg", 6), "abcde…");
    }

    #[test]
    fn a_link_that_slack_could_not_read_is_text() {
        assert_eq!(link("https://example.com/?a=1&b=2", "Open"), "<https://example.com/?a=1&amp;b=2|Open>");
        assert_eq!(link("https://example.com/a b", "Open"), "Open");
        assert_eq!(link("/checks/shop", "Open"), "Open");
    }
}
