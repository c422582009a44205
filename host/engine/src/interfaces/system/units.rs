//! Units of systemd, as `systemctl show` prints them: its words are the contract's words. The program is started
//! without a shell and without the host's environment, and nothing but `show` is ever asked of it.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use watchkeep_core::grant::NameGlob;

use super::UNITS_MAX;
use super::trouble::Trouble;
use crate::contract::system::Unit;
use crate::options::Systemd;

const PROPERTIES: &str = "--property=Id,Names,LoadState,ActiveState,SubState,NRestarts,MainPID,Result";
/// The most bytes of its whole output; a unit takes about 200.
const OUTPUT_BYTES_MAX: u64 = 8 << 20;
const COMPLAINT_BYTES_MAX: u64 = 4_096;

pub(super) async fn read(systemd: &Systemd, span: Duration, names: &NameGlob) -> Result<Vec<Unit>, Trouble> {
    let Systemd { running, systemctl } = systemd;
    if !running.is_dir() {
        let message = format!("no systemd runs on this machine (`{}` is not there)", running.display());
        return Err(Trouble::Unsupported(message));
    }
    let program = systemctl.display().to_string();
    // In a pattern, a `\` of a unit's name would escape the next letter. So `?` is asked for in its place, and units
    // that match by that alone are left out below.
    let asked =
        if names.is_one_name() { names.as_str().to_owned() } else { names.as_str().replace('\\', "?") };
    let mut command = Command::new(systemctl);
    command.args(["show", "--no-pager", "--all", PROPERTIES, "--", &asked]);
    command.env_clear().env("LC_ALL", "C").current_dir("/");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.process_group(0).kill_on_drop(true);
    let mut child =
        command.spawn().map_err(|error| Trouble::of_io(&format!("cannot start `{program}`"), &error))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let told = async {
        tokio::try_join!(
            bounded(stdout, OUTPUT_BYTES_MAX),
            bounded(stderr, COMPLAINT_BYTES_MAX),
            child.wait()
        )
    };
    let (stdout, stderr, status) = match tokio::time::timeout(span, told).await {
        Ok(Ok(told)) => told,
        Ok(Err(error)) => {
            return Err(Trouble::of_io(&format!("cannot read what `{program}` says"), &error));
        }
        Err(_) => return Err(Trouble::Other(format!("`{program}` gave no answer within {span:.1?}"))),
    };
    if !status.success() {
        let complaint = stderr.lines().next().unwrap_or("nothing").trim();
        return Err(Trouble::Other(format!("`{program}` ended with {status} and said: {complaint}")));
    }
    Ok(units(&stdout, names))
}

/// Reads at most `max` bytes, and throws the rest away, so that the program comes to its end.
async fn bounded(stream: Option<impl AsyncRead + Unpin>, max: u64) -> std::io::Result<String> {
    let Some(mut stream) = stream else { return Ok(String::new()) };
    let mut bytes = Vec::new();
    (&mut stream).take(max).read_to_end(&mut bytes).await?;
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The units in the output, which has one block for each, separated by empty lines. There is one more than allowed if
/// there are more.
fn units(text: &str, names: &NameGlob) -> Vec<Unit> {
    let told = text.split("\n\n").filter(|block| !block.trim().is_empty());
    let mut units: Vec<Unit> = told.filter_map(|block| unit(block, names)).take(UNITS_MAX + 1).collect();
    units.sort_by(|a, b| a.name.cmp(&b.name));
    // An alias and its unit are shown as one.
    units.dedup_by(|a, b| a.name == b.name);
    units
}

/// The unit of a block; `None` if none of its names was asked for.
fn unit(block: &str, names: &NameGlob) -> Option<Unit> {
    let value = |key: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default()
    };
    let text = |key: &str| value(key).to_owned();
    let id = value("Id");
    let mut all = value("Names").split(' ').chain([id]);
    if id.is_empty() || !all.any(|name| names.matches(name)) {
        return None;
    }
    Some(Unit {
        name: id.to_owned(),
        load: text("LoadState"),
        active: text("ActiveState"),
        sub: text("SubState"),
        restarts: value("NRestarts").parse().unwrap_or(0),
        main_pid: value("MainPID").parse().ok().filter(|&pid| pid != 0),
        last_result: text("Result"),
    })
}
