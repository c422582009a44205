//! Takes secrets out of texts: the second line of defence, behind the binding of secrets to origins.
//!
//! There are three audiences, and more is masked for each than for the one before. The guest itself gets what came as
//! it came, without values that nobody can guess and that it does not hold already. A value that can be guessed teaches
//! whoever reads it nothing, and taking it out would change what is judged. What is kept, and may be read back by the
//! guest, is without all values that cannot be guessed: a question about one has to name the whole of it. What people
//! read is without any secret. Only whole values are looked for, or most of one at the edge of a text: a shorter
//! beginning could be guessed letter by letter.

mod forms;
mod spans;
mod wide;

use std::ops::Range;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;
use watchkeep_core::grant::is_guessable;
use watchkeep_core::ids::SecretName;

use crate::call::{OverBudget, Pace};
use crate::ports::Secret;
use forms::Fit;
pub(crate) use spans::{MASKED, merged, without, without_as};
use spans::{is_alone, with_neighbours};

/// A shorter value would mask half of a text, and show where it was.
const VALUE_BYTES_MIN: usize = 4;
/// Shorter parts of a URL are words, not secrets.
const URL_PART_BYTES_MIN: usize = 8;
/// Users beside whom a password is looked for: a plugin has one or two.
const PAIRS_MAX: usize = 32;
/// At the edge of a text, at least half of a form is recognised, and no less than this.
const EDGE_BYTES_MIN: usize = 8;

/// Whom a text is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Audience {
    Guest,
    /// What is kept and may come back: kv, attachments, names and keys of what is reported.
    Store,
    /// What is told: reports, logs, errors, recordings.
    People,
}

#[derive(Clone, Debug)]
struct Form {
    bytes: Vec<u8>,
    /// The first audience for which it is taken out; it is for later ones too.
    from: Audience,
    fit: Fit,
}

/// A secret that the call may attach.
#[derive(Clone)]
pub(crate) struct Known {
    pub(crate) name: SecretName,
    pub(crate) secret: Secret,
    /// The forms of a value that cannot be guessed.
    forms: Arc<[Vec<u8>]>,
    /// The forms of a value that can be guessed.
    guessable: Arc<[Vec<u8>]>,
}

/// The secrets that one call may attach or has seen, in every form in which they may come back. Empty for most calls;
/// texts then pass at no cost.
#[derive(Clone, Default)]
pub(crate) struct Mask {
    forms: Arc<Vec<Form>>,
    /// How many forms were added because of a guest's own choice.
    pairs: usize,
    known: Arc<Vec<Known>>,
    /// Texts of the config that contain a secret. Taking it out of them would change what is judged, and tell the guest
    /// which of its texts contain one.
    held: Arc<Vec<Vec<u8>>>,
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

    /// Whether there is something that the guest may not read.
    pub(crate) fn hides_from_guest(&self) -> bool {
        self.forms.iter().any(|form| form.from == Audience::Guest)
    }

    /// The secrets that the call may attach.
    pub(crate) fn known(&self) -> &[Known] {
        &self.known
    }

    /// Masks `secret` from now on. `held` are the texts that the guest was given: where one that contains the secret
    /// comes back, the guest reads what it knows already.
    pub(crate) fn know(&mut self, name: SecretName, secret: Secret, held: &[String]) {
        let (mut hidden, mut guessable) = (Vec::new(), Vec::new());
        for part in parts(&secret.value) {
            let holds =
                |text: &&String| text.len() > part.len() && memmem::find(text.as_bytes(), &part).is_some();
            let shown = held.iter().filter(holds).map(|text| text.as_bytes().to_vec());
            Arc::make_mut(&mut self.held).extend(shown);
            let forms = self.add_part(&part, Audience::Guest);
            if is_guessable(&part) { guessable.extend(forms) } else { hidden.extend(forms) }
        }
        let apart = |mut forms: Vec<Vec<u8>>| {
            forms.sort_unstable();
            forms.dedup();
            forms.into()
        };
        let known = Known { name, secret, forms: apart(hidden), guessable: apart(guessable) };
        Arc::make_mut(&mut self.known).push(known);
    }

