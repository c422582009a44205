//! A camera that speaks ONVIF: its device service, and media of version 1.0. Strict: what is not in SOAP 1.2, goes to the wrong
//! service, has another action than its body, or comes without a login, is refused in the words of the specification, and
//! written down as unexpected, but for a missing login.

mod login;
mod words;

use std::time::Duration;

use roxmltree::{Document, Node};

use crate::{Double, Reply, Request};
use words::{fault, moment, say};

pub use login::Login;

const ENVELOPE: &str = "http://www.w3.org/2003/05/soap-envelope";
const SCHEMA: &str = "http://www.onvif.org/ver10/schema";

pub struct Onvif {
    /// The real time at its start, in milliseconds since 1970.
    pub starts_at: u64,
    /// How far its clock is ahead.
    pub ahead_ms: i64,
    pub is_manual: bool,
    pub login: Login,
    /// What it names as its own address: cameras behind a router name one that nobody else reaches.
    pub named_at: Option<String>,
    pub profiles: Vec<OnvifProfile>,
    /// The operations that it was asked for, in their order.
    pub asked: Vec<String>,
    /// What no client should send.
    pub unexpected: Vec<String>,
    /// Nonces that were used.
    nonces: Vec<String>,
    challenges: u32,
}

#[derive(Clone)]
pub struct OnvifProfile {
    pub token: String,
    pub name: String,
    /// None for sound alone.
    pub encoding: Option<String>,
    pub size: (u32, u32),
    pub frame_rate: u32,
    pub stream: String,
    pub snapshot: Option<String>,
}

impl OnvifProfile {
    pub fn new(token: &str, name: &str, size: (u32, u32)) -> Self {
        Self {
            token: token.to_owned(),
            name: name.to_owned(),
            encoding: Some("H264".to_owned()),
            size,
            frame_rate: 25,
            stream: format!("rtsp://cam.example.com/{token}"),
            snapshot: None,
        }
    }
}

impl Onvif {
    pub const USER: &str = "watchkeep";
    pub const PASSWORD: &str = "correct-horse-battery";
    pub const DEVICE_PATH: &str = "/onvif/device_service";
    pub const MEDIA_PATH: &str = "/onvif/media_service";
    pub const SNAPSHOT_PATH: &str = "/snapshot.jpg";

    pub fn new(starts_at: u64, login: Login) -> Self {
        let profiles = vec![
            OnvifProfile::new("Profile_1", "mainStream", (1920, 1080)),
            OnvifProfile::new("Profile_2", "subStream", (640, 360)),
        ];
        Self {
            starts_at,
            ahead_ms: 0,
            is_manual: false,
            login,
            named_at: None,
            profiles,
            asked: Vec::new(),
            unexpected: Vec::new(),
            nonces: Vec::new(),
            challenges: 0,
        }
    }

    fn wrong(&mut self, what: impl Into<String>) {
        self.unexpected.push(what.into());
    }

    fn now(&self, now: Duration) -> u64 {
        let millis = u64::try_from(now.as_millis()).unwrap_or_default();
        (self.starts_at + millis).saturating_add_signed(self.ahead_ms)
    }

    fn picture(&mut self, request: &Request) -> Reply {
        if request.method != "GET" {
            self.wrong(format!("{} of the picture", request.method));
            return Reply::text(405, "");
        }
        if !matches!(self.login, Login::Open) && !login::has_digest(request) {
            return login::challenge(self.challenges);
        }
        // Bodies of doubles are text, which no picture is: it stands for one that is broken.
        Reply::text(200, "neither").header("content-type", "image/jpeg")
    }

