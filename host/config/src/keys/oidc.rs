//! `[host.oidc]`: signing in by way of an OpenID provider.

use super::shared::DAY;
use super::{Key, Kind, Section};

pub(crate) const OIDC: Section = Section {
    header: "[host.oidc]",
    noun: "[host.oidc]",
    doc: "People sign in by way of an OpenID Connect provider, beside or in place of passwords kept here. Register `EXTERNAL_URL/login/oidc/callback` there as the redirect URI, for a confidential client with the authorisation code flow.",
    keys: &[&[
        Key {
            name: "issuer",
            kind: Kind::Url,
            default: "",
            doc: "Required. The provider's URL, exactly as it calls itself in `ISSUER/.well-known/openid-configuration`.",
        },
        Key {
            name: "client_id",
            kind: Kind::Text,
            default: "",
            doc: "Required. What the provider calls this host.",
        },
        Key {
            name: "client_secret",
            kind: Kind::SecretReference,
            default: "",
            doc: "Required. Sent to the issuer's origin alone, and to those in the secret's `to`.",
        },
        Key {
            name: "name",
            kind: Kind::Text,
            default: "single sign-on",
            doc: "What people call the provider: the page says `Sign in with NAME`.",
        },
        Key {
            name: "scopes",
            kind: Kind::Texts,
            default: "(`openid`, `profile`, `email`)",
            doc: "What is asked for. `openid` is among them in any case.",
        },
        Key {
            name: "groups_claim",
            kind: Kind::Text,
            default: "groups",
            doc: "The claim that holds somebody's groups, a list of texts: its name, or a JSON pointer such as `/realm_access/roles`.",
        },
        Key {
            name: "name_claim",
            kind: Kind::Text,
            default: "preferred_username",
            doc: "The claim that says what somebody is called here, such as `email`. What they do is in the audit log under this name and the provider's own id.",
        },
        Key {
            name: "roles",
            kind: Kind::Tables(&OIDC_ROLE),
            default: "",
            doc: "Required. What members of groups may do: the first entry that fits counts. Whoever is in none of the groups is not let in.",
        },
        Key {
            name: "session",
            kind: Kind::Span { min: 300_000, max: 7 * DAY },
            default: "12h",
            doc: "How long a session lasts at most; with the next one the provider is asked again. A change of `roles` counts at once.",
        },
    ]],
};

pub(crate) const OIDC_ROLE: Section = Section {
    header: "[[host.oidc.roles]]",
    noun: "an entry of `roles`",
    doc: "`{ group = \"sre\", role = \"admin\" }`",
    keys: &[&[
        Key {
            name: "group",
            kind: Kind::Text,
            default: "",
            doc: "Required. The group, as the provider calls it.",
        },
        Key {
            name: "role",
            kind: Kind::Choice(&["viewer", "operator", "admin"]),
            default: "",
            doc: "Required. What its members may do.",
        },
        Key {
            name: "scope",
            kind: Kind::Texts,
            default: "(everything)",
            doc: "Matchers, such as `'team=\"web\"'`: its members see only checks whose labels fit all of them.",
        },
    ]],
};
