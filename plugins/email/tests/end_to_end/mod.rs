//! The bundled `email` against a real mail server, whose mails another parser reads.

use serde_json::Value;
use watchkeep_end_to_end::{
    Answering, Folder, Hook, Host, Identity, MailServer, Site, build, closed_port, eventually,
};
use watchkeep_lab::certificate;

use crate::command_line::typed;
use crate::notices::{alerting, webhook};

fn identity() -> (Identity, String) {
    let signed = certificate::signed(&["localhost", "127.0.0.1"], time::Duration::days(9)).unwrap();
    (Identity { chain: signed.chain_pem, key: signed.key_pem }, signed.authority_pem)
}

fn receiver(mail: &MailServer, security: &str) -> String {
    let server = format!("127.0.0.1:{}", mail.port);
    format!(
        "[secrets]\nmail = {{ file = \"mail\", to = [\"tcp://{server}\"] }}\n\n[[receiver]]\nname = \"people\"\n\
         plugin = \"email\"\n\n[receiver.config]\nserver = \"{server}\"\nsecurity = \"{security}\"\nuser = \"watch\"\n\
         password = {{ secret = \"mail\" }}\nfrom = \"Våken <watch@example.com>\"\n\
         to = [\"Kari <kari@example.com>\", \"nobody@example.com\"]\n"
    )
}

/// The folder trusts the authority of the server.
fn folder(rest: &str, authority: &str) -> Folder {
    let folder = Folder::new(&format!("ca_file = \"authority.pem\"\n\n{rest}"));
    folder.write("authority.pem", authority);
    folder.secret("mail", MailServer::PASSWORD);
    folder
}

fn header(mail: &Value, name: &str) -> String {
    let headers = mail["headers"].as_array().unwrap().iter();
    let mut found = headers.filter(|header| header[0] == name).map(|header| header[1].as_str().unwrap());
    found.next().unwrap_or_else(|| panic!("no `{name}` in {mail:#}")).to_owned()
}

fn part(mail: &Value, media_type: &str) -> String {
    let parts = mail["parts"].as_array().unwrap().iter();
    let mut found =
        parts.filter(|part| part["type"] == media_type).map(|part| part["content"].as_str().unwrap());
    found.next().unwrap_or_else(|| panic!("no `{media_type}` in {mail:#}")).to_owned()
}

#[tokio::test]
async fn an_alert_and_its_end_are_two_mails_of_one_thread_over_starttls() {
    let (identity, authority) = identity();
    let (site, server) = (Site::start().await, MailServer::start("starttls", "PLAIN", &identity).await);
    let folder =
        folder(&alerting(&[("shop", site.url("/shop"))], &receiver(&server, "starttls")), &authority);
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    site.set("/shop", Answering::Status(500));
    eventually("the alert arrives", async || server.mails().pop()).await;
    site.set("/shop", Answering::Well);
    let mails =
        eventually("its end arrives", async || Some(server.mails()).filter(|mails| mails.len() > 1)).await;
    for mail in &mails {
        assert_eq!(
            (&mail["from"], mail["to"].to_string()),
            (&"watch@example.com".into(), "[\"kari@example.com\"]".to_owned())
        );
        assert_eq!((&mail["tls"], &mail["login"]), (&true.into(), &true.into()), "{mail:#}");
        assert_eq!(mail["defects"].as_array().map(Vec::len), Some(0), "{mail:#}");
        assert_eq!(header(mail, "Auto-Submitted"), "auto-generated");
        assert_eq!(header(mail, "From"), "Våken <watch@example.com>");
    }
    assert!(header(&mails[0], "Subject").starts_with("CRITICAL: shop: "), "{}", header(&mails[0], "Subject"));
    assert!(header(&mails[1], "Subject").starts_with("RESOLVED: shop after "));
    assert!(part(&mails[0], "text/plain").contains("/checks/shop"));
    assert!(part(&mails[0], "text/html").contains("Open in Watchkeep"));
    let thread = header(&mails[0], "References");
    assert!(header(&mails[1], "References").starts_with(&thread));
    assert!(header(&mails[1], "References").ends_with(&header(&mails[0], "Message-ID")));
}

