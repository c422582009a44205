//! Whether an answer is a whole picture, JPEG or PNG. It is not decoded: every part is walked over by its length.

use super::Response;
use crate::clipped;

const PNG: [u8; 8] = [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n'];
/// How much of a page is searched for its title.
const PAGE_BYTES_MAX: usize = 16 << 10;

/// What a picture is written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Jpeg,
    Png,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Jpeg => "JPEG",
            Kind::Png => "PNG",
        }
    }
    pub fn media_type(self) -> &'static str {
        match self {
            Kind::Jpeg => "image/jpeg",
            Kind::Png => "image/png",
        }
    }
    /// How names of its files end.
    pub fn extension(self) -> &'static str {
        match self {
            Kind::Jpeg => "jpg",
            Kind::Png => "png",
        }
    }
}

/// A whole picture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Picture {
    pub kind: Kind,
    pub width: u32,
    pub height: u32,
}

/// The picture that a response is, whose request was made by `user`. An error says in a sentence what it is instead: a
/// refusal, a login page, a picture that breaks off.
///
/// # Errors
/// If it is no whole picture.
pub fn of_response(response: &Response, user: Option<&str>) -> Result<Picture, String> {
    if let Some(sentence) = refusal(response.status, user) {
        return Err(sentence);
    }
    if response.truncated {
        return Err(format!("it is larger than {} bytes; no more are read", response.body.len()));
    }
    look(&response.body)
}

/// Why a status other than 200 is no picture, as a sentence; `user` made the request.
pub fn refusal(status: u16, user: Option<&str>) -> Option<String> {
    Some(match (status, user) {
        (200, _) => return None,
        (401, None) => "it requires a login (401); hint: add `user` and `password`".to_owned(),
        (401, Some(user)) => {
            format!("it refuses the login of `{}` (401); hint: check user and password", clipped(user))
        }
        (403, _) => "it answers with status 403; hint: the user may not view it".to_owned(),
        (404, _) => "it answers with status 404; hint: look at the path of `url`".to_owned(),
        (_, _) => format!("it answers with status {status}"),
    })
}

/// The picture that bytes are.
///
/// ```
/// use watchkeep_sdk::http::picture;
///
/// let sentence = picture::look(b"<html><title>Log in</title></html>").unwrap_err();
/// assert!(sentence.starts_with("it answers with a web page (`Log in`) instead of a picture"));
/// ```
///
/// # Errors
/// Says in a sentence what it is instead of a picture, or what is wrong with it.
pub fn look(bytes: &[u8]) -> Result<Picture, String> {
    if bytes.is_empty() {
        return Err("its answer is empty".to_owned());
    }
    let (kind, size) = if bytes.starts_with(&[0xff, 0xd8]) {
        (Kind::Jpeg, jpeg(bytes))
    } else if bytes.starts_with(&PNG) {
        (Kind::Png, png(bytes))
    } else {
        return Err(other(bytes));
    };
    match size {
        Ok((0, _) | (_, 0)) => Err(format!("its {} has no size", kind.name())),
        Ok((width, height)) => Ok(Picture { kind, width, height }),
        Err(Flaw::BreaksOff) => Err(format!("its {} breaks off after {} bytes", kind.name(), bytes.len())),
        Err(Flaw::Broken) => Err(format!("its {} is malformed", kind.name())),
    }
}

enum Flaw {
    BreaksOff,
    Broken,
}

