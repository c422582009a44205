//! Why a connection is closed.

use crate::clipped;

/// What a server says at the end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Goodbye {
    /// None where it says nothing.
    pub code: Option<u16>,
    pub reason: String,
}

pub(super) const NORMAL: u16 = 1_000;

/// Reads the content of a close frame; an error is a sentence about what may not be sent.
pub fn read(payload: &[u8]) -> Result<Goodbye, String> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return match payload.is_empty() {
            true => Ok(Goodbye { code: None, reason: String::new() }),
            false => Err("it closes with half a code".to_owned()),
        };
    };
    let code = u16::from_be_bytes(*code);
    // 1004 is reserved; 1005, 1006 and 1015 are what a client tells itself.
    if !matches!(code, 1_000..=1_003 | 1_007..=1_014 | 3_000..=4_999) {
        return Err(format!("it closes with the code {code}, which nobody may send"));
    }
    match std::str::from_utf8(reason) {
        Ok(reason) => Ok(Goodbye { code: Some(code), reason: reason.to_owned() }),
        Err(_) => Err(format!("it closes with the code {code} and a reason that is not UTF-8")),
    }
}

impl Goodbye {
    /// Such as "1011 internal error, `out of memory`".
    pub fn words(&self) -> String {
        let Some(code) = self.code else { return "no code".to_owned() };
        let mut words = code.to_string();
        let name = name(code);
        if !name.is_empty() {
            words.push(' ');
            words.push_str(name);
        }
        if !self.reason.is_empty() {
            words.push_str(&format!(", `{}`", clipped(&self.reason)));
        }
        words
    }
    /// Nothing went wrong for the server.
    pub fn is_normal(&self) -> bool {
        self.code.is_none_or(|code| code == NORMAL)
    }
}

fn name(code: u16) -> &'static str {
    match code {
        NORMAL => "normal closure",
        1_001 => "going away",
        1_002 => "protocol error",
        1_003 => "unsupported data",
        1_007 => "invalid payload data",
        1_008 => "policy violation",
        1_009 => "message too big",
        1_010 => "extension wanted",
        1_011 => "internal error",
        1_012 => "service restart",
        1_013 => "try again later",
        1_014 => "bad gateway",
        3_000 => "unauthorized",
        3_003 => "forbidden",
        3_008 => "timeout",
        _ => "",
    }
}
