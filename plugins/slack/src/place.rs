//! Where a message stands, as this notifier's own id of it: `C012AB3CD:1772600767.000100`.

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Posted {
    /// Its id: a name would do for posting, and for nothing else.
    pub(crate) channel: String,
    /// Slack's timestamp, which is a message's id in its channel.
    pub(crate) ts: String,
}

impl Posted {
    pub(crate) fn read(text: &str) -> Option<Posted> {
        let (channel, ts) = text.split_once(':')?;
        let (seconds, part) = ts.split_once('.')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let id = !channel.is_empty() && channel.bytes().all(|byte| byte.is_ascii_alphanumeric());
        (id && digits(seconds) && digits(part))
            .then(|| Posted { channel: channel.to_owned(), ts: ts.to_owned() })
    }
    pub(crate) fn written(&self) -> String {
        format!("{}:{}", self.channel, self.ts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is() {
        let place = Posted { channel: "C012AB3CD".to_owned(), ts: "1772600767.000100".to_owned() };
        assert_eq!(Posted::read(&place.written()), Some(place));
        for wrong in ["", "C0", "C0:", "C0:1", ":1.2", "C0:1.x", "C0:.2", "C 0:1.2", "#alerts:1.2"] {
            assert_eq!(Posted::read(wrong), None, "{wrong}");
        }
    }
}