    /// Masks this value, which the guest holds, from now on in what leaves the guest, and not in what it reads.
    pub(crate) fn add_held(&mut self, value: &[u8]) {
        for part in parts(value) {
            let found = self.add_part(&part, Audience::Store);
            let forms = Arc::make_mut(&mut self.forms).iter_mut();
            forms
                .filter(|form| found.contains(&form.bytes))
                .for_each(|form| form.from = form.from.max(Audience::Store));
        }
    }

    /// Masks this value, which was made from a secret, from now on.
    pub(crate) fn add(&mut self, value: &[u8]) {
        for part in parts(value) {
            self.add_part(&part, Audience::Guest);
        }
    }

    /// Masks user and password together from now on, as a header carries them: a password that can be guessed is not
    /// found within base64 by itself.
    pub(crate) fn add_pair(&mut self, user: &str, password: &[u8]) {
        if !is_guessable(password) || self.pairs >= PAIRS_MAX {
            return;
        }
        self.pairs += 1;
        let pair = STANDARD.encode([user.as_bytes(), b":", password].concat());
        self.push(pair.into_bytes(), Audience::People, Fit::Anywhere);
    }

    /// Masks this text from now on, as it is and in a URL. For digests and signatures, of which one call may make many.
    pub(crate) fn add_signature(&mut self, text: &str) {
        self.push(text.as_bytes().to_vec(), Audience::Guest, Fit::Anywhere);
        let escaped: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
        self.push(escaped.into_bytes(), Audience::Guest, Fit::Anywhere);
    }

    /// Masks from now on also what `other` masks.
    pub(crate) fn absorb(&mut self, other: Mask) {
        for form in other.forms.iter() {
            self.push(form.bytes.clone(), form.from, form.fit);
        }
    }

    /// Returns the forms by which it is found.
    fn add_part(&mut self, part: &[u8], from: Audience) -> Vec<Vec<u8>> {
        if part.len() < VALUE_BYTES_MIN {
            return Vec::new();
        }
        if is_guessable(part) {
            let text = String::from_utf8_lossy(part);
            let mut forms = vec![part.to_vec(), STANDARD.encode(part).into_bytes()];
            forms
                .push(url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().into_bytes());
            for form in &forms {
                self.push(form.clone(), Audience::People, Fit::Alone);
            }
            return forms;
        }
        let pieces = forms::pieces(part);
        let mut found = Vec::new();
        for piece in pieces.iter().filter(|piece| !is_guessable(piece)) {
            for (form, fit) in forms::of_piece(piece, pieces.len()) {
                self.push(form.clone(), from, fit);
                found.push(form);
            }
        }
        found
    }

    fn push(&mut self, bytes: Vec<u8>, from: Audience, fit: Fit) {
        if bytes.len() < VALUE_BYTES_MIN {
            return;
        }
        let forms = Arc::make_mut(&mut self.forms);
        match forms.iter_mut().find(|form| form.bytes == bytes) {
            Some(form) if form.from > from => {
                form.from = from;
                form.fit = fit;
            }
            Some(_) => {}
            None => forms.push(Form { bytes, from, fit }),
        }
    }

    pub(crate) fn text(&self, text: String, audience: Audience) -> String {
        let spans = self.spans(text.as_bytes(), audience);
        if spans.is_empty() {
            return text;
        }
        String::from_utf8_lossy(&without(text.as_bytes(), &spans)).into_owned()
    }

    /// A text as people are told it.
    pub(crate) fn told(&self, text: String) -> String {
        self.text(text, Audience::People)
    }

