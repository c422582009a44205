//! Where secrets come from, where they may go, and that they show nowhere.

use crate::lab::Lab;
use watchkeep_config::{Colour, render, to_json};

const CANARY: &str = "canary-c0ffee-7f3a";

const SLACK: &str = "[[receiver]]\nname = \"chat\"\nplugin = \"slack\"\nconfig = { webhook_url = { secret = \"hook\" } }\n\
                     [[route]]\nname = \"root\"\nreceivers = [\"chat\"]\n";

fn hook(source: &str) -> String {
    format!("[secrets]\nhook = {{ {source} }}\n{SLACK}")
}

#[test]
fn a_secret_comes_from_a_file_a_variable_or_a_credential_without_its_last_newline() {
    let value = format!("https://hooks.example.com/{CANARY}");
    for source in ["file = \"hook.txt\"", "env = \"HOOK\"", "credential = \"hook\""] {
        let mut lab = Lab::new(&[("main.toml", &hook(source))]);
        lab.write_private("hook.txt", format!("{value}\r\n").as_bytes());
        lab.write("credentials/hook", format!("{value}\n").as_bytes());
        lab.env.insert("HOOK".to_owned(), format!("{value}\n"));
        lab.env.insert("CREDENTIALS_DIRECTORY".to_owned(), lab.path("credentials").display().to_string());
        let loaded = lab.load("main.toml");
        assert_eq!(loaded.problems, [], "{source}");
        let config = loaded.config.unwrap();
        assert_eq!(config.secrets["hook"].expose(), value.as_bytes(), "{source}");
        assert!(!format!("{config:?}").contains(CANARY), "{source}");
    }
}

