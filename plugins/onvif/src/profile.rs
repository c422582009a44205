//! The profiles of a device: how it offers its pictures.

use roxmltree::Node;
use watchkeep_sdk::clipped;
use watchkeep_sdk::onvif::MEDIA;

use crate::config::Resolution;
use crate::soap::{SCHEMA, child, text};

/// No device has as many.
const PROFILES_MAX: usize = 256;
const TOKEN_BYTES_MAX: usize = 256;

#[derive(Clone, PartialEq, Debug)]
pub struct Profile {
    /// What the device calls it in requests.
    pub token: String,
    pub name: String,
    pub encoding: Option<String>,
    pub resolution: Option<Resolution>,
    /// At most so many frames a second, in whole numbers as ONVIF has them.
    pub frame_rate: Option<u32>,
}

/// From `GetProfilesResponse`.
pub fn all(answer: Node<'_, '_>) -> Result<Vec<Profile>, String> {
    let own = || answer.children().filter(|child| child.has_tag_name((MEDIA, "Profiles")));
    if own().count() > PROFILES_MAX {
        return Err(format!("it has more than {PROFILES_MAX} profiles"));
    }
    own().map(one).collect()
}

fn one(profile: Node<'_, '_>) -> Result<Profile, String> {
    let token = profile.attribute("token").unwrap_or_default();
    if token.is_empty() || token.len() > TOKEN_BYTES_MAX || token.contains(char::is_control) {
        return Err("one of its profiles has no token that can be used".to_owned());
    }
    let encoder = child(profile, SCHEMA, "VideoEncoderConfiguration");
    let said = |path: &[&str]| encoder.and_then(|encoder| text(encoder, SCHEMA, path));
    let pixels = |name: &str| said(&["Resolution", name])?.parse().ok().filter(|pixels| *pixels > 0);
    let resolution = || Some(Resolution { width: pixels("Width")?, height: pixels("Height")? });
    let rate = said(&["RateControl", "FrameRateLimit"]).and_then(|rate| rate.parse().ok());
    Ok(Profile {
        token: token.to_owned(),
        name: clipped(text(profile, SCHEMA, &["Name"]).unwrap_or(token)),
        encoding: said(&["Encoding"]).map(clipped),
        resolution: resolution(),
        frame_rate: rate.filter(|rate| (1..=10_000).contains(rate)),
    })
}

impl Profile {
    /// By the operator's word for it: its name, or its token.
    pub(crate) fn is_called(&self, word: &str) -> bool {
        self.token == word || self.name == word
    }
    /// Such as `H264 1920x1080`.
    pub(crate) fn described(&self) -> String {
        let encoding = self.encoding.as_deref().unwrap_or("no video");
        match self.resolution {
            Some(Resolution { width, height }) => format!("{encoding} {width}x{height}"),
            None => encoding.to_owned(),
        }
    }
}
