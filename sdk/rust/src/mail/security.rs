//! What an operator says of any conversation with a server of mail.

/// How the conversation is kept from others.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk_macros::Config)]
pub enum Security {
    /// It begins in the clear, and goes on under TLS or not at all.
    Starttls,
    /// TLS comes first.
    Tls,
    /// Everybody on the way can read it.
    Plaintext,
}

/// Whether a client may call itself so: the name of a host, or an address in brackets.
///
/// ```
/// use watchkeep_sdk::mail::is_hello;
///
/// assert!(is_hello("watch.example.com") && is_hello("[IPv6:2001:db8::1]"));
/// assert!(!is_hello("") && !is_hello("watch\r\nQUIT"));
/// ```
pub fn is_hello(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.[]:".contains(&byte))
}
