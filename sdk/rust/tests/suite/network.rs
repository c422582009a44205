//! `net`, `dns` and `icmp` against the scripted host, which is as strict as with HTTP.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::testing::{Answer, Datagrams, Dialogue, Host, certificate, dns_answer, echoes, tls_facts};

#[derive(Config)]
struct Nothing {}

fn mail(_: Nothing, _: Run) -> Verdict {
    let mut mail = net::connect("mail.example.com:587")?;
    mail.read_line()?;
    mail.write("STARTTLS\r\n")?;
    mail.read_line()?;
    let facts = mail.start_tls(&net::TlsOptions::new())?;
    mail.write_secret(&Secret::named("password"), "\0user\0", "", net::Encoding::Base64)?;
    mail.write("\r\n")?;
    let answer = mail.read_line()?;
    Ok(Report::ok(format!("{answer}, {}", facts.protocol)).metric("connect", mail.elapsed()))
}

fn greeting() -> Dialogue {
    Dialogue::new().after(Duration::from_millis(40)).says("220 mail").says(" ready\r\n").hears("STARTTLS\r\n")
}

fn served() -> Dialogue {
    let facts = tls_facts([certificate("mail.example.com", watchkeep_sdk::testing::NOW)]);
    greeting()
        .says("220 go ahead\r\n")
        .starts_tls(facts)
        .hears_secret("password", "\0user\0", "", net::Encoding::Base64)
        .hears("\r\n")
        .says("235 welcome\r\n")
}

const MAIL: &str = "tcp mail.example.com:587";

#[test]
fn a_dialogue_is_spoken_to_its_end() {
    let ran = Host::new().secret("password", "s3cret").answer(MAIL, served()).check(mail, "{}");
    assert_eq!(ran.report().summary, "235 welcome, TLSv1.3");
    assert_eq!(ran.report().value("connect"), Some(0.04));
}

#[test]
#[should_panic(expected = "unexpected call: `tcp mail.example.com:587`; the script still answers nothing")]
fn a_stream_that_the_script_does_not_hold_fails_the_test() {
    Host::new().check(mail, "{}");
}

#[test]
#[should_panic(expected = "the plugin wrote \"STARTTLS\\r\\n\", the script wants \"QUIT\\r\\n\"")]
fn another_word_than_the_script_wants_fails_the_test() {
    let dialogue = Dialogue::new().says("220 mail\r\n").hears("QUIT\r\n");
    Host::new().answer(MAIL, dialogue).check(mail, "{}");
}

#[test]
#[should_panic(expected = "the plugin left the dialogue before Says")]
fn a_dialogue_that_is_left_early_fails_the_test() {
    let dialogue = served().says("and one more\r\n");
    Host::new().secret("password", "s3cret").answer(MAIL, dialogue).check(mail, "{}");
}

#[test]
#[should_panic(expected = "which the script does not know; hint: `.secret(\"password\", \"...\")`")]
fn a_secret_that_the_script_does_not_know_fails_the_test() {
    Host::new().answer(MAIL, served()).check(mail, "{}");
}

#[test]
fn what_is_said_before_the_handshake_is_a_broken_answer() {
    let dialogue = greeting().says("220 go ahead\r\n250 trust me\r\n");
    let ran = Host::new().answer(MAIL, dialogue).check(mail, "{}");
    assert_eq!(ran.report().state, State::Critical);
    assert!(ran.report().summary.starts_with("broken answer"), "{}", ran.report().summary);
}

#[test]
fn a_peer_that_closes_or_cannot_be_reached_is_critical_and_a_denial_a_fault() {
    let closes = Dialogue::new().says("220 ma").closes();
    let ran = Host::new().answer(MAIL, closes).check(mail, "{}");
    assert!(ran.report().summary.starts_with("connection closed"), "{}", ran.report().summary);
    let refused = Answer::failure(net::FailureKind::Refused, net::Phase::Connect, "").from("192.0.2.1", 587);
    let ran = Host::new().answer(MAIL, refused).check(mail, "{}");
    assert_eq!(ran.report().summary, "connection refused by 192.0.2.1:587 after 10 ms");
    let ran = Host::new().answer(MAIL, Answer::denied("denied: net")).check(mail, "{}");
    assert_eq!(ran.error(), &Fault::Denied("denied: net".to_owned()));
}

#[test]
fn a_target_without_a_port_is_a_config_fault() {
    fn odd(_: Nothing, _: Run) -> Verdict {
        net::connect("2001:db8::1")?;
        Ok(Report::ok("open"))
    }
    let ran = Host::new().check(odd, "{}");
    assert!(matches!(ran.error(), Fault::Config(message) if message.contains("is not a `host:port`")));
}

