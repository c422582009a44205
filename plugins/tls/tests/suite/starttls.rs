//! Each protocol in which a server is asked for TLS: taken, refused, and answered with nonsense.

use super::*;

fn asked(starttls: &str, dialogue: Dialogue) -> Ran<Report, Fault> {
    let config = config(json!({ "starttls": starttls, "address": "shop.example.com:25" }));
    Host::new().answer("tcp shop.example.com:25", dialogue).check(run, &config)
}

#[track_caller]
fn agrees(starttls: &str, dialogue: Dialogue) {
    let ran = asked(starttls, dialogue.shows_tls(facts(62)));
    assert_eq!(ran.report().state, State::Ok, "{starttls}: {}", ran.report().summary);
}

#[track_caller]
fn refuses(starttls: &str, dialogue: Dialogue, said: &str) {
    let ran = asked(starttls, dialogue);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (State::Critical, said), "{starttls}");
}

#[test]
fn smtp() {
    let greeted =
        || Dialogue::new().says("220-mail.example.com\r\n220 ESMTP\r\n").hears("EHLO watchkeep\r\n");
    agrees(
        "smtp",
        greeted()
            .says("250-mail\r\n250-SIZE 1000\r\n250 starttls\r\n")
            .hears("STARTTLS\r\n")
            .says("220 go\r\n"),
    );
    refuses("smtp", greeted().says("250-mail\r\n250 SIZE 1000\r\n"), "it does not offer STARTTLS");
    refuses("smtp", greeted().says("502 no\r\n"), "it does not take EHLO: it says `502 no`");
    let offers = || greeted().says("250-mail\r\n250 STARTTLS\r\n").hears("STARTTLS\r\n");
    refuses("smtp", offers().says("454 not now\r\n"), "it does not start TLS: it says `454 not now`");
    refuses("smtp", Dialogue::new().says("554 go away\r\n"), "it does not greet: it says `554 go away`");
    refuses(
        "smtp",
        Dialogue::new().says("SSH-2.0-OpenSSH_9.2\r\n"),
        "no server of this protocol answers: it says `SSH-2.0-OpenSSH_9.2`",
    );
    let ran = asked("smtp", offers().says("220 go\r\n250 trust me\r\n"));
    assert!(ran.report().summary.starts_with("broken answer"), "{}", ran.report().summary);
}

#[test]
fn imap_and_pop3() {
    let imap = || Dialogue::new().says("* OK [CAPABILITY IMAP4rev1] ready\r\n").hears("a1 STARTTLS\r\n");
    agrees("imap", imap().says("* CAPABILITY IMAP4rev1\r\na1 OK begin\r\n"));
    refuses("imap", imap().says("a1 BAD no TLS\r\n"), "it does not start TLS: it says `a1 BAD no TLS`");
    refuses("imap", Dialogue::new().says("* BYE busy\r\n"), "no IMAP server greets: it says `* BYE busy`");
    let pop3 = || Dialogue::new().says("+OK ready\r\n").hears("STLS\r\n");
    agrees("pop3", pop3().says("+OK begin\r\n"));
    refuses("pop3", pop3().says("-ERR no\r\n"), "it does not start TLS: it says `-ERR no`");
    refuses("pop3", Dialogue::new().says("220 mail\r\n"), "no POP3 server greets: it says `220 mail`");
}

#[test]
fn ftp() {
    let greeted = || Dialogue::new().says("220 ftp\r\n").hears("AUTH TLS\r\n");
    agrees("ftp", greeted().says("234 go\r\n"));
    refuses("ftp", greeted().says("530 log in\r\n"), "it does not start TLS: it says `530 log in`");
}

