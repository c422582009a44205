//! Signing in by way of an OpenID provider: as people do, and as those do who would like to be somebody else.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use watchkeep_core::access::{Role, Scope};
use watchkeep_web::{ClientSecret, GroupRole, Oidc};

use super::{Browser, PASSWORD, put_user, user};
use crate::support::ask::Answer;
use crate::support::boards::busy;
use crate::support::provider::{ISSUER, Provider};
use crate::support::{FakeHost, NOW};

const SECRET: &str = "client-secret-canary";

fn oidc() -> Oidc {
    let mapped = |group: &str, role, scope: &[&str]| GroupRole {
        group: group.to_owned(),
        role,
        scope: Scope::parse(scope.iter().copied()).unwrap(),
    };
    let to = watchkeep_core::grant::OriginPattern::parse(ISSUER).unwrap();
    Oidc {
        name: "Example ID".to_owned(),
        issuer: ISSUER.to_owned(),
        client_id: "watchkeep".to_owned(),
        client_secret: ClientSecret::new(SECRET, "oidc", vec![to]),
        scopes: vec!["openid".to_owned(), "profile".to_owned()],
        groups_claim: "groups".to_owned(),
        name_claim: "preferred_username".to_owned(),
        roles: vec![mapped("sre", Role::Operator, &[]), mapped("web", Role::Viewer, &["team=\"web\""])],
        session: Duration::from_secs(3600),
        external_url: "http://localhost:8686".to_owned(),
    }
}

fn host() -> Arc<FakeHost> {
    let mut board = busy();
    board.access.admin_token = None;
    board.access.external_url = Some("http://localhost:8686".to_owned());
    board.access.oidc = Some(Arc::new(oidc()));
    board.provider = Some(Provider::new());
    FakeHost::new(board)
}

fn change(host: &FakeHost, change: impl FnOnce(&mut Provider)) {
    host.with(|board| change(board.provider.as_mut().unwrap()));
}

/// What a browser was sent to the provider with.
struct Sent(Vec<(String, String)>);

impl Sent {
    fn get(&self, name: &str) -> &str {
        &self.0.iter().find(|(given, _)| given == name).unwrap_or_else(|| panic!("no {name}")).1
    }
}

async fn begun(browser: &mut Browser, path: &str) -> Sent {
    let answer = browser.get(path).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax; Max-Age=600"), "{cookie}");
    let (endpoint, query) = answer.header("location").split_once("&").unwrap();
    assert_eq!(endpoint, format!("{ISSUER}/auth?realm=x"));
    let sent = Sent(form_urlencoded::parse(query.as_bytes()).into_owned().collect());
    let nonce = sent.get("nonce").to_owned();
    change(&browser.host, |provider| provider.nonce = nonce);
    sent
}

async fn back(browser: &mut Browser, parameters: &[(&str, &str)]) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    browser.get(&format!("/login/oidc/callback?{query}")).await
}

async fn signed_in(browser: &mut Browser) -> Answer {
    let sent = begun(browser, "/login/oidc").await;
    back(browser, &[("state", sent.get("state")), ("code", "c-1")]).await
}

/// The answer lets nobody in, and says so in this sentence.
fn refused(answer: &Answer, sentence: &str) {
    assert!(answer.status.is_client_error() || answer.status.is_server_error(), "{}", answer.status);
    let text = answer
        .text
        .replace("&#39;", "'")
        .replace("&#34;", "\"")
        .replace("<code>", "`")
        .replace("</code>", "`");
    assert!(text.contains(sentence), "`{sentence}` is not in {text}");
    assert!(!answer.text.contains(SECRET));
    assert!(
        answer.header("set-cookie").contains("Max-Age=0"),
        "the sign-in is over: {}",
        answer.header("set-cookie")
    );
}

