//! As much of IMAP (RFC 9051) as it takes to find one mail by a header, to wait for it, and to delete it.

use watchkeep_sdk::clipped;
use watchkeep_sdk::mail::Security;
use watchkeep_sdk::net::{self, Connection, Encoding, Failure, FailureKind, TlsOptions};
use watchkeep_sdk::prelude::*;

use super::letter::HEADER;
use crate::config::Delivery;

/// The most lines of one answer.
const LINES_MAX: usize = 1_000;
/// A token is in one mail; who sends it on makes more of it.
const UIDS_MAX: usize = 10;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Why the mailbox cannot be looked into.
pub(super) enum No {
    Fault(Fault),
    Failed(Box<Failure>),
    Said(String),
}

impl No {
    pub(super) fn told(self) -> Result<String, Fault> {
        match self {
            No::Fault(fault) => Err(fault),
            No::Failed(failure) => match failure.as_fault() {
                Some(fault) => Err(fault),
                None => Ok(failure.sentence()),
            },
            No::Said(sentence) => Ok(sentence),
        }
    }
}

impl From<Box<Failure>> for No {
    fn from(failure: Box<Failure>) -> Self {
        No::Failed(failure)
    }
}

/// A mailbox that was logged in to, with its folder open.
pub(super) struct Imap {
    connection: Connection,
    timeout: Duration,
    commands: u32,
    /// In capitals.
    capabilities: Vec<String>,
}

