//! `[[action]]`, and what checks say of actions.

use std::time::Duration;

use crate::lab::{Lab, check, good, taken};
use watchkeep_core::grant::Allow;
use watchkeep_core::ids::CheckName;
use watchkeep_core::recovery::{ActionSpec, Approval, Mode, Most, Occurs, Remedy};
use watchkeep_core::report::Judgement;

const MINUTE: Duration = Duration::from_mins(1);

const ACTION: &str = "[[action]]\nname = \"restart\"\nplugin = \"restart\"\n\
                      config = { url = \"https://a.example.com/restart\" }\n";

fn shop(more: &str) -> String {
    format!("[[check]]\nname = \"shop\"\nplugin = \"tcp\"\nconfig = {{ address = \"db:1\" }}\n{more}\n")
}

#[test]
fn an_action_has_its_defaults_and_what_is_written() {
    let text = format!(
        "[calendars.day]\nhours = {{ mon-fri = [\"08:00-18:00\"] }}\n{ACTION}[[action]]\nname = \"other\"\nplugin = \"restart\"\n\
         config = {{ url = \"https://b.example.com/\", token = {{ secret = \"t\" }} }}\ntimeout = \"5s\"\nlevel = \"warning\"\nattempts = 4\n\
         cool_down = \"2h\"\nmost = \" 2 in 1d \"\nmost_overall = \"9 in 1m\"\nhours = \"day\"\nwhile_acknowledged = true\nsettle = \"0s\"\n\
         needs_approval = true\ndry_run = true\nallow = {{ http = [\"https://c.example.com\"] }}\n\
         [secrets]\nt = {{ env = \"T\", to = [\"https://b.example.com\"] }}\n"
    );
    let mut lab = Lab::new(&[("main.toml", &text)]);
    lab.env.insert("T".to_owned(), "0123456789abcdef".to_owned());
    let loaded = lab.load("main.toml");
    let config = loaded.config.unwrap_or_else(|| panic!("{:?}", loaded.problems));
    let most = |count: u32, within: Duration| Some(Most { count: count.try_into().unwrap(), within });
    let plain = ActionSpec::plain("restart".into(), "restart".into());
    let restart = &config.setup.actions["restart"];
    let expected = ActionSpec {
        config: restart.config.clone(),
        timeout: MINUTE,
        cool_down: 10 * MINUTE,
        most: most(3, 60 * MINUTE),
        most_overall: most(30, 60 * MINUTE),
        settle: Duration::from_secs(10),
        ..plain
    };
    assert_eq!(**restart, expected);
    let other = &config.setup.actions["other"];
    assert_eq!(other.level, Judgement::Warning);
    assert_eq!((other.timeout, other.attempts.get(), other.cool_down), (MINUTE / 12, 4, 120 * MINUTE));
    assert_eq!((other.most, other.most_overall), (most(2, 1440 * MINUTE), most(9, MINUTE)));
    assert_eq!(other.hours.as_ref().map(|hours| hours.name().to_string()).as_deref(), Some("day"));
    assert!(other.while_acknowledged && other.settle.is_zero());
    assert_eq!((other.approval, other.mode), (Approval::Needed, Mode::DryRun));
    let grants = &config.action_grants["other"];
    assert_eq!(grants.targets.len(), 1, "the URL of its config is granted");
    assert_eq!(grants.secrets, ["t".into()]);
    assert_ne!(grants.allow, Allow::default());
}

#[test]
fn a_check_names_actions_with_and_without_a_delay() {
    let two = ACTION.replace("name = \"restart\"", "name = \"page\"");
    let text = format!(
        "{ACTION}{two}{}",
        shop("on_pending = [{ action = \"restart\", after = \"30s\" }]\non_firing = [\"page\"]")
    );
    let config = good(&text);
    let remedy = |action: &str, when, after| Remedy { action: action.into(), when, after };
    assert_eq!(
        config.setup.checks["shop"].remedies,
        [remedy("restart", Occurs::Pending, MINUTE / 2), remedy("page", Occurs::Firing, Duration::ZERO)]
    );
    let shown = watchkeep_config::show(&config, &CheckName::from("shop")).unwrap();
    assert!(shown.contains("on_firing = [\"page\"]"), "{shown}");
    assert!(shown.contains("[[check.on_pending]]\naction = \"restart\"\nafter = \"30s\""), "{shown}");
}

#[test]
fn rules_heartbeats_and_templates_name_actions_too() {
    let text = format!(
        "{ACTION}[template.t]\non_firing = [\"restart\"]\n{}\
         [[heartbeat]]\nname = \"backup\"\nkey = \"5d7a5d7a5d7a5d7a\"\nevery = \"1d\"\non_firing = [\"restart\"]\n\
         [[rule]]\nname = \"slow\"\nmetric = \"probe_duration_seconds\"\naggregate = \"p95\"\nover = \"5m\"\nabove = 1\non_pending = [\"restart\"]\n",
        shop("use = [\"t\"]")
    );
    let config = taken(&text);
    for name in ["shop", "backup", "slow"] {
        assert_eq!(config.setup.checks[name].remedies.len(), 1, "{name}");
    }
}

