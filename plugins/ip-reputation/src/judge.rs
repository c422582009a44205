//! What the lists say together: a score, a state and a finding for each address.

use std::net::Ipv4Addr;

use watchkeep_sdk::clipped;
use watchkeep_sdk::prelude::*;

use crate::ask::Said;
use crate::config::{IpReputation, Unjudged};
use crate::lists::List;
use crate::volume::Sent;

const SCORE_MAX: u8 = 100;

/// A list that has the address.
struct Listing<'a> {
    list: &'a List,
    codes: &'a [Ipv4Addr],
    reasons: &'a [String],
}

/// All that is known of one address.
struct Known<'a> {
    address: String,
    listings: Vec<Listing<'a>>,
    unjudged: Vec<(&'a List, &'a str)>,
    /// Lists that said whether they have it, and whether they do.
    judged: Vec<(&'a List, bool)>,
    volume: Option<&'a Sent>,
}

pub(crate) fn report(
    config: &IpReputation,
    lists: &[List],
    asked: &[Vec<Said>],
    volumes: &[Option<Sent>],
) -> Verdict {
    let mut findings = Vec::new();
    let mut details = Vec::new();
    let mut first_why = None;
    for (at, address) in config.addresses.0.iter().enumerate() {
        let said = lists.iter().zip(asked).filter_map(|(list, said)| Some((list, said.get(at)?)));
        let volume = volumes.get(at).and_then(Option::as_ref);
        let known = Known::of(address.0.to_string(), said, volume);
        if let Some((list, why)) = known.unjudged.first() {
            first_why.get_or_insert_with(|| format!("{}: {why}", list.name));
        }
        known.details(&mut details);
        findings.push(known.finding(config));
    }
    if asked.iter().flatten().all(|said| matches!(said, Said::Unjudged(_) | Said::NotAsked)) {
        let why = first_why.unwrap_or_default();
        return Err(Fault::inconclusive(format!("no list could be judged; {why}")).into());
    }
    let only = (findings.len() == 1).then(|| findings[0].summary.clone());
    let report = Report::worst_of(findings);
    let report = match only {
        Some(summary) => report.summary(summary),
        None => report,
    };
    Ok(if details.is_empty() { report } else { report.details(details.join("\n")) })
}

