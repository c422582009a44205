//! `[host.oidc]`: what is read, and what is told of mistakes.

use std::time::Duration;

use watchkeep_core::access::Role;

use crate::lab::{Lab, check};

const GOOD: &str = "[host]\nexternal_url = \"https://watch.example.com\"\n[host.oidc]\n\
    issuer = \"https://id.example.com/realms/main\"\nclient_id = \"watchkeep\"\nclient_secret = { secret = \"oidc\" }\n\
    roles = [{ group = \"sre\", role = \"admin\" }, { group = \"web\", role = \"operator\", scope = ['team=\"web\"'] }]\n";
const SECRETS: &str = "[secrets]\noidc = { env = \"OIDC\", to = [\"https://tokens.example.com\"] }\n";

fn lab(text: &str) -> Lab {
    let mut lab = Lab::new(&[("main.toml", &format!("{text}{SECRETS}"))]);
    lab.env.insert("OIDC".to_owned(), "canary-of-the-client".to_owned());
    lab
}

#[test]
fn what_is_not_said_has_its_default_and_the_secret_is_bound_to_the_issuer_as_well() {
    let lab = lab(GOOD);
    assert_eq!(lab.printed("main.toml"), "");
    let oidc = lab.load("main.toml").config.unwrap().oidc.unwrap();
    assert_eq!((oidc.name.as_str(), oidc.groups_claim.as_str()), ("single sign-on", "groups"));
    assert_eq!((oidc.name_claim.as_str(), oidc.session), ("preferred_username", Duration::from_hours(12)));
    assert_eq!(oidc.scopes, ["openid", "profile", "email"]);
    let roles: Vec<_> =
        oidc.roles.iter().map(|role| (role.group.as_str(), role.role, role.scope.to_string())).collect();
    let expected = [("sre", Role::Admin, String::new()), ("web", Role::Operator, "team=\"web\"".to_owned())];
    assert_eq!(roles, expected);
    let to: Vec<String> = oidc.client_secret.to().iter().map(ToString::to_string).collect();
    assert_eq!(to, ["https://tokens.example.com", "https://id.example.com"]);
    assert!(!format!("{oidc:?}").contains("canary"));
}

#[test]
fn each_mistake_is_told_with_what_to_write() {
    for (from, to, told) in [
        ("external_url = \"https://watch.example.com\"\n", "", "[host.oidc] needs `external_url`"),
        ("issuer = \"https://id.example.com/realms/main\"\n", "", "[host.oidc] has no `issuer`"),
        (
            "\"https://id.example.com/realms/main\"",
            "\"http://id.example.com\"",
            "does not begin with `https://`",
        ),
        ("\"https://id.example.com/realms/main\"", "\"https://id.example.com?x\"", "it has a query"),
        ("{ secret = \"oidc\" }", "{ secret = \"other\" }", "unknown secret `other`"),
        ("{ secret = \"oidc\" }", "\"canary-in-the-text\"", "`client_secret` wants a secret"),
        ("\"admin\"", "\"root\"", "`role` cannot be `root`"),
        ("group = \"sre\", ", "", "an entry of `roles` has no `group`"),
        ("'team=\"web\"'", "'team'", "`team` is not a valid matcher"),
        ("group = \"web\"", "group = \"sre\"", "`sre` has a role already"),
        ("role = \"admin\"", "role = \"admin\", scope = ['a=\"b\"']", "an admin has no scope"),
        ("roles = [", "role = [", "did you mean `roles`?"),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD, "{from}");
        let printed = lab(&text).printed("main.toml");
        assert!(printed.contains(told) && printed.contains("hint: "), "{told}: {printed}");
        assert!(!printed.contains("canary"), "{printed}");
    }
    let empty = GOOD.split("roles").next().unwrap().to_owned() + "roles = []\n";
    assert!(lab(&empty).printed("main.toml").contains("`roles` is empty"));
}

#[test]
fn a_provider_is_a_way_to_sign_in_and_may_be_on_this_machine_without_tls() {
    let beyond = GOOD.replacen("[host]\n", "[host]\nlisten = \"0.0.0.0:8686\"\n", 1);
    assert_eq!(lab(&beyond).printed("main.toml"), "");
    for local in ["http://localhost:9000", "http://127.0.0.1:9000/x", "http://[::1]:9000"] {
        let text = GOOD.replacen("https://id.example.com/realms/main", local, 1);
        assert_eq!(lab(&text).printed("main.toml"), "", "{local}");
    }
    assert!(check("[host]\noidc = true\n").contains("`oidc` wants a table"));
}
