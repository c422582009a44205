//! What a call was refused: what it met of its rights, of its limits, and of this machine's shortages.

use watchkeep_core::grant::Denial;

use crate::shortage::Shortage;

/// Host calls that were denied or met a limit. A report worse than ok after one judges the host's refusal, not
/// the target.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    pub(crate) denied: u32,
    pub(crate) limited: u32,
    /// The first refusal; but a shortage of the host replaces it.
    pub(crate) first: Option<Refusal>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Refusal {
    Denied(Denial),
    Limited {
        message: String,
        /// What would change that, unless it is the plugin's own limit.
        hint: Option<String>,
    },
    /// This machine lacked something. Whatever the guest makes of it, the run judges nothing.
    Short(Shortage),
    /// Something that the operator gave cannot be used. The guest is not told why, because that would say something
    /// about a secret.
    Unusable {
        message: String,
        hint: String,
    },
}

impl Refusals {
    /// The refusals of a call that met only this one.
    pub(crate) fn of(refusal: Refusal) -> Self {
        let (denied, limited) = match &refusal {
            Refusal::Denied(_) => (1, 0),
            Refusal::Limited { .. } | Refusal::Short(_) => (0, 1),
            Refusal::Unusable { .. } => (0, 0),
        };
        Self { denied, limited, first: Some(refusal) }
    }
    /// Takes over what an exchange that ran beside the guest met.
    pub(crate) fn absorb(&mut self, other: Refusals) {
        self.denied = self.denied.saturating_add(other.denied);
        self.limited = self.limited.saturating_add(other.limited);
        self.first = match other.first {
            Some(Refusal::Short(shortage)) => Some(Refusal::Short(shortage)),
            other => self.first.take().or(other),
        };
    }
    pub(crate) fn deny(&mut self, denial: Denial) -> Denial {
        self.denied = self.denied.saturating_add(1);
        self.first.get_or_insert_with(|| Refusal::Denied(denial.clone()));
        denial
    }
    /// Notes what is told to the operator in place of whatever the plugin makes of it.
    pub(crate) fn unusable(&mut self, message: String, hint: &str) {
        self.first.get_or_insert_with(|| Refusal::Unusable { message, hint: hint.to_owned() });
    }
    /// Notes a limit that no key of the config raises.
    pub(crate) fn limit(&mut self, message: String) -> String {
        self.limited = self.limited.saturating_add(1);
        self.first.get_or_insert_with(|| Refusal::Limited { message: message.clone(), hint: None });
        message
    }
    /// Notes a shortage. Returns what the guest is told.
    pub(crate) fn short(&mut self, shortage: Shortage) -> String {
        self.limited = self.limited.saturating_add(1);
        let told = format!("{}; hint: {}", shortage.message, shortage.hint);
        if self.shortage().is_none() {
            self.first = Some(Refusal::Short(shortage));
        }
        told
    }
    /// Forgets what was refused since `first` was the first refusal: the target caused that, and the guest judges it. A
    /// shortage of this machine is not forgotten.
    pub(crate) fn forget_since(&mut self, first: Option<Refusal>) {
        if self.shortage().is_none() {
            self.first = first;
        }
    }
    pub(crate) fn shortage(&self) -> Option<&Shortage> {
        match &self.first {
            Some(Refusal::Short(shortage)) => Some(shortage),
            Some(Refusal::Denied(_) | Refusal::Limited { .. } | Refusal::Unusable { .. }) | None => None,
        }
    }
    /// Notes a limit that is not the plugin's own. `hint` says what to do about it.
    pub(crate) fn limit_with(&mut self, message: String, hint: &str) -> String {
        self.limited = self.limited.saturating_add(1);
        let told = format!("{message}; hint: {hint}");
        self.first.get_or_insert_with(|| Refusal::Limited { message, hint: Some(hint.to_owned()) });
        told
    }
}
