//! What became of each receiver, beside a running host, after a restart and where none runs; and times in messages.

use serde_json::Value;
use watchkeep_end_to_end::{
    Answering, Faulty, Folder, Hook, Host, Site, Then, eventually, eventually_seeing,
};

use crate::command_line::{json, typed};
use crate::notices::alerting;

fn receiver(name: &str, url: &str, more: &str) -> String {
    format!("[[receiver]]\nname = \"{name}\"\nplugin = \"webhook\"\nconfig = {{ url = \"{url}\" }}\n{more}\n")
}

fn became(alert: &Value) -> Vec<(String, String)> {
    let receivers = alert["receivers"].as_array().into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    receivers.map(|it| (text(&it["receiver"]), text(&it["became"]))).collect()
}

/// Both receivers of the route refuse for good; the fallback of one takes the notice.
#[tokio::test]
async fn nobody_was_told_by_a_refusal_and_the_fallback_says_whom_it_stands_in_for() {
    let (site, mail) = (Site::start().await, Hook::start().await);
    let (chat, pager) =
        (Faulty::start(Then::status(403, "")).await, Faulty::start(Then::status(403, "")).await);
    let receivers = receiver("chat", &chat.url, "fallback = \"mail\"\n")
        + &receiver("pager", &pager.url, "")
        + &receiver("mail", mail.url(), "");
    let jobs = "[[heartbeat]]\nname = \"backup\"\nkey = \"b7b1c0de-1111-2222-3333-444455556666\"\nevery = \"1d\"\n\n\
                [[rule]]\nname = \"slow\"\nmetric = \"http_seconds\"\naggregate = \"max\"\nover = \"5m\"\nabove = 60\n\n";
    let config = alerting(&[("shop", site.url("/shop"))], &(receivers + jobs))
        .replace("[\"people\"]", "[\"chat\", \"pager\"]");
    let folder = Folder::new(&config);
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    site.set("/shop", Answering::Status(500));
    let stood_in = eventually("the fallback is told", async || mail.of("firing", "shop").pop()).await;
    let reason = stood_in.text("reason");
    assert!(
        reason.starts_with("in place of `chat`, which could not be told (") && reason.contains("403"),
        "{reason}"
    );

    let expected = [("chat", "not-reached"), ("pager", "not-reached"), ("mail", "told")];
    let expected = expected.map(|(receiver, became)| (receiver.to_owned(), became.to_owned()));
    let settled = async |folder: &Folder| {
        eventually_seeing("what became of each receiver is known", async || {
            let listed = json(folder, &["alert", "list"]).await;
            if became(&listed[0]) == expected { Ok(listed[0].clone()) } else { Err(listed) }
        })
        .await
    };
    let alert = settled(&folder).await;
    let told: Vec<&str> =
        alert["told"].as_array().unwrap().iter().filter_map(|it| it["receiver"].as_str()).collect();
    assert_eq!(told, ["mail"]);
    assert_eq!(alert["receivers"][2]["in_place_of"], "chat");
    let (_, text) = typed(&folder, &["alert", "list"]).await;
    assert!(text.contains("not reached chat, pager; told mail"), "{text}");
    let (_, explained) = typed(&folder, &["alert", "explain", "shop"]).await;
    assert!(!explained.contains("`chat` was told") && !explained.contains("told `"), "{explained}");
    assert!(explained.contains("`mail` was told in place of `chat` at "), "{explained}");
    let page = host.get("/").await.text;
    assert!(
        page.contains("2 notices did not reach their receivers") && !page.contains("told chat"),
        "{page}"
    );
    let plugins = json(&folder, &["plugin", "list"]).await;
    let names: Vec<&str> = plugins.as_array().unwrap().iter().filter_map(|it| it["name"].as_str()).collect();
    assert_eq!(names, ["http", "webhook"], "a heartbeat and a rule are no plugins");

    // The same after a restart, and of a database without a host; and once a dead letter got through it is none.
    host.kill().await;
    let host = Host::start(&folder).await;
    settled(&folder).await;
    host.signal("TERM").await;
    assert!(host.ended().await.success());
    settled(&folder).await;
    let host = Host::start(&folder).await;
    settled(&folder).await;
    assert!(host.get("/").await.text.contains("2 notices did not reach their receivers"));
    pager.set(Then::status(200, ""));
    let id = alert["receivers"][1]["delivery"].as_str().unwrap().to_owned();
    assert_eq!(typed(&folder, &["delivery", "retry", &id]).await.0, 0);
    eventually_seeing("the pager is told, and one is left", async || {
        let listed = json(&folder, &["alert", "list"]).await;
        let page = host.get("/").await.text;
        let one = page.contains("1 notice did not reach its receiver");
        if became(&listed[0])[1].1 == "told" && one { Ok(()) } else { Err(listed) }
    })
    .await;
}

