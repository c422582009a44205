//! What a guest gets of a body: decoded, as text if it wants that, and without the secrets that it may not read,
//! wherever the body is cut and however they are encoded.

use std::ops::Range;

use http::header::HeaderMap;

use super::body::Stretch;
use super::coding::{self, CODINGS_MAX, Decoded};
use super::framing;
use super::leniences::Leniences;
use super::mask::{self, Audience, Mask};
use super::text::{self, Charset, Converted};
use crate::call::{OverBudget, Pace};
use crate::contract::http::Reading;
use crate::network::failure::Problem;

/// How much of a name is shown in a sentence.
const NAME_CHARS_MAX: usize = 60;

/// What the guest wants.
pub(super) struct Wish {
    pub(super) cap: usize,
    pub(super) codings: Codings,
    pub(super) form: Form,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Codings {
    Undone,
    Kept,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    Bytes,
    Text,
}

pub(super) struct Shown {
    pub(super) bytes: Vec<u8>,
    /// Bytes as they came, before decoding.
    pub(super) wire_bytes: u64,
    pub(super) truncated: bool,
    pub(super) altered: Altered,
    /// Why it could not be decoded to its end, or not be searched for secrets.
    pub(super) broken: Option<Problem>,
    pub(super) reading: Reading,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shown({} bytes, {:?})", self.bytes.len(), self.altered)
    }
}

/// What was done to a body without the guest asking for it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Altered {
    No,
    /// Secrets were, or may have been, taken out, so its length says something about them.
    Masked,
    /// It was decoded, or withheld, as well.
    Decoded,
}

impl Shown {
    /// The result for a body that cannot be searched for secrets.
    pub(super) fn withheld(reading: Reading, broken: Option<Problem>) -> Self {
        Self { bytes: Vec::new(), wire_bytes: 0, truncated: true, altered: Altered::Decoded, broken, reading }
    }
}

/// How many bytes are read beyond what the guest wants: the longest form, in characters of two bytes.
pub(super) fn beyond(mask: &Mask) -> usize {
    mask.longest().saturating_mul(2)
}

pub(super) async fn shown(
    wire: Stretch,
    headers: &HeaderMap,
    wish: &Wish,
    (mask, leniences): (&Mask, &Leniences),
    pace: &mut Pace,
) -> Result<Shown, OverBudget> {
    let window = Window { cap: wish.cap, mask };
    let most = wish.cap.saturating_add(beyond(mask));
    let wire_bytes = wire.bytes.len().min(wish.cap) as u64;
    let (mut names, mut carried) = (coding::declared(headers), framing::carried(headers));
    let is_coded = !(names.is_empty() && carried.is_empty());
    let carrying = carried.join(", ");
    // The codings of the transfer do not belong to the body. They are undone for everybody.
    let inner = match wish.codings {
        Codings::Undone => {
            names.append(&mut carried);
            carried = names;
            Vec::new()
        }
        Codings::Kept => names,
    };
    let Decoded { mut stretch, broken, left } = coding::undone(wire, carried, most, leniences, pace).await?;
    if left.is_none() && !carrying.is_empty() {
        leniences.note(format!("`transfer-encoding: {carrying}`, which was not asked for"));
    }
    let unread = left.as_deref().map(|coding| {
        let coding = mask.for_guest(coding.to_owned());
        let coding: String = coding.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
        format!("it is coded as `{coding}`, which was not asked for")
    });
    let mut altered = Altered::No;
    if mask.hides_from_guest() {
        if !stretch.bytes.is_empty() {
            let inside = match &unread {
                Some(why) => Inside::Hidden(why.clone()),
                None => window.look_into(&stretch, inner, most, pace).await?,
            };
            match inside {
                Inside::Nothing => {}
                Inside::Secret(decoded) => (stretch, altered) = (decoded, Altered::Decoded),
                Inside::Hidden(why) => return Ok(Shown::withheld(Reading::Nothing(why), broken)),
            }
        }
        // The length of something that was compressed together with a secret says whether the guest guessed the
        // beginning of it, even if the secret is in a part that is not read.
        if is_coded && (stretch.is_cut() || stretch.is_over(wish.cap) || stretch.bytes.is_empty()) {
            altered = altered.max(Altered::Masked);
        }
    }
    let is_over = stretch.is_over(wish.cap);
    let (text, reading) = match (unread, wish.form) {
        (Some(why), _) => (window.bytes(stretch, pace).await?, Reading::Nothing(why)),
        (None, Form::Bytes) => (window.bytes(stretch, pace).await?, Reading::All),
        (None, Form::Text) => window.text(stretch, headers, leniences, pace).await?,
    };
    let Text { bytes, found, is_long } = text;
    let truncated = is_over || is_long;
    if found {
        altered = altered.max(Altered::Masked);
    }
    let wire_bytes = if altered == Altered::No { wire_bytes } else { bytes.len() as u64 };
    Ok(Shown { bytes, wire_bytes, truncated, altered, broken, reading })
}

