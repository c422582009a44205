//! Takes secrets out of what comes back: the second line of defence, behind the binding of secrets to origins.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// What stands in a secret's place.
const MASKED: &[u8] = b"***";
/// A shorter value would mask half the text, and tells where it stood.
const VALUE_BYTES_MIN: usize = 4;
/// Shorter parts of a URL are words, not secrets.
const URL_PART_BYTES_MIN: usize = 8;

/// The secrets that one call has used, in every form in which they may come back. Empty until one is used, and
/// then every text passes through for free.
#[derive(Clone, Default)]
pub(crate) struct Mask {
    /// Longest first, so that a form that holds another is taken whole.
    forms: Vec<Vec<u8>>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({} forms)", self.forms.len())
    }
}

impl Mask {
    pub(crate) fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }

    /// From now on, `value` and its base64, percent and JSON forms are masked; of a URL its path, query and long
    /// parts as well, since servers repeat those without the rest.
    pub(crate) fn add(&mut self, value: &[u8]) {
        let url = std::str::from_utf8(value).ok().and_then(|text| url::Url::parse(text.trim()).ok());
        if let Some(url) = url.filter(url::Url::has_host) {
            let path_and_query = &url[url::Position::BeforePath..];
            self.add_value(path_and_query.as_bytes());
            for part in
                path_and_query.split(['/', '?', '&', '=']).filter(|part| part.len() >= URL_PART_BYTES_MIN)
            {
                self.add_value(part.as_bytes());
            }
        }
        self.add_value(value);
    }

    /// From now on this text is masked, as it is and in a URL: a digest or a signature, of which one call may make many.
    pub(crate) fn add_signature(&mut self, text: &str) {
        for form in [text.as_bytes().to_vec(), percent(text.as_bytes(), false)] {
            if !self.forms.contains(&form) {
                self.forms.push(form);
            }
        }
        self.forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    /// Masks what `other` masks as well.
    pub(crate) fn absorb(&mut self, other: Mask) {
        for form in other.forms {
            if !self.forms.contains(&form) {
                self.forms.push(form);
            }
        }
        self.forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    fn add_value(&mut self, value: &[u8]) {
        if value.len() < VALUE_BYTES_MIN || self.forms.iter().any(|form| form == value) {
            return;
        }
        let text = String::from_utf8_lossy(value);
        let json = serde_json::to_string(&*text).unwrap_or_default();
        let json = json.trim_matches('"').to_owned();
        let forms = [
            value.to_vec(),
            STANDARD.encode(value).into_bytes(),
            STANDARD_NO_PAD.encode(value).into_bytes(),
            URL_SAFE.encode(value).into_bytes(),
            URL_SAFE_NO_PAD.encode(value).into_bytes(),
            percent(value, false),
            percent(value, true),
            url::form_urlencoded::byte_serialize(value).collect::<String>().into_bytes(),
            json.clone().into_bytes(),
            json.replace('/', "\\/").into_bytes(),
        ];
        for form in forms {
            if form.len() >= VALUE_BYTES_MIN && !self.forms.contains(&form) {
                self.forms.push(form);
            }
        }
        self.forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
    }

    pub(crate) fn text(&self, text: String) -> String {
        if self.is_empty() {
            return text;
        }
        match self.replace(text.as_bytes()) {
            Cow::Borrowed(_) => text,
            Cow::Owned(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        }
    }

    pub(crate) fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        if self.is_empty() {
            return bytes;
        }
        match self.replace(&bytes) {
            Cow::Borrowed(_) => bytes,
            Cow::Owned(bytes) => bytes,
        }
    }

    /// A metric's or a label's name, in which no `*` may stand: it stays a name, so that a short secret which is a
    /// word refuses no report.
    pub(crate) fn name(&self, name: String) -> String {
        let masked = self.text(name);
        if masked.contains('*') { masked.replace('*', "_") } else { masked }
    }

    /// Bytes of the longest form.
    pub(crate) fn longest(&self) -> usize {
        self.forms.first().map_or(0, Vec::len)
    }

    /// Masks in place, where nothing may move.
    pub(crate) fn strike_out(&self, bytes: &mut [u8]) {
        for form in &self.forms {
            let found: Vec<usize> = memchr::memmem::find_iter(bytes, form).collect();
            for at in found {
                bytes[at..at + form.len()].fill(b'*');
            }
        }
    }

    /// How many bytes at the end of `bytes`, which are masked already, may be the beginning of a form.
    pub(crate) fn held_back(&self, bytes: &[u8]) -> usize {
        let begins = |form: &Vec<u8>| {
            let most = bytes.len().min(form.len() - 1);
            (1..=most).rev().find(|&length| bytes.ends_with(&form[..length])).unwrap_or(0)
        };
        self.forms.iter().map(begins).max().unwrap_or(0)
    }

    fn replace<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let mut bytes = Cow::Borrowed(bytes);
        for form in &self.forms {
            let finder = memchr::memmem::Finder::new(form);
            if finder.find(&bytes).is_none() {
                continue;
            }
            let mut masked = Vec::with_capacity(bytes.len());
            let mut rest = 0;
            for at in finder.find_iter(&bytes) {
                masked.extend_from_slice(&bytes[rest..at]);
                masked.extend_from_slice(MASKED);
                rest = at + form.len();
            }
            masked.extend_from_slice(&bytes[rest..]);
            bytes = Cow::Owned(masked);
        }
        bytes
    }
}

/// Everything but unreserved characters, with digits in either case.
fn percent(value: &[u8], lower: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    for &byte in value {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte);
        } else {
            let digits = if lower { format!("%{byte:02x}") } else { format!("%{byte:02X}") };
            out.extend_from_slice(digits.as_bytes());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(secret: &str, text: &str) -> String {
        let mut mask = Mask::default();
        mask.add(secret.as_bytes());
        mask.text(text.to_owned())
    }

    #[test]
    fn masks_the_value_and_its_forms() {
        let secret = "pa/ss+w\"ord=é";
        for text in [
            secret.to_owned(),
            STANDARD.encode(secret),
            URL_SAFE_NO_PAD.encode(secret),
            String::from_utf8(percent(secret.as_bytes(), false)).unwrap(),
            String::from_utf8(percent(secret.as_bytes(), true)).unwrap(),
            url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
            serde_json::Value::from(secret).to_string().trim_matches('"').to_owned(),
        ] {
            assert_eq!(masked(secret, &format!("<{text}>")), "<***>", "{text}");
        }
    }

    #[test]
    fn masks_the_telling_parts_of_a_url() {
        let hook = "https://hooks.example.com/services/T012/B345/abcdefghijklmnop";
        assert_eq!(masked(hook, "POST /services/T012/B345/abcdefghijklmnop HTTP/1.1"), "POST *** HTTP/1.1");
        assert_eq!(masked(hook, "no such token: abcdefghijklmnop"), "no such token: ***");
        assert_eq!(masked(hook, "hooks.example.com answers"), "hooks.example.com answers");
    }

    #[test]
    fn a_name_stays_a_name() {
        let mut mask = Mask::default();
        mask.add(b"hunter");
        assert_eq!(mask.name("hunter_seconds".to_owned()), "____seconds");
        assert_eq!(mask.name("load1".to_owned()), "load1");
    }

    #[test]
    fn leaves_everything_as_it_is_without_a_secret() {
        assert_eq!(Mask::default().text("abc".to_owned()), "abc");
        assert_eq!(masked("ab", "abc"), "abc");
    }
}
