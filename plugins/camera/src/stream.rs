//! The stream: received for a while, and judged by what came.

use watchkeep_sdk::config::{Band, plain};
use watchkeep_sdk::net::{self, Unread};
use watchkeep_sdk::prelude::*;

use crate::config::{Camera, Stream};
use crate::heard::Heard;
use crate::judge::Found;
use crate::session::{self, Phases, Session, Wrong};

/// What comes in such a time is read together: a run has a thousand calls of the host.
const PAUSE_MIN: Duration = Duration::from_millis(20);
const PAUSES_MAX: u32 = 150;
/// All streams of a check that has several.
const PAUSES_OF_ALL_MAX: u32 = 100;
/// After such a piece there is more.
const PIECE_BYTES: usize = 15 << 10;
/// What a run keeps for its end.
const REST: Duration = Duration::from_millis(300);
/// A camera that has sent nothing for so long, and twice as long as ever before, has stopped.
const SILENCE: Duration = Duration::from_millis(1_500);

/// Why no more was received.
enum End {
    /// All of the time has passed.
    Time,
    Closed,
    /// In a sentence.
    Broken(String),
    /// More came than is read.
    Full,
}

pub(crate) fn judge(
    config: &Camera,
    wanted: &Stream,
    found: &mut Found,
    complaints: &mut Complaints,
) -> Result<(), Fault> {
    let mut phases = Phases::default();
    let began = clock::monotonic();
    let outcome = receive(config, wanted, &mut phases);
    let first = outcome.as_ref().ok().and_then(|heard| heard.heard.first);
    let took = first.unwrap_or_else(clock::monotonic) - began;
    let (warning, critical) = (wanted.first_packet_warning, wanted.first_packet_critical);
    found.metrics.push(Metric::response_time(took, warning, critical));
    self::phases(&phases, found);
    expiry(config, wanted, &phases, found, complaints);
    match outcome {
        Ok(received) => {
            if first.is_some() {
                complaints.slowness(took, warning, critical);
            }
            received.judge(wanted, found, complaints);
        }
        Err(Wrong::Fault(fault)) => return Err(fault),
        Err(Wrong::Said(sentence)) => complaints.critical(sentence),
        Err(Wrong::Busy(sentence)) => complaints.warning(sentence),
        Err(Wrong::Late) => complaints.critical("it does not answer"),
        Err(Wrong::Closed) => complaints.critical("it closes the connection"),
    }
    Ok(())
}

fn phases(phases: &Phases, found: &mut Found) {
    let span = |nanos: Option<u64>| nanos.map(Duration::from_nanos);
    let opened = phases.opened.unwrap_or_default();
    for (phase, span) in [
        ("resolve", span(opened.name)),
        ("connect", span(opened.connect)),
        ("tls", phases.tls),
        ("describe", phases.describe),
        ("play", phases.play),
        ("first_packet", phases.first_packet),
    ] {
        let Some(span) = span else { continue };
        let metric = Metric::new("probe_camera_duration_seconds", span.as_secs_f64(), "seconds");
        found.metrics.push(metric.label("phase", phase));
    }
}

/// Of the certificate in the chain of trust that expires first.
fn expiry(config: &Camera, wanted: &Stream, phases: &Phases, found: &mut Found, complaints: &mut Complaints) {
    let Some(first) = &phases.certificate else { return };
    found.measure("probe_ssl_earliest_cert_expiry", first.not_after as f64 / 1e3, "seconds");
    if let Some((warning, critical)) = wanted.expiry_days(config.peer.ignore_certificate) {
        complaints.expiry(first, clock::now(), warning, critical);
    }
}

struct Received {
    heard: Heard,
    end: End,
    /// When it was no longer received.
    at: Duration,
}

fn receive(config: &Camera, wanted: &Stream, phases: &mut Phases) -> Result<Received, Wrong> {
    let mut session = session::open(config, wanted, phases)?;
    let end = listen(&mut session, config, wanted)?;
    let at = clock::monotonic();
    if !matches!(end, End::Closed | End::Broken(_)) {
        session.close();
    }
    let Some(heard) = session.heard.take() else { return Err(Wrong::Late) };
    phases.first_packet = heard.first.map(|first| first.saturating_sub(heard.asked));
    Ok(Received { heard, end, at })
}