    fn service(&mut self, request: &Request, now: Duration, base: &str, service: &str) -> Reply {
        if request.method != "POST" {
            self.wrong(format!("{} of a service", request.method));
            return Reply::text(405, "");
        }
        if request.media_type() != "application/soap+xml" {
            self.wrong(format!("media type `{}`", request.media_type()));
            return Reply::text(415, "");
        }
        let text = String::from_utf8_lossy(&request.body).into_owned();
        let Ok(document) = Document::parse(&text) else {
            self.wrong("not XML");
            return fault(400, "s:Sender", &["ter:WellFormed"], "Well-formed Error");
        };
        let root = document.root_element();
        if !root.has_tag_name((ENVELOPE, "Envelope")) {
            self.wrong("not SOAP 1.2");
            return fault(400, "s:VersionMismatch", &[], "Version Mismatch");
        }
        let find = |name: &str| root.children().find(|child| child.has_tag_name((ENVELOPE, name)));
        let Some(operation) = find("Body").and_then(|body| body.children().find(Node::is_element)) else {
            self.wrong("no body");
            return fault(400, "s:Sender", &["ter:WellFormed"], "Well-formed Error");
        };
        let name = operation.tag_name().name().to_owned();
        if operation.tag_name().namespace() != Some(service) {
            self.wrong(format!("`{name}` of another service"));
            return fault(400, "s:Sender", &["ter:Namespace"], "Namespace Error");
        }
        let action = format!("action=\"{service}/{name}\"");
        if !request.header("content-type").is_some_and(|said| said.contains(&action)) {
            self.wrong(format!("another action than `{name}`"));
            return fault(400, "s:Sender", &["ter:InvalidArgs"], "Action Mismatch");
        }
        self.asked.push(name.clone());
        let is_public = matches!(name.as_str(), "GetSystemDateAndTime" | "GetCapabilities");
        if !is_public && let Some(refused) = self.refused(request, find("Header"), self.now(now)) {
            return refused;
        }
        self.perform(&name, operation, self.now(now), base)
    }

    fn perform(&mut self, name: &str, operation: Node<'_, '_>, now: u64, base: &str) -> Reply {
        match name {
            "GetSystemDateAndTime" => say("tds", name, &moment(now, self.is_manual)),
            "GetCapabilities" => {
                let at = self.named_at.as_deref().unwrap_or(base);
                let address = format!("{at}{}", Self::MEDIA_PATH);
                say(
                    "tds",
                    name,
                    &format!(
                        "<tds:Capabilities><tt:Media><tt:XAddr>{address}</tt:XAddr></tt:Media></tds:Capabilities>"
                    ),
                )
            }
            "GetProfiles" => {
                let all: String = self.profiles.iter().map(words::profile).collect();
                say("trt", name, &all)
            }
            "GetStreamUri" | "GetSnapshotUri" => self.uri(name, operation),
            other => {
                self.wrong(format!("unknown `{other}`"));
                fault(500, "s:Receiver", &["ter:ActionNotSupported"], "Optional Action Not Implemented")
            }
        }
    }

    fn uri(&mut self, name: &str, operation: Node<'_, '_>) -> Reply {
        let media = operation.tag_name().namespace().unwrap_or_default();
        let texts = |names: [(&str, &str); 3]| {
            let end = names
                .iter()
                .filter(|(_, name)| !name.is_empty())
                .try_fold(operation, |node, name| node.children().find(|child| child.has_tag_name(*name)));
            end.and_then(|node| node.text()).unwrap_or_default().to_owned()
        };
        let none = ("", "");
        let is_stream = name == "GetStreamUri";
        if is_stream {
            let kind = texts([(media, "StreamSetup"), (SCHEMA, "Stream"), none]);
            let protocol = texts([(media, "StreamSetup"), (SCHEMA, "Transport"), (SCHEMA, "Protocol")]);
            if (kind.as_str(), protocol.as_str()) != ("RTP-Unicast", "RTSP") {
                self.wrong(format!("stream `{kind}` over `{protocol}`"));
                return fault(
                    400,
                    "s:Sender",
                    &["ter:InvalidArgVal", "ter:InvalidStreamSetup"],
                    "Invalid StreamSetup",
                );
            }
        }
        let token = texts([(media, "ProfileToken"), none, none]);
        let Some(profile) = self.profiles.iter().find(|profile| profile.token == token) else {
            self.wrong(format!("no profile `{token}`"));
            return fault(400, "s:Sender", &["ter:InvalidArgVal", "ter:NoProfile"], "Profile Not Exist");
        };
        let uri = if is_stream { Some(&profile.stream) } else { profile.snapshot.as_ref() };
        match uri {
            Some(uri) => say("trt", name, &words::uri(uri)),
            None => fault(500, "s:Receiver", &["ter:ActionNotSupported"], "Optional Action Not Implemented"),
        }
    }
}

impl Double for Onvif {
    fn answer(&mut self, request: &Request, now: Duration, base: &str) -> Reply {
        match request.parts().0 {
            Self::DEVICE_PATH => self.service(request, now, base, words::DEVICE),
            Self::MEDIA_PATH => self.service(request, now, base, words::MEDIA),
            Self::SNAPSHOT_PATH => self.picture(request),
            other => {
                self.wrong(format!("path `{other}`"));
                Reply::text(404, "<html><title>Not Found</title></html>")
            }
        }
    }
}
