//! Slack's text format as HTML: links, bold, italic, strike, code and line breaks. Everything is escaped before
//! it is marked up; only http, https and mailto become links.

/// What may begin something else than plain text.
const MARKS: [char; 6] = ['<', '*', '_', '~', '`', '\n'];

/// The names that notifiers use; others stay as they are.
const EMOJI: [(&str, &str); 9] = [
    (":large_green_circle:", "\u{1f7e2}"),
    (":large_yellow_circle:", "\u{1f7e1}"),
    (":large_orange_circle:", "\u{1f7e0}"),
    (":large_blue_circle:", "\u{1f535}"),
    (":red_circle:", "\u{1f534}"),
    (":white_circle:", "\u{26aa}"),
    (":white_check_mark:", "\u{2705}"),
    (":warning:", "\u{26a0}\u{fe0f}"),
    (":bell:", "\u{1f514}"),
];

/// Escapes text for HTML, inside and outside of attributes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

/// `text` carries `&amp;`, `&lt;` and `&gt;` for the three characters that Slack reserves.
pub(super) fn to_html(text: &str) -> String {
    let mut out = String::new();
    for (index, part) in text.split("```").enumerate() {
        if index % 2 == 1 {
            out.push_str(&format!("<pre>{}</pre>", escape(&plain(part.trim_matches('\n')))));
        } else {
            let part = EMOJI.iter().fold(part.to_owned(), |text, (name, emoji)| text.replace(name, emoji));
            inline(&part, &mut out);
        }
    }
    out
}

fn inline(text: &str, out: &mut String) {
    let mut rest = text;
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        if c == '<'
            && let Some((inside, after)) = rest[1..].split_once('>')
        {
            link(inside, out);
            (rest, before) = (after, Some('>'));
        } else if let Some((tag, inside, after)) = marked(rest, before) {
            out.push_str(&format!("<{tag}>"));
            if tag == "code" {
                out.push_str(&escape(&plain(inside)))
            } else {
                inline(inside, out)
            }
            out.push_str(&format!("</{tag}>"));
            (rest, before) = (after, Some('*'));
        } else {
            let taken =
                if MARKS.contains(&c) { c.len_utf8() } else { rest.find(MARKS).unwrap_or(rest.len()) };
            let (now, later) = rest.split_at(taken);
            if now == "\n" {
                out.push_str("<br>")
            } else {
                out.push_str(&escape(&plain(now)))
            }
            (rest, before) = (later, now.chars().next_back());
        }
    }
}

/// A mark opens at the edge of a word and closes on the same line.
fn marked(rest: &str, before: Option<char>) -> Option<(&'static str, &str, &str)> {
    if before.is_some_and(char::is_alphanumeric) {
        return None;
    }
    let tag = match rest.as_bytes().first()? {
        b'*' => "strong",
        b'_' => "em",
        b'~' => "s",
        b'`' => "code",
        _ => return None,
    };
    let (inside, after) = rest[1..].split_once(char::from(rest.as_bytes()[0]))?;
    let closes = !after.starts_with(char::is_alphanumeric);
    let fits = !inside.is_empty() && !inside.contains('\n') && inside.trim() == inside;
    (closes && fits).then_some((tag, inside, after))
}

/// `https://example.com/|label`, `#C123|channel`, `@U123`, `!here`.
fn link(inside: &str, out: &mut String) {
    let (target, label) = inside.split_once('|').unwrap_or((inside, inside));
    let (target, label) = (plain(target), escape(&plain(label)));
    if ["https://", "http://", "mailto:"].iter().any(|scheme| target.starts_with(scheme)) {
        out.push_str(&format!("<a href=\"{}\" rel=\"noreferrer\">{label}</a>", escape(&target)));
    } else {
        out.push_str(&format!("<span class=\"mention\">{label}</span>"));
    }
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_up_what_slack_marks_up() {
        for (text, html) in [
            ("plain", "plain"),
            ("*down* since _noon_, ~up~", "<strong>down</strong> since <em>noon</em>, <s>up</s>"),
            ("`a * b` and snake_case_name", "<code>a * b</code> and snake_case_name"),
            ("2 * 3 * 4", "2 * 3 * 4"),
            ("one\ntwo", "one<br>two"),
            ("```\nx < y\n```", "<pre>x &lt; y</pre>"),
            ("a &lt;b&gt; &amp;amp; c", "a &lt;b&gt; &amp;amp; c"),
            (
                "<https://x.example/?a=1&amp;b=2|shop>",
                "<a href=\"https://x.example/?a=1&amp;b=2\" rel=\"noreferrer\">shop</a>",
            ),
            (
                "*<https://x.example/|shop>*",
                "<strong><a href=\"https://x.example/\" rel=\"noreferrer\">shop</a></strong>",
            ),
            ("<!here>", "<span class=\"mention\">!here</span>"),
            ("3 < 4", "3 &lt; 4"),
            (":large_green_circle: *up*", "\u{1f7e2} <strong>up</strong>"),
        ] {
            assert_eq!(to_html(text), html, "{text}");
        }
    }

    #[test]
    fn nothing_that_was_sent_becomes_markup_or_script() {
        for text in [
            "<script>alert(1)</script>",
            "<javascript:alert(1)|click>",
            "<https://x.example/\" onmouseover=\"alert(1)|x>",
            "*<img src=x onerror=alert(1)>*",
            "```</pre><script>```",
            "&lt;script&gt;",
        ] {
            let html = to_html(text);
            assert!(
                !html.contains("<script") && !html.contains("<img") && !html.contains("\" on"),
                "{text}: {html}"
            );
            assert!(!html.contains("href=\"javascript"), "{text}: {html}");
        }
    }
}
