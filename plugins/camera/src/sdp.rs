//! The description of a stream (RFC 4566): which video it has, and under which name it is asked for.

use crate::codec::Codec;
use crate::sps::{self, Size};

/// Ticks per second of video, where the description says nothing else.
const VIDEO_CLOCK: u32 = 90_000;
const PAYLOAD_JPEG: u8 = 26;

/// The first video of a stream.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Track {
    pub codec: Codec,
    pub payload_type: u8,
    /// Ticks of its time stamps per second.
    pub clock: u32,
    pub size: Option<Size>,
    /// Its address, in whole or relative to that of the stream.
    pub control: Option<String>,
    /// The address of the whole stream, where it is another than was asked for.
    pub whole: Option<String>,
}

/// An error says in a sentence what is missing.
pub fn video(body: &[u8]) -> Result<Track, String> {
    let text = String::from_utf8_lossy(body);
    if !text.lines().any(|line| line.starts_with("v=")) {
        return Err("its answer to DESCRIBE is not the description of a stream (SDP)".to_owned());
    }
    let mut sections = text.split("\nm=");
    let whole = sections.next().and_then(|session| attribute(session, "control"));
    let mut others = Vec::new();
    for section in sections {
        let Some(rest) = section.strip_prefix("video ") else {
            others.push(section.split(' ').next().unwrap_or_default().trim());
            continue;
        };
        return track(rest, whole);
    }
    match others.first() {
        Some(other) => Err(format!(
            "its stream has no video, only {}; hint: is this the path of a camera?",
            watchkeep_sdk::clipped(other)
        )),
        None => Err("its stream has no media at all; hint: the camera's encoder may be off".to_owned()),
    }
}

/// `PORT PROTOCOL TYPE ...`, and lines of attributes.
fn track(section: &str, whole: Option<&str>) -> Result<Track, String> {
    let first = section.lines().next().unwrap_or_default();
    let payload_type = first.split_ascii_whitespace().nth(2).and_then(|text| text.parse::<u8>().ok());
    let Some(payload_type) = payload_type.filter(|number| *number < 128) else {
        return Err("its description names no type of payload for the video".to_owned());
    };
    let (mut codec, mut clock) = match payload_type {
        PAYLOAD_JPEG => (Codec::Jpeg, VIDEO_CLOCK),
        other => (Codec::Other(format!("payload type {other}")), VIDEO_CLOCK),
    };
    let own = |name: &str| of_type(section, name, payload_type);
    if let Some(map) = own("rtpmap") {
        let mut parts = map.split('/');
        codec = Codec::of(parts.next().unwrap_or_default().trim());
        let said = parts.next().and_then(|text| text.trim().parse().ok());
        clock = said.filter(|clock| *clock > 0).unwrap_or(VIDEO_CLOCK);
    }
    let size = own("fmtp").and_then(|parameters| size_by_sets(&codec, parameters));
    let said = || attribute(section, "x-dimensions").and_then(|text| pair(text, ','));
    let framed = || own("framesize").and_then(|text| pair(text, '-'));
    Ok(Track {
        size: size.or_else(said).or_else(framed),
        codec,
        payload_type,
        clock,
        control: attribute(section, "control").map(str::to_owned),
        whole: whole.filter(|control| *control != "*").map(str::to_owned),
    })
}

/// The first `a=NAME:VALUE`.
fn attribute<'t>(section: &'t str, name: &str) -> Option<&'t str> {
    let mut lines = section.lines().filter_map(|line| line.strip_prefix("a=")?.split_once(':'));
    lines.find(|(known, _)| *known == name).map(|(_, value)| value.trim())
}

/// The first `a=NAME:TYPE VALUE` of this type of payload.
fn of_type<'t>(section: &'t str, name: &str, payload_type: u8) -> Option<&'t str> {
    let lines = section.lines().filter_map(|line| line.strip_prefix("a=")?.split_once(':'));
    let mut own =
        lines.filter(|(known, _)| *known == name).filter_map(|(_, value)| value.trim().split_once(' '));
    own.find(|(number, _)| number.parse() == Ok(payload_type)).map(|(_, value)| value.trim())
}

/// How a set is read.
type ReadSize = fn(&[u8]) -> Option<Size>;

fn size_by_sets(codec: &Codec, parameters: &str) -> Option<Size> {
    let (key, read): (&str, ReadSize) = match codec {
        Codec::H264 => ("sprop-parameter-sets", sps::h264),
        Codec::H265 => ("sprop-sps", sps::h265),
        Codec::Jpeg | Codec::Other(_) => return None,
    };
    let pairs = parameters.split(';').filter_map(|parameter| parameter.trim().split_once('='));
    let (_, sets) = pairs.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(key))?;
    let is_sps = |set: &Vec<u8>| *codec == Codec::H265 || set.first().is_some_and(|byte| byte & 0x1f == 7);
    let set = sets.split(',').map(base64).find(is_sps)?;
    read(&set)
}

/// What can be read of it, up to the first letter that is none.
fn base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for letter in text.trim().bytes() {
        let six = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        held = (held << 6 | u32::from(six)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    bytes
}

fn pair(text: &str, between: char) -> Option<Size> {
    let (width, height) = text.split_once(between)?;
    let side = |text: &str| text.trim().parse::<u32>().ok().filter(|side| (1..=1 << 15).contains(side));
    Some((side(width)?, side(height)?))
}