#[tokio::test]
async fn somebody_signs_in_and_goes_on_to_where_they_were() {
    let host = host();
    let mut browser = Browser::new(&host);
    let page = browser.get("/login?next=/alerts%3Fq%3Dx").await;
    assert!(page.text.contains("Sign in with Example ID"), "{}", page.text);
    assert!(page.text.contains("href=\"/login/oidc?next=%2Falerts%3Fq%3Dx\""), "{}", page.text);
    let sent = begun(&mut browser, "/login/oidc?next=%2Falerts%3Fq%3Dx").await;
    assert_eq!(
        ["response_type", "client_id", "redirect_uri", "scope", "code_challenge_method"]
            .map(|name| sent.get(name)),
        ["code", "watchkeep", "http://localhost:8686/login/oidc/callback", "openid profile", "S256"]
    );
    let answer =
        back(&mut browser, &[("state", sent.get("state")), ("code", "c-1"), ("iss", ISSUER), ("x", "y")])
            .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains("url=/alerts?q=x"), "the second step sends the cookie: {}", answer.text);
    let cookies: Vec<&str> =
        answer.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap()).collect();
    let session = cookies.iter().find(|set| set.starts_with("watchkeep=")).unwrap();
    assert!(session.contains("SameSite=Strict"), "{session}");
    assert!(
        cookies.iter().any(|set| set.starts_with("watchkeep-oidc=;") && set.contains("Max-Age=0")),
        "{cookies:?}"
    );
    browser.cookie = Some(session.split(';').next().unwrap().to_owned());
    let page = browser.get("/feed").await;
    assert!(page.text.contains("Signed in as <strong>ola</strong>"), "{}", page.text);
    assert!(!page.text.contains("/password"), "there is none to change");
    assert_eq!(browser.get("/people").await.status, 403, "an operator");

    let entry = host.with(|board| board.audit_log.last().unwrap().clone());
    assert_eq!((entry.what.as_str(), entry.who.name.as_str()), ("session.begin", "ola"));
    assert_eq!((entry.who.by_way_of.as_str(), entry.who.from.as_str()), ("oidc u-1", "127.0.0.1"));
    let asked = host.with(|board| board.provider.as_ref().unwrap().requests.clone());
    let token = asked.iter().find(|(url, ..)| url.ends_with("/token")).unwrap();
    assert!(token.1.starts_with("Basic ") && !token.2.contains(SECRET), "{token:?}");
    let form: Vec<_> = form_urlencoded::parse(token.2.as_bytes()).into_owned().collect();
    let verifier = &form.iter().find(|(name, _)| name == "code_verifier").unwrap().1;
    use base64::Engine as _;
    let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .encode(watchkeep_core::ids::Digest::of(verifier.as_bytes()).0);
    assert_eq!(challenge, sent.get("code_challenge"));
}

#[tokio::test]
async fn a_role_follows_the_groups_and_the_config() {
    let host = host();
    let mut browser = Browser::new(&host);
    change(&host, |provider| provider.claims["groups"] = json!(["other", "web"]));
    assert_eq!(session(&mut browser).await.status, 200);
    let page = browser.get("/feed").await;
    assert!(
        page.text.contains("team=&#34;web&#34;") || page.text.contains("team=&quot;web&quot;"),
        "its scope: {}",
        page.text
    );
    // Another mapping counts at once, and so does none.
    let mut other = oidc();
    other.roles.retain(|mapped| mapped.group != "web");
    host.with(|board| board.access.oidc = Some(Arc::new(other)));
    assert_eq!(browser.get("/feed").await.status, 303);
    host.with(|board| board.access.oidc = Some(Arc::new(oidc())));
    assert_eq!(browser.get("/feed").await.status, 200);
    let elsewhere = Oidc { issuer: "https://other.example.com".to_owned(), ..oidc() };
    host.with(|board| board.access.oidc = Some(Arc::new(elsewhere)));
    assert_eq!(browser.get("/feed").await.status, 303, "another provider vouches for nobody of this one");
    host.with(|board| board.access.oidc = Some(Arc::new(oidc())));
    host.with(|board| board.now = Some(NOW + Duration::from_secs(3599)));
    assert_eq!(browser.get("/feed").await.status, 200);
    host.with(|board| board.now = Some(NOW + Duration::from_secs(3600)));
    assert_eq!(browser.get("/feed").await.status, 303, "a session ends in time, however much it is used");
}

/// Signs in, and keeps the cookie of the session.
async fn session(browser: &mut Browser) -> Answer {
    let answer = signed_in(browser).await;
    let mut cookies = answer.headers.get_all("set-cookie").iter().map(|set| set.to_str().unwrap());
    let session = cookies.rfind(|set| set.starts_with("watchkeep="));
    browser.cookie = session.map(|set| set.split(';').next().unwrap().to_owned());
    answer
}

