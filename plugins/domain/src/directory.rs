//! Who is asked for which domains: IANA's list of RDAP servers (RFC 9224).

use watchkeep_sdk::config::Value;

/// The base URL for this name: of the longest suffix that is listed, over TLS where there is a choice.
pub(crate) fn server_of(list: &Value, name: &str) -> Option<String> {
    let services = list["services"].as_array()?;
    let mut suffix = Some(name);
    while let Some(of) = suffix {
        let is_listed = |service: &&Value| {
            let entries = service[0].as_array().into_iter().flatten();
            entries.filter_map(Value::as_str).any(|entry| entry.trim_matches('.').eq_ignore_ascii_case(of))
        };
        let urls = services.iter().filter(is_listed).filter_map(|service| service[1].as_array()).flatten();
        let urls: Vec<&str> = urls.filter_map(Value::as_str).filter(|url| url.starts_with("http")).collect();
        if let Some(url) = urls.iter().find(|url| url.starts_with("https://")).or(urls.first()) {
            return Some((*url).to_owned());
        }
        suffix = of.split_once('.').map(|(_, rest)| rest);
    }
    None
}

/// Whether it is such a list at all.
pub(crate) fn is_list(document: &Value) -> bool {
    document["services"].is_array()
}
