//! What an operator chooses for any conversation with a mail server.

/// How the conversation is protected.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk_macros::Config)]
pub enum Security {
    /// It begins in the clear, and continues under TLS or not at all.
    Starttls,
    /// It begins with TLS.
    Tls,
    /// It is not encrypted, so everybody on the way can read it.
    Plaintext,
}

/// Whether a client may give this as its name: the name of a host, or an address in brackets.
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