#[test]
fn datagrams_chains_questions_and_echoes_are_scripted() {
    fn all(_: Nothing, _: Run) -> Verdict {
        let answers = net::target("[2001:db8::1]:123").exchange(b"ask", 2)?;
        let chain = net::inspect_tls("shop.example.com:443")?;
        let exchangers = dns::question("example.com", "MX").server("9.9.9.9").ask()?;
        let ping = icmp::echo("gw.example.com").send()?;
        Ok(Report::ok(format!(
            "{} answers, {:?}, {} exchangers, {} of {} lost",
            answers.len(),
            chain.earliest_expiry().map(|first| first.subject.clone()),
            exchangers.records("MX").count(),
            ping.lost(),
            ping.sent(),
        ))
        .metric("average", ping.average().unwrap_or_default()))
    }
    let lost = [Some(Duration::from_millis(2)), None, Some(Duration::from_millis(4))];
    let ran = Host::new()
        .answer("udp [2001:db8::1]:123", Datagrams::to("ask").reply("one").reply("two").reply("three"))
        .answer("tls shop.example.com:443", tls_facts([certificate("shop.example.com", 0)]))
        .answer(
            "dns MX example.com @9.9.9.9:53",
            dns_answer("NOERROR", &[("example.com", "MX", 300, "10 mail.example.com.")]),
        )
        .answer("icmp gw.example.com", echoes("192.0.2.1", lost))
        .check(all, "{}");
    assert_eq!(ran.report().summary, "2 answers, Some(\"CN=shop.example.com\"), 1 exchangers, 1 of 3 lost");
    assert_eq!(ran.report().value("average"), Some(0.003));
}

/// As services sign that want their own key in what is signed.
fn signs(_: Nothing, _: Run) -> Verdict {
    let signature = http::Hmac::sha256("x-signature")
        .key_encoding(http::Encoding::Base64)
        .encoding(http::Encoding::Base64)
        .prefix("v1=")
        .text("GET;/scans;")
        .secret(&Secret::named("api-key"))
        .text(";1790000000");
    let answer = http::get("https://api.example.com/scans")
        .hmac(&Secret::named("signing-key"), signature)
        .secret_query("id", &Secret::named("id"))
        .send()?;
    Ok(Report::ok(format!("status {}", answer.status)))
}

const SCANS: &str = "GET https://api.example.com/scans";

#[test]
fn a_signature_names_its_key_its_text_and_its_header() {
    let ran = Host::new()
        .secret("signing-key", "c2VjcmV0")
        .secret("api-key", "k3y")
        .secret("id", "7")
        .answer(SCANS, Answer::status(200))
        .check(signs, "{}");
    assert_eq!(ran.report().summary, "status 200");
    let [signature, query] = &ran.sent[0].credentials[..] else { panic!("{:?}", ran.sent) };
    assert_eq!(signature.secret, "signing-key");
    let http::Placement::Hmac(hmac) = &signature.placement else { panic!("{signature:?}") };
    assert_eq!((hmac.header.as_str(), hmac.prefix.as_str()), ("x-signature", "v1="));
    assert_eq!((hmac.digest, hmac.key_encoding), (http::Digest::Sha256, http::Encoding::Base64));
    assert!(matches!(
        &hmac.message[..],
        [http::MessagePart::Bytes(_), http::MessagePart::Secret(name), http::MessagePart::Bytes(_)] if name == "api-key"
    ));
    assert!(matches!(&query.placement, http::Placement::Query(name) if name == "id"));
}

#[test]
#[should_panic(expected = "which the script does not know; hint: `.secret(\"api-key\", \"...\")`")]
fn a_secret_within_a_signed_text_that_the_script_does_not_know_fails_the_test() {
    let host = Host::new().secret("signing-key", "c2VjcmV0").secret("id", "7");
    host.answer(SCANS, Answer::status(200)).check(signs, "{}");
}

#[test]
#[should_panic(expected = "which the script does not know; hint: `.secret(\"certificate\", \"...\")`")]
fn a_client_certificate_that_the_script_does_not_know_fails_the_test() {
    fn shows(_: Nothing, _: Run) -> Verdict {
        http::get("https://api.example.com/scans")
            .client_certificate(&Secret::named("certificate"))
            .send()?;
        Ok(Report::ok("there"))
    }
    Host::new().answer(SCANS, Answer::status(200)).check(shows, "{}");
}

