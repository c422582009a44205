//! From a transition to the notice at its receiver, one alert at a time and without `group_wait`; beside it Alertmanager
//! from the moment at which it is handed the alert.

use anyhow::Result;
use watchkeep_end_to_end::{Alertmanager, Answering, Host, Site, eventually};

use crate::crowd::{folder, post, run_now};
use crate::machine;
use crate::report::{Section, quantile_millis, say};
use crate::sink::Sink;

const CHECKS: usize = 300;

pub(crate) async fn measure() -> Result<Section> {
    let sink = Sink::start().await;
    let site = Site::start().await;
    let folder = folder(&config(&sink, &site));
    let host = Host::start_with(&folder, "warn,watchkeep=info", &[]).await;
    eventually("every check is ok", async || {
        let page = host.get("/api/v1/checks?state=ok&limit=1000").await.json();
        (page["items"].as_array()?.len() == CHECKS).then_some(())
    })
    .await;
    let hook = format!("{}/peer", sink.url);
    let alertmanager = Alertmanager::start_with(&format!(
        "route: {{ receiver: hook, group_by: ['...'], group_wait: 0s }}\n\
         receivers: [{{ name: hook, webhook_configs: [{{ url: '{hook}', send_resolved: false }}] }}]\n"
    ))
    .await;
    let client = reqwest::Client::builder().no_proxy().build()?;
    say(&format!("paging: {CHECKS} alerts, one at a time"));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for n in 0..CHECKS {
        site.set(&format!("/n{n}"), Answering::Status(500));
        run_now(client.clone(), host.url.clone(), format!("site-n{n}")).await?;
        ours.push(span(&sink, &format!("site-n{n}/")).await);
        post(&alertmanager, vec![(format!("peer-n{n}"), String::new())]).await?;
        theirs.push(span(&sink, &format!("peer-n{n}/")).await);
    }
    host.signal("TERM").await;
    host.ended().await;
    Ok(Section {
        name: "paging",
        columns: vec!["contender", "half at most", "99 of 100 at most", "longest", "goal"],
        rows: vec![
            row("Watchkeep", ours, "99 of 100 below 100 ms"),
            row("Alertmanager", theirs, ""),
        ],
        notes: vec![
            format!("{CHECKS} alerts, each a group of its own; from the transition to the arrival of its notice"),
            "before a notice leaves it is on the disk, and a fresh sandbox sends it; Alertmanager's span begins before it is handed the alert".to_owned(),
            machine::version("prometheus-alertmanager", &["--version"]),
        ],
        ..Section::default()
    })
}

/// Milliseconds.
async fn span(sink: &Sink, key: &str) -> f64 {
    let arrival = eventually("the notice arrives", async || sink.of(key)).await;
    (arrival.at - arrival.since).num_microseconds().unwrap_or(0) as f64 / 1e3
}

fn row(what: &str, mut spans: Vec<f64>, goal: &str) -> Vec<String> {
    spans.sort_by(f64::total_cmp);
    let share = |share: f64| quantile_millis(&spans, share, 1);
    vec![what.to_owned(), share(0.5), share(0.99), share(1.0), goal.to_owned()]
}

fn config(sink: &Sink, site: &Site) -> String {
    let entries: Vec<String> = (0..CHECKS).map(|n| format!("n{n} = {{}}")).collect();
    format!(
        "\n[[check]]\nname = \"site-${{each.key}}\"\nplugin = \"http\"\ninterval = \"1h\"\nfailure_threshold = 1\n\
         config = {{ url = \"{}${{each.key}}\" }}\neach = {{ {} }}\n\n\
         [[receiver]]\nname = \"people\"\nplugin = \"webhook\"\nconfig = {{ url = \"{}/ours\" }}\n\n\
         [[route]]\nname = \"root\"\nreceivers = [\"people\"]\ngroup_by = [\"check\"]\ngroup_wait = \"0s\"\n",
        site.url("/"),
        entries.join(", "),
        sink.url
    )
}
