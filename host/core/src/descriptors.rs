//! How the descriptors that the host may open are shared out. What strangers can make it open is bounded, far below the
//! total: checks, notifiers, the store and the control socket never find that the last one is taken.

/// Below this, the shares are so small that a busy host notices.
pub const FEW: u64 = 1_024;

/// The shares of one limit, which together are less than the limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Descriptors {
    /// Connections to the control socket.
    pub control: usize,
    /// Connections to the pages and the API.
    pub pages: usize,
    /// Connections to the address for heartbeats.
    pub public: usize,
    /// Connections that calls of plugins hold. One of them may try several addresses at once, so each counts twice; and
    /// half as many again are for looking names up.
    pub calls: u32,
}

/// What the host itself needs: the store, files, programs and compilers that it starts.
const OWN: u64 = 256;
/// More than any host was ever seen to need.
const CALLS_MAX: u64 = 16_384;

impl Descriptors {
    /// Shares out this many descriptors.
    pub fn share(limit: u64) -> Self {
        let rest = limit - OWN.min(limit / 4);
        let part = |of: u64, least: u64, most: u64| (rest / of).clamp(least, most);
        let (control, pages, public) = (part(16, 8, 64), part(8, 16, 2_560), part(8, 16, 1_024));
        let left = rest.saturating_sub(control + pages + public);
        let calls = (left / 5 * 2).clamp(16, CALLS_MAX);
        let size = |share: u64| usize::try_from(share).unwrap_or(usize::MAX);
        Self {
            control: size(control),
            pages: size(pages),
            public: size(public),
            calls: u32::try_from(calls).unwrap_or(u32::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_shares_together_leave_the_host_its_own() {
        for limit in [256, 512, 1_024, 4_096, 20_000, 524_288, u64::MAX] {
            let Descriptors { control, pages, public, calls } = Descriptors::share(limit);
            let shared = control + pages + public + calls as usize / 2 * 5;
            let own = usize::try_from(limit / 4).unwrap().min(usize::try_from(OWN).unwrap());
            assert!(shared as u64 <= limit - own as u64, "{limit}: {shared}");
            assert!(calls >= 50, "{limit}: {calls}");
        }
    }

    #[test]
    fn strangers_get_less_than_checks_do() {
        for limit in [256, 1_024, 20_000] {
            let shares = Descriptors::share(limit);
            assert!(shares.public < shares.calls as usize, "{limit}: {shares:?}");
        }
    }
}
