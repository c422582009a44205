//! Records as name servers write them: the first line is the type, what follows is what a record says.

use chrono::NaiveDate;
use watchkeep_plugin_dns::texts::{expiry, plain, text};

/// However they are written, they say the same; a moment is one of the calendar.
pub fn dns(bytes: &[u8]) {
    let whole = String::from_utf8_lossy(bytes);
    let (kind, data) = whole.split_once('\n').unwrap_or(("", &whole));
    let said = plain(kind, data);
    // A byte is at most a number of three digits with its mark; an address may be written in more places.
    assert!(said.len() <= 4 * data.len() + 64, "{} bytes of {}", said.len(), data.len());
    if !data.contains(['"', '\\']) && kind != "TXT" && kind != "SPF" {
        let wide: Vec<&str> = data.split_ascii_whitespace().collect();
        assert_eq!(plain(kind, &format!("  {}\t\n", wide.join(" \t "))), said, "blanks matter");
        let marked = wide.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" ");
        assert!(wide.contains(&"(") || wide.contains(&")") || plain(kind, &marked) == said, "marks matter");
    }
    // In pieces, and all but letters as numbers.
    let pieces = data.as_bytes().chunks(7).map(|piece| format!("\"{}\"", escaped(piece)));
    let quoted = pieces.collect::<Vec<_>>().join(" ");
    assert!(data.is_empty() || text(&quoted) == data, "{quoted} does not say {data:?}");
    if let Some(end) = expiry(data) {
        let word = data.split_ascii_whitespace().nth(4).expect("a moment was read");
        assert_eq!(Some(end), moment(word).or(Some(end)), "{word}");
        // The last second of the year 9999, and one that was added to it.
        assert!(end <= 253_402_300_800, "{word}");
    }
}

fn escaped(piece: &[u8]) -> String {
    let one = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' => char::from(*byte).to_string(),
        byte => format!("\\{byte:03}"),
    };
    piece.iter().map(one).collect()
}

/// By a library. None where it knows no such day or second.
fn moment(word: &str) -> Option<u64> {
    if word.len() != 14 {
        return word.parse().ok();
    }
    let number = |from: usize, to: usize| word[from..to].parse::<u32>().ok();
    let day = NaiveDate::from_ymd_opt(number(0, 4)?.try_into().ok()?, number(4, 6)?, number(6, 8)?)?;
    let moment = day.and_hms_opt(number(8, 10)?, number(10, 12)?, number(12, 14)?)?;
    moment.and_utc().timestamp().try_into().ok()
}
