//! Records that say who may send mail for a domain.

use watchkeep_sdk::clipped;
use watchkeep_sdk::prelude::*;

use crate::config::Dns;
use crate::{question, values};

pub(crate) fn look(config: &Dns, findings: &mut Vec<Finding>) -> Result<(), Stop> {
    if let Some(wanted) = &config.spf {
        findings.push(one(config, "spf", &config.name, "v=spf1", wanted)?);
    }
    if let Some(wanted) = &config.dmarc {
        findings.push(one(config, "dmarc", &format!("_dmarc.{}", config.name), "v=DMARC1", wanted)?);
    }
    for (selector, wanted) in &config.dkim.0 {
        let name = format!("{selector}._domainkey.{}", config.name);
        findings.push(dkim(config, selector, &name, wanted)?);
    }
    Ok(())
}

/// The texts at a name, or why there are none.
fn texts(config: &Dns, name: &str) -> Result<Result<Vec<String>, String>, Stop> {
    // Any of them: whether all say the same is asked with `expect`.
    let server = config.server.0.first().map(String::as_str);
    match question::asked(config, name, "TXT", server) {
        Ok(answer) if answer.status == "NOERROR" => {
            Ok(Ok(answer.records("TXT").map(|record| values::text(&record.data)).collect()))
        }
        Ok(answer) => Ok(Err(format!("`{name}`: the name server says {}", answer.status))),
        Err(none) => Ok(Err(none.told()?)),
    }
}

/// There must be one record of this kind and no second: receivers take two for none.
fn one(config: &Dns, key: &str, name: &str, begins: &str, wanted: &str) -> Result<Finding, Stop> {
    let critical = |why: String| Ok(Finding::new(key, State::Critical, why));
    let texts = match texts(config, name)? {
        Ok(texts) => texts,
        Err(why) => return critical(why),
    };
    let is_one = |text: &&String| {
        text.get(..begins.len()).is_some_and(|start| start.eq_ignore_ascii_case(begins))
            && !text[begins.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
    };
    let found: Vec<&String> = texts.iter().filter(is_one).collect();
    match &*found {
        [] => critical(format!("`{name}` has no record that begins with `{begins}`")),
        [only] if spaced(only) == spaced(wanted) => {
            Ok(Finding::new(key, State::Ok, format!("`{name}` has `{}`", clipped(only))))
        }
        [only] => critical(format!("`{name}` has `{}`; expected `{}`", clipped(only), clipped(wanted))),
        several => critical(format!(
            "`{name}` has {} records that begin with `{begins}`, which receivers take for none",
            several.len()
        )),
    }
}

fn dkim(config: &Dns, selector: &str, name: &str, wanted: &str) -> Result<Finding, Stop> {
    let key = format!("dkim {selector}");
    let texts = match texts(config, name)? {
        Ok(texts) => texts,
        Err(why) => return Ok(Finding::new(key, State::Critical, why)),
    };
    let key_of = |text: &String| {
        let tags = text.split(';').filter_map(|tag| tag.split_once('='));
        tags.filter(|(tag, _)| tag.trim() == "p").map(|(_, value)| value.trim().to_owned()).next()
    };
    let keys: Vec<(&String, String)> =
        texts.iter().filter_map(|text| key_of(text).map(|key| (text, key))).collect();
    let (state, said) = match &*keys {
        [] => (State::Critical, format!("`{name}` has no record with a key (`p=`)")),
        [(_, value)] if value.is_empty() => {
            (State::Critical, format!("the key at `{name}` is revoked (`p=` is empty)"))
        }
        [(text, _)] if wanted.is_empty() || spaced(text) == spaced(wanted) => {
            (State::Ok, format!("`{name}` has `{}`", clipped(text)))
        }
        [(text, _)] => {
            (State::Critical, format!("`{name}` has `{}`; expected `{}`", clipped(text), clipped(wanted)))
        }
        several => (State::Critical, format!("`{name}` has {} records with a key", several.len())),
    };
    Ok(Finding::new(key, state, said))
}

/// Blanks mean nothing.
fn spaced(text: &str) -> String {
    text.split_ascii_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace(" ;", ";")
        .replace("; ", ";")
        .trim_end_matches(';')
        .to_owned()
}