#[tokio::test]
async fn nobody_without_a_group_that_has_a_role_gets_a_session() {
    let host = host();
    for groups in
        [json!([]), json!(["other"]), json!("sr"), json!({ "sre": true }), json!(null), json!([["sre"]])]
    {
        change(&host, |provider| provider.claims["groups"] = groups.clone());
        refused(&signed_in(&mut Browser::new(&host)).await, "none of your groups may use this host");
    }
    let entry = host.with(|board| board.audit_log.last().unwrap().clone());
    assert_eq!(
        (entry.what.as_str(), entry.on.as_str(), entry.who.by_way_of.as_str()),
        ("session.refuse", "ola", "oidc")
    );
    assert!(host.with(|board| board.directory.sessions.is_empty()));
}

#[tokio::test]
async fn a_token_that_proves_nothing_lets_nobody_in() {
    let now = NOW.millis() / 1_000;
    let cases: [(Value, Value, &str); 14] = [
        (json!({ "nonce": "other" }), json!({}), "it is the answer to another sign-in"),
        (json!({ "nonce": null }), json!({}), "it is the answer to another sign-in"),
        (json!({ "aud": "other" }), json!({}), "it is meant for another client"),
        (json!({ "aud": ["watchkeep", "other"] }), json!({}), "it is meant for another client"),
        (json!({ "azp": "other" }), json!({}), "it is meant for another client"),
        (json!({ "iss": "https://evil.example" }), json!({}), "it is of another issuer"),
        (json!({ "exp": now - 61 }), json!({}), "it has expired"),
        (json!({ "exp": null }), json!({}), "it does not say when it expires"),
        (json!({ "iat": now + 90 }), json!({}), "it is of the future"),
        (json!({ "sub": "" }), json!({}), "it does not say whom it is about"),
        (json!({}), json!({ "alg": "none" }), "a kind that proves nothing here"),
        (json!({}), json!({ "alg": "HS256" }), "a kind that proves nothing here"),
        (json!({}), json!({ "crit": ["b64"] }), "it is malformed"),
        (json!({}), json!({ "kid": "nobody's" }), "a key that the provider does not publish"),
    ];
    for (claims, header, sentence) in cases {
        let host = host();
        change(&host, |provider| {
            for (name, value) in claims.as_object().unwrap() {
                provider.claims[name] = value.clone();
            }
            provider.header = header;
        });
        refused(&signed_in(&mut Browser::new(&host)).await, sentence);
        assert!(host.with(|board| board.directory.sessions.is_empty()));
    }
}

#[tokio::test]
async fn keys_that_were_changed_are_asked_for_again_and_no_others_are_believed() {
    let host = host();
    let mut browser = Browser::new(&host);
    assert_eq!(signed_in(&mut browser).await.status, 200);
    // Signed by somebody else, under the name of the key that is published.
    let published = host.with(|board| board.provider.as_ref().unwrap().published_now());
    change(&host, |provider| {
        provider.change_key();
        provider.kid = "k1";
        provider.published = Some(published);
    });
    refused(&signed_in(&mut browser).await, "its signature is wrong");

    // Ten seconds later it is another key of the provider's own, which is asked for once.
    change(&host, |provider| {
        provider.kid = "k2";
        provider.published = None;
    });
    host.with(|board| board.now = Some(NOW + Duration::from_secs(10)));
    assert_eq!(signed_in(&mut browser).await.status, 200);

    let host = self::host();
    let mut browser = Browser::new(&host);
    let published = json!({ "keys": [] });
    change(&host, |provider| provider.published = Some(published));
    let asked = |host: &FakeHost| {
        host.with(|board| {
            let provider = board.provider.as_ref().unwrap();
            provider.requests.iter().filter(|(url, ..)| url.ends_with("/keys")).count()
        })
    };
    for _ in 0..5 {
        refused(&signed_in(&mut browser).await, "a key that the provider does not publish");
    }
    assert_eq!(asked(&host), 1, "whatever tokens name, keys are not asked for more than once in ten seconds");
}

