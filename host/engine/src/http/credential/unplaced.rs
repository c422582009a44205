//! Why a credential could not be put in its place. The guest is told what is wrong with what it wrote. What is wrong
//! with a secret is told to the operator, who can change it; the guest gets the same sentence, whatever is wrong with
//! whichever secret.

use watchkeep_core::ids::SecretName;

use crate::call::CallContext;
use crate::network::failure::Problem;
use crate::network::secret;

pub(super) enum Unplaced {
    /// Because of what the guest wrote.
    Refused(Problem),
    /// Because of what the secret is.
    Unfit { secret: SecretName, flaw: Flaw },
}

impl From<Problem> for Unplaced {
    fn from(problem: Problem) -> Self {
        Self::Refused(problem)
    }
}

/// What the plugin takes a secret for, although it is not that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flaw {
    NoText,
    NoLine,
    NoAscii,
    NoUrl,
    NoBase64,
    NoHex,
    NoAccessKey,
    /// It could be there alone, but not together with what is around it.
    NotTogether,
}

impl Flaw {
    /// How the sentence `secret NAME ...` goes on, and what to do about it.
    fn words(self) -> (&'static str, &'static str) {
        const ONE_LINE: &str = "write it as one line of text, without control characters";
        match self {
            Flaw::NoText => ("is not text (UTF-8), as which the plugin takes it", ONE_LINE),
            Flaw::NoLine => ("has a line break or a control character, which no header may have", ONE_LINE),
            Flaw::NoAscii => ("is not ASCII, and AWS cannot check a header that is not", ONE_LINE),
            Flaw::NoUrl => (
                "is not a URL that can be asked for together with what the plugin adds to it",
                "let it begin with `https://` and name no user",
            ),
            Flaw::NoBase64 => {
                ("is not base64, as which the plugin takes it", "write the key as the service shows it")
            }
            Flaw::NoHex => {
                ("is not hexadecimal, as the plugin takes it", "write the key as the service shows it")
            }
            Flaw::NoAccessKey => (
                "is not an AWS access key, as which the plugin takes it",
                "write it as in AWS's credentials file, with `aws_access_key_id = ...` and `aws_secret_access_key = ...` on lines of their own",
            ),
            Flaw::NotTogether => (
                "cannot be in a request beside what the plugin wrote",
                "write it as one line of text, or ask the plugin's author where it goes",
            ),
        }
    }
}

impl Unplaced {
    /// What the guest is told.
    pub(super) fn told(self, state: &mut CallContext) -> Problem {
        match self {
            Unplaced::Refused(problem) => problem,
            Unplaced::Unfit { secret, flaw } => {
                let (problem, hint) = flaw.words();
                secret::unusable(state, &secret, problem, hint)
            }
        }
    }
}
