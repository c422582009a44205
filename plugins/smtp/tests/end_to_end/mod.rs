//! The bundled `smtp` against a real Postfix, whose logins and mailboxes are those of a real Dovecot, and against what is no
//! mail server.

use std::path::Path;
use std::time::Duration;

use watchkeep_end_to_end::cases::{self, Case, case};
use watchkeep_end_to_end::servers::{Bench, Dovecot, Postfix, Stranger, Wanted};
use watchkeep_end_to_end::{Folder, Host, Identity, closed_port, eventually_seeing, resetting};
use watchkeep_lab::certificate;

/// A mail server and its mailboxes, with a certificate that expires in five days.
struct Servers {
    postfix: Postfix,
    dovecot: Dovecot,
    authority: String,
}

impl Servers {
    fn start() -> Servers {
        let valid_for = time::Duration::days(5) + time::Duration::HOUR;
        let signed = certificate::signed(&["localhost", "127.0.0.1"], valid_for).unwrap();
        let identity = Identity { chain: signed.chain_pem, key: signed.key_pem };
        let dovecot = Dovecot::start(&identity);
        let postfix = Postfix::delivering(&identity, &dovecot);
        Servers { postfix, dovecot, authority: signed.authority_pem }
    }

    /// With the password, and one that is wrong.
    fn folder(&self, cases: &[Case]) -> Folder {
        let ports =
            [self.postfix.port, self.postfix.tls_port, self.postfix.clear_port, self.dovecot.imap_port];
        let to = ports.map(|port| format!("\"tcp://127.0.0.1:{port}\"")).join(", ");
        let secrets =
            ["right", "wrong"].map(|name| format!("{name} = {{ file = \"{name}\", to = [{to}] }}\n"));
        let secrets = secrets.concat();
        let checks = cases::checks("smtp", cases);
        let folder = Folder::new(&format!("ca_file = \"authority.pem\"\n\n[secrets]\n{secrets}\n{checks}"));
        folder.write("authority.pem", &self.authority);
        folder.secret("right", Dovecot::PASSWORD);
        folder.secret("wrong", "battery-staple");
        folder
    }

    async fn hold(&self, cases: &[Case]) {
        let folder = self.folder(cases);
        let host = Host::start(&folder).await;
        cases::judge(&host, cases).await;
    }

    fn delivery(&self, to: &str, more: &str) -> String {
        format!(
            "delivery = {{ from = \"watch@example.com\", to = \"{to}\", imap = \"127.0.0.1:{}\", \
             imap_security = \"starttls\", user = \"test\", {more} }}",
            self.dovecot.imap_port
        )
    }
}

fn at(port: u16, more: &str) -> String {
    let days = "expiry_warning_days = 4";
    format!("address = \"127.0.0.1:{port}\", {more}{}", if more.contains("plaintext") { "" } else { days })
}

fn login(secret: &str) -> String {
    format!("user = \"watch\", password = {{ secret = \"{secret}\" }}, ")
}

