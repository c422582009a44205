//! STARTTLS with the servers that people run. Each has a certificate that expires in five days, and each is asked once
//! more where it starts no TLS.

use watchkeep_end_to_end::cases::Case;
use watchkeep_end_to_end::servers::{Dovecot, MariaDb, Postfix, PostgreSql, Prosody, Slapd, Tls, Vsftpd};
use watchkeep_end_to_end::{Identity, eventually_seeing};
use watchkeep_lab::certificate;

use super::{case, hold, summary};

fn identity() -> (Identity, Vec<u8>) {
    let valid_for = time::Duration::days(5) + time::Duration::HOUR;
    let signed = certificate::signed(&["localhost", "127.0.0.1"], valid_for).unwrap();
    (Identity { chain: signed.chain_pem, key: signed.key_pem }, signed.authority_pem.into_bytes())
}

fn warns(name: &str, host: &str, port: u16, starttls: &str) -> Case {
    asked(name, host, port, starttls, "warning", "certificate `CN=localhost` expires in 5 days")
}

fn refuses(name: &str, host: &str, port: u16, starttls: &str, said: &str) -> Case {
    asked(name, host, port, starttls, "critical", said)
}

fn asked(name: &str, host: &str, port: u16, starttls: &str, state: &'static str, said: &str) -> Case {
    case(name, &format!("{host}:{port}"), &format!("starttls = \"{starttls}\""), state, &[said])
}

const LOOPBACK: &str = "127.0.0.1";

#[tokio::test]
async fn postfix_and_dovecot() {
    let (identity, authority) = identity();
    let (postfix, dovecot) = (Postfix::start(&identity), Dovecot::start(&identity));
    let (imap, pop3) = (dovecot.imap_port, dovecot.pop3_port);
    let cases = [
        warns("smtp", LOOPBACK, postfix.port, "smtp"),
        refuses("smtp-off", LOOPBACK, postfix.clear_port, "smtp", "it does not offer STARTTLS"),
        warns("imap", LOOPBACK, imap, "imap"),
        refuses(
            "imap-off",
            Dovecot::CLEAR,
            imap,
            "imap",
            "it does not start TLS: it says `a1 BAD TLS support isn't enabled.`",
        ),
        warns("pop3", LOOPBACK, pop3, "pop3"),
        refuses(
            "pop3-off",
            Dovecot::CLEAR,
            pop3,
            "pop3",
            "it does not start TLS: it says `-ERR TLS support isn't enabled.`",
        ),
        refuses("smtp-at-imap", LOOPBACK, imap, "smtp", "no server of this protocol answers: it says `* OK "),
        refuses("imap-at-smtp", LOOPBACK, postfix.port, "imap", "no IMAP server greets: it says `220 "),
    ];
    hold(&authority, "", &cases).await;
}

#[tokio::test]
async fn vsftpd_and_openldap() {
    let (identity, authority) = identity();
    let on = Tls::With(&identity);
    let (ftp, ftp_off) = (Vsftpd::start(&on), Vsftpd::start(&Tls::Off));
    let (ldap, ldap_off) = (Slapd::start(&on), Slapd::start(&Tls::Off));
    let cases = [
        warns("ftp", LOOPBACK, ftp.port, "ftp"),
        refuses(
            "ftp-off",
            LOOPBACK,
            ftp_off.port,
            "ftp",
            "it does not start TLS: it says `530 Please login with USER and PASS.`",
        ),
        warns("ldap", LOOPBACK, ldap.port, "ldap"),
        refuses(
            "ldap-off",
            LOOPBACK,
            ldap_off.port,
            "ldap",
            "it does not start TLS: LDAP result 2 (protocol error)",
        ),
    ];
    hold(&authority, "", &cases).await;
}

#[tokio::test]
async fn postgresql_and_mariadb() {
    let (identity, authority) = identity();
    let (mysql, mysql_off) = (MariaDb::start(&Tls::With(&identity)), MariaDb::start(&Tls::Off));
    let postgresql = PostgreSql::start(&identity);
    let cases = [
        warns("mysql", LOOPBACK, mysql.port, "mysql"),
        refuses(
            "mysql-off",
            LOOPBACK,
            mysql_off.port,
            "mysql",
            "it takes no TLS (no certificate is configured, or `skip_ssl` is set)",
        ),
        warns("postgresql", LOOPBACK, postgresql.port, "postgresql"),
        refuses(
            "postgresql-at-mysql",
            LOOPBACK,
            mysql.port,
            "postgresql",
            "what answers speaks no PostgreSQL",
        ),
    ];
    let (_folder, host) = hold(&authority, "", &cases).await;
    postgresql.without_tls();
    eventually_seeing("PostgreSQL takes no TLS any more", async || {
        let check = host.ran("postgresql").await;
        let is_told =
            check["state"] == "critical" && summary(&check).contains("it takes no TLS (`ssl` is off");
        if is_told { Ok(()) } else { Err(check) }
    })
    .await;
}

#[tokio::test]
async fn prosody() {
    let (identity, authority) = identity();
    let prosody = Prosody::start(&identity);
    let (client, server) = (prosody.client_port, prosody.server_port);
    let cases = [
        warns("client", "localhost", client, "xmpp"),
        warns("server", "localhost", server, "xmpp_server"),
        refuses("client-off", Prosody::CLEAR, client, "xmpp", "No stream features to proceed with"),
        refuses("server-off", Prosody::CLEAR, server, "xmpp_server", "it does not offer STARTTLS"),
        refuses("nobody", "127.0.0.2", client, "xmpp", ""),
    ];
    hold(&authority, "", &cases).await;
}