    /// The beginning of a text as people are told it. Only that much is searched, however long the text is, and a
    /// little more, because a secret may cross the end.
    pub(crate) fn told_within(&self, text: &str, bytes_max: usize) -> String {
        let end = text.floor_char_boundary(bytes_max);
        if self.is_empty() {
            return text[..end].to_owned();
        }
        let longest = self.forms.iter().map(|form| form.bytes.len()).max().unwrap_or(0);
        let looked = &text[..text.floor_char_boundary(end + longest)];
        let mut spans = self.spans(looked.as_bytes(), Audience::People);
        spans.retain(|span| span.start < end);
        let end = spans.last().map_or(end, |last| last.end.max(end));
        let mut told = String::from_utf8_lossy(&without(&looked.as_bytes()[..end], &spans)).into_owned();
        told.truncate(told.floor_char_boundary(bytes_max));
        told
    }

    /// A text as the guest is told it.
    pub(crate) fn for_guest(&self, text: String) -> String {
        self.text(text, Audience::Guest)
    }

    pub(crate) fn bytes(&self, bytes: Vec<u8>, audience: Audience) -> Vec<u8> {
        let spans = self.spans(&bytes, audience);
        if spans.is_empty() { bytes } else { without(&bytes, &spans) }
    }

    /// Masks the name of a metric or a label, which may contain no `*`.
    pub(crate) fn name(&self, name: String) -> String {
        let spans = self.spans(name.as_bytes(), Audience::Store);
        if spans.is_empty() {
            return name;
        }
        String::from_utf8_lossy(&without(name.as_bytes(), &spans)).replace('*', "_")
    }

    /// The size of the longest form that the guest may not read.
    pub(crate) fn longest(&self) -> usize {
        let hidden = self.forms.iter().filter(|form| form.from == Audience::Guest);
        hidden.map(|form| form.bytes.len()).max().unwrap_or(0)
    }

    /// What the guest gets of bytes that came from elsewhere.
    pub(crate) fn shown(&self, bytes: Vec<u8>) -> Vec<u8> {
        let spans = self.hidden_in(&bytes);
        if spans.is_empty() { bytes } else { without(&bytes, &spans) }
    }

    /// The first `bytes_max` bytes without secrets, from bytes that go beyond these: a secret across the edge is taken
    /// out as a whole.
    pub(crate) fn beginning(&self, bytes: &[u8], bytes_max: usize) -> Vec<u8> {
        let end = bytes.len().min(bytes_max);
        let mut spans = self.spans(bytes, Audience::Guest);
        spans.retain(|span| span.start < end);
        let end = spans.last().map_or(end, |last| last.end.max(end));
        without(&bytes[..end], &spans)
    }

    /// Where secrets are in bytes that came from elsewhere, including most of one at an edge.
    pub(crate) fn hidden_in(&self, bytes: &[u8]) -> Vec<Range<usize>> {
        let mut spans = self.spans(bytes, Audience::Guest);
        spans.extend(self.at_edges(bytes).into_iter().flatten());
        merged(spans)
    }

    /// Masks in place, without moving anything.
    pub(crate) fn strike_out(&self, bytes: &mut [u8]) {
        for span in self.spans(bytes, Audience::Guest) {
            bytes[span].fill(b'*');
        }
    }

    /// Where secrets are, in order and without overlaps.
    pub(crate) fn spans(&self, bytes: &[u8], audience: Audience) -> Vec<Range<usize>> {
        let mut spans = Vec::new();
        let narrow = wide::narrowed(bytes);
        for form in self.forms_for(audience) {
            form.find(bytes, &mut spans);
            narrow.iter().for_each(|narrow| narrow.find(form, &mut spans));
        }
        self.apart(spans, bytes, audience)
    }

    fn apart(&self, mut spans: Vec<Range<usize>>, bytes: &[u8], audience: Audience) -> Vec<Range<usize>> {
        if audience == Audience::Guest && !spans.is_empty() {
            for text in self.held.iter() {
                for at in memmem::find_iter(bytes, text) {
                    spans.retain(|span| span.start < at || span.end > at + text.len());
                }
            }
        }
        merged(spans)
    }