/// Up to the end of the picture; what cameras write behind it is no part of it.
fn jpeg(bytes: &[u8]) -> Result<(u32, u32), Flaw> {
    let mut size = None;
    let mut has_scan = false;
    let mut at = 2;
    loop {
        let (kind, behind) = marker(bytes, at)?;
        match kind {
            // The end.
            0xd9 => return size.filter(|_| has_scan).ok_or(Flaw::Broken),
            // Without content.
            0x01 | 0xd0..=0xd7 => at = behind,
            0xd8 => return Err(Flaw::Broken),
            _ => {
                let length = bytes.get(behind..behind + 2).ok_or(Flaw::BreaksOff)?;
                let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
                if length < 2 {
                    return Err(Flaw::Broken);
                }
                let content = bytes.get(behind + 2..behind + length).ok_or(Flaw::BreaksOff)?;
                at = behind + length;
                if matches!(kind, 0xc0..=0xcf) && !matches!(kind, 0xc4 | 0xc8 | 0xcc) {
                    let [_, h1, h2, w1, w2, ..] = *content else { return Err(Flaw::Broken) };
                    let side = |high: u8, low: u8| u32::from(u16::from_be_bytes([high, low]));
                    size = Some((side(w1, w2), side(h1, h2)));
                }
                if kind == 0xda {
                    has_scan = true;
                    at = scan_end(bytes, at).ok_or(Flaw::BreaksOff)?;
                }
            }
        }
    }
}

/// The marker at that place, which may have filling before it, and where it ends.
fn marker(bytes: &[u8], at: usize) -> Result<(u8, usize), Flaw> {
    let rest = bytes.get(at..).unwrap_or_default();
    match rest.first() {
        None => return Err(Flaw::BreaksOff),
        Some(0xff) => {}
        Some(_) => return Err(Flaw::Broken),
    }
    let fill = rest.iter().take_while(|byte| **byte == 0xff).count();
    match rest.get(fill) {
        None => Err(Flaw::BreaksOff),
        Some(0) => Err(Flaw::Broken),
        Some(kind) => Ok((*kind, at + fill + 1)),
    }
}

/// Where the next marker stands that is not part of the scan itself.
fn scan_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        match bytes.get(at + 1)? {
            0 | 0xd0..=0xd7 => at += 2,
            0xff => at += 1,
            _ => return Some(at),
        }
    }
}

/// Checksums are not computed.
fn png(bytes: &[u8]) -> Result<(u32, u32), Flaw> {
    let mut rest = bytes.get(PNG.len()..).unwrap_or_default();
    let mut size = None;
    let mut has_data = false;
    loop {
        let (head, behind) = rest.split_first_chunk::<8>().ok_or(Flaw::BreaksOff)?;
        let [l1, l2, l3, l4, kind @ ..] = *head;
        let length = usize::try_from(u32::from_be_bytes([l1, l2, l3, l4])).unwrap_or(usize::MAX);
        let content = behind.get(..length).ok_or(Flaw::BreaksOff)?;
        // Behind the checksum.
        rest = behind.get(length..).and_then(|rest| rest.get(4..)).ok_or(Flaw::BreaksOff)?;
        match (&kind, size) {
            (b"IHDR", None) => {
                let [w1, w2, w3, w4, h1, h2, h3, h4, ..] = *content else { return Err(Flaw::Broken) };
                size = Some((u32::from_be_bytes([w1, w2, w3, w4]), u32::from_be_bytes([h1, h2, h3, h4])));
            }
            (_, None) => return Err(Flaw::Broken),
            (b"IDAT", Some(_)) => has_data |= !content.is_empty(),
            (b"IEND", Some(size)) => return if has_data { Ok(size) } else { Err(Flaw::Broken) },
            (_, Some(_)) => {}
        }
    }
}

fn other(bytes: &[u8]) -> String {
    let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(PAGE_BYTES_MAX)]);
    let lower = beginning.to_ascii_lowercase();
    let is_page = ["<!doctype html", "<html", "<head", "<script"];
    if is_page.iter().any(|tag| lower.trim_start_matches('\u{feff}').trim_start().starts_with(tag)) {
        let title = lower.find("<title>").and_then(|at| {
            let text = beginning.get(at + 7..)?;
            text.split('<').next().map(str::trim).filter(|text| !text.is_empty())
        });
        let title = title.map(|title| format!(" (`{}`)", clipped(title))).unwrap_or_default();
        return format!(
            "it answers with a web page{title} instead of a picture; hint: a login page? Add `user` and `password`, and \
             look at the path of `url`"
        );
    }
    let beginning: String = beginning.chars().take(40).collect();
    format!("its answer is neither JPEG nor PNG; it begins with `{}`", clipped(&beginning))
}
