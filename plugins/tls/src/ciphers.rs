//! Cipher suites of TLS up to 1.2 that somebody may want refused, by the numbers and names of IANA.

/// Why a suite is not wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Class {
    /// Nothing is encrypted.
    Null,
    /// The server proves nothing of itself.
    Anonymous,
    /// Keys of 40 bits.
    Export,
    Rc4,
    /// DES and 3DES.
    Des,
    /// Whoever gets the server's key later reads what was recorded.
    NoForwardSecrecy,
    /// AES in CBC mode, with forward secrecy.
    Cbc,
}

impl Class {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Class::Null => "without encryption",
            Class::Anonymous => "without a proof of who the server is",
            Class::Export => "with keys of 40 bits",
            Class::Rc4 => "with RC4",
            Class::Des => "with DES",
            Class::NoForwardSecrecy => "without forward secrecy",
            Class::Cbc => "in CBC mode",
        }
    }

    pub(crate) const fn suites(self) -> &'static [(u16, &'static str)] {
        match self {
            Class::Null => &[
                (0x0001, "TLS_RSA_WITH_NULL_MD5"),
                (0x0002, "TLS_RSA_WITH_NULL_SHA"),
                (0x003b, "TLS_RSA_WITH_NULL_SHA256"),
                (0xc006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA"),
                (0xc010, "TLS_ECDHE_RSA_WITH_NULL_SHA"),
                (0xc015, "TLS_ECDH_anon_WITH_NULL_SHA"),
            ],
            Class::Anonymous => &[
                (0x0018, "TLS_DH_anon_WITH_RC4_128_MD5"),
                (0x001b, "TLS_DH_anon_WITH_3DES_EDE_CBC_SHA"),
                (0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA"),
                (0x003a, "TLS_DH_anon_WITH_AES_256_CBC_SHA"),
                (0x006c, "TLS_DH_anon_WITH_AES_128_CBC_SHA256"),
                (0x006d, "TLS_DH_anon_WITH_AES_256_CBC_SHA256"),
                (0x00a6, "TLS_DH_anon_WITH_AES_128_GCM_SHA256"),
                (0x00a7, "TLS_DH_anon_WITH_AES_256_GCM_SHA384"),
                (0xc016, "TLS_ECDH_anon_WITH_RC4_128_SHA"),
                (0xc017, "TLS_ECDH_anon_WITH_3DES_EDE_CBC_SHA"),
                (0xc018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA"),
                (0xc019, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA"),
            ],
            Class::Export => &[
                (0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"),
                (0x0006, "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5"),
                (0x0008, "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA"),
                (0x0011, "TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA"),
                (0x0014, "TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"),
                (0x0017, "TLS_DH_anon_EXPORT_WITH_RC4_40_MD5"),
                (0x0019, "TLS_DH_anon_EXPORT_WITH_DES40_CBC_SHA"),
            ],
            Class::Rc4 => &[
                (0x0004, "TLS_RSA_WITH_RC4_128_MD5"),
                (0x0005, "TLS_RSA_WITH_RC4_128_SHA"),
                (0xc007, "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA"),
                (0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA"),
            ],
            Class::Des => &[
                (0x0009, "TLS_RSA_WITH_DES_CBC_SHA"),
                (0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
                (0x0015, "TLS_DHE_RSA_WITH_DES_CBC_SHA"),
                (0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA"),
                (0xc008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA"),
                (0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
            ],
            Class::NoForwardSecrecy => &[
                (0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA"),
                (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA"),
                (0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256"),
                (0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256"),
                (0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256"),
                (0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384"),
            ],
            Class::Cbc => &[
                (0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"),
                (0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA"),
                (0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256"),
                (0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256"),
                (0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"),
                (0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"),
                (0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"),
                (0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"),
                (0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
                (0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384"),
                (0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256"),
                (0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"),
            ],
        }
    }
}

const CLASSES: [Class; 7] = [
    Class::Null,
    Class::Anonymous,
    Class::Export,
    Class::Rc4,
    Class::Des,
    Class::NoForwardSecrecy,
    Class::Cbc,
];

/// Those that servers of today choose.
const GOOD: [u16; 8] = [0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0x009e, 0x009f];

/// All that a server may choose from, whatever it is worth: who asks for a protocol does not ask for a cipher.
pub(crate) fn any() -> Vec<u16> {
    let named = CLASSES.into_iter().rev().flat_map(|class| class.suites().iter().map(|(number, _)| *number));
    GOOD.into_iter().chain(named).collect()
}
