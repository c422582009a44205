//! Whether RTSP answers again.

use watchkeep_sdk::clipped;
use watchkeep_sdk::http::{FailureKind, span};
use watchkeep_sdk::prelude::*;

use crate::config::Restart;

const PAUSE: Duration = Duration::from_secs(2);
const PATIENCE: Duration = Duration::from_secs(3);
/// What has to remain of the run, so that it can tell what it knows.
const REST: Duration = Duration::from_millis(500);
/// A run has a thousand host calls, and a look is up to six of them.
const LOOKS_MAX: u32 = 120;

/// None if nothing is waited for; else how long it took, or what was seen last.
pub(crate) fn wait(config: &Restart) -> Result<Option<Result<Duration, String>>, Unable> {
    let Some(address) = &config.wait_for else { return Ok(None) };
    let begun = clock::monotonic();
    let left = clock::remaining().saturating_sub(REST);
    let until = begun + config.wait_max.map_or(left, |most| most.min(left));
    let mut last = "it was not looked at: no time was left".to_owned();
    clock::sleep(config.wait_first.min(until.saturating_sub(begun)));
    for _ in 0..LOOKS_MAX {
        let left = until.saturating_sub(clock::monotonic());
        if left.is_zero() {
            break;
        }
        match look(address, left.min(PATIENCE))? {
            Ok(()) => return Ok(Some(Ok(clock::monotonic().saturating_sub(begun)))),
            Err(seen) => last = seen,
        }
        clock::sleep(PAUSE.min(until.saturating_sub(clock::monotonic())));
    }
    Ok(Some(Err(last)))
}

/// Any answer of RTSP will do: which streams there are is for a check to say.
fn look(address: &str, patience: Duration) -> Result<Result<(), String>, Unable> {
    let seen = match net::target(address).timeout(patience).connect() {
        Ok(mut connection) => {
            connection.set_timeout(patience);
            let asked = connection.write(format!("OPTIONS rtsp://{address}/ RTSP/1.0\r\nCSeq: 1\r\n\r\n"));
            asked.and_then(|()| connection.read_line())
        }
        Err(failure) => Err(failure),
    };
    match seen {
        Ok(line) if line.starts_with("RTSP/") => Ok(Ok(())),
        Ok(line) => Ok(Err(format!("something else answers: `{}`", clipped(&line)))),
        Err(failure) => match failure.as_fault() {
            Some(fault) => {
                Err(Unable(Fault::inconclusive(format!("it was told to restart; then {}", fault.message()))))
            }
            None if failure.kind == FailureKind::TimedOut => {
                Ok(Err(format!("no answer within {}", span(patience))))
            }
            None => Ok(Err(failure.sentence())),
        },
    }
}
