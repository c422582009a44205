//! What stands in a packet of video: whether a picture begins in it, whether it is a key frame, and how large it is.

use crate::sps::{self, Size};

/// How a camera writes its pictures.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Codec {
    H264,
    H265,
    Jpeg,
    /// By its name in the description. What is in its packets is not looked at.
    Other(String),
}

impl Codec {
    pub(crate) fn of(name: &str) -> Codec {
        match name.to_ascii_uppercase().as_str() {
            "H264" => Codec::H264,
            "H265" | "HEVC" => Codec::H265,
            "JPEG" => Codec::Jpeg,
            _ => Codec::Other(name.to_owned()),
        }
    }
    pub(crate) fn name(&self) -> &str {
        match self {
            Codec::H264 => "H.264",
            Codec::H265 => "H.265",
            Codec::Jpeg => "MJPEG",
            Codec::Other(name) => name,
        }
    }
    /// Whether a key frame can be told from others, and there are others.
    pub(crate) fn has_key_frames(&self) -> bool {
        matches!(self, Codec::H264 | Codec::H265)
    }
}

/// What was seen in a packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// Part of a picture, and not only what describes pictures.
    pub is_picture: bool,
    /// A picture begins that can be read without those before it.
    pub is_key: bool,
    pub size: Option<Size>,
}

impl Seen {
    fn add(&mut self, more: Seen) {
        self.is_picture |= more.is_picture;
        self.is_key |= more.is_key;
        self.size = self.size.or(more.size);
    }
}

/// None where the packet is shorter than it says.
pub fn look(codec: &Codec, payload: &[u8]) -> Option<Seen> {
    match codec {
        Codec::H264 => h264(payload),
        Codec::H265 => h265(payload),
        Codec::Jpeg => jpeg(payload),
        Codec::Other(_) => Some(Seen { is_picture: true, is_key: false, size: None }),
    }
}

/// RFC 6184.
fn h264(payload: &[u8]) -> Option<Seen> {
    match payload.first()? & 0x1f {
        24 => units(payload.get(1..)?, unit_of_h264),
        25 => units(payload.get(3..)?, unit_of_h264),
        28 | 29 => {
            let second = payload.get(1)?;
            let is_first = second & 0x80 != 0;
            let kind = second & 0x1f;
            Some(Seen { is_picture: matches!(kind, 1..=5), is_key: kind == 5 && is_first, size: None })
        }
        _ => unit_of_h264(payload),
    }
}

fn unit_of_h264(unit: &[u8]) -> Option<Seen> {
    let kind = unit.first()? & 0x1f;
    let size = if kind == 7 { sps::h264(unit) } else { None };
    Some(Seen { is_picture: matches!(kind, 1..=5), is_key: kind == 5, size })
}

/// RFC 7798.
fn h265(payload: &[u8]) -> Option<Seen> {
    match (payload.first()? >> 1) & 0x3f {
        48 => units(payload.get(2..)?, unit_of_h265),
        49 => {
            let third = payload.get(2)?;
            let is_first = third & 0x80 != 0;
            let kind = third & 0x3f;
            Some(Seen { is_picture: kind < 32, is_key: matches!(kind, 16..=21) && is_first, size: None })
        }
        _ => unit_of_h265(payload),
    }
}

fn unit_of_h265(unit: &[u8]) -> Option<Seen> {
    let kind = (unit.first()? >> 1) & 0x3f;
    let size = if kind == 33 { sps::h265(unit) } else { None };
    Some(Seen { is_picture: kind < 32, is_key: matches!(kind, 16..=21), size })
}

/// Several units in one packet, each behind its length.
fn units(mut rest: &[u8], unit: fn(&[u8]) -> Option<Seen>) -> Option<Seen> {
    let mut seen = Seen::default();
    while let Some((length, behind)) = rest.split_first_chunk::<2>() {
        let (one, further) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        seen.add(unit(one)?);
        rest = further;
    }
    rest.is_empty().then_some(seen)
}

/// RFC 2435. Each picture can be read by itself.
fn jpeg(payload: &[u8]) -> Option<Seen> {
    let [_, high, middle, low, _, _, width, height] = *payload.first_chunk::<8>()?;
    let is_first = [high, middle, low] == [0; 3];
    // In blocks of 8 pixels; 0 where it has too many for a byte.
    let size = (u32::from(width) * 8, u32::from(height) * 8);
    let size = Some(size).filter(|(width, height)| is_first && *width > 0 && *height > 0);
    Some(Seen { is_picture: true, is_key: is_first, size })
}