/// What is in a body that the guest gets in its codings.
enum Inside {
    /// Nothing for which it would have to be decoded.
    Nothing,
    /// A secret, or something at the cut that may be one. This is the decoded body.
    Secret(Stretch),
    /// It cannot be known, for this reason.
    Hidden(String),
}

/// What the guest gets of a text, and what is examined beyond that.
struct Window<'a> {
    cap: usize,
    mask: &'a Mask,
}

struct Text {
    bytes: Vec<u8>,
    /// Whether a secret was in it.
    found: bool,
    /// Whether there was more of it than the guest wants, if only as a text.
    is_long: bool,
}

impl Window<'_> {
    async fn look_into(
        &self,
        stretch: &Stretch,
        names: Vec<String>,
        most: usize,
        pace: &mut Pace,
    ) -> Result<Inside, OverBudget> {
        let unlookable =
            || Inside::Hidden("it is coded in a way in which this host cannot look for secrets".to_owned());
        let mut found = false;
        // It is decoded only to be searched.
        let unheard = Leniences::default();
        let mut opened: Option<Stretch> = None;
        if !names.is_empty() {
            let decoded = coding::undone(stretch.clone(), names, most, &unheard, pace).await?;
            if decoded.left.is_some() || decoded.broken.is_some() {
                return Ok(unlookable());
            }
            found = self.holds_secret(&decoded.stretch.bytes, pace).await?;
            opened = Some(decoded.stretch);
        }
        let is_cut = |stretch: &Stretch| stretch.is_cut() || stretch.is_over(self.cap);
        for _ in 0..CODINGS_MAX {
            let outer = opened.as_ref().unwrap_or(stretch);
            let resembled = match coding::resembled(&outer.bytes) {
                Some(name) => {
                    let names = vec![name.to_owned()];
                    let decoded = coding::undone(outer.clone(), names, most, &unheard, pace).await?;
                    let holds = self.holds_secret(&decoded.stretch.bytes, pace).await?;
                    if holds && decoded.broken.is_some() {
                        return Ok(unlookable());
                    }
                    found |= holds;
                    // Something that only looks like such a coding, and is none, hides nothing.
                    decoded.broken.is_none().then_some(decoded.stretch)
                }
                None => None,
            };
            let Some(inner) = resembled else {
                return Ok(match opened {
                    // A cut body may end in the beginning of a secret, which cannot be seen before decoding.
                    Some(opened) if found || is_cut(stretch) || is_cut(&opened) => Inside::Secret(opened),
                    Some(_) | None => Inside::Nothing,
                });
            };
            opened = Some(inner);
        }
        Ok(unlookable())
    }

    async fn holds_secret(&self, bytes: &[u8], pace: &mut Pace) -> Result<bool, OverBudget> {
        Ok(!self.spans(bytes, pace).await?.is_empty())
    }

    async fn spans(&self, bytes: &[u8], pace: &mut Pace) -> Result<Vec<Range<usize>>, OverBudget> {
        let mut spans = self.mask.spans_at_pace(bytes, Audience::Guest, pace).await?;
        if self.mask.hides_from_guest() {
            spans.extend(self.mask.at_edges(bytes).into_iter().flatten());
            spans = mask::merged(spans);
        }
        Ok(spans)
    }

    async fn bytes(&self, stretch: Stretch, pace: &mut Pace) -> Result<Text, OverBudget> {
        let at = stretch.bytes.len().min(self.cap);
        self.shown(stretch, at, beyond(self.mask), pace).await
    }

    /// The text up to `at`; if it is cut, up to `beyond` bytes before its end.
    async fn shown(
        &self,
        stretch: Stretch,
        at: usize,
        beyond: usize,
        pace: &mut Pace,
    ) -> Result<Text, OverBudget> {
        // Cuts whatever is at the end: leaving out only what looks like the beginning of a secret would reveal that it
        // is one.
        let end = if stretch.is_cut() { at.min(stretch.bytes.len().saturating_sub(beyond)) } else { at };
        let mut bytes = stretch.bytes;
        let mut spans = self.spans(&bytes, pace).await?;
        spans.retain(|span| span.start < end);
        let end = spans.last().map_or(end, |last| last.end.max(end));
        bytes.truncate(end);
        let found = !spans.is_empty();
        let mut bytes = if found { mask::without(&bytes, &spans) } else { bytes };
        let is_long = bytes.len() > self.cap;
        bytes.truncate(self.cap);
        Ok(Text { bytes, found, is_long })
    }

    /// What is examined beyond is converted to text as well: a secret may be in it in a charset in which it is not
    /// looked for.
    async fn text(
        &self,
        stretch: Stretch,
        headers: &HeaderMap,
        leniences: &Leniences,
        pace: &mut Pace,
    ) -> Result<(Text, Reading), OverBudget> {
        let at = stretch.bytes.len().min(self.cap);
        let is_part = stretch.is_cut() || at < stretch.bytes.len();
        let charset = text::charset(&stretch.bytes[..at], headers, is_part, self.mask);
        match charset {
            Charset::None(why) => Ok((self.bytes(stretch, pace).await?, Reading::Nothing(why))),
            Charset::Utf8 => {
                let mut text = self.bytes(stretch, pace).await?;
                if is_part || text.is_long {
                    text::end_with_a_letter(&mut text.bytes);
                }
                Ok((text, Reading::All))
            }
            Charset::Other(charset) => {
                let Stretch { bytes, extent } = stretch;
                let hidden = self.spans(&bytes, pace).await?;
                let found = hidden.iter().any(|span| span.start < at);
                let Converted { text, at, reading } =
                    charset.read(&bytes, at, hidden, is_part, leniences, pace).await?;
                let text = Stretch { bytes: text.into_bytes(), extent };
                // In UTF-8 there may be three times as many bytes.
                let mut shown = self.shown(text, at.min(self.cap), self.mask.longest(), pace).await?;
                text::end_with_a_letter(&mut shown.bytes);
                shown.found |= found;
                shown.is_long |= at > self.cap;
                let text = shown;
                Ok((text, reading))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use http::header::{CONTENT_ENCODING, HeaderValue, TRANSFER_ENCODING};

    use super::super::body::Extent;
    use super::*;

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[tokio::test]
    async fn a_guest_that_undoes_codings_itself_gets_them_without_those_of_the_transfer() {
        let coded = zlib(b"hello");
        for (codings, wanted) in [(Codings::Kept, coded.as_slice()), (Codings::Undone, b"hello")] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("deflate"));
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("Deflate, chunked"));
            let stretch = Stretch { bytes: zlib(&coded), extent: Extent::Whole };
            let wish = Wish { cap: 1_000, codings, form: Form::Bytes };
            let (mask, leniences) = (Mask::default(), Leniences::default());
            let shown = shown(stretch, &headers, &wish, (&mask, &leniences), &mut Pace::unhurried()).await;
            assert_eq!(shown.ok().unwrap().bytes, wanted, "{codings:?}");
            assert_eq!(leniences.noted(), ["`transfer-encoding: deflate`, which was not asked for"]);
        }
    }
}
