//! From a site that goes down to a page that arrives, and its resolve.

use memchr::memmem;
use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, eventually};
use watchkeep_lab::sites::flapping::Rule;
use watchkeep_lab::{Lab, Options};

/// Checks that alert at once, and a route to `receivers`. A site that a test takes down and up again does not flap: whether it
/// would depends on how many runs the machine has fitted in between.
pub(crate) fn alerting(checks: &[(&str, String)], receivers: &str) -> String {
    let mut text = "[defaults]\ninterval = \"300ms\"\nretry_interval = \"100ms\"\nfailure_threshold = 1\n\
                    success_threshold = 1\n\n"
        .to_owned();
    for (name, url) in checks {
        text.push_str(&format!(
            "[[check]]\nname = \"{name}\"\nplugin = \"http\"\nflapping = false\n\
             config = {{ url = \"{url}\" }}\n\n"
        ));
    }
    text + receivers
        + "\n[[route]]\nname = \"root\"\nreceivers = [\"people\"]\ngroup_wait = \"0s\"\ngroup_interval = \"1s\"\n"
}

pub(crate) fn webhook(hook: &Hook) -> String {
    format!(
        "[[receiver]]\nname = \"people\"\nplugin = \"webhook\"\nconfig = {{ url = \"{}\" }}\n",
        hook.url()
    )
}

/// What the host says of the first delivery that it gave up.
pub(crate) async fn dead_letter(host: &Host) -> String {
    eventually("the delivery is given up", async || {
        let dead = host.get("/api/v1/deliveries?status=dead").await.json();
        let items = dead["items"].as_array()?;
        items.first().map(ToString::to_string)
    })
    .await
}

/// The secret stands in its own file and in no other.
#[track_caller]
pub(crate) fn is_kept(folder: &Folder, own: &str, secret: &str) {
    let holds = |bytes: &[u8]| memmem::find(bytes, secret.as_bytes()).is_some();
    let others = folder.contents().into_iter().filter(|(path, _)| !path.ends_with(own));
    let found: Vec<_> = others.filter(|(_, bytes)| holds(bytes)).map(|(path, _)| path).collect();
    assert!(found.is_empty(), "it stands in {found:?}");
}

#[tokio::test]
async fn a_page_arrives_at_the_inbox_and_its_resolve_after_it() {
    let lab = Lab::start(Options::default()).await.unwrap();
    lab.flapping.set(Rule::Up);
    let slack = "[secrets]\nslack-webhook = { file = \"webhook\" }\n\n[[receiver]]\nname = \"people\"\n\
                 plugin = \"slack\"\nconfig = { webhook_url = { secret = \"slack-webhook\" } }\n";
    let folder = Folder::new(&alerting(&[("shop", lab.url("flapping").to_owned())], slack));
    folder.secret("webhook", lab.url("webhook"));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    assert!(lab.inbox.messages().is_empty(), "nobody is told that all is well");

    lab.flapping.set(Rule::Down);
    let told = eventually("the page arrives", async || lab.inbox.messages().pop()).await;
    let text = told.payload.to_string();
    assert!(text.contains("shop") && text.contains("503"), "{text}");

    lab.flapping.set(Rule::Up);
    let messages =
        eventually("the resolve arrives", async || Some(lab.inbox.messages()).filter(|m| m.len() > 1)).await;
    let resolve = messages[0].payload.to_string().to_lowercase();
    assert!(resolve.contains("shop") && resolve.contains("resolved"), "{resolve}");
    host.state("shop", "ok").await;
    lab.stop().await;
}

#[tokio::test]
async fn page_and_resolve_share_a_dedup_key_and_another_life_has_another() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &webhook(&hook)));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    for life in 1..=2 {
        site.set("/shop", Answering::Status(500));
        eventually("the page arrives", async || (hook.of("firing", "shop").len() == life).then_some(()))
            .await;
        site.set("/shop", Answering::Well);
        eventually("the resolve arrives", async || (hook.of("resolved", "shop").len() == life).then_some(()))
            .await;
    }
    let keys = |kind: &str| -> Vec<String> {
        hook.of(kind, "shop").iter().map(|received| received.dedup_key().to_owned()).collect()
    };
    let (fired, resolved) = (keys("firing"), keys("resolved"));
    assert_eq!(fired, resolved);
    assert!(!fired[0].is_empty() && fired[0] != fired[1], "{fired:?}");
}

#[tokio::test]
async fn a_service_that_refuses_for_now_loses_nothing_and_gets_the_page_when_it_is_back() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    hook.answer_with(429);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &webhook(&hook)));
    let host = Host::start(&folder).await;
    site.set("/shop", Answering::Status(500));
    eventually("a second attempt is made", async || (hook.of("firing", "shop").len() >= 2).then_some(()))
        .await;
    hook.answer_with(200);
    eventually("it counts as delivered", async || {
        let delivered = host.get("/api/v1/deliveries?status=delivered").await.json();
        (!delivered["items"].as_array()?.is_empty()).then_some(())
    })
    .await;
    let keys: Vec<_> = hook.of("firing", "shop").iter().map(|r| r.dedup_key().to_owned()).collect();
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}
