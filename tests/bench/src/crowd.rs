//! A host with 200 checks of 50 findings each and a route for each of them, and Alertmanager with the same routes.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use watchkeep_end_to_end::{Alertmanager, Answering, Folder, Host, Site, build, eventually};

use crate::sink::{HANGING, Sink};

pub(crate) const ROUTES: usize = 200;
/// As the guest program says.
const FINDINGS: usize = 50;
pub(crate) const ALERTS: usize = ROUTES * FINDINGS;

pub(crate) const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// In front of a config: who writes needs a token.
const ADMIN: &str = "admin_token = { secret = \"admin\" }\n\n[secrets]\nadmin = { file = \"admin\" }\n";

/// With a token for [`run_now`].
pub(crate) fn folder(rest: &str) -> Folder {
    let folder = Folder::new(&format!("{ADMIN}{rest}"));
    folder.secret("admin", TOKEN);
    folder
}

/// Asks for a run of the check, and does not wait for it.
pub(crate) async fn run_now(client: reqwest::Client, host_url: String, check: String) -> Result<()> {
    let url = format!("{host_url}/api/v1/checks/{check}/run");
    let answer = client.post(url).bearer_auth(TOKEN).send().await?;
    let status = answer.status();
    ensure!(status.is_success(), "the host answered {status} to a wish for a run: {}", answer.text().await?);
    Ok(())
}

/// What alerts share a notice.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grouped {
    /// Each is told by itself.
    Single,
    /// All of a check are told together.
    ByCheck,
}

pub(crate) struct Crowd {
    pub(crate) host: Host,
    site: Site,
    client: reqwest::Client,
    _folder: Folder,
}

impl Crowd {
    /// All well. The first route tells a receiver that hangs beside its healthy one.
    pub(crate) async fn start(grouped: Grouped, sink: &Sink) -> Result<Crowd> {
        let site = Site::start().await;
        let folder = folder(&config(grouped, sink, &site));
        std::fs::create_dir_all(folder.path().join("plugins"))?;
        std::fs::write(folder.path().join("plugins/crowd.wasm"), build("crowd", 1))?;
        let host = Host::start_with(&folder, "warn,watchkeep=info", &[]).await;
        let client = reqwest::Client::builder().no_proxy().build()?;
        let crowd = Crowd { host, site, client, _folder: folder };
        eventually("every check is ok", async || {
            let page = crowd.host.get("/api/v1/checks?state=ok&limit=1000").await.json();
            (page["items"].as_array()?.len() == ROUTES).then_some(())
        })
        .await;
        Ok(crowd)
    }

    /// Everything is critical from now on, and every check is asked to look now.
    pub(crate) async fn fall(&self) -> Result<()> {
        self.site.set("/", Answering::Status(500));
        let mut asking = tokio::task::JoinSet::new();
        for number in 0..ROUTES {
            asking.spawn(run_now(self.client.clone(), self.host.url.clone(), format!("crowd-n{number}")));
        }
        while let Some(asked) = asking.join_next().await {
            asked??;
        }
        Ok(())
    }

    pub(crate) async fn stop(self) {
        self.host.signal("TERM").await;
        self.host.ended().await;
    }
}

fn config(grouped: Grouped, sink: &Sink, site: &Site) -> String {
    let entries: Vec<String> = (0..ROUTES).map(|n| format!("n{n} = {{}}")).collect();
    let by = match grouped {
        Grouped::Single => "[\"check\", \"finding\"]",
        Grouped::ByCheck => "[\"check\"]",
    };
    let mut text = format!(
        "\n[[check]]\nname = \"crowd-${{each.key}}\"\nplugin = \"crowd\"\ninterval = \"1h\"\nfailure_threshold = 1\n\
         config = {{ url = \"{}\" }}\neach = {{ {} }}\n\n\
         [[route]]\nname = \"root\"\nreceivers = [\"r0\"]\ngroup_by = {by}\ngroup_wait = \"0s\"\n\
         group_interval = \"1s\"\n\n[[receiver]]\nname = \"hanging\"\nplugin = \"webhook\"\nconfig = {{ url = \"{}{HANGING}\" }}\n\n",
        site.url("/"),
        entries.join(", "),
        sink.url
    );
    for n in 0..ROUTES {
        let receivers = if n == 0 { "\"hanging\", \"r0\"".to_owned() } else { format!("\"r{n}\"") };
        text.push_str(&format!(
            "[[receiver]]\nname = \"r{n}\"\nplugin = \"webhook\"\nconfig = {{ url = \"{}/r{n}\" }}\n\n\
             [[route]]\nname = \"n{n}\"\nunder = \"root\"\nmatch = ['check=\"crowd-n{n}\"']\nreceivers = [{receivers}]\n\n",
            sink.url
        ));
    }
    text
}

/// The peer with the same routes to the same places.
pub(crate) async fn alertmanager(grouped: Grouped, sink: &Sink) -> Alertmanager {
    let by = match grouped {
        Grouped::Single => json!(["..."]),
        Grouped::ByCheck => json!(["alertname"]),
    };
    let routes: Vec<Value> = (0..ROUTES)
        .map(|n| json!({ "receiver": format!("r{n}"), "matchers": [format!("alertname=\"crowd-n{n}\"")] }))
        .collect();
    let receivers: Vec<Value> = (0..ROUTES)
        .map(|n| {
            let hook = json!({ "url": format!("{}/r{n}", sink.url), "send_resolved": false });
            json!({ "name": format!("r{n}"), "webhook_configs": [hook] })
        })
        .collect();
    let root = json!({ "receiver": "r0", "group_by": by, "group_wait": "0s", "group_interval": "1s", "routes": routes });
    // JSON is YAML.
    Alertmanager::start_with(&json!({ "route": root, "receivers": receivers }).to_string()).await
}

/// All of them begin now, in one request.
pub(crate) async fn fall_at(alertmanager: &Alertmanager) -> Result<()> {
    let names =
        (0..ROUTES).flat_map(|n| (0..FINDINGS).map(move |m| (format!("crowd-n{n}"), format!("disk-{m:02}"))));
    post(alertmanager, names.collect()).await
}

pub(crate) async fn post(alertmanager: &Alertmanager, alerts: Vec<(String, String)>) -> Result<()> {
    let began = chrono::Utc::now().to_rfc3339();
    let alerts: Vec<Value> = alerts
        .into_iter()
        .map(|(check, finding)| {
            json!({ "labels": { "alertname": check, "finding": finding }, "startsAt": began,
                    "annotations": { "summary": "a disk is full" } })
        })
        .collect();
    let client = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/api/v2/alerts", alertmanager.url);
    let status = client.post(url).json(&alerts).send().await?.status();
    ensure!(status.is_success(), "Alertmanager answered {status}");
    Ok(())
}
