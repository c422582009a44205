//! Algorithms that nobody should offer any more, by the names of IANA and of OpenSSH: those that OpenSSH once offered, or others
//! do, and that it has taken from what it offers by default. README.md lists them.

/// SHA-1 over which a man in the middle can be, groups of 1,024 bits and less.
pub(crate) fn is_exchange(name: &str) -> bool {
    let name = name.split('@').next().unwrap_or(name);
    name.ends_with("-sha1") || name.starts_with("gss-") && name.contains("-sha1-")
}

/// Broken ciphers, small blocks, and CBC, which SSH uses in a way that leaks.
pub(crate) fn is_cipher(name: &str) -> bool {
    let name = name.split('@').next().unwrap_or(name);
    let is_old =
        ["arcfour", "des", "3des", "blowfish", "cast128", "idea"].iter().any(|old| name.starts_with(old));
    name == "none" || name.ends_with("-cbc") || is_old
}

/// Broken, cut to 96 bits, or of 32 bits.
pub(crate) fn is_mac(name: &str) -> bool {
    let name = name.split('@').next().unwrap_or(name);
    let is_old = ["hmac-md5", "hmac-ripemd", "umac-32"].iter().any(|old| name.starts_with(old));
    name == "none" || name.contains("-96") || is_old
}

/// Signed with SHA-1.
pub(crate) fn is_key_type(name: &str) -> bool {
    name.starts_with("ssh-rsa") || name.starts_with("ssh-dss")
}
