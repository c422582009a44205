//! The letter as plain text.

use crate::letter::{Letter, Member, Tone};
use watchkeep_sdk::wording::Mood;

pub(crate) fn of(letter: &Letter) -> String {
    let mut lines = vec![letter.title.clone(), String::new()];
    lines.extend(letter.facts.iter().cloned());
    lines.extend(letter.runbook.iter().map(|runbook| format!("runbook: {runbook}")));
    for member in &letter.members {
        write_member(member, &mut lines);
    }
    if letter.unseen > 0 {
        lines.push(format!("and {} more", letter.unseen));
    }
    if let Some(details) = &letter.details {
        lines.extend([String::new(), details.clone()]);
    }
    lines.push(String::new());
    if !letter.reason.is_empty() {
        lines.push(format!("reason: {}", letter.reason));
    }
    lines.extend(Some(&letter.tags).filter(|tags| !tags.is_empty()).cloned());
    lines.extend(letter.acknowledge.iter().map(|page| format!("acknowledge: {page}")));
    lines.push(letter.link.clone());
    if let Some(leave) = &letter.leave {
        lines.extend([String::new(), format!("Unsubscribe: {leave}")]);
    }
    lines.join("\n")
}

fn write_member(member: &Member, lines: &mut Vec<String>) {
    lines.push(format!("{} {}: {}", word(member.tone), member.name, member.summary));
    lines.push(format!("  {}", member.below));
    lines.push(format!("  {}", member.link));
    lines.extend(member.acknowledge.iter().map(|page| format!("  acknowledge: {page}")));
    lines.extend(member.runbook.iter().map(|runbook| format!("  runbook: {runbook}")));
}

pub(crate) fn word(tone: Tone) -> &'static str {
    match tone {
        Tone::Of(mood) => Mood::word(mood),
        Tone::Info => "INFO",
    }
}
