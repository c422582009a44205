//! What the device's answers amount to: a finding for its clock, one for its list of profiles, one for each expected profile.

use watchkeep_sdk::clipped;
use watchkeep_sdk::http::span;
use watchkeep_sdk::prelude::*;

use crate::ask;
use crate::client::{Client, Wrong};
use crate::config::{Expected, Onvif, Resolution, Use};
use crate::opened::{self, Opened};
use crate::profile::Profile;
use crate::time::Time;
use crate::uri::Uri;

/// The time that it tells has whole seconds: on average, half of one has passed since.
const HALF_SECOND: i64 = 500;
/// As many as a sentence has room for.
const NAMED_MAX: usize = 5;

pub(crate) fn judge(config: &Onvif) -> Verdict {
    let mut client = Client::new(config);
    let (clock, is_there) = match ask::time(&mut client, &config.url) {
        Ok((time, now)) => (clock(config, &mut client, time, now), true),
        Err(Wrong::Fault(fault)) => return Err(fault.into()),
        // Nobody is there who could say more.
        Err(Wrong::Said(sentence)) => (Finding::critical("clock", sentence), false),
        Err(Wrong::Login(sentence) | Wrong::Refused(sentence)) => (unjudged("clock", &sentence), true),
    };
    let mut report = if is_there {
        let mut findings = vec![clock];
        profiles(config, &mut client, &mut findings)?;
        Report::worst_of(findings)
    } else {
        Report::critical(clock.summary)
    };
    if let Some(took) = client.took {
        report = report.with(Metric::response_time(took, None, None));
    }
    let success = report.state != State::Critical;
    Ok(report.metric("probe_success", success))
}

fn unjudged(key: impl Into<String>, why: &str) -> Finding {
    Finding::unknown(key, format!("not judged: {why}"))
}

fn clock(config: &Onvif, client: &mut Client<'_>, time: Time, now: u64) -> Finding {
    let ahead = time.at as i64 + HALF_SECOND - now as i64;
    client.ahead = ahead;
    let limit = |span: Duration| Range::between(-span.as_secs_f64(), span.as_secs_f64());
    let (warning, critical) = (limit(config.clock_warning), limit(config.clock_critical));
    let seconds = ahead as f64 / 1e3;
    let state = State::by(seconds, warning, critical);
    let away = span(Duration::from_millis(ahead.unsigned_abs()));
    let direction = if ahead < 0 { "behind" } else { "ahead" };
    let hint = match time.is_manual {
        true => "; hint: it is set by hand: give it an NTP server",
        false => "; hint: look at its NTP server and time zone",
    };
    let said = match state {
        State::Ok | State::Unknown => format!("the clock is {away} {direction}"),
        State::Warning => {
            format!("the clock is {away} {direction}, more than {}{hint}", span(config.clock_warning))
        }
        State::Critical => {
            format!("the clock is {away} {direction}, more than {}{hint}", span(config.clock_critical))
        }
    };
    let metric = Metric::new("onvif_clock_offset_seconds", seconds, "seconds");
    Finding::new("clock", state, said).with(metric.warning(warning).critical(critical))
}

fn profiles(config: &Onvif, client: &mut Client<'_>, findings: &mut Vec<Finding>) -> Result<(), Fault> {
    let found = ask::media(client, config).and_then(|url| Ok((ask::profiles(client, &url)?, url)));
    let (all, url) = match found {
        Ok(found) => found,
        Err(wrong) => {
            findings.push(Finding::critical("profiles", wrong.sentence()?));
            // One cause makes one alert.
            let unlisted = |expected: &Expected| {
                let key = format!("profile {}", expected.name);
                unjudged(key, "the list of profiles could not be read").label("profile", &expected.name)
            };
            findings.extend(config.profiles.iter().map(unlisted));
            return Ok(());
        }
    };
    findings.push(listed(&all));
    for expected in &config.profiles {
        let finding = match all.iter().find(|profile| profile.is_called(&expected.name)) {
            Some(profile) => profile_of(config, client, &url, expected, profile)?,
            None => {
                let said = format!("profile `{}` is missing; it has {}", expected.name, names(&all));
                Finding::critical(format!("profile {}", expected.name), said)
            }
        };
        findings.push(finding.label("profile", &expected.name));
    }
    Ok(())
}

