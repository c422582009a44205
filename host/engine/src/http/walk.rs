//! Where a request has been, and what was answered there. Kept outside of the future that follows redirects, which may
//! be cut off, so that what is certain can be told however it ends.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::{HeaderMap, Method, StatusCode, Version};

use super::body::Stretch;
use super::cookies::{Cookies, Reach};
use super::leniences::Leniences;
use super::mask::Mask;
use super::redirect;
use super::request::Plan;
use crate::contract::transport::{FailureKind, Phase};
use crate::network::failure::Problem;
use crate::network::timeline::Timeline;

pub(super) struct Walk {
    /// The timeline of the hop under way.
    pub(super) timeline: Timeline,
    /// What its peer answered, once the head was there.
    pub(super) heard: Option<Heard>,
    /// Its URL, without what a credential put into it.
    pub(super) url: String,
    /// Hops that redirected.
    pub(super) past: Vec<Past>,
    pub(super) cookies: Cookies,
    pub(super) leniences: Leniences,
}

/// A head, and what came of the body.
pub(super) struct Heard {
    pub(super) status: StatusCode,
    pub(super) version: Version,
    pub(super) headers: HeaderMap,
    pub(super) body: Stretch,
    pub(super) trailers: HeaderMap,
}

pub(super) struct Past {
    pub(super) heard: Heard,
    pub(super) timeline: Timeline,
    pub(super) url: String,
    pub(super) location: String,
}

/// Why a walk ended before its answer was whole.
pub(super) enum Stop {
    /// The last answer redirects to where nobody can follow.
    Redirect(Problem),
    Broken(Problem),
}

impl Walk {
    pub(super) fn begin() -> Self {
        Self {
            timeline: Timeline::begin(),
            heard: None,
            url: String::new(),
            past: Vec::new(),
            cookies: Cookies::new(Reach::Origin),
            leniences: Leniences::default(),
        }
    }

    /// Whether everything that the guest gets has come, and only more was still waited for.
    pub(super) fn is_heard(&self, plan: &Plan) -> bool {
        self.heard.as_ref().is_some_and(|heard| heard.body.bytes.len() > plan.cap())
    }

    /// Ends a hop that redirects, and turns the plan towards where it leads.
    pub(super) fn follow(&mut self, plan: &mut Plan, mask: &Mask) -> Result<(), Problem> {
        let Some(heard) = &self.heard else { return Ok(()) };
        if self.past.len() >= usize::from(plan.redirects_max) {
            let message = format!("more than {} redirects", plan.redirects_max);
            return Err(Problem::new(FailureKind::Protocol, Phase::Wait, message));
        }
        let location = heard.headers.get(LOCATION).map_or(&[][..], |location| location.as_bytes());
        let next = redirect::target(&plan.url, location, mask)?;
        let location = String::from_utf8_lossy(location).into_owned();
        if heard.headers.contains_key(SET_COOKIE) {
            self.cookies.take(&plan.url, &heard.headers);
        }
        plan.turn(heard.status, next);
        if let Some(heard) = self.heard.take() {
            let timeline = std::mem::replace(&mut self.timeline, Timeline::begin());
            let url = std::mem::take(&mut self.url);
            self.past.push(Past { heard, timeline, url, location });
        }
        Ok(())
    }

    /// Forgets an answer that only asked for a login. Its cookies are kept.
    pub(super) fn ask_again(&mut self, url: &url::Url) {
        if let Some(asked) = self.heard.take() {
            self.cookies.take(url, &asked.headers);
        }
        self.timeline = Timeline::begin();
    }

    /// Goes back to the last redirect, because the host may not go where it leads.
    pub(super) fn turn_back(&mut self) -> Option<String> {
        let Past { heard, timeline, url, location } = self.past.pop()?;
        (self.heard, self.timeline, self.url) = (Some(heard), timeline, url);
        Some(location)
    }
}

impl Plan {
    /// Does what every client does: 303 asks for the result, and 301 and 302 turn POST into GET.
    fn turn(&mut self, status: StatusCode, next: url::Url) {
        let to_get = match status {
            StatusCode::SEE_OTHER => self.method != Method::HEAD,
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method == Method::POST,
            _ => false,
        };
        if to_get {
            self.method = Method::GET;
            self.body = Bytes::new();
            self.headers.remove(CONTENT_TYPE);
            self.headers.remove(CONTENT_LENGTH);
        }
        // A secret URL was for the first hop only; the answer says where it led.
        self.credentials.retain(|credential| !credential.is_whole_url());
        self.url = next;
    }
}
