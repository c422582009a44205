//! What systemd says of its units, by `systemctl show`. The program is started without a shell and without the host's
//! environment, and nothing but `show` is ever asked of it.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;

use super::trouble::Trouble;
use crate::options::Systemd;

/// The most bytes of its whole output; a unit takes about 200.
const OUTPUT_BYTES_MAX: u64 = 8 << 20;
const COMPLAINT_BYTES_MAX: u64 = 4_096;

/// The properties of all units whose names match, a block of lines for each. Times are in UTC.
pub(super) async fn show(
    systemd: &Systemd,
    span: Duration,
    properties: &str,
    names: &[String],
) -> Result<String, Trouble> {
    let Systemd { running, systemctl } = systemd;
    if !running.is_dir() {
        let message = format!("no systemd runs on this machine (`{}` is not there)", running.display());
        return Err(Trouble::Unsupported(message));
    }
    let program = systemctl.display().to_string();
    let mut command = Command::new(systemctl);
    command.args(["show", "--no-pager", "--all", &format!("--property={properties}"), "--"]).args(names);
    // Older versions show some times in the local zone, whichever is asked for.
    command.env_clear().env("LC_ALL", "C").env("TZ", "UTC").current_dir("/");
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
    Ok(stdout)
}

/// Reads at most `max` bytes, and throws the rest away, so that the program comes to its end.
async fn bounded(stream: Option<impl AsyncRead + Unpin>, max: u64) -> std::io::Result<String> {
    let Some(mut stream) = stream else { return Ok(String::new()) };
    let mut bytes = Vec::new();
    (&mut stream).take(max).read_to_end(&mut bytes).await?;
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What was said of one unit.
#[derive(Clone, Copy)]
pub(super) struct Block<'a>(&'a str);

impl<'a> Block<'a> {
    /// The blocks are separated by empty lines.
    pub(super) fn all(text: &'a str) -> impl Iterator<Item = Self> {
        text.split("\n\n").filter(|block| !block.trim().is_empty()).map(Block)
    }
    /// Empty if it was not said.
    pub(super) fn value(self, key: &str) -> &'a str {
        let line = self.0.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default()
    }
    pub(super) fn text(self, key: &str) -> String {
        self.value(key).to_owned()
    }
    /// Its own name and those by which it is also known.
    pub(super) fn names(self) -> impl Iterator<Item = &'a str> {
        self.value("Names").split(' ').chain([self.value("Id")])
    }
}
