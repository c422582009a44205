//! Options that few requests need.

use super::{Address, DigestLogin, Extras};
use crate::config::Secret;

#[expect(clippy::derivable_impls, reason = "the type is generated")]
impl Default for Extras {
    fn default() -> Self {
        Self { resolver: None, http2: false, digest: None }
    }
}

impl Extras {
    /// Sets the name server that is asked for all names on the way. Its grant is `dns`.
    #[must_use]
    pub fn resolver(mut self, server: Address) -> Self {
        self.resolver = Some(server);
        self
    }
    /// Uses HTTP/2 and nothing else, even over `http`.
    #[must_use]
    pub fn http2(mut self) -> Self {
        self.http2 = true;
        self
    }
    /// Answers a server that asks for a digest login; the secret is the password.
    #[must_use]
    pub fn digest(mut self, user: &str, password: &Secret) -> Self {
        let password = password.name().to_owned();
        self.digest = Some(DigestLogin { user: user.to_owned(), password });
        self
    }
}