    /// The same for long texts: it gives way to others, and counts as the call's own work.
    pub(crate) async fn spans_at_pace(
        &self,
        bytes: &[u8],
        audience: Audience,
        pace: &mut Pace,
    ) -> Result<Vec<Range<usize>>, OverBudget> {
        let mut spans = Vec::new();
        let narrow = wide::narrowed(bytes);
        for form in self.forms_for(audience) {
            form.find(bytes, &mut spans);
            pace.step().await?;
            if let Some(narrow) = &narrow {
                narrow.find(form, &mut spans);
                pace.step().await?;
            }
        }
        Ok(self.apart(spans, bytes, audience))
    }

    fn forms_for(&self, audience: Audience) -> impl Iterator<Item = &Form> {
        self.forms.iter().filter(move |form| form.from <= audience)
    }

    /// Where most of a secret is at the beginning of `bytes`, and at their end.
    pub(crate) fn at_edges(&self, bytes: &[u8]) -> [Option<Range<usize>>; 2] {
        let mut most = [0, 0];
        for Form { bytes: form, .. } in self.forms_for(Audience::Guest) {
            let lengths = form.len().div_ceil(2).max(EDGE_BYTES_MIN)..form.len().min(bytes.len() + 1);
            let tail = lengths.clone().rev().find(|&length| bytes.starts_with(&form[form.len() - length..]));
            let head = lengths.rev().find(|&length| bytes.ends_with(&form[..length]));
            most = [most[0].max(tail.unwrap_or(0)), most[1].max(head.unwrap_or(0))];
        }
        let span = |length: usize, span: Range<usize>| (length > 0).then_some(span);
        [span(most[0], 0..most[0]), span(most[1], bytes.len() - most[1]..bytes.len())]
    }
}

impl Known {
    /// Whether the secret is in `text`, in any of its forms.
    pub(crate) fn stands_in(&self, text: &[u8]) -> bool {
        self.forms.iter().any(|form| memmem::find(text, form).is_some())
    }

    /// Whether the value, which can be guessed, is in `text` by itself.
    pub(crate) fn stands_alone_in(&self, text: &[u8]) -> bool {
        let stands =
            |form: &Vec<u8>| memmem::find_iter(text, form).any(|at| is_alone(text, at..at + form.len()));
        self.guessable.iter().any(stands)
    }
}

impl Form {
    fn find(&self, text: &[u8], spans: &mut Vec<Range<usize>>) {
        for at in memmem::find_iter(text, &self.bytes) {
            let found = at..at + self.bytes.len();
            match self.fit {
                Fit::Anywhere => spans.push(found),
                Fit::Alone if is_alone(text, found.clone()) => spans.push(found),
                Fit::Alone => {}
                Fit::WithinBase64 => spans.push(with_neighbours(text, found)),
            }
        }
    }
}

/// The parts of a value that are masked: the value itself; and for a URL its path, query and long parts as well,
/// because servers repeat those without the rest.
fn parts(value: &[u8]) -> Vec<Vec<u8>> {
    let mut parts = vec![value.to_vec()];
    let url = std::str::from_utf8(value).ok().and_then(|text| url::Url::parse(text.trim()).ok());
    if let Some(url) = url.filter(url::Url::has_host) {
        let path_and_query = &url[url::Position::BeforePath..];
        let long = path_and_query.split(['/', '?', '&', '=']).filter(|part| part.len() >= URL_PART_BYTES_MIN);
        let long: Vec<Vec<u8>> = long.map(|part| part.as_bytes().to_vec()).collect();
        // A path that consists of ordinary words is the address of many servers.
        if long.iter().any(|part| !is_guessable(part)) {
            parts.push(path_and_query.as_bytes().to_vec());
        }
        parts.extend(long.into_iter().filter(|part| !is_guessable(part)));
    }
    parts
}

#[cfg(test)]
mod tests;
