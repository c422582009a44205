//! The conversation with the server, from connecting to the login.

use watchkeep_sdk::mail::{Login, Reply, Security, Smtp as Session};
use watchkeep_sdk::net::{self, Failure, TlsFacts, TlsOptions};
use watchkeep_sdk::{clipped, prelude::*};

use crate::config::{Capability, Smtp};

/// How they part matters to nobody.
const PARTING: Duration = Duration::from_secs(1);

/// Why it did not come to its end.
pub(crate) enum Wrong {
    /// The stream is not to be used any more, or there is none.
    Failed(Box<Failure>),
    /// The server says something else than it should.
    Said(String),
    /// It has no time, and said so by the rules.
    Busy(String),
    /// It says neither yes nor no.
    Open(String),
}

impl From<Box<Failure>> for Wrong {
    fn from(failure: Box<Failure>) -> Self {
        Wrong::Failed(failure)
    }
}

impl Wrong {
    /// By what the reply's code says at any place.
    pub(crate) fn of(what: &str, reply: &Reply) -> Wrong {
        match reply.code {
            421 => Wrong::Busy(format!("it is busy or shutting down: {}", reply.sentence())),
            _ => Wrong::Said(format!("{what}: {}", reply.sentence())),
        }
    }

    /// A fault is none of the server's.
    pub(crate) fn tell(self, complaints: &mut Complaints) -> Result<(), Fault> {
        match self {
            Wrong::Failed(failure) => match failure.as_fault() {
                Some(fault) => return Err(fault),
                None => complaints.critical(failure.sentence()),
            },
            Wrong::Said(sentence) => complaints.critical(sentence),
            Wrong::Busy(sentence) => complaints.warning(sentence),
            Wrong::Open(sentence) => complaints.open(sentence),
        }
        Ok(())
    }
}

/// How far it came, and what was seen on the way.
pub(crate) struct Talk<'c> {
    pub(crate) config: &'c Smtp,
    /// For which the run was scheduled, for certificates.
    pub(crate) now: u64,
    pub(crate) session: Option<Session>,
    pub(crate) greeting: Option<String>,
    pub(crate) greeting_took: Option<Duration>,
    pub(crate) tls: Option<TlsFacts>,
    /// Places in its chain of the certificates that the trust rests on.
    path: Vec<u32>,
    pub(crate) offered: Vec<String>,
    pub(crate) size_max: Option<u64>,
    pub(crate) is_logged_in: bool,
}

impl<'c> Talk<'c> {
    pub(crate) fn new(config: &'c Smtp, now: u64) -> Self {
        Talk {
            config,
            now,
            session: None,
            greeting: None,
            greeting_took: None,
            tls: None,
            path: Vec::new(),
            offered: Vec::new(),
            size_max: None,
            is_logged_in: false,
        }
    }

    /// With everything that is asked for on the way.
    pub(crate) fn up_to_login(&mut self, complaints: &mut Complaints) -> Result<(), Wrong> {
        let mut session = self.open()?;
        let ended = self.speak(&mut session, complaints);
        if !matches!(ended, Err(Wrong::Failed(_))) {
            self.session = Some(session);
        }
        ended
    }

    /// One command of a delivery.
    pub(crate) fn session(&mut self) -> Result<&mut Session, Wrong> {
        self.session.as_mut().ok_or_else(|| Wrong::Said("there is no conversation any more".to_owned()))
    }

    pub(crate) fn quit(&mut self) {
        if let Some(session) = &mut self.session {
            session.set_timeout(PARTING);
            let _ = session.say("QUIT");
        }
    }

    fn open(&mut self) -> Result<Session, Wrong> {
        let config = self.config;
        let connection =
            net::target(&*config.address).family(config.ip_family).timeout(config.timeout).connect()?;
        let mut session = Session::new(connection);
        session.set_timeout(config.timeout);
        if config.security == Security::Tls {
            self.start_tls(&mut session)?;
        }
        Ok(session)
    }

    fn speak(&mut self, session: &mut Session, complaints: &mut Complaints) -> Result<(), Wrong> {
        self.greeting(session, complaints)?;
        self.hello(session)?;
        if self.config.security == Security::Starttls {
            self.starttls(session, complaints)?;
            // What was learnt before it may have been anybody's word.
            self.hello(session)?;
        }
        self.offered = session.offered().to_vec();
        self.size_max = session.size_max();
        if let (Some((warning, critical)), Some(first)) = (self.config.expiry_days(), self.first_to_expire())
        {
            complaints.expiry(first, self.now, warning, critical);
        }
        self.capabilities(complaints);
        match self.config.login() {
            Some((user, password)) => self.log_in(session, user, password),
            None => Ok(()),
        }
    }

