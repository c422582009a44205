//! Whether the zone above names the same name servers as the zone itself.

use watchkeep_sdk::prelude::*;

use crate::answer::shown;
use crate::config::Dns;
use crate::servers::{Found, Server, names};
use crate::{question, servers, values};

const NOBODY: &str = "it has no name server with an address";

/// What the zone above says of this one, against what the zone says of itself.
pub(crate) fn judge(config: &Dns, servers: &[Server]) -> Result<Finding, Stop> {
    let zone = values::plain("NS", &config.name);
    let (above, parents) = match above(config, &zone)? {
        Ok(found) => found,
        Err(why) => return Ok(critical(format!("the zone above `{zone}` cannot be found: {why}"))),
    };
    let own = match own_names(config, servers)? {
        Ok(own) => own,
        Err(why) => return Ok(critical(format!("the zone itself cannot be asked: {why}"))),
    };
    let mut last = NOBODY.to_owned();
    for parent in &parents {
        if parent.addresses.is_empty() {
            last = format!("{}: {}", parent.name, parent.lack());
        }
        for address in &parent.addresses {
            match question::of_zone(config, &zone, "NS", address) {
                Ok(answer) if matches!(&*answer.status, "NOERROR" | "NXDOMAIN") => {
                    let says = names(&answer, &zone);
                    if says.is_empty() {
                        return Ok(critical(format!(
                            "`{above}` does not delegate `{zone}` ({})",
                            answer.status
                        )));
                    }
                    // Whoever has both zones answers for the lower one, and sends nobody there.
                    if answer.authoritative && answer.records("NS").next().is_some() {
                        let said = format!("a name server of `{above}` ({address}) has `{zone}` itself");
                        return Ok(Finding::new("delegation", State::Ok, said));
                    }
                    return Ok(compared(&above, &says, &own));
                }
                Ok(answer) => last = format!("{address} says {}", answer.status),
                Err(none) => last = none.told()?,
            }
        }
    }
    Ok(critical(format!("`{above}` cannot be asked: {last}")))
}

fn critical(why: String) -> Finding {
    Finding::new("delegation", State::Critical, why)
}

/// The next zone above, which may be several names higher, with its name servers.
fn above(config: &Dns, zone: &str) -> Result<Result<(String, Vec<Server>), String>, Stop> {
    let mut rest = zone;
    loop {
        rest = match rest.split_once('.') {
            Some((_, above)) if !above.is_empty() => above,
            _ if rest != "." && zone != "." => ".",
            _ => return Ok(Err("the root has none".to_owned())),
        };
        match servers::of(config, rest)? {
            Found::Servers(found) => return Ok(Ok((rest.to_owned(), found))),
            // Between them there is a name that is no zone.
            Found::None(_) if rest != "." => {}
            Found::None(why) | Found::Unknown(why) => return Ok(Err(why)),
        }
    }
}

fn own_names(config: &Dns, servers: &[Server]) -> Result<Result<Vec<String>, String>, Stop> {
    let mut last = NOBODY.to_owned();
    for address in servers.iter().flat_map(|server| &server.addresses) {
        match question::of_zone(config, &config.name, "NS", address) {
            Ok(answer) if answer.authoritative => return Ok(Ok(names(&answer, &config.name))),
            Ok(answer) => last = format!("{address} does not answer for it ({})", answer.status),
            Err(none) => last = none.told()?,
        }
    }
    Ok(Err(last))
}

fn compared(above: &str, above_says: &[String], own: &[String]) -> Finding {
    let missing = |these: &[String], there: &[String]| -> Vec<String> {
        these.iter().filter(|one| !there.contains(one)).cloned().collect()
    };
    let (lost, forgotten) = (missing(above_says, own), missing(own, above_says));
    if lost.is_empty() && forgotten.is_empty() {
        return Finding::new("delegation", State::Ok, format!("`{above}` delegates to {}", shown(own)));
    }
    let mut said = Vec::new();
    if !lost.is_empty() {
        said.push(format!("`{above}` delegates to {}, which the zone does not name", shown(&lost)));
    }
    if !forgotten.is_empty() {
        said.push(format!("the zone names {}, to which `{above}` does not delegate", shown(&forgotten)));
    }
    Finding::new("delegation", State::Warning, said.join("; "))
}
