//! Bytes as 7-bit lines: base64 and quoted-printable (RFC 2045).

use watchkeep_sdk::mail::base64;

const LINE_CHARS_MAX: usize = 76;

pub(super) fn base64_lines(bytes: &[u8]) -> String {
    let lines: Vec<String> = bytes.chunks(LINE_CHARS_MAX / 4 * 3).map(base64).collect();
    lines.join("\r\n")
}

/// Line breaks of any kind stay line breaks.
pub(super) fn quoted_printable(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<String> = text.split('\n').map(quoted_line).collect();
    lines.join("\r\n")
}

fn quoted_line(line: &str) -> String {
    let mut out = String::new();
    let mut column = 0;
    let last = line.len().wrapping_sub(1);
    for (at, byte) in line.bytes().enumerate() {
        // A blank at the end of a line may be lost on the way.
        let plain = matches!(byte, b'!'..=b'<' | b'>'..=b'~') || (byte == b' ' && at != last);
        let width = if plain { 1 } else { 3 };
        if column + width > LINE_CHARS_MAX - 1 {
            out.push_str("=\r\n");
            column = 0;
        }
        if plain {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("={byte:02X}"));
        }
        column += width;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_broken_into_lines() {
        let lines = base64_lines(&[7; 200]);
        assert!(lines.split("\r\n").all(|line| line.len() <= 76) && lines.contains("\r\n"), "{lines}");
    }

    #[test]
    fn quoted_printable_keeps_ascii_readable_and_lines_short() {
        assert_eq!(quoted_printable("a = b\nå "), "a =3D b\r\n=C3=A5=20");
        assert_eq!(quoted_printable("a\r\nb\rc"), "a\r\nb\r\nc");
        assert_eq!(quoted_printable("tab\there\u{0}"), "tab=09here=00");
        for length in 70..90 {
            for line in [&"x".repeat(length), &"å".repeat(length)] {
                let encoded = quoted_printable(line);
                assert!(encoded.split("\r\n").all(|line| line.len() <= 76), "{encoded}");
                assert_eq!(encoded.replace("=\r\n", "").replace("=C3=A5", "å"), *line);
            }
        }
    }
}