#[tokio::test]
async fn postfix_greets_starts_tls_offers_and_takes_a_login() {
    let servers = Servers::start();
    let Postfix { port, clear_port, tls_port, closed_port, .. } = servers.postfix;
    let greeting = "`localhost ESMTP Postfix";
    let tls = ", TLSv1.3";
    let warns = format!("address = \"127.0.0.1:{port}\"");
    let expects = "expect = \"ESMTP\", expect_capabilities = [\"SIZE\", \"8bitmime\", \"AUTH PLAIN\"], ";
    let cases = [
        case("well", at(port, expects), "ok", &[greeting, tls]),
        case("at-once", at(tls_port, "security = \"tls\", "), "ok", &[greeting, tls]),
        case("expires", warns, "warning", &["certificate `CN=localhost` expires in 5 days"]),
        case("logs-in", at(port, &login("right")), "ok", &[tls, ", logged in"]),
        case(
            "logs-in-at-once",
            at(tls_port, &format!("security = \"tls\", {}", login("right"))),
            "ok",
            &[", logged in"],
        ),
        case("wrong", at(port, &login("wrong")), "critical", &["it does not take the login: 535 5.7.8 "]),
        case("no-starttls", at(clear_port, ""), "critical", &["it does not offer STARTTLS"]),
        case("plaintext", at(clear_port, "security = \"plaintext\""), "ok", &[greeting]),
        case(
            "login-in-the-clear",
            at(port, "do_not_expect_before_tls = \"AUTH\", "),
            "critical",
            &["it offers AUTH before TLS"],
        ),
        case(
            "offers",
            at(
                port,
                "expect_capabilities = [\"CHUNKING\", \"FUTURERELEASE\"], do_not_expect_capabilities = \"VRFY\", ",
            ),
            "critical",
            &["it does not offer FUTURERELEASE; it offers VRFY"],
        ),
        case("banner", at(port, "expect = \"Exim\", "), "critical", &["`Exim` is not in the greeting"]),
        case("refuses", at(closed_port, ""), "critical", &["it refuses: 554 5.7.1 "]),
        case("tls-at-starttls", at(port, "security = \"tls\", "), "critical", &["TLS handshake failed"]),
        case("imap", at(servers.dovecot.imap_port, ""), "critical", &["it says `* OK "]),
    ];
    servers.hold(&cases).await;
}

#[tokio::test]
async fn a_certificate_on_which_the_trust_rests_counts_whoever_shows_it() {
    let bench = Bench::new();
    for name in ["root", "other"] {
        bench.root(name);
    }
    let days = |days: i64| chrono::Duration::days(days) + chrono::Duration::hours(1);
    let authority = |days_left: i64| Wanted { signs: true, to: days(days_left), ..Wanted::default() };
    bench.signed("root", "authority", authority(9));
    bench.signed("authority", "leaf", Wanted::default());
    // In nobody's way.
    bench.signed("other", "stray", authority(-2));
    bench.signed("root", "lasting", authority(200));
    bench.signed("lasting", "sound", Wanted::default());
    let text = |name: String| String::from_utf8(bench.read(&name)).unwrap();
    let postfix = |chain: &[&str]| {
        let key = text(format!("{}.key", chain[0]));
        let chain = chain.iter().map(|name| text(format!("{name}.pem"))).collect::<String>();
        Postfix::start(&Identity { chain, key })
    };
    let soon = postfix(&["leaf", "authority"]);
    let stray = postfix(&["sound", "stray", "lasting"]);
    let words = "certificate `CN=authority` expires in 9 days";
    let at = |port: u16, more: &str| format!("address = \"127.0.0.1:{port}\"{more}");
    let cases = [
        case("starttls", at(soon.port, ""), "warning", &[words]),
        case("at-once", at(soon.tls_port, ", security = \"tls\""), "warning", &[words]),
        case("critical", at(soon.port, ", expiry_critical_days = 10"), "critical", &[words]),
        case("in-time", at(soon.port, ", expiry_warning_days = 9"), "ok", &[]),
        case("stray", at(stray.port, ""), "ok", &["TLSv1.3"]),
    ];
    let folder = Folder::new("");
    folder.write("authority.pem", &text("root.pem".to_owned()));
    let host = cases::hold(&folder, "ca_file = \"authority.pem\"", "smtp", &cases).await;
    let results = host.get("/api/v1/checks/stray/results?limit=1").await.json();
    let details = results["items"][0]["details"].to_string();
    assert!(details.contains("certificate `CN=sound` expires in 100 days"), "{details}");
}

