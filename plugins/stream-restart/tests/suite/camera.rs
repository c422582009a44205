//! The device service of a camera, by ONVIF's specification: SOAP 1.2, the time without a login, everything else with a token whose
//! digest is right, whose time is the camera's own and whose nonce is new. It fails on any other request.

use std::time::Duration;

use sha1::{Digest as _, Sha1};
use watchkeep_doubles::message::unix_time;
use watchkeep_doubles::{Double, Reply, Request};

pub const USER: &str = "watchkeep";
pub const PASSWORD: &str = "pa<ss>&word";

/// How far a login's time may be off.
const TOLERANCE: i64 = 5;

pub struct Camera {
    /// Seconds by which its clock is ahead.
    pub drift: i64,
    /// Where it does not say what time it has.
    pub is_timeless: bool,
    /// Counts by the clock of this machine, not by that of the tests.
    pub is_real: bool,
    pub can_restart: bool,
    pub is_administrator: bool,
    /// Its operations, oldest first.
    pub asked: Vec<String>,
    pub restarts: usize,
    nonces: Vec<String>,
}

impl Camera {
    pub fn new() -> Self {
        Self {
            drift: 0,
            is_timeless: false,
            is_real: false,
            can_restart: true,
            is_administrator: true,
            asked: Vec::new(),
            restarts: 0,
            nonces: Vec::new(),
        }
    }
    fn now(&self, now: Duration) -> i64 {
        let now = match self.is_real {
            true => std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs(),
            false => unix_time(now),
        };
        i64::try_from(now).unwrap() + self.drift
    }

    fn time(&self, now: Duration) -> Reply {
        let text = watchkeep_sdk::wording::rfc3339(u64::try_from(self.now(now)).unwrap() * 1_000);
        let numbers: Vec<u32> =
            text.split(['-', 'T', ':', '.']).filter_map(|part| part.parse().ok()).collect();
        let [year, month, day, hour, minute, second] = numbers[..] else { panic!("{text}") };
        answer(&format!(
            "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>\
             <tt:LocalDateTime><tt:Time><tt:Hour>3</tt:Hour><tt:Minute>4</tt:Minute><tt:Second>5</tt:Second></tt:Time>\
             <tt:Date><tt:Year>1999</tt:Year><tt:Month>1</tt:Month><tt:Day>2</tt:Day></tt:Date></tt:LocalDateTime>\
             <tt:UTCDateTime><tt:Time><tt:Hour>{hour}</tt:Hour><tt:Minute>{minute}</tt:Minute><tt:Second>{second}</tt:Second>\
             </tt:Time><tt:Date><tt:Year>{year}</tt:Year><tt:Month>{month}</tt:Month><tt:Day>{day}</tt:Day></tt:Date>\
             </tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
        ))
    }

    /// Why the login does not count.
    fn unauthorized(&mut self, body: &str, now: Duration) -> Option<&'static str> {
        // The element's own tag, and not that of another whose name begins alike.
        let of = |name: &str| {
            let tags = body.match_indices(name).map(|(at, _)| &body[at + name.len()..]);
            let rest = tags.into_iter().find(|rest| rest.starts_with(['>', ' ']))?;
            let (_, text) = rest.split_once('>')?;
            Some(text.split('<').next()?.to_owned())
        };
        let fields = (of(":Username"), of(":Password"), of(":Nonce"), of(":Created"));
        let (Some(user), Some(digest), Some(nonce), Some(created)) = fields else { return Some("no token") };
        assert!(body.contains("#PasswordDigest\""), "a password is never sent in the clear");
        let at = watchkeep_sdk::wording::from_rfc3339(&created).expect("a time by RFC 3339") / 1_000;
        let mut hash = Sha1::new();
        hash.update(decoded(&nonce));
        hash.update(created.as_bytes());
        hash.update(PASSWORD.as_bytes());
        if user != USER || digest != watchkeep_sdk::mail::base64(&hash.finalize()) {
            return Some("user or digest is wrong");
        }
        if (i64::try_from(at).unwrap() - self.now(now)).abs() > TOLERANCE {
            return Some("the time of the token is off");
        }
        if self.nonces.contains(&nonce) {
            return Some("the nonce was used before");
        }
        self.nonces.push(nonce);
        (!self.is_administrator).then_some("the user may only look")
    }
}

impl Double for Camera {
    fn answer(&mut self, request: &Request, now: Duration, _base: &str) -> Reply {
        if request.method == "GET" {
            return Reply::text(405, "");
        }
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/onvif/device_service"));
        assert_eq!(request.media_type(), "application/soap+xml");
        let body = String::from_utf8(request.body.clone()).unwrap();
        assert!(body.contains("http://www.w3.org/2003/05/soap-envelope"), "SOAP 1.2");
        let operation = body
            .split_once(":Body><")
            .and_then(|(_, rest)| rest.split([' ', '/']).next())
            .unwrap()
            .to_owned();
        self.asked.push(operation.clone());
        match operation.as_str() {
            "GetSystemDateAndTime" if self.is_timeless => {
                fault(400, "ter:NotAuthorized", "Sender not Authorized")
            }
            "GetSystemDateAndTime" => self.time(now),
            "SystemReboot" => match self.unauthorized(&body, now) {
                Some(why) => fault(400, "ter:NotAuthorized", why),
                None if !self.can_restart => {
                    fault(500, "ter:ActionNotSupported", "Optional Action Not Implemented")
                }
                None => {
                    self.restarts += 1;
                    let message = "Rebooting in 30 seconds";
                    answer(&format!(
                        "<tds:SystemRebootResponse><tds:Message>{message}</tds:Message></tds:SystemRebootResponse>"
                    ))
                }
            },
            other => panic!("nobody asks for `{other}`"),
        }
    }
}

fn answer(body: &str) -> Reply {
    let envelope = format!(
        "<?xml version=\"1.0\"?><SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" xmlns:tt=\"http://www.onvif.org/ver10/schema\">\
         <SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>"
    );
    Reply::text(200, envelope).header("content-type", "application/soap+xml; charset=utf-8")
}

fn fault(status: u16, code: &str, reason: &str) -> Reply {
    let body = format!(
        "<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode>\
         <SOAP-ENV:Value>{code}</SOAP-ENV:Value></SOAP-ENV:Subcode></SOAP-ENV:Code><SOAP-ENV:Reason>\
         <SOAP-ENV:Text xml:lang=\"en\">{reason}</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>"
    );
    Reply { status, ..answer(&body) }
}

fn decoded(base64: &str) -> Vec<u8> {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for c in base64.chars().filter(|c| *c != '=') {
        bits = (bits << 6) | u32::try_from(ALPHABET.find(c).expect("base64")).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
            bits &= (1 << count) - 1;
        }
    }
    bytes
}