impl<'a> Known<'a> {
    fn of(
        address: String,
        said: impl Iterator<Item = (&'a List, &'a Said)>,
        volume: Option<&'a Sent>,
    ) -> Known<'a> {
        let mut known =
            Known { address, listings: Vec::new(), unjudged: Vec::new(), judged: Vec::new(), volume };
        for (list, said) in said {
            match said {
                Said::Listed { codes, reasons } => {
                    known.listings.push(Listing { list, codes, reasons });
                    known.judged.push((list, true));
                }
                Said::NotListed => known.judged.push((list, false)),
                Said::Unjudged(why) => known.unjudged.push((list, why)),
                Said::NotAsked => {}
            }
        }
        known
    }

    fn score(&self) -> u8 {
        let taken = self.listings.iter().map(|listing| listing.list.weighs(listing.codes));
        taken.fold(SCORE_MAX, u8::saturating_sub)
    }

    fn state(&self, config: &IpReputation) -> State {
        let score = self.score();
        let is_critical = self.listings.iter().any(|listing| listing.list.is_critical(listing.codes))
            || config.score_critical.is_some_and(|critical| score < critical);
        let state = match score < config.score_warning {
            _ if self.judged.is_empty() => State::Unknown,
            _ if is_critical => State::Critical,
            true => State::Warning,
            false => State::Ok,
        };
        match (state, config.unjudged) {
            (State::Ok, Unjudged::Warning) if !self.unjudged.is_empty() => State::Warning,
            (State::Ok, Unjudged::Unknown) if !self.unjudged.is_empty() => State::Unknown,
            (state, _) => state,
        }
    }

    fn finding(&self, config: &IpReputation) -> Finding {
        let state = self.state(config);
        let mut finding = Finding::new(&self.address, state, self.summary(config, state));
        if let Some(provider) = &config.provider {
            finding = finding.label("provider", provider);
        }
        if let Some(link) = self.listings.iter().find_map(|listing| listing.list.link) {
            finding = finding.link(link);
        }
        let of_address = |metric: Metric| metric.label("address", &self.address);
        if !self.judged.is_empty() {
            let score = Metric::new("ip_reputation_score", f64::from(self.score()), "");
            let score = score.warning(Range::at_least(f64::from(config.score_warning)));
            let score = match config.score_critical {
                Some(critical) => score.critical(Range::at_least(f64::from(critical))),
                None => score,
            };
            finding = finding.with(of_address(score));
        }
        for (list, is_listed) in &self.judged {
            let listed = Metric::new("ip_reputation_listed", f64::from(u8::from(*is_listed)), "");
            finding = finding.with(of_address(listed).label("list", &list.key));
        }
        let unjudged = Metric::new("ip_reputation_lists_unjudged", self.unjudged.len() as f64, "");
        finding = finding.with(of_address(unjudged));
        if let Some(Ok(volume)) = self.volume {
            finding = finding.with(of_address(Metric::new("ip_reputation_daily_volume", *volume, "")));
        }
        finding
    }

    /// `192.0.2.25 (Example Hosting): Critical, score 40, listed by Spamhaus ZEN (127.0.0.2 SBL)`.
    fn summary(&self, config: &IpReputation, state: State) -> String {
        let provider = config.provider.as_ref().map(|provider| format!(" ({})", clipped(provider)));
        let mut said = format!("{}{}: ", self.address, provider.unwrap_or_default());
        match state {
            State::Unknown if self.judged.is_empty() => said.push_str("not judged"),
            state => said.push_str(&format!("{}, score {}", word(state), self.score())),
        }
        let listings: Vec<String> = self.listings.iter().map(Listing::told).collect();
        match (listings.is_empty(), self.judged.len()) {
            (false, _) => said.push_str(&format!(", listed by {}", listings.join(", "))),
            (true, 0) => {}
            (true, 1) => said.push_str(", not listed by the list that was judged"),
            (true, many) => said.push_str(&format!(", listed by none of {many}")),
        }
        match self.volume {
            Some(Ok(volume)) => said.push_str(&format!(", {} sent a day", volume.round() as u64)),
            Some(Err(_)) => said.push_str(", volume not known"),
            None => {}
        }
        if !self.unjudged.is_empty() {
            let names: Vec<&str> = self.unjudged.iter().map(|(list, _)| &*list.name).collect();
            said.push_str(&format!("; not judged: {}", names.join(", ")));
        }
        said
    }

    /// A line for each listing, with what to do about it, and for all that was not judged.
    fn details(&self, details: &mut Vec<String>) {
        let address = &self.address;
        for listing in &self.listings {
            let reasons: String = listing.reasons.iter().map(|reason| format!(": `{reason}`")).collect();
            let delisting = listing.list.delisting().map(|what| format!("; delisting: {what}"));
            details.push(format!("{address} {}{reasons}{}", listing.told(), delisting.unwrap_or_default()));
        }
        for (list, why) in &self.unjudged {
            details.push(format!("{address} {}: not judged, {why}", list.name));
        }
        if let Some(Err(why)) = self.volume {
            details.push(format!("{address} volume: not known, {why}"));
        }
    }
}

impl Listing<'_> {
    /// `Spamhaus ZEN (127.0.0.10 PBL, policy)`.
    fn told(&self) -> String {
        let codes: Vec<String> = self.codes.iter().map(|code| self.list.meaning(*code)).collect();
        let policy = if self.list.is_policy(self.codes) { ", policy" } else { "" };
        format!("{} ({}{policy})", self.list.name, codes.join(", "))
    }
}

/// In the words of those who read tables of addresses.
const fn word(state: State) -> &'static str {
    match state {
        State::Ok => "Good",
        State::Warning => "Warning",
        State::Critical => "Critical",
        State::Unknown => "Unknown",
    }
}
