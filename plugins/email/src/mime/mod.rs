//! The message as it goes over the wire: headers, and text and HTML as alternatives, pictures beside the HTML.
//!
//! Everything is 7 bit and no line is longer than 76 characters, so that no server has to change it. Nothing is drawn
//! from a clock or at random: every attempt makes the same bytes.

mod encode;
mod header;

use watchkeep_sdk::mail::date;

use crate::config::Email;
use crate::html;
use crate::letter::Letter;
use crate::pictures::Shown;
use crate::text;
use crate::thread::Ids;

/// No part holds one of these: quoted-printable writes `=` before digits only, and base64 has no `_`.
const ALTERNATIVES: &str = "=_watchkeep-alternatives";
const RELATED: &str = "=_watchkeep-related";

pub(crate) struct Message<'a> {
    pub(crate) config: &'a Email,
    pub(crate) letter: &'a Letter,
    pub(crate) ids: &'a Ids,
    /// Milliseconds since the Unix epoch.
    pub(crate) at: u64,
}

impl Message<'_> {
    /// With its lines ended by CRLF, before dots are doubled.
    pub(crate) fn written(&self, pictures: &[Shown]) -> Vec<u8> {
        let mut out = self.headers();
        let text = part("text/plain; charset=utf-8", &text::of(self.letter));
        let html = part("text/html; charset=utf-8", &html::of(self.letter, pictures));
        let html = if pictures.is_empty() { html } else { related(html, pictures) };
        for part in [text, html] {
            out.push_str(&format!("--{ALTERNATIVES}\r\n{part}\r\n"));
        }
        out.push_str(&format!("--{ALTERNATIVES}--\r\n"));
        out.into_bytes()
    }

    fn headers(&self) -> String {
        let Message { config, letter, ids, at } = self;
        let to: Vec<String> = config.to.0.iter().map(header::mailbox).collect();
        let mut references = ids.thread.clone();
        if let Some(before) = &ids.before {
            references.push_str("\r\n ");
            references.push_str(before);
        }
        let mut headers = vec![
            ("From", header::mailbox(&config.from)),
            ("To", to.join(",\r\n ")),
            ("Subject", header::text("Subject", &letter.title)),
            ("Date", date(*at)),
            ("Message-ID", ids.own.clone()),
            ("In-Reply-To", ids.before.clone().unwrap_or_else(|| ids.thread.clone())),
            ("References", references),
            // Nothing answers it by itself (RFC 3834), and nothing says that somebody is on holiday.
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("X-Auto-Response-Suppress", "All".to_owned()),
            ("MIME-Version", "1.0".to_owned()),
            ("Content-Type", format!("multipart/alternative;\r\n boundary=\"{ALTERNATIVES}\"")),
        ];
        if let Some(leave) = &letter.leave {
            // Mail programs show a button that asks nothing more (RFC 8058). An address cannot be folded.
            headers.push(("List-Unsubscribe", format!("<{leave}>")));
            headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
        if letter.is_urgent() {
            headers.push(("Importance", "high".to_owned()));
        }
        let mut out: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        out.push_str("\r\n");
        out
    }
}

fn part(content_type: &str, text: &str) -> String {
    let encoded = encode::quoted_printable(text);
    format!("Content-Type: {content_type}\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{encoded}")
}

fn related(html: String, pictures: &[Shown]) -> String {
    let mut out =
        format!("Content-Type: multipart/related; type=\"text/html\";\r\n boundary=\"{RELATED}\"\r\n\r\n");
    out.push_str(&format!("--{RELATED}\r\n{html}\r\n"));
    for picture in pictures {
        let name = header::file_name(&picture.name, picture.media_type);
        out.push_str(&format!(
            "--{RELATED}\r\nContent-Type: {}\r\nContent-ID: <{}>\r\n\
             Content-Disposition: inline; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{}\r\n",
            picture.media_type,
            picture.content_id,
            encode::base64_lines(&picture.bytes)
        ));
    }
    out.push_str(&format!("--{RELATED}--\r\n"));
    out
}