fn listen(session: &mut Session<'_>, config: &Camera, wanted: &Stream) -> Result<End, Wrong> {
    let now = clock::monotonic();
    let most = now + clock::remaining().saturating_sub(REST);
    let pauses = match u32::try_from(config.sharing()) {
        Ok(1) => PAUSES_MAX,
        Ok(sharing) => PAUSES_OF_ALL_MAX / sharing,
        Err(_) => 1,
    };
    let pause = PAUSE_MIN.max(wanted.listen / pauses.max(1));
    let mut until = most.min(now + config.timeout);
    let mut has_begun = false;
    loop {
        // Answers to nothing that was asked are none of this.
        while session.next_reply()?.is_some() {}
        let Some(heard) = &session.heard else { return Err(Wrong::Late) };
        if heard.is_over {
            return Ok(End::Time);
        }
        if let (Some(first), false) = (heard.first, has_begun) {
            (has_begun, until) = (true, most.min(first + wanted.listen));
        }
        match session.wire.more(until) {
            Ok(()) => {}
            Err(Unread::Late) => return Ok(End::Time),
            Err(Unread::Closed) => return Ok(End::Closed),
            Err(Unread::Endless(_)) => return Ok(End::Full),
            Err(Unread::Failed(failure)) => {
                return match failure.as_fault() {
                    Some(fault) => Err(Wrong::Fault(fault)),
                    None => Ok(End::Broken(failure.sentence())),
                };
            }
        }
        if session.wire.bytes().len() < PIECE_BYTES {
            clock::sleep(pause);
        }
    }
}

impl Received {
    fn judge(&self, wanted: &Stream, found: &mut Found, complaints: &mut Complaints) {
        let Self { heard, .. } = self;
        self.describe(found);
        self.metrics(wanted, found);
        if heard.packets == 0 {
            complaints.critical(self.nothing());
            return;
        }
        self.ending(complaints);
        if !heard.has_picture {
            let span = net::span(heard.span());
            complaints.critical(format!(
                "{} packets came in {span}, and no picture in them; hint: look at the camera's encoder",
                heard.packets
            ));
            return;
        }
        if heard.pictures() < 2 {
            complaints.critical(format!(
                "one picture came in {}, and no further one; hint: a camera that sends so seldom takes a longer `listen`",
                net::span(wanted.listen)
            ));
        }
        self.loss(wanted, complaints);
        let rate = heard.bitrate().map(|bits| bits / 1e3);
        band(wanted.bitrate.as_ref(), rate, ("bitrate", " kbit/s"), complaints);
        band(wanted.frame_rate.as_ref(), heard.frame_rate(), ("frame rate", "/s"), complaints);
        self.key_frame(wanted, complaints);
    }

    /// Such as "H.264 1280x720, 25 frames/s, 2.1 Mbit/s".
    fn describe(&self, found: &mut Found) {
        let heard = &self.heard;
        let mut said = watchkeep_sdk::clipped(heard.codec.name());
        if let Some((width, height)) = heard.size {
            said.push_str(&format!(" {width}x{height}"));
        }
        if let Some(rate) = heard.frame_rate() {
            said.push_str(&format!(", {} frames/s", short(rate)));
        }
        match heard.bitrate() {
            Some(rate) if rate < 1e6 => said.push_str(&format!(", {} kbit/s", short(rate / 1e3))),
            Some(rate) => said.push_str(&format!(", {} Mbit/s", short(rate / 1e6))),
            None => {}
        }
        found.say(&said);
    }

    fn nothing(&self) -> String {
        let Self { heard, at, .. } = self;
        let span = net::span(at.saturating_sub(heard.asked));
        let ended = match &self.end {
            End::Time | End::Full => format!("PLAY is accepted, but no media came within {span}"),
            End::Closed => {
                format!("PLAY is accepted, but it closes the connection after {span} without media")
            }
            End::Broken(sentence) => format!("PLAY is accepted, but no media came; {sentence}"),
        };
        let hint = match (heard.malformed, heard.strangers) {
            (0, 0) if heard.is_over => "; it says that the stream is over",
            (0, 0) => "; hint: the encoder may have stalled: restart the camera",
            (0, _) => ", only frames on channels that were not requested",
            (_, _) => ", only packets that are not RTP of the described stream",
        };
        format!("{ended}{hint}")
    }