#[test]
fn what_is_wrong_with_an_action_is_told_with_its_place_and_fix() {
    let text = ACTION.replace("plugin = \"restart\"", "plugin = \"tcp\"")
        + "most = \"often\"\n[[action]]\nname = \"restart\"\nplugin = \"restart\"\nlevel = \"ok\"\nmost = \"3 in 5s\"\nattempts = 0\n"
        + &shop(
            "on_pending = \"restart\"\non_firing = [\"restat\", { after = \"1s\" }, { action = \"restart\", after = \"soon\", often = 3 }, 7, \"restart\", \"restart\"]",
        );
    insta::assert_snapshot!(check(&text), @r##"
error: `tcp` is a plugin of kind check, and an action wants one of kind action
 --> main.toml:3:10
  |
3 | plugin = "tcp"
  |          ^^^^^
  |
  = key: action.restart.plugin
  = hint: use it in a [[check]]; plugins of kind action are `restart`

error: `often` is not so many in so long
 --> main.toml:5:8
  |
5 | most = "often"
  |        ^^^^^^^
  |
  = key: action.restart.most
  = hint: write it as `"3 in 1h"`

error: plugin `restart` needs `url` in `config`
 --> main.toml:6:1
  |
6 | [[action]]
  | ^^^^^^^^^^
  |
  = key: action.restart.config
  = hint: add `url = ...`

error: the action `restart` is given twice
 --> main.toml:7:8
  |
7 | name = "restart"
  |        ^^^^^^^^^
  |
 ::: main.toml:2:8
  |
2 | name = "restart"
  |        --------- first given here
  |
  = key: action.restart.name
  = hint: names are unique across all files: rename one

error: `level` cannot be `ok`
 --> main.toml:9:9
  |
9 | level = "ok"
  |         ^^^^
  |
  = key: action.restart.level
  = hint: it is one of `critical`, `warning`

error: `most` cannot look back 5s
  --> main.toml:10:8
   |
10 | most = "3 in 5s"
   |        ^^^^^^^^^
   |
   = key: action.restart.most
   = hint: it goes from 1m to 31d

error: `attempts` cannot be 0
  --> main.toml:11:12
   |
11 | attempts = 0
   |            ^
   |
   = key: action.restart.attempts
   = hint: it goes from 1 to 100

error: `on_pending` wants a list of actions, not a text
  --> main.toml:16:14
   |
16 | on_pending = "restart"
   |              ^^^^^^^^^
   |
   = key: check.shop.on_pending
   = hint: write it as `["restart"]`

error: unknown action `restat`
  --> main.toml:17:14
   |
17 | on_firing = ["restat", { after = "1s" }, { action = "restart", after = "soon", often = 3 }, 7, "restart", "restart"]
   |              ^^^^^^^^
   |
   = key: check.shop.on_firing
   = hint: did you mean `restart`?

error: it names no `action`
  --> main.toml:17:24
   |
17 | on_firing = ["restat", { after = "1s" }, { action = "restart", after = "soon", often = 3 }, 7, "restart", "restart"]
   |                        ^^^^^^^^^^^^^^^^
   |
   = key: check.shop.on_firing
   = hint: write a name, or `{ action = "NAME", after = "30s" }`

error: `after` wants a duration, not a text
  --> main.toml:17:72
   |
17 | on_firing = ["restat", { after = "1s" }, { action = "restart", after = "soon", often = 3 }, 7, "restart", "restart"]
   |                                                                        ^^^^^^
   |
   = key: check.shop.on_firing.after
   = hint: write it as `"30s"`

error: unknown key `often` beside an action's name
  --> main.toml:17:80
   |
17 | on_firing = ["restat", { after = "1s" }, { action = "restart", after = "soon", often = 3 }, 7, "restart", "restart"]
   |                                                                                ^^^^^
   |
   = key: check.shop.on_firing
   = hint: its keys are `action` and `after`

error: `on_firing` wants names of actions, not a number
  --> main.toml:17:93
   |
17 | on_firing = ["restat", { after = "1s" }, { action = "restart", after = "soon", often = 3 }, 7, "restart", "restart"]
   |                                                                                             ^
   |
   = key: check.shop.on_firing
   = hint: write a name, or `{ action = "NAME", after = "30s" }`

error: the check names the action `restart` twice
  --> main.toml:17:107
   |
17 | on_firing = ["restat", { after = "1s" }, { action = "restart", after = "soon", often = 3 }, 7, "restart", "restart"]
   |                                                                                                           ^^^^^^^^^
   |
  ::: main.toml:17:96
   |
17 | on_firing = ["restat", { after = "1s" }, { action = "restart", after = "soon", often = 3 }, 7, "restart", "restart"]
   |                                                                                                --------- first named here
   |
   = key: check.shop.on_firing
   = hint: keep one of the two; `attempts` of the action says how often it acts

14 errors
"##);
}

#[test]
fn a_check_with_an_action_plugin_is_told_where_it_belongs() {
    insta::assert_snapshot!(check(&shop("").replace("plugin = \"tcp\"", "plugin = \"restart\"")), @r##"
error: `restart` is a plugin of kind action, and a check wants one of kind check
 --> main.toml:3:10
  |
3 | plugin = "restart"
  |          ^^^^^^^^^
  |
  = key: check.shop.plugin
  = hint: use it in an [[action]]; plugins of kind check are `http`, `tcp`

1 error
"##);
}

/// Otherwise a plugin that only an action uses is not loaded, and then unknown.
#[test]
fn the_plugin_of_an_action_is_named_by_the_config() {
    let text = format!("{ACTION}{}", shop("on_firing = [\"restart\"]"));
    let lab = Lab::new(&[("main.toml", &text)]);
    let named = watchkeep_config::plugins_named(&lab.path("main.toml")).unwrap();
    assert!(named.contains("restart") && named.contains("tcp"), "{named:?}");
}