fn listed(all: &[Profile]) -> Finding {
    let finding = match all.len() {
        0 => Finding::critical("profiles", "it has no profile; hint: it was perhaps reset"),
        1 => Finding::ok("profiles", format!("1 profile: {}", names(all))),
        count => Finding::ok("profiles", format!("{count} profiles: {}", names(all))),
    };
    finding.metric("onvif_profiles", all.len() as f64)
}

fn names(all: &[Profile]) -> String {
    let mut names: Vec<String> =
        all.iter().take(NAMED_MAX).map(|profile| format!("`{}`", profile.name)).collect();
    match all.len().saturating_sub(NAMED_MAX) {
        0 if names.is_empty() => return "none".to_owned(),
        0 => {}
        more => names.push(format!("{more} more")),
    }
    names.join(", ")
}

fn profile_of(
    config: &Onvif,
    client: &mut Client<'_>,
    url: &str,
    expected: &Expected,
    profile: &Profile,
) -> Result<Finding, Fault> {
    let mut complaints = Complaints::default();
    settings(expected, profile, &mut complaints);
    let uses = [
        (What::Stream, expected.stream, expected.stream_url.as_deref()),
        (What::Snapshot, expected.snapshot, expected.snapshot_url.as_deref()),
    ];
    for (what, used, wanted) in uses {
        if used == Use::Ignored {
            continue;
        }
        if clock::remaining() < config.timeout {
            let name = what.name();
            complaints
                .open(format!("its {name}: the run has no time left; hint: raise the check's `timeout`"));
            continue;
        }
        let named = match what {
            What::Stream => ask::stream(client, url, &profile.token),
            What::Snapshot => ask::snapshot(client, url, &profile.token),
        };
        match named {
            Ok(uri) => what.judge(config, used, wanted, &uri, &mut complaints)?,
            Err(wrong) => complaints.critical(format!("its {}: {}", what.name(), wrong.sentence()?)),
        }
    }
    let state = match (complaints.state(), complaints.fault()) {
        (State::Ok, Some(_)) => State::Unknown,
        (state, _) => state,
    };
    let opening = format!("`{}`: {}", profile.name, profile.described());
    let report = complaints.report(state, opening);
    let mut finding = Finding::new(format!("profile {}", expected.name), state, report.summary);
    if let Some(Resolution { width, height }) = profile.resolution {
        finding = finding
            .metric("onvif_profile_width_pixels", f64::from(width))
            .metric("onvif_profile_height_pixels", f64::from(height));
    }
    if let Some(rate) = profile.frame_rate {
        finding = finding.metric("onvif_profile_frames_per_second_max", f64::from(rate));
    }
    Ok(finding)
}

/// How the profile is set, beside what is expected.
fn settings(expected: &Expected, profile: &Profile, complaints: &mut Complaints) {
    if let Some(wanted) = &expected.encoding
        && !profile.encoding.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(wanted))
    {
        complaints.critical(format!("expected encoding {}", clipped(wanted)));
    }
    if let Some(wanted) = expected.resolution
        && profile.resolution != Some(wanted)
    {
        complaints.critical(format!("expected {}x{} pixels", wanted.width, wanted.height));
    }
    match (expected.frame_rate_min, profile.frame_rate) {
        (Some(least), Some(rate)) if rate < least => {
            complaints.critical(format!("limited to {rate} frames/s, less than {least}"));
        }
        (Some(_), None) => complaints.open("it names no frame rate"),
        (_, _) => {}
    }
}

#[derive(Clone, Copy)]
enum What {
    Stream,
    Snapshot,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            What::Stream => "stream",
            What::Snapshot => "snapshot",
        }
    }

    fn judge(
        self,
        config: &Onvif,
        used: Use,
        wanted: Option<&str>,
        uri: &Uri,
        complaints: &mut Complaints,
    ) -> Result<(), Fault> {
        let name = self.name();
        if let Some(wanted) = wanted
            && uri.whole() != wanted
        {
            let shown = uri.shown();
            complaints.critical(format!(
                "its {name} is at `{shown}`, not where `{name}_url` says; hint: change the check of the {name} as well"
            ));
        }
        if used != Use::Opened {
            return Ok(());
        }
        let opened = match self {
            What::Stream => opened::stream(config, uri),
            What::Snapshot => opened::snapshot(config, uri),
        };
        match opened {
            Opened::Well => {}
            Opened::Wrong(sentence) => {
                complaints.critical(format!("its {name} at `{}`: {sentence}", uri.shown()))
            }
            Opened::Fault(fault) => return Err(fault),
        }
        Ok(())
    }
}
