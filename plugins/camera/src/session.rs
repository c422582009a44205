//! A session of RTSP (RFC 2326): what is asked of a camera in turn, and how it answers.

use watchkeep_sdk::clipped;
use watchkeep_sdk::http::Certificate;
use watchkeep_sdk::net::{self, Failure, Unread};
use watchkeep_sdk::prelude::*;

use crate::config::{Camera, Stream};
use crate::heard::Heard;
use crate::login::{self, Login};
use crate::message::{self, Item, Reply};
use crate::sdp::{self, Track};
use crate::wire::{self, Wire};

/// The longest address that is asked for.
const CONTROL_BYTES_MAX: usize = 2 << 10;
/// A camera that does not say goodbye is left.
const GOODBYE: Duration = Duration::from_secs(1);

/// Why a session did not come to its end.
pub(crate) enum Wrong {
    /// Nothing that is the camera's.
    Fault(Fault),
    Said(String),
    /// It has no room for a viewer now.
    Busy(String),
    /// Nothing came in time.
    Late,
    /// It closed before anything came.
    Closed,
}

impl From<Box<Failure>> for Wrong {
    fn from(failure: Box<Failure>) -> Self {
        match failure.as_fault() {
            Some(fault) => Wrong::Fault(fault),
            None => Wrong::Said(failure.sentence()),
        }
    }
}

impl From<Unread> for Wrong {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Late => Wrong::Late,
            Unread::Closed => Wrong::Closed,
            Unread::Endless(sentence) => Wrong::Said(sentence),
            Unread::Failed(failure) => failure.into(),
        }
    }
}

/// How long each part of the way in took.
#[derive(Clone, Default)]
pub(crate) struct Phases {
    pub(crate) opened: Option<net::Timings>,
    pub(crate) tls: Option<Duration>,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) describe: Option<Duration>,
    pub(crate) play: Option<Duration>,
    pub(crate) first_packet: Option<Duration>,
}

pub(crate) struct Session<'c> {
    config: &'c Camera,
    pub(crate) wire: Wire,
    /// How it is logged in, once the camera has asked for it.
    login: Option<Login>,
    sequence: u32,
    id: Option<String>,
    /// Behind which addresses media are asked for.
    base: String,
    /// What media come, once they were asked for.
    pub(crate) heard: Option<Heard>,
}

/// Opens the stream: media come then.
pub(crate) fn open<'c>(
    config: &'c Camera,
    stream: &Stream,
    phases: &mut Phases,
) -> Result<Session<'c>, Wrong> {
    let mut wire = wire::open(config, &stream.url)?;
    (phases.opened, phases.tls, phases.certificate) = (Some(wire.opened), wire.tls, wire.certificate.take());
    let url = stream.url.as_str();
    let mut session =
        Session { config, wire, login: None, sequence: 0, id: None, base: url.to_owned(), heard: None };
    let began = clock::monotonic();
    // What a camera says it can do is often wrong: whether it answers at all is what counts.
    session.ask("OPTIONS", url, "")?;
    let described = session.ask("DESCRIBE", url, "Accept: application/sdp\r\n")?;
    succeeded("DESCRIBE", &described)?;
    let track = session.described(&described)?;
    let described = clock::monotonic();
    phases.describe = Some(described - began);
    session.set_up(&track)?;
    let whole = session.address(track.whole.as_deref())?;
    session.base.clone_from(&whole);
    let began = clock::monotonic();
    session.heard = session.heard.take().map(|heard| heard.since(began));
    let playing = session.ask("PLAY", &whole, "Range: npt=0.000-\r\n")?;
    succeeded("PLAY", &playing)?;
    phases.play = Some(clock::monotonic() - described);
    Ok(session)
}

