//! What a server has to refuse: it is asked for it, and its first answer tells.

use watchkeep_sdk::net::NoTls;
use watchkeep_sdk::prelude::*;

use crate::ciphers::{self, Class};
use crate::config::{Protocol, Tls};
use crate::hello::{self, Answer};
use crate::visit;

pub(crate) fn judge(config: &Tls, complaints: &mut Complaints) {
    if let Some(minimum) = config.minimum_protocol
        && let Some(older) = minimum.before()
    {
        protocol(config, minimum, older, complaints);
    }
    ciphers(config, complaints);
}

/// A server takes the newest that it knows of what is offered: one question tells whether there is any.
fn protocol(config: &Tls, minimum: Protocol, older: Protocol, complaints: &mut Complaints) {
    match ask(config, older, &ciphers::any()) {
        Ok(Answer::Takes { version, .. }) => {
            let taken = Protocol::of_wire(version).map_or("something older", Protocol::as_str);
            complaints.critical(format!("it takes {taken}; the minimum is {}", minimum.as_str()));
        }
        Ok(Answer::Refuses) => {}
        Ok(Answer::Nonsense) => complaints.open(format!(
            "whether it refuses {} cannot be told: it answers with something else than TLS",
            older.as_str()
        )),
        Err(why) => {
            complaints.open(format!(
                "whether it refuses {} cannot be told: {}",
                older.as_str(),
                why.sentence()
            ));
        }
    }
}

/// All unwanted suites are offered at once; what is taken is told, and the others of other kinds are offered again.
fn ciphers(config: &Tls, complaints: &mut Complaints) {
    let mut classes: Vec<Class> = config.refused_ciphers.0.clone();
    classes.dedup();
    while !classes.is_empty() {
        let offered: Vec<u16> =
            classes.iter().flat_map(|class| class.suites().iter().map(|(number, _)| *number)).collect();
        match ask(config, Protocol::Tls12, &offered) {
            Ok(Answer::Takes { suite, .. }) => {
                let found = classes.iter().enumerate().find_map(|(at, class)| {
                    let named = class.suites().iter().find(|(number, _)| *number == suite)?;
                    Some((at, *class, named.1))
                });
                let Some((at, class, name)) = found else {
                    complaints
                        .open("which ciphers it refuses cannot be told: it takes one that was not offered");
                    return;
                };
                complaints.critical(format!("it takes ciphers {}: {name}", class.words()));
                classes.remove(at);
            }
            Ok(Answer::Refuses) => return,
            Ok(Answer::Nonsense) => {
                complaints
                    .open("which ciphers it refuses cannot be told: it answers with something else than TLS");
                return;
            }
            Err(why) => {
                complaints.open(format!("which ciphers it refuses cannot be told: {}", why.sentence()));
                return;
            }
        }
    }
}

fn ask(config: &Tls, protocol: Protocol, suites: &[u16]) -> Result<Answer, NoTls> {
    let mut connection = visit::open(config)?;
    connection.write(hello::client_hello(protocol, suites, config.name(), &random::bytes(32)))?;
    Ok(hello::answer(&mut connection)?)
}