#[tokio::test]
async fn a_route_is_followed_the_whole_way_from_a_check() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let receivers = receiver("people", hook.url(), "")
        + &receiver("pager", hook.url(), "grouping = \"per_alert\"\n")
        + &receiver("lead", hook.url(), "fallback = \"people\"\n");
    let ladder = "[[escalation.night]]\nafter = \"0s\"\nreceivers = [\"pager\"]\nrepeat = 1\n\n\
                  [[escalation.night]]\nafter = \"10m\"\nreceivers = [\"lead\"]\n";
    let config = alerting(&[("shop", site.url("/shop"))], &receivers)
        .replace("plugin = \"http\"\n", "plugin = \"http\"\nlabels = { team = \"web\" }\n")
        + "\n[[route]]\nname = \"urgent\"\nunder = \"root\"\nmatch = [\"team=\\\"web\\\"\", \"state=\\\"critical\\\"\"]\nescalation = \"night\"\n"
        + ladder;
    let folder = Folder::new(&config.replace("repeat = 1\n", ""));
    let (code, text) = typed(&folder, &["route", "test", "--check", "shop"]).await;
    assert_eq!(code, 0, "{text}");
    let rows: Vec<String> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert!(rows.contains(&"urgent at once, step 1 of night pager check".to_owned()), "{text}");
    assert!(
        rows.contains(&"urgent after 10m, step 2 of night lead (else people) check".to_owned()),
        "{text}"
    );
    let routes = json(&folder, &["route", "test", "--check", "shop", "--state", "warning"]).await;
    assert_eq!(
        (&routes[0]["route"], &routes[0]["notices"][0]["receivers"][0]),
        (&"root".into(), &"people".into())
    );
    let routes = json(&folder, &["route", "test", "--check", "shop", "--state", "unknown"]).await;
    assert_eq!(routes[0]["route"], "root", "that it is not judged is another alert");
    let (_, text) = typed(&folder, &["route", "test", "--label", "check=shop"]).await;
    assert!(text.contains("hint: `--check shop`"), "{text}");
    let (code, text) = typed(&folder, &["route", "test", "--check", "shopp"]).await;
    assert!(code == 1 && text.contains("no check `shopp`; hint:"), "{text}");
}

#[tokio::test]
async fn times_in_messages_are_in_the_receivers_zone_else_in_the_configs() {
    let site = Site::start().await;
    let console =
        |name: &str, zone: &str| format!("[[receiver]]\nname = \"{name}\"\nplugin = \"console\"\n{zone}\n");
    let receivers = console("people", "") + &console("tokyo", "time_zone = \"Asia/Tokyo\"");
    let config = alerting(&[("shop", site.url("/shop"))], &receivers)
        .replace("[\"people\"]", "[\"people\", \"tokyo\"]")
        .replace("[defaults]\n", "[defaults]\ntime_zone = \"Asia/Kolkata\"\n");
    let folder = Folder::new(&config);
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    site.set("/shop", Answering::Status(500));
    for zone in ["IST", "JST"] {
        eventually_seeing(&format!("a message says when in {zone}"), async || {
            let log = host.log();
            let said =
                log.lines().any(|line| line.contains("since ") && line.contains(&format!(" {zone} (")));
            if said { Ok(()) } else { Err(log) }
        })
        .await;
    }
    assert!(
        !host.log().lines().any(|line| line.contains("since ") && line.contains(" UTC (")),
        "{}",
        host.log()
    );
}
