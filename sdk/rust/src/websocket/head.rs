//! The head of an answer of HTTP/1.1: its status and its headers.

/// The most bytes of a head that is read.
const HEAD_BYTES_MAX: usize = 16 << 10;
const HEADERS_MAX: usize = 100;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Head {
    pub status: u16,
    /// In the order in which they came.
    headers: Vec<(String, String)>,
}

impl Head {
    /// All that stand under this name, as one list.
    pub fn header(&self, name: &str) -> Option<String> {
        let mut values =
            self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let mut list = values.next()?.clone();
        for value in values {
            list.push_str(", ");
            list.push_str(value);
        }
        Some(list)
    }
    /// Whether it stands in the list under this name, whatever its case.
    pub fn lists(&self, name: &str, token: &str) -> bool {
        let list = self.header(name).unwrap_or_default();
        list.split(',').any(|listed| listed.trim().eq_ignore_ascii_case(token))
    }
}

/// The head that the bytes begin with, and how long it is; none if it is not whole yet. An error says in a sentence what is
/// no answer of HTTP.
pub fn read(bytes: &[u8]) -> Result<Option<(Head, usize)>, String> {
    let begins = b"HTTP/1.";
    let both = begins.len().min(bytes.len());
    if bytes[..both] != begins[..both] {
        let end = bytes.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
        return Err(format!("it speaks no HTTP; it says `{}`", shown(&bytes[..end])));
    }
    let Some(end) = end(bytes) else {
        return match bytes.len() > HEAD_BYTES_MAX {
            true => Err(format!("the head of its answer is longer than {HEAD_BYTES_MAX} bytes")),
            false => Ok(None),
        };
    };
    let mut lines = bytes[..end].split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.next().unwrap_or_default();
    let Some(status) = status(first) else {
        return Err(format!("its answer has no status: `{}`", shown(first)));
    };
    let mut headers = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err(format!("its answer has an invalid header: `{}`", shown(line)));
        };
        if headers.len() == HEADERS_MAX {
            return Err(format!("its answer has more than {HEADERS_MAX} headers"));
        }
        let text = |part: &[u8]| String::from_utf8_lossy(part.trim_ascii()).into_owned();
        headers.push((text(&line[..colon]), text(&line[colon + 1..])));
    }
    Ok(Some((Head { status, headers }, end)))
}

fn shown(line: &[u8]) -> String {
    watchkeep_sdk::clipped(&String::from_utf8_lossy(line))
}

/// Behind `HTTP/1.1 `.
fn status(line: &[u8]) -> Option<u16> {
    let [b' ', digits @ ..] = line.get(8..)? else { return None };
    let end = digits.iter().position(|byte| *byte == b' ').unwrap_or(digits.len());
    let [first @ b'1'..=b'5', second, third] = digits[..end] else { return None };
    [first, second, third]
        .iter()
        .try_fold(0, |status, digit| digit.is_ascii_digit().then(|| status * 10 + u16::from(digit - b'0')))
}

/// Behind the empty line. Who ends lines with `\n` alone is understood as well.
fn end(bytes: &[u8]) -> Option<usize> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    ends.into_iter().find_map(|at| match bytes.get(at..) {
        Some([b'\n', ..]) => Some(at + 1),
        Some([b'\r', b'\n', ..]) => Some(at + 2),
        _ => None,
    })
}