#[tokio::test]
async fn a_sign_in_belongs_to_the_browser_that_began_it_and_is_used_once() {
    let host = host();
    let mut victim = Browser::new(&host);
    let mut attacker = victim.another("192.0.2.66:50000");
    let sent = begun(&mut attacker, "/login/oidc").await;
    let theirs = [("state", sent.get("state")), ("code", "c-1")];
    // The attacker's own link, in the victim's browser: without a sign-in begun there, and with one.
    refused(&back(&mut victim, &theirs).await, "was not begun in this browser");
    begun(&mut victim, "/login/oidc").await;
    refused(&back(&mut victim, &theirs).await, "was not begun in this browser");
    for state in ["", "x", "0000000000000000000000000000000000000000000000000000000000000000"] {
        begun(&mut victim, "/login/oidc").await;
        refused(
            &back(&mut victim, &[("state", state), ("code", "c-1")]).await,
            "was not begun in this browser",
        );
    }
    let asked = host.with(|board| board.provider.as_ref().unwrap().requests.clone());
    assert!(!asked.iter().any(|(url, ..)| url.ends_with("/token")), "none of this reached the provider");

    let sent = begun(&mut victim, "/login/oidc").await;
    let kept = victim.cookie.clone();
    let ours = [("state", sent.get("state")), ("code", "c-1")];
    assert_eq!(back(&mut victim, &ours).await.status, 200);
    victim.cookie = kept;
    refused(&back(&mut victim, &ours).await, "has been used already");

    let sent = begun(&mut victim, "/login/oidc").await;
    host.with(|board| board.now = Some(NOW + Duration::from_secs(600)));
    refused(
        &back(&mut victim, &[("state", sent.get("state")), ("code", "c-1")]).await,
        "longer than ten minutes",
    );
}

#[tokio::test]
async fn what_the_provider_refuses_is_said_in_our_words() {
    let host = host();
    let mut browser = Browser::new(&host);
    for (error, sentence) in [
        ("access_denied", "Example ID did not let you in"),
        ("login_required", "wants you to sign in there first"),
        (
            "<script>alert(1)</script> hint: send your password to evil.example",
            "refused for a reason of its own",
        ),
    ] {
        let sent = begun(&mut browser, "/login/oidc").await;
        let text = "<b>hostile</b> text; hint: do harm";
        let answer = back(
            &mut browser,
            &[("state", sent.get("state")), ("error", error), ("error_description", text)],
        )
        .await;
        refused(&answer, sentence);
        assert!(
            !answer.text.contains("hostile")
                && !answer.text.contains("evil")
                && !answer.text.contains("<script>")
        );
    }
    let answer = back(&mut browser, &[("error", "access_denied"), ("state", "made-up")]).await;
    refused(&answer, "was not begun in this browser");
    let sent = begun(&mut browser, "/login/oidc").await;
    let mixed_up = [("state", sent.get("state")), ("code", "c-1"), ("iss", "https://evil.example")];
    refused(&back(&mut browser, &mixed_up).await, "the answer is not from Example ID");
    for (status, error, sentence) in [
        (400, json!({ "error": "invalid_grant" }), "it is used, or too old"),
        (401, json!({ "error": "invalid_client" }), "compare `client_id` and `client_secret`"),
        (500, json!("x"), "gave nothing for the code and answered 500"),
        (200, json!({}), "does not answer as it should"),
    ] {
        change(&host, |provider| provider.token_answer = Some((status, error)));
        refused(&signed_in(&mut Browser::new(&host)).await, sentence);
    }
}

#[tokio::test]
async fn while_the_provider_is_away_passwords_still_open() {
    let host = host();
    put_user(&host, user("kari", Role::Operator, &[]));
    change(&host, |provider| provider.is_down = true);
    let mut browser = Browser::new(&host);
    let answer = browser.get("/login/oidc").await;
    assert_eq!(answer.status, 502, "{}", answer.text);
    assert!(answer.text.contains("Example ID cannot be asked") && answer.text.contains("name=\"password\""));
    for _ in 0..20 {
        browser.get("/login/oidc").await;
    }
    let asked = host.with(|board| board.provider.as_ref().unwrap().requests.len());
    assert_eq!(asked, 1, "who waits does not wait for the same failure again");
    assert_eq!(browser.sign_in("kari", PASSWORD).await.status, 303);
}