#[test]
fn a_secret_that_is_a_url_is_bound_to_its_origin_and_is_a_target_without_being_shown() {
    let mut lab = Lab::new(&[("main.toml", &hook("env = \"HOOK\""))]);
    lab.env.insert("HOOK".to_owned(), format!("https://hooks.example.com:8443/{CANARY}?key={CANARY}"));
    let config = lab.load("main.toml").config.unwrap();
    let to: Vec<String> = config.secrets["hook"].to().iter().map(ToString::to_string).collect();
    assert_eq!(to, ["https://hooks.example.com:8443"]);
    let targets = format!("{:?}", config.receiver_targets["chat"]);
    assert!(targets.contains("hooks.example.com") && !targets.contains(CANARY), "{targets}");
    assert_eq!(config.receiver_secrets["chat"].len(), 1);
    assert_eq!(&*config.setup.receivers["chat"].config, r#"{"webhook_url":{"secret":"hook"}}"#);
}

#[test]
fn a_secret_that_is_no_url_is_no_target() {
    let mut lab = Lab::new(&[("main.toml", &hook("env = \"HOOK\", to = [\"https://a.example.com\"]"))]);
    lab.env.insert("HOOK".to_owned(), CANARY.to_owned());
    insta::assert_snapshot!(lab.printed("main.toml"), @r##"
error: the secret `hook` is not a URL, and this is a target
 --> main.toml:6:37
  |
6 | config = { webhook_url = { secret = "hook" } }
  |                                     ^^^^^^
  |
  = key: receiver.chat.config.webhook_url
  = hint: the secret's whole value has to be the URL, such as `https://...`

1 error
"##);
}

#[test]
fn unreadable_empty_and_newline_only_secrets_are_told() {
    let text = "[secrets]\ngone = { file = \"gone.txt\" }\nempty = { file = \"empty.txt\" }\nlines = { file = \"lines.txt\" }\n\
                unset = { env = \"UNSET\" }\nnothing = {}\nboth = { file = \"a\", env = \"B\" }\ncred = { credential = \"c\" }\n";
    let lab = Lab::new(&[("main.toml", text)]);
    lab.write_private("empty.txt", b"");
    lab.write_private("lines.txt", b"\r\n\n");
    insta::assert_snapshot!(lab.printed("main.toml"), @r##"
error: cannot read the secret from `gone.txt`: No such file or directory (os error 2)
 --> main.toml:2:17
  |
2 | gone = { file = "gone.txt" }
  |                 ^^^^^^^^^^
  |
  = key: secrets.gone.file
  = hint: check the path, and that the user that runs the host may read it

error: the secret is empty
 --> main.toml:3:18
  |
3 | empty = { file = "empty.txt" }
  |                  ^^^^^^^^^^^
  |
  = key: secrets.empty.file
  = hint: write the value there

error: the secret is nothing but newlines
 --> main.toml:4:18
  |
4 | lines = { file = "lines.txt" }
  |                  ^^^^^^^^^^^
  |
  = key: secrets.lines.file
  = hint: write the value there

error: the environment variable `UNSET` is not set
 --> main.toml:5:17
  |
5 | unset = { env = "UNSET" }
  |                 ^^^^^^^
  |
  = key: secrets.unset.env
  = hint: set it for the process of the host

error: the secret says not where it is read from
 --> main.toml:6:1
  |
6 | nothing = {}
  | ^^^^^^^
  |
  = key: secrets.nothing
  = hint: give exactly one of `file`, `env` and `credential`

error: the secret has both `file` and `env`
 --> main.toml:7:1
  |
7 | both = { file = "a", env = "B" }
  | ^^^^
  |
  = key: secrets.both
  = hint: give exactly one of `file`, `env` and `credential`

error: systemd passed no credentials: `$CREDENTIALS_DIRECTORY` is not set
 --> main.toml:8:23
  |
8 | cred = { credential = "c" }
  |                       ^^^
  |
  = key: secrets.cred.credential
  = hint: add `LoadCredential=c:/path` to the unit

7 errors
"##);
}

#[test]
fn a_secret_file_that_everybody_can_read_is_a_warning() {
    use std::os::unix::fs::PermissionsExt as _;
    let lab = Lab::new(&[("main.toml", &hook("file = \"hook.txt\""))]);
    lab.write_private("hook.txt", b"https://hooks.example.com/x\n");
    std::fs::set_permissions(lab.path("hook.txt"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let printed = lab.printed("main.toml");
    assert!(printed.contains("warning: everybody on this machine can read `hook.txt`"), "{printed}");
    assert!(printed.contains("chmod 600 hook.txt"), "{printed}");
    assert!(lab.load("main.toml").config.is_some());
}

#[test]
fn an_unknown_secret_is_told_with_the_nearest() {
    let mut lab =
        Lab::new(&[("main.toml", &hook("env = \"HOOK\"").replace("secret = \"hook\"", "secret = \"hok\""))]);
    lab.env.insert("HOOK".to_owned(), "https://hooks.example.com/x".to_owned());
    let printed = lab.printed("main.toml");
    assert!(
        printed.contains("unknown secret `hok`") && printed.contains("did you mean `hook`?"),
        "{printed}"
    );
}

#[test]
fn a_secret_goes_only_where_the_plugin_takes_one() {
    let text = "[secrets]\nkey = { env = \"KEY\", to = [\"https://a.example.com\"] }\n\
                [[check]]\nname = \"a\"\nplugin = \"http\"\n\
                config = { url = { secret = \"key\" }, bearer = { secret = \"key\" }, headers = { X = { secret = \"key\" }, Y = \"plain\" } }\n";
    let mut lab = Lab::new(&[("main.toml", text)]);
    lab.env.insert("KEY".to_owned(), CANARY.to_owned());
    insta::assert_snapshot!(lab.printed("main.toml"), @r##"
error: `url` takes no secret
 --> main.toml:6:18
  |
6 | config = { url = { secret = "key" }, bearer = { secret = "key" }, headers = { X = { secret = "key" }, Y = "plain" } }
  |                  ^^^^^^^^^^^^^^^^^^
  |
  = key: check.a.config.url
  = hint: write the value itself; the plugin takes secrets only where its schema says so

1 error
"##);
}

#[test]
fn a_secret_bound_to_nothing_is_a_warning_unless_it_is_revealed() {
    let text = |allow: &str| {
        format!(
            "[secrets]\nkey = {{ env = \"KEY\" }}\n[plugin.http]\nallow = {{ {allow} }}\n\
             [[check]]\nname = \"a\"\nplugin = \"http\"\nconfig = {{ url = \"https://a.example.com/\", bearer = {{ secret = \"key\" }} }}\n"
        )
    };
    let printed = |allow: &str| {
        let mut lab = Lab::new(&[("main.toml", &text(allow))]);
        lab.env.insert("KEY".to_owned(), CANARY.to_owned());
        lab.printed("main.toml")
    };
    assert!(printed("").contains("warning: the secret `key` may be sent nowhere"), "{}", printed(""));
    assert_eq!(printed("reveal = [\"key\"]"), "");
}

#[test]
fn the_admin_token_has_to_be_a_known_secret() {
    let text = "[host]\nlisten = \"0.0.0.0:80\"\ntrusted_proxies = [\"10.0.0.7\"]\nadmin_token = { secret = \"admin\" }\n";
    let printed = crate::lab::check(text);
    assert!(printed.contains("unknown secret `admin`"), "{printed}");
    let mut lab = Lab::new(&[("main.toml", &format!("{text}[secrets]\nadmin = {{ env = \"ADMIN\" }}\n"))]);
    lab.env.insert("ADMIN".to_owned(), CANARY.to_owned());
    assert_eq!(lab.printed("main.toml"), "");
}

#[test]
fn a_value_in_the_wrong_place_is_told_and_not_shown() {
    let texts = [
        format!("[secrets]\nhook = \"{CANARY}\"\n"),
        format!("[secrets]\nhook = {{ value = \"{CANARY}\" }}\n"),
        format!("[host]\nadmin_token = \"{CANARY}\"\n"),
        format!("[host]\nadmin_token = {{ secret = \"a\", value = \"{CANARY}\" }}\n"),
        format!(
            "[[receiver]]\nname = \"c\"\nplugin = \"slack\"\nconfig = {{ webhook_url = \"https://h.example.com/{CANARY}\", chanel = \"x\" }}\n"
        ),
        format!(
            "[[receiver]]\nname = \"c\"\nplugin = \"slack\"\nconfig = {{ webhook_url = {{ value = \"{CANARY}\" }} }}\n"
        ),
        format!(
            "[[check]]\nname = \"c\"\nplugin = \"http\"\nconfig = {{ url = \"https://a.example.com/\", bearer = \"{CANARY}\" }}\n"
        ),
    ];
    for text in texts {
        let loaded = Lab::new(&[("main.toml", &text)]).load("main.toml");
        assert!(loaded.config.is_none(), "{text}");
        assert!(!loaded.problems.is_empty(), "{text}");
        let told = [
            render(&loaded.problems, Colour::Ansi),
            format!("{loaded:?}"),
            to_json(&loaded.problems).to_string(),
        ];
        for told in told {
            assert!(!told.contains(CANARY), "{told}");
        }
    }
}

#[test]
fn a_value_that_was_pasted_elsewhere_is_not_shown_either() {
    let text = format!(
        "[secrets]\nkey = {{ env = \"KEY\" }}\n[site.a]\nlabels = {{ severity = \"{CANARY}\" }}\nrunbok = \"{CANARY}\"\n"
    );
    let mut lab = Lab::new(&[("main.toml", &text)]);
    lab.env.insert("KEY".to_owned(), CANARY.to_owned());
    let printed = lab.printed("main.toml");
    assert!(printed.contains("runbok") && !printed.contains(CANARY), "{printed}");
}

#[test]
fn a_secret_that_can_be_guessed_is_a_warning_where_a_plugin_attaches_it() {
    let config = "[secrets]\ntoken = { env = \"TOKEN\", to = [\"https://api.example.com\"] }\n\n[[check]]\nname = \"c\"\nplugin = \
                  \"http\"\nconfig = { url = \"https://api.example.com/\", bearer = { secret = \"token\" } }\n";
    for (value, warned) in [("0000", true), ("admin", true), ("20261130", true), ("tr0ub4dor-and-3", false)] {
        let mut lab = Lab::new(&[("main.toml", config)]);
        lab.env.insert("TOKEN".to_owned(), value.to_owned());
        let printed = lab.printed("main.toml");
        assert_eq!(printed.contains("the secret `token` can be guessed"), warned, "{value}: {printed}");
        assert!(!printed.contains(value), "{printed}");
        assert!(lab.load("main.toml").config.is_some(), "{printed}");
    }
}
