//! URLs that a device names. They are foreign, and some devices write a login into them: it is neither sent nor shown.

use watchkeep_sdk::clipped;

const BYTES_MAX: usize = 2 << 10;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Uri {
    pub scheme: &'static str,
    /// Host and port, as they stand there, without a user.
    pub authority: String,
    /// Path and query, with the slash.
    pub path: String,
    pub has_login: bool,
}

const SCHEMES: [&str; 4] = ["rtsp", "rtsps", "http", "https"];

/// Or what is wrong with it.
pub fn read(text: &str) -> Result<Uri, String> {
    if text.len() > BYTES_MAX || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("is too long, or has blanks or letters outside ASCII".to_owned());
    }
    let Some((word, rest)) = text.split_once("://") else { return Err("is not a whole URL".to_owned()) };
    let known = SCHEMES.into_iter().find(|known| word.eq_ignore_ascii_case(known));
    let Some(scheme) = known else { return Err(format!("begins with `{}://`", clipped(word))) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (whole, path) = rest.split_at(end);
    let (login, authority) = match whole.rsplit_once('@') {
        Some((login, authority)) => (Some(login), authority),
        None => (None, whole),
    };
    if authority.is_empty() {
        return Err("names no host".to_owned());
    }
    let path = path.split('#').next().unwrap_or(path);
    let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
    Ok(Uri { scheme, authority: authority.to_owned(), path, has_login: login.is_some() })
}

impl Uri {
    pub fn whole(&self) -> String {
        format!("{}://{}{}", self.scheme, self.authority, self.path)
    }
    /// For sentences: without the query, and without a path that looks like a login.
    pub fn shown(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        let lower = path.to_ascii_lowercase();
        let is_login = ["user", "pass", "pwd"].iter().any(|word| lower.contains(word));
        let path = if is_login { "/..." } else { path };
        clipped(&format!("{}://{}{path}", self.scheme, self.authority))
    }
    pub fn is_stream(&self) -> bool {
        self.scheme.starts_with("rtsp")
    }
    pub fn is_under_tls(&self) -> bool {
        self.scheme.ends_with('s')
    }
    /// As `host:port`.
    pub fn address(&self) -> String {
        let has_port = self.authority.rsplit_once(':').is_some_and(|(_, port)| !port.ends_with(']'));
        let port = match self.scheme {
            _ if has_port => return self.authority.clone(),
            "rtsp" => 554,
            "rtsps" => 322,
            "https" => 443,
            _ => 80,
        };
        format!("{}:{port}", self.authority)
    }
}