#[tokio::test]
async fn a_mail_is_followed_to_its_mailbox_and_deleted_there() {
    let servers = Servers::start();
    let port = servers.postfix.port;
    let password = "password = { secret = \"right\" }, every = \"1s\"";
    let follows = |to: &str, more: &str| servers.delivery(to, &format!("{password}{more}"));
    let wrong = servers.delivery("test@example.com", "password = { secret = \"wrong\" }");
    let cases = [
        case(
            "arrives",
            at(port, &format!("{}, ", follows("test@example.com", ""))),
            "ok",
            &["; a mail arrived after "],
        ),
        case(
            "refused",
            at(port, &format!("{}, ", follows("kari@elsewhere.example", ""))),
            "critical",
            &["it takes no mail for this recipient: 554 5.7.1 "],
        ),
        case(
            "no-mailbox",
            at(port, &format!("{wrong}, ")),
            "fault",
            &["the mailbox at 127.0.0.1:", "it does not take the login: it says `NO [AUTHENTICATIONFAILED] "],
        ),
        case(
            "no-folder",
            at(port, &format!("{}, ", follows("test@example.com", ", mailbox = \"Elsewhere\""))),
            "fault",
            &["it does not take SELECT \"Elsewhere\": it says `NO "],
        ),
    ];
    servers.hold(&cases).await;
    let held = follows(Postfix::HELD, ", wait = \"100ms\", warning = \"1s\", critical = \"2s\"");
    // No run waits, so a later one finds it.
    let later = follows("test@example.com", ", wait = \"0s\"");
    let more = [("held", held), ("later", later)];
    let more = more.map(|(name, delivery)| case(name, at(port, &format!("{delivery}, ")), "ok", &[]));
    let folder = servers.folder(&more);
    let host = Host::start(&folder).await;
    for (name, state, words) in
        [("held", "critical", "the mail that was sent "), ("later", "ok", "; a mail arrived after ")]
    {
        eventually_seeing(&format!("{name} is {state}"), async || {
            let (found, said) = cases::outcome(&host, name).await;
            if found == state && said.contains(words) { Ok(()) } else { Err((found, said)) }
        })
        .await;
    }
    drop(host);
    // What was under way when the host ended is all there may be.
    let left = mails(&servers.dovecot.mail());
    assert!(left <= 3, "{left} mails are left in the mailbox");
}

fn mails(mail: &Path) -> usize {
    ["new", "cur"]
        .map(|part| mail.join("Maildir").join(part))
        .iter()
        .map(|part| part.read_dir().unwrap().count())
        .sum()
}

#[tokio::test]
async fn what_is_no_mail_server_is_told_as_what_it_is_within_the_timeout() {
    let saying = |text: &str| Stranger::Saying(text.as_bytes().to_vec()).start();
    let (ssh, busy) = (saying("SSH-2.0-OpenSSH_9.2p1\r\n").await, saying("421 4.3.2 closing\r\n").await);
    let refuses = saying("554 5.7.1 blocked\r\n").await;
    let endless = Stranger::Saying("220-and on\r\n".repeat(100_000).into_bytes()).start().await;
    let silent = Stranger::Silent.start().await;
    let dripping = Stranger::Dripping(b"220-\r\n", Duration::from_millis(50)).start().await;
    let (closed, resetting) = (closed_port().await, resetting().await);
    let asked = |address: &str| format!("address = \"{address}\", timeout = \"600ms\"");
    let cases = [
        case(
            "ssh",
            asked(&ssh),
            "critical",
            &["no server of this protocol answers: it says `SSH-2.0-OpenSSH_9.2p1`"],
        ),
        case("busy", asked(&busy), "warning", &["it is busy or shutting down: 421 4.3.2 closing"]),
        case("refuses", asked(&refuses), "critical", &["it refuses: 554 5.7.1 blocked"]),
        case("endless", asked(&endless), "critical", &["a reply has more than 100 lines"]),
        case("silent", asked(&silent), "critical", &["timed out waiting for an answer from "]),
        case("dripping", asked(&dripping), "critical", &["timed out reading the answer from "]),
        case("closed", asked(&closed), "critical", &["connection refused by "]),
        case("resetting", asked(&resetting), "critical", &["connection reset by "]),
    ];
    let folder = Folder::new("");
    cases::hold(&folder, "", "smtp", &cases).await;
}
