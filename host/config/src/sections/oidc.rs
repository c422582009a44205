//! `[host.oidc]`: the OpenID provider by way of which people sign in.

use std::time::Duration;

use watchkeep_core::access::{Role, Scope};
use watchkeep_core::grant::{Origin, OriginPattern, Scheme};

use super::host::reference;
use super::secrets::Secrets;
use crate::config::{OidcConfig, OidcRole};
use crate::each::Placeholders;
use crate::gather::Gathered;
use crate::keys::{OIDC, OIDC_ROLE};
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Reader, refuse_unknown_keys, wrong_kind};
use crate::secret::Secret;
use crate::source::Span;
use crate::tree::{Node, Value};

const SESSION: Duration = Duration::from_hours(12);
const SCOPES: [&str; 3] = ["openid", "profile", "email"];

pub(crate) fn read(
    gathered: &Gathered<'_>,
    secrets: &Secrets,
    problems: &mut Problems,
) -> Option<OidcConfig> {
    let host_table = gathered.one("host")?;
    let entry = host_table.get("oidc")?;
    let root = KeyPath::Root;
    let host = root.key("host");
    let path = host.key("oidc");
    let Value::Table(table) = &entry.node.value else {
        problems.push(wrong_kind(&entry.node, &path, "a table"));
        return None;
    };
    refuse_unknown_keys(&OIDC, table, &path, problems);
    let layers = [table];
    let reader = Reader { section: &OIDC, layers: &layers, path, placeholders: Placeholders::Literal };
    let is_whole = has_required(&reader, entry.key, problems);
    if host_table.get("external_url").is_none() {
        let draft = Draft::error(
            entry.key,
            &path,
            "[host.oidc] needs `external_url`: the provider sends people back to it",
        );
        problems.push(draft.hint("add `external_url = \"https://watch.example.com\"` under [host]"));
    }
    let issuer = issuer(&reader, problems);
    let client_id = reader.text("client_id", problems);
    let secret = client_secret(&reader, secrets, problems);
    let roles = roles(&reader, problems);
    let mut text = |key: &str| match reader.text(key, problems) {
        Some(text) => text.value,
        None => OIDC.key(key).default.to_owned(),
    };
    let (name, groups_claim, name_claim) = (text("name"), text("groups_claim"), text("name_claim"));
    let scopes = scopes(&reader, problems);
    let session = reader.span("session", problems).unwrap_or(SESSION);
    if !is_whole {
        return None;
    }
    let (issuer, origin) = issuer?;
    let (secret_name, secret) = secret?;
    let to = secret.to().iter().cloned().chain([OriginPattern::exactly(&origin)]).collect();
    Some(OidcConfig {
        name,
        issuer,
        client_id: client_id?.value,
        client_secret: Secret::new(secret.expose().to_vec(), to),
        secret_name,
        scopes,
        groups_claim,
        name_claim,
        roles,
        session,
    })
}

/// Whether everything is there without which nobody could sign in.
fn has_required(reader: &Reader<'_>, whole: Span, problems: &mut Problems) -> bool {
    let missing: Vec<&str> =
        reader.section.keys().filter(|key| key.is_required()).map(|key| key.name).collect();
    let missing: Vec<&str> = missing.into_iter().filter(|key| reader.entry(key).is_none()).collect();
    for key in &missing {
        let draft = Draft::error(whole, &reader.path, format!("{} has no `{key}`", reader.section.noun));
        problems.push(match *key {
            "client_secret" => {
                draft.hint("add `client_secret = { secret = \"NAME\" }`, and that secret under [secrets]")
            }
            "roles" => draft.hint("add `roles = [{ group = \"GROUP\", role = \"viewer\" }]`"),
            _ => draft.hint(format!("add `{key} = \"...\"`")),
        });
    }
    missing.is_empty()
}

fn issuer(reader: &Reader<'_>, problems: &mut Problems) -> Option<(String, Origin)> {
    let text = reader.text("issuer", problems)?;
    let is_local = |origin: &Origin| {
        let host = origin.host.to_string();
        let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
        host == "localhost" || literal.is_ok_and(|address| address.is_loopback())
    };
    let problem = match Origin::of_url(&text.value) {
        Ok(_) if text.value.contains(['?', '#']) => "it has a query or a fragment".to_owned(),
        Ok(origin) if origin.scheme == Scheme::Https => return Some((text.value, origin)),
        Ok(origin) if origin.scheme == Scheme::Http && is_local(&origin) => {
            return Some((text.value, origin));
        }
        Ok(_) => "it does not begin with `https://`, and is not on this machine".to_owned(),
        Err(error) => error.problem,
    };
    let message = format!("`issuer` is not the URL of a provider: {problem}");
    let draft = Draft::error(text.span, &reader.path.key("issuer"), message);
    problems.push(draft.hint("write it as `\"https://id.example.com/realms/main\"`, as the provider does"));
    None
}