impl Session<'_> {
    fn described(&mut self, reply: &Reply) -> Result<Track, Wrong> {
        let base = reply.header("content-base").or_else(|| reply.header("content-location"));
        if let Some(base) = base.filter(|base| base.starts_with("rtsp")) {
            self.base = sendable(base)?.to_owned();
        }
        sdp::video(&reply.body).map_err(Wrong::Said)
    }

    /// Whole, or behind that of the stream.
    fn address(&self, control: Option<&str>) -> Result<String, Wrong> {
        let Some(control) = control.filter(|control| !control.is_empty()) else {
            return Ok(self.base.clone());
        };
        let control = sendable(control)?;
        if control.starts_with("rtsp://") || control.starts_with("rtsps://") {
            return Ok(control.to_owned());
        }
        let between = if self.base.ends_with('/') || control.starts_with('/') { "" } else { "/" };
        Ok(format!("{}{between}{control}", self.base))
    }

    fn set_up(&mut self, track: &Track) -> Result<(), Wrong> {
        let control = track.control.as_deref().filter(|control| *control != "*");
        let url = self.address(control)?;
        let reply = self.ask("SETUP", &url, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n")?;
        succeeded("SETUP", &reply)?;
        let transport = reply.header("transport").unwrap_or_default();
        if !transport.to_ascii_uppercase().contains("TCP") {
            return said(format!(
                "it agrees to send media by `{}`, although RTP over the same connection was requested; hint: allow RTP over \
                 RTSP (TCP) in the camera",
                clipped(transport)
            ));
        }
        let channel = transport
            .split(';')
            .find_map(|part| part.trim().strip_prefix("interleaved="))
            .and_then(|pair| pair.split('-').next()?.parse().ok());
        let id = reply.header("session").and_then(|value| value.split(';').next()).map(str::trim);
        self.id = match id.filter(|id| !id.is_empty()) {
            Some(id) => Some(sendable(id)?.to_owned()),
            None => return said("its answer to SETUP names no session"),
        };
        self.heard = Some(Heard::new(track, channel.unwrap_or(0)));
        Ok(())
    }

    /// The answer, after a login if the camera wants one.
    fn ask(&mut self, method: &'static str, url: &str, more: &str) -> Result<Reply, Wrong> {
        let mut reply = self.exchange(method, url, more)?;
        if reply.status == 401 {
            let (user, password) = own_login(self.config, &reply)?;
            // What was answered before may be too old by now.
            self.login = Some(login::choose(&reply, password)?);
            reply = self.exchange(method, url, more)?;
            if reply.status == 401 {
                return said(format!(
                    "it refuses the login of `{}` ({}); hint: check user and password, and whether the user may view it",
                    clipped(user),
                    reply.words()
                ));
            }
        }
        Ok(reply)
    }

    fn exchange(&mut self, method: &'static str, url: &str, more: &str) -> Result<Reply, Wrong> {
        self.write(method, url, more)?;
        let until = clock::monotonic() + self.config.timeout;
        self.reply(until).map_err(|wrong| match wrong {
            Wrong::Late => {
                let span = net::span(self.config.timeout);
                Wrong::Said(format!("its answer to {method} did not come within {span}"))
            }
            Wrong::Closed => {
                Wrong::Said(format!("it closes the connection before its answer to {method} came"))
            }
            told @ (Wrong::Fault(_) | Wrong::Said(_) | Wrong::Busy(_)) => told,
        })
    }

    fn write(&mut self, method: &str, url: &str, more: &str) -> Result<(), Wrong> {
        self.sequence += 1;
        let mut head = format!(
            "{method} {url} RTSP/1.0\r\nCSeq: {}\r\nUser-Agent: Watchkeep/{}\r\n{more}",
            self.sequence,
            env!("CARGO_PKG_VERSION")
        );
        if let Some(id) = &self.id {
            head.push_str(&format!("Session: {id}\r\n"));
        }
        match (&mut self.login, &self.config.user, &self.config.password) {
            (Some(Login::Digest(digest)), Some(user), _) => {
                head.push_str(&format!("Authorization: {}\r\n", digest.header(user, method, url)));
            }
            (Some(Login::Basic), Some(user), Some(password)) => {
                head.push_str("Authorization: Basic ");
                self.wire.write(&std::mem::take(&mut head))?;
                self.wire.write_login(user, password)?;
                head.push_str("\r\n");
            }
            (_, _, _) => {}
        }
        head.push_str("\r\n");
        Ok(self.wire.write(&head)?)
    }

    /// The answer to what was asked last; media before it are kept count of.
    fn reply(&mut self, until: Duration) -> Result<Reply, Wrong> {
        loop {
            while let Some(reply) = self.next_reply()? {
                let of = reply.header("cseq").and_then(|number| number.trim().parse::<u32>().ok());
                // What comes before the last answer only says that it is on its way.
                if of.is_none_or(|number| number == self.sequence) && reply.status >= 200 {
                    return Ok(reply);
                }
            }
            self.wire.more(until)?;
        }
    }

    /// The next answer among what has come; media before it are kept count of.
    pub(crate) fn next_reply(&mut self) -> Result<Option<Reply>, Wrong> {
        loop {
            let Some((item, size)) = message::read(self.wire.bytes()).map_err(Wrong::Said)? else {
                return Ok(None);
            };
            let reply = match item {
                Item::Reply(reply) => Some(reply),
                Item::Request | Item::Blank => None,
                Item::Frame { channel, payload } => {
                    if let Some(heard) = &mut self.heard {
                        heard.frame(channel, payload, self.wire.at);
                    }
                    None
                }
            };
            self.wire.take(size);
            if reply.is_some() {
                return Ok(reply);
            }
        }
    }

    /// A camera that is not told would keep the session until it is too old. What comes before its answer is counted.
    pub(crate) fn close(&mut self) {
        let url = self.base.clone();
        if self.write("TEARDOWN", &url, "").is_ok() {
            // It was judged already.
            let _ = self.reply(clock::monotonic() + GOODBYE);
        }
    }
}

