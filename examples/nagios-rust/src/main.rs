//! `check_answer URL [-w SECONDS] [-c SECONDS]`: a program of the Nagios convention, for WASI 0.2. Says how long a URL
//! takes to answer; it knows nothing of Watchkeep.

use std::process::ExitCode;
use std::time::Instant;

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{Fields, OutgoingRequest, Scheme};

const USAGE: &str = "check_answer http[s]://HOST[:PORT]/PATH [-w SECONDS] [-c SECONDS]";

#[derive(Clone, Copy)]
enum State {
    Ok,
    Warning,
    Critical,
    Unknown,
}

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Ok => "OK",
            State::Warning => "WARNING",
            State::Critical => "CRITICAL",
            State::Unknown => "UNKNOWN",
        }
    }
}

struct Asked {
    url: String,
    warning: Option<f64>,
    critical: Option<f64>,
}

fn main() -> ExitCode {
    let (state, text) = match asked() {
        None => (State::Unknown, format!("usage: {USAGE}")),
        Some(asked) => judge(&asked),
    };
    // WASI 0.2 passes on only whether a program failed, so the state stands in the text as well.
    println!("ANSWER {} - {text}", state.name());
    ExitCode::from(state as u8)
}

fn asked() -> Option<Asked> {
    let mut asked = Asked { url: String::new(), warning: None, critical: None };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "-w" => asked.warning = Some(arguments.next()?.parse().ok()?),
            "-c" => asked.critical = Some(arguments.next()?.parse().ok()?),
            _ => asked.url = argument,
        }
    }
    (!asked.url.is_empty()).then_some(asked)
}

fn judge(asked: &Asked) -> (State, String) {
    let began = Instant::now();
    let status = match get(&asked.url) {
        Ok(status) => status,
        Err(problem) => return (State::Critical, problem),
    };
    let seconds = began.elapsed().as_secs_f64();
    let over = |most: Option<f64>| most.is_some_and(|most| seconds > most);
    let state = if status >= 400 || over(asked.critical) {
        State::Critical
    } else if over(asked.warning) {
        State::Warning
    } else {
        State::Ok
    };
    let most = |most: Option<f64>| most.map_or(String::new(), |most| most.to_string());
    let data = format!("time={seconds}s;{};{};0", most(asked.warning), most(asked.critical));
    (state, format!("status {status} in {seconds:.3} s | {data}"))
}

fn get(url: &str) -> Result<u16, String> {
    let (scheme, rest) = match url.split_once("://") {
        Some(("http", rest)) => (Scheme::Http, rest),
        Some(("https", rest)) => (Scheme::Https, rest),
        Some(_) | None => return Err(format!("`{url}` is not a URL")),
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let request = OutgoingRequest::new(Fields::new());
    let set = request
        .set_scheme(Some(&scheme))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some(if path.is_empty() { "/" } else { path })));
    set.map_err(|()| format!("`{url}` is not a URL"))?;
    let response = handle(request, None).map_err(|error| error.to_string())?;
    response.subscribe().block();
    let answer = response.get().and_then(Result::ok).ok_or("no answer")?;
    answer.map(|answer| answer.status()).map_err(|error| error.to_string())
}