#[tokio::test]
async fn a_picture_stands_in_the_mail_and_tls_begins_with_the_first_byte() {
    let (identity, authority) = identity();
    let server = MailServer::start("tls", "LOGIN", &identity).await;
    let check = "[[check]]\nname = \"lobby\"\nplugin = \"snapshots-caller\"\ninterval = \"200ms\"\nfailure_threshold = 1\n\
                 config = { do = \"latest\", series = \"front\", attach = \"pixels\", then = \"critical\" }\n\n";
    let route = "\n[[route]]\nname = \"root\"\nreceivers = [\"people\"]\ngroup_wait = \"0s\"\n";
    let folder = folder(&format!("{check}{}{route}", receiver(&server, "tls")), &authority);
    let plugins = folder.path().join("plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    std::fs::write(plugins.join("snapshots_caller.wasm"), build("snapshots_caller", 1)).unwrap();
    let _host = Host::start(&folder).await;
    let mail = eventually("the mail arrives", async || server.mails().pop()).await;
    let pixels: String = b"pixels".iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(part(&mail, "image/png"), pixels);
    assert_eq!(mail["parts"][2]["id"], "<picture-1@watchkeep>");
    assert!(part(&mail, "text/html").contains("<img src=\"cid:picture-1@watchkeep\""));
}

#[tokio::test]
async fn a_server_that_nobody_trusts_and_a_wrong_password_are_told_as_what_they_are() {
    let (identity, authority) = identity();
    let (site, server) = (Site::start().await, MailServer::start("starttls", "PLAIN", &identity).await);
    site.set("/shop", Answering::Status(500));
    let config = alerting(&[("shop", site.url("/shop"))], &receiver(&server, "starttls"));
    let complaint = async |host: &Host, status: &str| {
        eventually("the delivery says why", async || {
            let deliveries = host.get(&format!("/api/v1/deliveries?status={status}")).await.json();
            deliveries["items"].as_array()?.first()?["error"].as_str().map(str::to_owned)
        })
        .await
    };
    let untrusting = Folder::new(&config);
    untrusting.secret("mail", MailServer::PASSWORD);
    let host = Host::start(&untrusting).await;
    let told = complaint(&host, "open").await;
    assert!(told.contains("untrusted certificate"), "{told}");

    let wrong = folder(&config, &authority);
    wrong.secret("mail", "incorrect horse");
    let host = Host::start(&wrong).await;
    let told = complaint(&host, "dead").await;
    assert!(told.contains("AUTH: 535") && told.contains("hint: "), "{told}");
    assert!(server.mails().is_empty());
}

/// Somebody outside, without a cookie or a script.
async fn sends(url: &str, body: &'static str) -> (u16, String) {
    let client = reqwest::Client::new();
    let form = "application/x-www-form-urlencoded";
    let answer = client.post(url).header("content-type", form).body(body).send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn somebody_outside_subscribes_is_told_what_broke_and_leaves_with_one_click() {
    let (identity, authority) = identity();
    let (site, hook) = (Site::start().await, Hook::start().await);
    let server = MailServer::start("starttls", "PLAIN", &identity).await;
    let letters = receiver(&server, "starttls").replace("people", "letters");
    let public = closed_port().await;
    let url = format!("http://{public}/status/acme");
    let page = format!(
        "{letters}\n[[status_page]]\nname = \"acme\"\ntitle = \"Acme\"\nmatch = ['check=\"shop\"']\nurl = \"{url}\"\n\
         subscriptions = \"letters\"\nletters_after = \"1s\"\n"
    );
    let checks = alerting(&[("shop", site.url("/shop"))], &webhook(&hook))
        .replace("name = \"shop\"", "name = \"shop\"\ndisplay = \"The shop\"");
    let folder = folder(&format!("public_listen = \"{public}\"\n\n{checks}{page}"), &authority);
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;

    let form = format!("{url}/letters");
    assert_eq!(sends(&form, "address=ann%40example.org").await.0, 200);
    let asked = eventually("a letter asks", async || server.mails().pop()).await;
    assert_eq!(asked["to"].to_string(), "[\"ann@example.org\"]");
    assert_eq!(header(&asked, "Subject"), "Acme: confirm your address");
    let own = header(&asked, "List-Unsubscribe").trim_matches(['<', '>']).to_owned();
    assert!(own.starts_with(&format!("{url}/letters/for/s-")), "{own}");
    assert!(part(&asked, "text/plain").contains(&format!("{own}\r\n")));

    // A server that refuses an address repeats it; what is kept of that does not.
    assert_eq!(sends(&form, "address=nobody%40example.com").await.0, 200);
    let error = crate::notices::dead_letter(&host).await;
    assert!(error.contains("no such user") && !error.contains("nobody@"), "{error}");

    // Somebody who never agrees is told nothing.
    assert_eq!(sends(&form, "address=bob%40example.org").await.0, 200);
    eventually("another letter asks", async || Some(server.mails()).filter(|all| all.len() == 2)).await;
    assert_eq!(sends(&own, "do=confirm").await.0, 200);
    host.kill().await;
    let host = Host::start(&folder).await;
    site.set("/shop", Answering::Status(500));
    let told = eventually("a letter tells", async || server.mails().into_iter().nth(2)).await;
    assert_eq!(told["to"].to_string(), "[\"ann@example.org\"]");
    assert_eq!(header(&told, "Subject"), "Acme: The shop is down");
    assert_eq!(header(&told, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
    let text = part(&told, "text/plain");
    assert!(
        text.contains("The shop is down.") && !text.contains("500") && !text.contains("/checks/"),
        "{text}"
    );

    let all = [host.get("/api/v1/deliveries?limit=1000").await.text, host.log()].concat();
    assert!(all.contains("news of status page `acme` for a subscriber"), "{all}");
    let id = own.rsplit_once('/').unwrap().1;
    assert!(!all.contains("ann@example") && !all.contains("bob@example"), "no row has an address: {all}");
    assert!(!all.contains(id), "whoever sees deliveries could agree for others: {all}");

    assert_eq!(sends(&own, "List-Unsubscribe=One-Click").await.0, 200);
    site.set("/shop", Answering::Well);
    // A note is news as well; with nobody left who agreed, it goes nowhere.
    eventually("the shop is well", async || {
        let badge = reqwest::get(format!("{url}/the-shop/badge.json")).await.ok()?.text().await.ok()?;
        badge.contains("Operational").then_some(())
    })
    .await;
    let (code, listed) = typed(&folder, &["status", "subscribers", "acme"]).await;
    assert!(code == 0 && listed.contains("bob@example.org") && !listed.contains("ann@"), "{listed}");
    let (code, forgotten) = typed(&folder, &["status", "forget", "BOB@example.org"]).await;
    assert!(code == 0 && forgotten.contains("forgotten on acme"), "{forgotten}");
    let (code, refused) = typed(&folder, &["status", "forget", "bob@example.org"]).await;
    assert!(code == 1 && refused.contains("no status page has this address"), "{refused}");
    assert_eq!(server.mails().len(), 3);
}