impl Imap {
    pub(super) fn open(config: &Delivery, timeout: Duration) -> Result<Imap, No> {
        let mut connection = net::target(&*config.imap).timeout(timeout).connect()?;
        connection.set_timeout(timeout);
        if config.imap_security == Security::Tls {
            connection.start_tls(&TlsOptions::new())?;
        }
        let greeting = connection.read_line()?;
        if !greeting.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("* OK")) {
            return Err(No::Said(format!("no IMAP server greets: it says `{}`", clipped(&greeting))));
        }
        let mut imap = Imap { connection, timeout, commands: 1, capabilities: Vec::new() };
        if config.imap_security == Security::Starttls {
            // The SDK's way would bring all other protocols along.
            imap.command("STARTTLS")?;
            imap.connection.start_tls(&TlsOptions::new())?;
        }
        imap.read_capabilities()?;
        imap.log_in(config)?;
        // More may be offered to who has logged in.
        imap.read_capabilities()?;
        imap.command(&format!("SELECT {}", quoted(&config.mailbox)))?;
        Ok(imap)
    }

    /// The mail with this token.
    pub(super) fn find(&mut self, token: &str) -> Result<Option<u32>, No> {
        let lines = self.command(&format!("UID SEARCH UNDELETED HEADER {HEADER} {token}"))?;
        Ok(lines.iter().find_map(|line| uids(line).first().copied()))
    }

    /// When the server got it, in milliseconds since the Unix epoch, as far as it says so.
    pub(super) fn arrived(&mut self, uid: u32) -> Result<Option<u64>, No> {
        let lines = self.command(&format!("UID FETCH {uid} (INTERNALDATE)"))?;
        Ok(lines.iter().find_map(|line| moment(line)))
    }

    /// Marks it, and removes it where that takes nobody else's mails along (UIDPLUS).
    pub(super) fn delete(&mut self, uid: u32) -> Result<(), No> {
        self.command(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"))?;
        if self.offers("UIDPLUS") {
            self.command(&format!("UID EXPUNGE {uid}"))?;
        }
        Ok(())
    }

    /// Waits until then for the mail with this token, if the server tells of new ones.
    pub(super) fn arrives(&mut self, token: &str, until: Duration) -> Result<Option<u32>, No> {
        loop {
            if let Some(uid) = self.find(token)? {
                return Ok(Some(uid));
            }
            let left = until.saturating_sub(clock::monotonic());
            if left.is_zero() || !self.offers("IDLE") {
                return Ok(None);
            }
            self.idle(left)?;
        }
    }

    pub(super) fn log_out(mut self) {
        self.connection.set_timeout(Duration::from_secs(1));
        let _ = self.command("LOGOUT");
    }

    /// Until something is new, and no longer than that.
    fn idle(&mut self, left: Duration) -> Result<(), No> {
        let until = clock::monotonic() + left;
        let tag = self.begin("IDLE")?;
        self.expect_more("IDLE")?;
        for _ in 0..LINES_MAX {
            self.connection.set_timeout(until.saturating_sub(clock::monotonic()));
            match self.connection.read_line() {
                Ok(line) if line.to_ascii_uppercase().ends_with(" EXISTS") => break,
                Ok(_) => {}
                Err(failure) if failure.kind == FailureKind::TimedOut => break,
                Err(failure) => return Err(failure.into()),
            }
        }
        self.connection.set_timeout(self.timeout);
        self.connection.write("DONE\r\n")?;
        self.answer(&tag, "IDLE").map(drop)
    }

    fn offers(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|offered| offered == capability)
    }

    fn read_capabilities(&mut self) -> Result<(), No> {
        let lines = self.command("CAPABILITY")?;
        let words = lines.iter().map(|line| line.to_ascii_uppercase());
        let words = words.filter_map(|line| line.strip_prefix("* CAPABILITY ").map(str::to_owned));
        self.capabilities =
            words.flat_map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>()).collect();
        Ok(())
    }

    /// PLAIN writes any password; LOGIN has it between quotation marks.
    fn log_in(&mut self, config: &Delivery) -> Result<(), No> {
        let (user, password) = (&config.user, &config.password);
        let tag = if self.offers("AUTH=PLAIN") {
            let tag = self.begin("AUTHENTICATE PLAIN")?;
            self.expect_more("AUTHENTICATE")?;
            self.connection.write_secret(password, format!("\0{user}\0"), "", Encoding::Base64)?;
            self.connection.write("\r\n")?;
            tag
        } else if self.offers("LOGINDISABLED") {
            return Err(No::Said("it takes no login that is spoken here".to_owned()));
        } else {
            let tag = self.next_tag();
            let before = format!("{tag} LOGIN {} \"", quoted(user));
            self.connection.write_secret(password, before, "\"\r\n", Encoding::Raw)?;
            tag
        };
        self.answer(&tag, "the login").map(drop)
    }

    fn next_tag(&mut self) -> String {
        self.commands += 1;
        format!("a{}", self.commands)
    }

    fn begin(&mut self, command: &str) -> Result<String, No> {
        let tag = self.next_tag();
        self.connection.write(format!("{tag} {command}\r\n"))?;
        Ok(tag)
    }

    fn command(&mut self, command: &str) -> Result<Vec<String>, No> {
        let tag = self.begin(command)?;
        let word = command.split(" UNDELETED").next().unwrap_or_default();
        self.answer(&tag, word)
    }

    /// The server waits for the rest of the command.
    fn expect_more(&mut self, what: &str) -> Result<(), No> {
        for _ in 0..LINES_MAX {
            let line = self.connection.read_line()?;
            if line.starts_with('+') {
                return Ok(());
            }
            if !line.starts_with("* ") {
                return Err(No::Said(format!("it does not take {what}: it says `{}`", clipped(&line))));
            }
        }
        Err(endless(what))
    }

    /// What it says before it says that it is done.
    fn answer(&mut self, tag: &str, what: &str) -> Result<Vec<String>, No> {
        let mut lines = Vec::new();
        for _ in 0..LINES_MAX {
            let line = self.connection.read_line()?;
            let Some(rest) = line.strip_prefix(tag).and_then(|rest| rest.strip_prefix(' ')) else {
                lines.push(line);
                continue;
            };
            if rest.get(..2).is_some_and(|word| word.eq_ignore_ascii_case("OK")) {
                return Ok(lines);
            }
            return Err(No::Said(format!("it does not take {what}: it says `{}`", clipped(rest))));
        }
        Err(endless(what))
    }
}

fn endless(what: &str) -> No {
    No::Said(format!("no answer to {what} within {LINES_MAX} lines"))
}