    /// The certificate that expires first among those that the trust rests on.
    pub(crate) fn first_to_expire(&self) -> Option<&net::Certificate> {
        self.tls.as_ref()?.earliest_of(&self.path)
    }

    fn options(&self) -> TlsOptions {
        let mut options = TlsOptions::new();
        if let Some(name) = &self.config.server_name {
            options = options.server_name(name.as_str());
        }
        if self.config.ignore_certificate {
            options = options.ignore_certificate();
        }
        options
    }

    fn greeting(&mut self, session: &mut Session, complaints: &mut Complaints) -> Result<(), Wrong> {
        let reply = session.reply()?;
        self.greeting_took = Some(clock::monotonic());
        match reply.code {
            220 => {}
            554 => {
                let said = reply.sentence();
                return Err(Wrong::Said(format!(
                    "it refuses: {said}; hint: its reply says why, often a block list that has this host's address"
                )));
            }
            _ => return Err(Wrong::of("it does not greet", &reply)),
        }
        let text = reply.lines.join("\n");
        for needle in self.config.expect.0.iter().filter(|needle| !needle.stands_in(&text)) {
            complaints.critical(format!("`{}` is not in the greeting", clipped(needle.as_str())));
        }
        self.greeting = Some(text);
        Ok(())
    }

    fn hello(&self, session: &mut Session) -> Result<(), Wrong> {
        let reply = session.hello(self.config.hello())?;
        if reply.code == 250 { Ok(()) } else { Err(Wrong::of("it does not take EHLO", &reply)) }
    }

    fn starttls(&mut self, session: &mut Session, complaints: &mut Complaints) -> Result<(), Wrong> {
        for early in offered(&self.config.do_not_expect_before_tls.0, session.offered()) {
            complaints.critical(format!("it offers {early} before TLS"));
        }
        if !session.offers("STARTTLS") {
            let hint = "a server on port 465 wants `security = \"tls\"`, one without TLS `\"plaintext\"`";
            return Err(Wrong::Said(format!("it does not offer STARTTLS; hint: {hint}")));
        }
        let reply = session.say("STARTTLS")?;
        if reply.code != 220 {
            return Err(Wrong::of("it does not start TLS", &reply));
        }
        self.start_tls(session)
    }

    fn start_tls(&mut self, session: &mut Session) -> Result<(), Wrong> {
        self.tls = Some(session.start_tls(&self.options())?);
        self.path = session.path();
        Ok(())
    }

    fn capabilities(&self, complaints: &mut Complaints) {
        for missing in self.config.expect_capabilities.0.iter().filter(|wanted| !wanted.is_in(&self.offered))
        {
            complaints.critical(format!("it does not offer {}", clipped(missing.as_str())));
        }
        for unwanted in offered(&self.config.do_not_expect_capabilities.0, &self.offered) {
            complaints.critical(format!("it offers {unwanted}"));
        }
    }

    fn log_in(&mut self, session: &mut Session, user: &str, password: &Secret) -> Result<(), Wrong> {
        let reply = match session.log_in(user, password)? {
            Login::Answered(reply) => reply,
            Login::NotOffered(mechanisms) if mechanisms.is_empty() => {
                return Err(Wrong::Said("it offers no login (AUTH)".to_owned()));
            }
            Login::NotOffered(mechanisms) => {
                let mechanisms = clipped(&mechanisms);
                return Err(Wrong::Said(format!(
                    "it offers no login that is spoken here, only `{mechanisms}`; hint: PLAIN and LOGIN are"
                )));
            }
        };
        match reply.code {
            235 => {
                self.is_logged_in = true;
                Ok(())
            }
            421 => Err(Wrong::of("", &reply)),
            // The server could not ask whoever knows the passwords.
            400..500 => {
                Err(Wrong::Open(format!("it cannot say whether the login is good: {}", reply.sentence())))
            }
            535 => {
                let said = reply.sentence();
                Err(Wrong::Said(format!(
                    "it does not take the login: {said}; hint: check `user` and its password"
                )))
            }
            _ => Err(Wrong::of("it does not take the login", &reply)),
        }
    }
}

/// Those of them that are offered, as they are told.
fn offered<'a>(unwanted: &'a [Capability], lines: &'a [String]) -> impl Iterator<Item = String> + 'a {
    unwanted.iter().filter(|one| one.is_in(lines)).map(|one| clipped(one.as_str()))
}
