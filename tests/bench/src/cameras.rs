//! Many cameras, as they are looked at every ten minutes in opening hours: what the host takes for one look at each. The cameras
//! are streams of GStreamer's RTSP server, with an encoder for each viewer; what these take is not counted.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use watchkeep_end_to_end::servers::{Bench, Cameras, Wanted};
use watchkeep_end_to_end::{Folder, Host, Identity};

use crate::metrics::Scrape;
use crate::process;
use crate::report::{Section, say};

const MIB: f64 = 1024.0 * 1024.0;
/// So that the cameras' encoders get along with two cores: from the second round on, eight looks begin in each second. The first
/// round is over sooner, since a host that starts looks at everything soon, and is not measured.
const BETWEEN_LOOKS: Duration = Duration::from_millis(120);
const BETWEEN_SAMPLES: Duration = Duration::from_secs(1);
/// How often they are looked at by whom this is for.
const USUALLY: f64 = 600.0;
const RUNS: &str = "watchkeep_runs_total";

pub(crate) async fn measure(cameras: usize) -> Result<Section> {
    let bench = Bench::new();
    bench.root("root");
    bench.signed("root", "well", Wanted::default());
    let file = |name: &str| String::from_utf8(bench.read(name)).with_context(|| name.to_owned());
    let server = Cameras::start(&Identity { chain: file("well.pem")?, key: file("well.key")? });
    let interval = (BETWEEN_LOOKS * u32::try_from(cameras)?).as_secs().max(10);
    let lines: String = (0..cameras).map(|at| format!("cam-{at:04}\n")).collect();
    let folder = Folder::new(&format!(
        "[[check]]\nname = \"${{each.key}}\"\nplugin = \"camera\"\neach_file = \"cameras.csv\"\ninterval = \"{interval}s\"\n\
         failure_threshold = 1\ntimeout = \"20s\"\nconfig = {{ stream = {{ url = \"rtsp://127.0.0.1:{}/h264\", listen = \"1s\" }} }}\n",
        server.port
    ));
    folder.write("cameras.csv", &format!("key\n{lines}"));
    let host = Host::start_with(&folder, "warn,watchkeep=info", &[]).await;
    let id = host.process().context("the host runs")?;
    let scrape = async || Scrape::read(&host.get("/metrics").await.text);
    say(&format!("{cameras} cameras: looking at each for the first time"));
    let mut resident_max = 0;
    round(cameras as f64, interval, &scrape, async || Ok(())).await?;
    let (began, before, used) = (Instant::now(), scrape().await, process::processor_time(id)?);
    say(&format!("{cameras} cameras: looking at each within {interval} s"));
    let after = round(before.sum(RUNS) + cameras as f64, interval, &scrape, async || {
        resident_max = resident_max.max(process::resident(id)?);
        Ok(())
    })
    .await?;
    let took = began.elapsed();
    let used = process::processor_time(id)?.saturating_sub(used).as_secs_f64();
    let done = after.sum(RUNS) - before.sum(RUNS);
    let well = after.sum_with(RUNS, "outcome=\"ok\"") - before.sum_with(RUNS, "outcome=\"ok\"");
    host.signal("TERM").await;
    host.ended().await;
    let row = |what: &str, value: String| vec![what.to_owned(), value];
    Ok(Section {
        name: "cameras",
        columns: vec!["what", "measured"],
        rows: vec![
            row("runs", format!("{done:.0} in {} s, {well:.0} of them well", took.as_secs())),
            row("processor, all runs", format!("{used:.2} s")),
            row("processor, a run", format!("{:.2} ms", 1e3 * used / done.max(1.0))),
            row("processor, all of them every 10 minutes", format!("{:.2} % of a core", 100.0 * used / USUALLY)),
            row("resident memory, highest", format!("{:.0} MiB", resident_max as f64 / MIB)),
        ],
        notes: vec![
            format!("{cameras} checks of an H.264 stream of 320x240 pixels and 15 frames/s, each received for 1 s"),
            "all of the host's processor time: scrapes of its metrics once a second, schedule, sandbox, network, judging, storing"
                .to_owned(),
        ],
        ..Section::default()
    })
}

/// Until so many runs have ended, with a look at the host in between.
async fn round(
    runs: f64,
    interval: u64,
    scrape: &impl AsyncFn() -> Scrape,
    mut meanwhile: impl AsyncFnMut() -> Result<()>,
) -> Result<Scrape> {
    let began = Instant::now();
    loop {
        let seen = scrape().await;
        if seen.sum(RUNS) >= runs {
            return Ok(seen);
        }
        ensure!(began.elapsed().as_secs() < interval * 3 + 60, "{} of {runs} runs ended", seen.sum(RUNS));
        tokio::time::sleep(BETWEEN_SAMPLES).await;
        meanwhile().await?;
    }
}