fn client_secret(
    reader: &Reader<'_>,
    secrets: &Secrets,
    problems: &mut Problems,
) -> Option<(String, Secret)> {
    let node = reader.node("client_secret", problems)?;
    let path = reader.path.key("client_secret");
    let Some(name) = reference(&node) else {
        problems.mask(node.span);
        let draft = wrong_kind(&node, &path, "a secret");
        problems
            .push(draft.hint("write it as `{ secret = \"NAME\" }`, and give that secret under [secrets]"));
        return None;
    };
    let secret = secrets.find(&name, &path, problems)?.secret.clone()?;
    Some((name.value, secret))
}

fn scopes(reader: &Reader<'_>, problems: &mut Problems) -> Vec<String> {
    let Some(given) = reader.texts("scopes", problems) else { return SCOPES.map(str::to_owned).into() };
    let path = reader.path.key("scopes");
    let mut scopes = vec!["openid".to_owned()];
    for text in given {
        // RFC 6749, 3.3.
        let is_good = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if text.value.is_empty() || !text.value.bytes().all(is_good) {
            let draft = Draft::error(text.span, &path, format!("`{}` is not a scope", text.value));
            problems.push(draft.hint("write each scope alone, without blanks or quotes in it"));
        } else if text.value != "openid" {
            scopes.push(text.value);
        }
    }
    scopes
}

fn roles(reader: &Reader<'_>, problems: &mut Problems) -> Vec<OidcRole> {
    const AS: &str = "write it as `roles = [{ group = \"GROUP\", role = \"viewer\" }]`";
    let Some(node) = reader.node("roles", problems) else { return Vec::new() };
    let path = reader.path.key("roles");
    let Value::List(list) = &node.value else {
        problems.push(wrong_kind(&node, &path, "a list of tables").hint(AS));
        return Vec::new();
    };
    if list.is_empty() {
        problems.push(Draft::error(node.span, &path, "`roles` is empty, so nobody could sign in").hint(AS));
    }
    let mut roles: Vec<OidcRole> = Vec::with_capacity(list.len());
    for item in list {
        let Some(role) = role(item, &path, problems) else { continue };
        if roles.iter().any(|before| before.group == role.group) {
            let message = format!("`{}` has a role already, and the first one counts", role.group);
            problems.push(Draft::warning(item.span, &path, message).hint("keep one of the two"));
        }
        roles.push(role);
    }
    roles
}

fn role(node: &Node, path: &KeyPath<'_>, problems: &mut Problems) -> Option<OidcRole> {
    let Value::Table(table) = &node.value else {
        problems
            .push(wrong_kind(node, path, "tables").hint("write `{ group = \"GROUP\", role = \"viewer\" }`"));
        return None;
    };
    refuse_unknown_keys(&OIDC_ROLE, table, path, problems);
    let layers = [table];
    let path = path.key("");
    let path = path.key("");
    let reader = Reader { section: &OIDC_ROLE, layers: &layers, path, placeholders: Placeholders::Literal };
    let is_whole = has_required(&reader, node.span, problems);
    let group = reader.text("group", problems);
    let role = reader.choice("role", problems).and_then(Role::parse);
    let texts = reader.texts("scope", problems).unwrap_or_default();
    let mut is_good = is_whole;
    if let (Some(Role::Admin), Some(first)) = (role, texts.first()) {
        let message = "an admin has no scope: what admins do concerns the whole host";
        let draft = Draft::error(first.span, &reader.path.key("scope"), message);
        problems.push(draft.hint("take the scope out, or make it `role = \"operator\"`"));
        is_good = false;
    }
    for text in &texts {
        if let Err(error) = Scope::parse([text.value.as_str()]) {
            let message = format!("`{}` is not a valid matcher: {}", text.value, error.problem);
            let draft = Draft::error(text.span, &reader.path.key("scope"), message);
            problems.push(draft.hint("write it as `'team=\"web\"'`, with `=`, `!=`, `=~` or `!~`"));
            is_good = false;
        }
    }
    let scope = Scope::parse(texts.iter().map(|text| text.value.as_str())).ok().filter(|_| is_good)?;
    Some(OidcRole { group: group?.value, role: role?, scope })
}