fn own_login<'c>(config: &'c Camera, reply: &Reply) -> Result<(&'c str, &'c Secret), Wrong> {
    match (&config.user, &config.password) {
        (Some(user), Some(password)) => Ok((user, password)),
        (_, _) => said(format!("it requires a login ({}); hint: add `user` and `password`", reply.words())),
    }
}

/// As part of a request, in which a line end or a blank would begin something else.
fn sendable(text: &str) -> Result<&str, Wrong> {
    match text.len() <= CONTROL_BYTES_MAX && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => Ok(text),
        false => said(format!("it sends an invalid address or session: `{}`", clipped(text))),
    }
}

/// Why an answer is no success.
fn succeeded(method: &str, reply: &Reply) -> Result<(), Wrong> {
    let why = match reply.status {
        200..300 => return Ok(()),
        300..400 => {
            let location = reply.header("location").unwrap_or_default();
            return said(format!(
                "it redirects to `{}` ({}); hint: write that as `url`",
                clipped(location),
                reply.words()
            ));
        }
        400 => "; hint: it takes the request for malformed: look at the path of `url`",
        403 => "; hint: the user may not view this stream",
        404 | 454 => "; hint: it has no such stream: look at the path of `url`",
        406 | 415 => "; hint: it cannot describe this stream as SDP",
        405 | 455 | 501 | 551 => "; hint: it does not support this: is this path a stream?",
        453 => {
            return Err(Wrong::Busy(format!(
                "it has no bandwidth for another viewer ({method}: {}); hint: end other sessions, or raise its limit",
                reply.words()
            )));
        }
        461 => "; hint: allow RTP over RTSP (TCP) in the camera",
        503 => "; hint: it cannot start the stream: is its sensor or encoder at work?",
        _ => "",
    };
    said(format!("it answers {method} with {}{why}", reply.words()))
}

fn said<T>(sentence: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong::Said(sentence.into()))
}