/// As IMAP writes a text in a command.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The numbers of `* SEARCH 12 13`; none if it is another line.
pub fn uids(line: &str) -> Vec<u32> {
    let upper = line.to_ascii_uppercase();
    let Some(rest) = upper.strip_prefix("* SEARCH") else { return Vec::new() };
    rest.split_ascii_whitespace().filter_map(|word| word.parse().ok()).take(UIDS_MAX).collect()
}

/// The time of `* 3 FETCH (UID 12 INTERNALDATE "30-Nov-2026 07:00:00 +0100")`, in milliseconds since the Unix epoch.
pub fn moment(line: &str) -> Option<u64> {
    let (_, rest) = line.split_once("INTERNALDATE \"")?;
    let (written, _) = rest.split_once('"')?;
    let mut words = written.trim().split(' ');
    let (date, time, zone) = (words.next()?, words.next()?, words.next()?);
    let mut parts = date.split('-');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let month = MONTHS.iter().position(|name| name.eq_ignore_ascii_case(month))?;
    let numbers: Vec<u64> = time.split(':').map_while(|part| part.parse().ok()).collect();
    let &[hour, minute, second] = &*numbers else { return None };
    let days = days(year.parse().ok()?, month, day.parse().ok()?)?;
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let local = days * 86_400 + hour * 3_600 + minute * 60 + second;
    let ahead = offset(zone)?;
    let at = i64::try_from(local).ok()? - ahead;
    u64::try_from(at).ok()?.checked_mul(1_000)
}

/// Since 1970-01-01.
fn days(year: u64, month: usize, day: u64) -> Option<u64> {
    const BEFORE: [u64; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    if !(1970..=9999).contains(&year) || !(1..=31).contains(&day) {
        return None;
    }
    let leaps = |year: u64| year / 4 - year / 100 + year / 400;
    let is_leap = leaps(year) > leaps(year - 1);
    let leap_day = u64::from(is_leap && month > 1);
    Some((year - 1970) * 365 + leaps(year - 1) - leaps(1969) + BEFORE.get(month)? + leap_day + day - 1)
}

/// `+0130` in seconds.
fn offset(zone: &str) -> Option<i64> {
    let (sign, digits) = match zone.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        (_, _) => return None,
    };
    let number: i64 = digits.parse().ok().filter(|_| digits.len() == 4)?;
    (0..=9_999).contains(&number).then_some(sign * (number / 100 * 3_600 + number % 100 * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_in_its_zone() {
        let read = |written: &str| moment(&format!("* 3 FETCH (UID 12 INTERNALDATE \"{written}\")"));
        assert_eq!(read(" 4-Mar-2026 05:06:07 +0000"), Some(1_772_600_767_000));
        assert_eq!(read("04-mar-2026 06:36:07 +0130"), Some(1_772_600_767_000));
        assert_eq!(read("03-Mar-2026 21:06:07 -0800"), Some(1_772_600_767_000));
        assert_eq!(read("29-Feb-2024 00:00:00 +0000"), Some(1_709_164_800_000));
        assert_eq!(read("01-Jan-1970 00:00:00 +0000"), Some(0));
        for odd in [
            "",
            "04-Mar-2026",
            "04-Mai-2026 05:06:07 +0000",
            "04-Mar-2026 25:06:07 +0000",
            "1-Jan-1970 00:00:00 +0100",
            "04-Mar-99999 05:06:07 +0000",
            "04-Mar-2026 05:06 +0000",
            "04-Mar-2026 05:06:07 UTC",
            "04-Mar-2026 05:06:07 +-100",
        ] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn numbers_of_mails_are_read_and_what_is_none_is_passed_over() {
        assert_eq!(uids("* SEARCH 12 13"), [12, 13]);
        assert_eq!(uids("* search 7"), [7]);
        assert_eq!(uids("* SEARCH"), [0_u32; 0]);
        assert_eq!(uids("* SEARCH x 99999999999 3"), [3]);
        assert_eq!(uids("* 3 EXISTS"), [0_u32; 0]);
    }
}