#[test]
fn ldap() {
    const ASKED: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";
    let answers = |message: &[u8]| Dialogue::new().hears(ASKED).says(message);
    agrees("ldap", answers(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"));
    // OpenLDAP writes sizes in four bytes where it likes.
    agrees(
        "ldap",
        answers(b"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x00\x04\x00\x04\x00"),
    );
    refuses(
        "ldap",
        answers(b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"),
        "it does not start TLS: LDAP result 2 (protocol error)",
    );
    refuses("ldap", answers(b"\x30\x02\x05\x00"), "its answer to STARTTLS is not LDAP");
    refuses("ldap", answers(b"HTTP/1.1 400"), "what answers speaks no LDAP");
    refuses("ldap", answers(b"\x30\x84\x7f\xff\xff\xff"), "its answer is larger than 16384 bytes");
}

#[test]
fn postgresql() {
    let asked = || Dialogue::new().hears([0, 0, 0, 8, 4, 210, 22, 47]);
    agrees("postgresql", asked().says("S"));
    refuses("postgresql", asked().says("N"), "it takes no TLS (`ssl` is off, or built without)");
    refuses("postgresql", asked().says("H"), "what answers speaks no PostgreSQL (byte 0x48)");
}

/// A greeting of MariaDB that can do this.
fn greeting(low: u16) -> Vec<u8> {
    let mut body = b"\x0a10.11.19-MariaDB\0\x01\x00\x00\x00saltsalt\0".to_vec();
    body.extend(low.to_le_bytes());
    body.extend([45, 2, 0, 0xff, 0x81, 21]);
    body.extend([0; 10]);
    body.extend(b"moresaltmore\0mysql_native_password\0");
    let mut packet = vec![u8::try_from(body.len()).unwrap(), 0, 0, 0];
    packet.extend(body);
    packet
}

#[test]
fn mysql() {
    let mut request = vec![32, 0, 0, 1, 0x00, 0x8a, 0, 0, 0, 0, 0, 1, 45];
    request.extend([0; 23]);
    agrees("mysql", Dialogue::new().says(greeting(0xfffe)).hears(request));
    refuses(
        "mysql",
        Dialogue::new().says(greeting(0xf7fe)),
        "it takes no TLS (no certificate is configured, or `skip_ssl` is set)",
    );
    refuses(
        "mysql",
        Dialogue::new().says(b"\x17\0\0\0\xff\x10\x04Too many connections"),
        "it takes no connection, error 1040: it says `Too many connections`",
    );
    refuses("mysql", Dialogue::new().says(b"SSH-2.0-OpenSSH\r\n"), "what answers speaks no MySQL");
}

#[test]
fn xmpp() {
    let opened = |namespace: &str, to: &str| {
        Dialogue::new().hears(format!(
            "<?xml version='1.0'?><stream:stream xmlns='{namespace}' xmlns:stream='http://etherx.jabber.org/streams' \
             to='{to}' version='1.0'>"
        ))
    };
    let features = "<?xml version='1.0'?><stream:stream id='1'><stream:features>\
                    <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>";
    let wants = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    let proceeds = "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>";
    let opened_as_client = || opened("jabber:client", "shop.example.com");
    agrees("xmpp", opened_as_client().says(features).hears(wants).says(proceeds));
    agrees(
        "xmpp_server",
        opened("jabber:server", "shop.example.com").says(features).hears(wants).says(proceeds),
    );
    refuses(
        "xmpp",
        opened_as_client().says("<stream:stream id='1'><stream:features><bind/></stream:features>"),
        "it does not offer STARTTLS",
    );
    refuses(
        "xmpp",
        opened_as_client().says(features).hears(wants).says("<failure/>"),
        "it does not start TLS: it says `<failure/>`",
    );
    refuses(
        "xmpp",
        opened_as_client().says("<stream:error><host-unknown/></stream:error></stream:stream>"),
        "it takes no such stream: it says `host-unknown`",
    );
    // Prosody, where a host has neither TLS nor a way to log in.
    let head = "<?xml version='1.0'?><stream:stream id='1' xmlns='jabber:client' version='1.0'>";
    refuses(
        "xmpp",
        opened_as_client().says(format!(
            "{head}<stream:error><undefined-condition xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>\
             <text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>No stream features to proceed with</text></stream:error>"
        )),
        "it takes no such stream: it says `undefined-condition: No stream features to proceed with`",
    );
}