#[tokio::test]
async fn the_secret_goes_only_where_it_may() {
    let host = host();
    change(&host, |provider| provider.token_endpoint = "https://evil.example/token".to_owned());
    let answer = signed_in(&mut Browser::new(&host)).await;
    refused(&answer, "add `to = [\"https://evil.example\"]`");
    let asked = host.with(|board| board.provider.as_ref().unwrap().requests.clone());
    assert!(!asked.iter().any(|(url, ..)| url.contains("evil")), "{asked:?}");
    let host = self::host();
    change(&host, |provider| {
        provider.token_endpoint = format!("http://{}/token", &ISSUER["https://".len()..])
    });
    let answer = Browser::new(&host).get("/login/oidc").await;
    assert_eq!(answer.status, 502, "not in the clear");
    assert!(!format!("{:?}", oidc()).contains(SECRET));
}

#[tokio::test]
async fn nobody_takes_the_name_of_somebody_else() {
    let host = host();
    put_user(&host, user("kari", Role::Operator, &[]));
    for (name, sentence) in [
        (json!("kari"), "that is the name of a user of this host"),
        (json!("admin"), "that is the name of a user of this host"),
        (json!("host"), "a name that the audit log uses"),
        (json!("a\u{202e}b"), "letters, digits, spaces"),
        (json!("<b>"), "letters, digits, spaces"),
        (json!(7), "does not say what you are called"),
        (json!(null), "does not say what you are called"),
    ] {
        change(&host, |provider| provider.claims["preferred_username"] = name);
        refused(&signed_in(&mut Browser::new(&host)).await, sentence);
    }
}

#[tokio::test]
async fn what_the_token_leaves_out_is_asked_for_and_counts_for_nobody_else() {
    let host = host();
    change(&host, |provider| {
        provider.claims = json!({});
        provider.about = json!({ "sub": "u-1", "groups": ["sre"], "preferred_username": "ola" });
    });
    assert_eq!(signed_in(&mut Browser::new(&host)).await.status, 200);
    change(&host, |provider| provider.about["sub"] = json!("u-2"));
    refused(&signed_in(&mut Browser::new(&host)).await, "does not say what you are called");
}

#[tokio::test]
async fn no_sign_in_leads_elsewhere() {
    let host = host();
    for next in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"] {
        let mut browser = Browser::new(&host);
        let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let sent = begun(&mut browser, &format!("/login/oidc?next={query}")).await;
        let answer = back(&mut browser, &[("state", sent.get("state")), ("code", "c-1")]).await;
        assert!(answer.text.contains("url=/\"") && !answer.text.contains("evil"), "{}", answer.text);
    }
    // Nor does a cookie that somebody planted.
    let mut browser = Browser::new(&host);
    let sent = begun(&mut browser, "/login/oidc").await;
    let cookie = browser.cookie.clone().unwrap();
    browser.cookie = Some(cookie.rsplit_once('.').unwrap().0.to_owned() + ".%2F%2Fevil%2Eexample");
    let answer = back(&mut browser, &[("state", sent.get("state")), ("code", "c-1")]).await;
    assert!(answer.text.contains("url=/\"") && !answer.text.contains("evil"), "{}", answer.text);
}

#[tokio::test]
async fn a_sign_in_begins_under_the_name_that_the_provider_sends_back_to() {
    let host = host();
    host.with(|board| {
        board.access.external_url = Some("https://watch.example.com".to_owned());
        board.access.oidc =
            Some(Arc::new(Oidc { external_url: "https://watch.example.com".to_owned(), ..oidc() }));
    });
    let mut browser = Browser::new(&host);
    let answer = browser.get("/login/oidc?next=/feed").await;
    assert_eq!(answer.header("location"), "https://watch.example.com/login/oidc?next=%2Ffeed&moved=yes");
    browser.name = "watch.example.com";
    let answer = browser.get("/login/oidc?next=/feed").await;
    let set = answer.header("set-cookie");
    assert!(set.starts_with("__Host-watchkeep-oidc=") && set.ends_with("; Secure"), "{set}");
    let plain = Browser::new(&FakeHost::new(busy())).ask(Method::GET, "/login/oidc", &[], "").await;
    assert_eq!(plain.status, 404, "there is none");
}