    /// Whether it sent until the end.
    fn ending(&self, complaints: &mut Complaints) {
        let Self { heard, at, end } = self;
        let after = net::span(heard.span());
        match end {
            End::Closed => complaints.critical(format!("it closes the connection after {after} of media")),
            End::Broken(sentence) => {
                complaints.critical(format!("the stream breaks off after {after}; {sentence}"));
            }
            End::Time | End::Full if heard.is_over => {
                complaints.critical(format!("it ends the stream after {after}"));
            }
            End::Time => {
                let silence = at.saturating_sub(heard.last);
                if silence >= SILENCE && silence > heard.gap * 2 {
                    complaints.critical(format!(
                        "it stopped sending after {after}, and sent nothing for {}; hint: restart the camera",
                        net::span(silence)
                    ));
                }
            }
            End::Full => {}
        }
        if heard.malformed > 0 {
            complaints.warning(format!("{} packets are malformed or of another type", heard.malformed));
        }
    }

    fn loss(&self, wanted: &Stream, complaints: &mut Complaints) {
        let sequence = &self.heard.sequence;
        let percent = sequence.loss() * 100.0;
        let above =
            |limit: f64| format!("{} % of packets are lost, more than {} %", short(percent), plain(limit));
        if percent > wanted.loss_critical {
            complaints.critical(above(wanted.loss_critical));
        } else if percent > wanted.loss_warning {
            complaints.warning(above(wanted.loss_warning));
        }
        match sequence.restarts {
            0 => {}
            1 => complaints.warning("its packet numbers restart once"),
            restarts => complaints.warning(format!("its packet numbers restart {restarts} times")),
        }
    }

    /// Since the last key frame, if there was one.
    fn key_age(&self) -> Option<Duration> {
        self.heard.key.map(|key| self.at.saturating_sub(key))
    }

    fn key_frame(&self, wanted: &Stream, complaints: &mut Complaints) {
        if !self.heard.codec.has_key_frames() {
            return;
        }
        let received = self.at.saturating_sub(self.heard.first.unwrap_or(self.at));
        let age = self.key_age().unwrap_or(received);
        let said = |limit: Duration| match self.heard.key {
            Some(_) => {
                format!("the last key frame is {} old, more than {}", net::span(age), net::span(limit))
            }
            None => format!("no key frame came in {}, more than {}", net::span(age), net::span(limit)),
        };
        match (wanted.key_frame_critical, wanted.key_frame_warning) {
            (Some(limit), _) if age > limit => complaints.critical(said(limit)),
            (_, Some(limit)) if age > limit => complaints.warning(said(limit)),
            (_, _) => {}
        }
    }

    fn metrics(&self, wanted: &Stream, found: &mut Found) {
        let heard = &self.heard;
        let (warning, critical) = wanted.loss_ranges();
        let loss = Metric::new("camera_packet_loss_ratio", heard.sequence.loss(), "ratio");
        if heard.packets > 0 {
            found.metrics.push(loss.warning(warning).critical(critical));
        }
        found.measure("camera_packets", heard.packets as f64, "");
        found.measure("camera_packets_malformed", heard.malformed as f64, "");
        let limited = |band: Option<&Band>, metric: Metric, factor: f64| match band {
            Some(band) => band.limit(metric, factor),
            None => metric,
        };
        if let Some(rate) = heard.packet_rate() {
            found.measure("camera_packets_per_second", rate, "");
        }
        if let Some(bits) = heard.bitrate() {
            let metric = Metric::new("camera_bits_per_second", bits, "");
            found.metrics.push(limited(wanted.bitrate.as_ref(), metric, 1e3));
        }
        if let Some(rate) = heard.frame_rate() {
            let metric = Metric::new("camera_frames_per_second", rate, "");
            found.metrics.push(limited(wanted.frame_rate.as_ref(), metric, 1.0));
        }
        if let Some(age) = self.key_age().filter(|_| heard.codec.has_key_frames()) {
            found.measure("camera_key_frame_age_seconds", age.as_secs_f64(), "seconds");
        }
        if let Some((width, height)) = heard.size {
            found.measure("camera_width_pixels", f64::from(width), "");
            found.measure("camera_height_pixels", f64::from(height), "");
        }
    }
}

fn band(band: Option<&Band>, value: Option<f64>, (what, unit): (&str, &str), complaints: &mut Complaints) {
    let Some(band) = band else { return };
    let Some(value) = value else {
        complaints.critical(format!("too little came to tell the {what}"));
        return;
    };
    let state = band.state_of(value);
    let (side, limit) = band.beyond(value, state);
    let sentence = format!("the {what} is {}{unit}, {side} {}{unit}", short(value), plain(limit));
    match state {
        State::Critical => complaints.critical(sentence),
        State::Warning => complaints.warning(sentence),
        State::Ok | State::Unknown => {}
    }
}

/// With one decimal.
fn short(value: f64) -> String {
    plain((value * 10.0).round() / 10.0)
}