#[test]
fn a_secret_over_a_socket_of_this_machine_is_a_config_fault_as_on_a_host() {
    fn odd(_: Nothing, _: Run) -> Verdict {
        http::get("/_ping").bearer(&Secret::named("key")).send_local("docker")?;
        Ok(Report::ok("there"))
    }
    let ran = Host::new().secret("key", "k3y").check(odd, "{}");
    let Fault::Config(message) = ran.error() else { panic!("{:?}", ran.error()) };
    assert!(message.contains("neither secrets nor TLS"), "{message}");
}

fn earliest(_: Nothing, _: Run) -> Verdict {
    let mut server = net::connect("mail.example.com:465")?;
    let before = server.path();
    let facts = server.start_tls(&net::TlsOptions::new())?;
    let path = server.path();
    let first = facts.earliest_of(&path).map(|first| first.subject.clone());
    Ok(Report::ok(format!("{before:?} {path:?} {}", first.unwrap_or_default())))
}

#[test]
fn the_path_of_trust_is_that_of_the_script_and_empty_where_there_is_none() {
    let now = watchkeep_sdk::testing::NOW;
    let shown = || {
        let names = [("mail.example.com", 9), ("stray", 1), ("ca", 5)];
        tls_facts(names.map(|(name, ends)| certificate(name, now + ends)))
    };
    let says = |dialogue: Dialogue, said: &str| {
        let ran = Host::new().answer("tcp mail.example.com:465", dialogue).check(earliest, "{}");
        assert_eq!(ran.report().summary, said);
    };
    says(Dialogue::new().starts_tls(shown()), "[] [0, 1, 2] CN=stray");
    says(Dialogue::new().starts_tls(shown()).trusted_by([0, 2]), "[] [0, 2] CN=ca");
    let untrusted = net::TlsFacts { untrusted: Some("it is nobody's".to_owned()), ..shown() };
    says(Dialogue::new().starts_tls(untrusted), "[] [] CN=stray");
}

/// Shows a certificate if it is told so, and asks whether it may speak, once before and once behind what the peer says.
fn member(shows: Shows, _: Run) -> Verdict {
    let mut server = net::connect("mail.example.com:465")?;
    let options = match &shows.certificate {
        Some(certificate) => net::TlsOptions::new().client_certificate(certificate),
        None => net::TlsOptions::new(),
    };
    server.start_tls(&options)?;
    server.admitted(Duration::from_millis(500))?;
    let waited = clock::monotonic();
    let line = server.read_line()?;
    server.admitted(Duration::from_millis(500))?;
    Ok(Report::ok(format!("{line} after {} ms", waited.as_millis())))
}

#[derive(Config)]
struct Shows {
    /// The certificate.
    certificate: Option<Secret>,
}

#[test]
fn a_peer_that_wants_a_certificate_is_heard_before_it_counts_as_content() {
    let facts = || tls_facts([certificate("mail.example.com", watchkeep_sdk::testing::NOW)]);
    let ask = |config: &str, dialogue: Dialogue| {
        let host = Host::new().secret("member", "-----BEGIN").answer("tcp mail.example.com:465", dialogue);
        host.check(member, config).report().clone()
    };
    let nobody = "{}";
    let shown = r#"{"certificate": {"secret": "member"}}"#;
    // Nobody waits for a word where nobody was asked.
    let open = Dialogue::new().starts_tls(facts()).says("welcome\n");
    assert_eq!(ask(nobody, open).summary, "welcome after 10 ms");
    let wants = || Dialogue::new().wants_certificate().starts_tls(facts());
    assert_eq!(ask(shown, wants().says("welcome\n")).summary, "welcome after 10 ms");
    let slow = wants().waits(Duration::from_millis(700)).says("welcome\n");
    assert_eq!(ask(shown, slow).summary, "welcome after 510 ms");

    let why = |config: &str, dialogue: Dialogue| {
        let report = ask(config, dialogue);
        assert_eq!(report.state, State::Critical);
        report.summary
    };
    let none = "it asked for a client certificate, and none was shown";
    let doubted = "it asked for a client certificate, and may not have taken the one that was shown";
    let closed = "connection closed without an answer by 192.0.2.1:443 after ";
    assert_eq!(why(nobody, wants().closes()), format!("{closed}less than 1 ms: {none}"));
    let later = wants().waits(Duration::from_millis(20)).closes();
    assert_eq!(why(shown, later), format!("{closed}20 ms: {doubted}"));
    let reset = wants().fails(net::FailureKind::Reset, net::Phase::Wait);
    assert!(why(nobody, reset).ends_with(none));
    // Another failure has reasons of its own, and so has a peer that leaves later.
    let refused = wants().fails(net::FailureKind::Tls, net::Phase::Tls);
    assert!(!why(nobody, refused).contains("client certificate"));
    assert!(!why(nobody, wants().says("wel").closes()).contains("client certificate"));
}
