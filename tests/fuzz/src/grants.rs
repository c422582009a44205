//! An entry of an `allow` table, something that is tried, and the address that it led to: one line each. What is
//! decided is held against a reading of the same texts that shares no code with it.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use url::Url;
use watchkeep_core::grant::{
    Access, Aim, Allow, Capability, Ceiling, EndpointPattern, Host, HostPattern, LocalPattern, NamePattern,
    Origin, OriginPattern, Requests, Rights, Scheme, SeriesPattern, SystemPattern, decide,
};
use watchkeep_core::ids::PluginName;

/// `ENTRY`, `URL` and `ADDRESS`; what is missing is empty.
pub fn grants(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut lines = text.split('\n');
    let mut line = || lines.next().unwrap_or_default();
    let (entry, tried, led_to) = (line(), line(), line());
    every_list(entry);
    prints_as_it_reads(entry);
    let Ok(origin) = Origin::of_url(tried) else { return };
    same_as_others_read(tried, &origin);
    if let Ok(pattern) = OriginPattern::parse(entry)
        && matches!(origin.scheme, Scheme::Http | Scheme::Https)
    {
        decided(entry, &pattern, &origin, led_to.parse().ok());
    }
}

/// Every list takes the entry or says why not.
fn every_list(entry: &str) {
    for capability in Capability::ALL {
        if let Err(error) = Allow::default().parse_entry(capability.as_str(), entry) {
            let said = error.to_string();
            assert!(said.contains("hint: "), "{said}");
            assert!(!said.chars().any(char::is_control), "{said:?}");
        }
    }
}

fn prints_as_it_reads(entry: &str) {
    fn held<T: PartialEq + std::fmt::Debug + std::fmt::Display, E: std::fmt::Debug>(
        parse: impl Fn(&str) -> Result<T, E>,
        entry: &str,
    ) {
        let Ok(pattern) = parse(entry) else { return };
        let printed = pattern.to_string();
        match parse(&printed) {
            Ok(again) => assert_eq!(again, pattern, "`{entry}` is printed as `{printed}`"),
            Err(error) => panic!("`{entry}` is printed as `{printed}`, which is refused: {error:?}"),
        }
    }
    held(OriginPattern::parse, entry);
    held(EndpointPattern::parse, entry);
    held(HostPattern::parse, entry);
    held(NamePattern::parse, entry);
    held(LocalPattern::parse, entry);
    held(SeriesPattern::parse, entry);
    held(SystemPattern::parse, entry);
}

/// A client that reads the URL in another way would go where nobody decided.
fn same_as_others_read(tried: &str, origin: &Origin) {
    let Ok(url) = Url::parse(tried) else { return };
    if !matches!(origin.scheme, Scheme::Http | Scheme::Https) {
        return;
    }
    let host = url.host_str().expect("a URL of http has a host");
    assert_eq!(url.scheme(), origin.scheme.as_str(), "{tried:?}");
    assert_eq!(url.port_or_known_default(), Some(origin.port), "{tried:?}");
    assert_eq!(Host::parse(host).as_ref(), Ok(&origin.host), "{tried:?}");
}

fn decided(entry: &str, pattern: &OriginPattern, origin: &Origin, led_to: Option<IpAddr>) {
    let mut allow = Allow::default();
    let Ok(()) = allow.parse_entry("http", entry) else { return };
    let rights = Rights {
        plugin: PluginName::from("fuzzed"),
        requests: Requests::Unstated,
        allow: allow.into(),
        targets: Vec::new(),
        ceiling: Arc::new(Ceiling::default()),
        aim: Aim::Act,
    };
    let host = origin.host.to_string();
    let call = Access::Origin { scheme: origin.scheme, host: &host, port: origin.port };
    let by_name = decide(&rights, &call);
    if by_name.is_ok() {
        assert!(covers(&pattern.to_string(), origin), "`{entry}` opened {origin}");
    } else if origin.host.address().is_none() {
        assert!(!covers(&pattern.to_string(), origin), "`{entry}` did not open {origin}: {by_name:?}");
    }
    if let Err(denial) = by_name {
        assert!(!denial.to_string().chars().any(char::is_control), "{denial:?}");
    }
    let Some(ip) = led_to else { return };
    let there = decide(&rights, &Access::Resolved { call: &call, ip });
    assert!(there.is_err() || covers(&pattern.to_string(), origin), "`{entry}` opened {origin} at {ip}");
    if there.is_ok() && is_metadata(ip) {
        let named = pattern.host().to_string();
        let is_named =
            [format!("{ip}"), format!("[{ip}]"), format!("{ip}/32"), format!("{}", ip.to_canonical())];
        let is_v6_network = named == format!("[{ip}/128]");
        assert!(is_named.contains(&named) || is_v6_network, "`{entry}` opened {ip} as `{origin}`");
    }
}

/// Where clouds keep the keys of a machine.
fn is_metadata(ip: IpAddr) -> bool {
    ip.to_canonical() == IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254))
}

/// As the pattern reads to a person who knows its form: `scheme://host:port`.
fn covers(printed: &str, origin: &Origin) -> bool {
    let (scheme, rest) = printed.split_once("://").expect("a pattern has a scheme");
    let is_port = |text: &str| text == "*" || text.bytes().all(|b| b.is_ascii_digit());
    let (host, port) = match rest.rsplit_once(':') {
        Some((host, port))
            if is_port(port) && !host.is_empty() && (!host.contains(':') || host.ends_with(']')) =>
        {
            (host, Some(port))
        }
        Some(_) | None => (rest, None),
    };
    let own_port = if origin.scheme == Scheme::Https { 443 } else { 80 };
    let scheme_fits = scheme == "*" || scheme == origin.scheme.as_str();
    let port_fits = match port {
        Some("*") => true,
        Some(port) => port == origin.port.to_string(),
        None => origin.port == own_port,
    };
    let tried = origin.host.to_string();
    let host_fits = if host == "*" {
        true
    } else if let Some(suffix) = host.strip_prefix('*') {
        origin.host.address().is_none() && tried.len() > suffix.len() && tried.ends_with(suffix)
    } else if let Some((network, bits)) = host.trim_matches(['[', ']']).split_once('/') {
        within(network.parse().expect("a network"), bits.parse().expect("a length"), origin.host.address())
    } else {
        host == tried
    };
    scheme_fits && port_fits && host_fits
}

fn within(network: IpAddr, bits: u32, ip: Option<IpAddr>) -> bool {
    match (network, ip) {
        (IpAddr::V4(network), Some(IpAddr::V4(ip))) => {
            bits == 0 || (network.to_bits() ^ ip.to_bits()).checked_shr(32 - bits) == Some(0)
        }
        (IpAddr::V6(network), Some(IpAddr::V6(ip))) => {
            bits == 0 || (network.to_bits() ^ ip.to_bits()).checked_shr(128 - bits) == Some(0)
        }
        _ => false,
    }
}
