//! `[secrets]`: where each secret is read from, and where it may be sent. Values are only in `Secret`; what is wrong
//! with one is reported without it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use watchkeep_core::grant::{Origin, OriginPattern, Scheme};
use watchkeep_core::ids::SecretName;

use crate::each::Placeholders;
use crate::environment::Environment;
use crate::files::read_up_to;
use crate::gather::Gathered;
use crate::keys::SECRET;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Placed, Reader, check_name, refuse_unknown_keys, texts_of};
use crate::secret::Secret;
use crate::source::{Sources, Span};
use crate::text::nearest;
use crate::tree::{Table, Value};

/// The most bytes of a secret: more than any key or certificate chain.
const BYTES_MAX: usize = 256 << 10;

#[derive(Debug)]
pub(crate) struct KnownSecret {
    pub(crate) key: Span,
    /// The secret; `None` if it could not be read, which has been reported.
    pub(crate) secret: Option<Secret>,
    /// The origin of a secret that is a URL of a web server.
    pub(crate) own_origin: Option<Origin>,
}

#[derive(Debug, Default)]
pub(crate) struct Secrets {
    pub(crate) known: BTreeMap<SecretName, KnownSecret>,
    /// The files that they were read from.
    pub(crate) files: Vec<PathBuf>,
}

impl Secrets {
    /// The secret with this name; reports if it does not exist.
    pub(crate) fn find(
        &self,
        name: &Placed<String>,
        path: &KeyPath<'_>,
        problems: &mut Problems,
    ) -> Option<&KnownSecret> {
        let found = self.known.get(name.value.as_str());
        if found.is_none() {
            let draft =
                Draft::error(name.span, path, format!("unknown secret `{}`", name.value)).may_follow();
            let near = nearest(&name.value, self.known.keys().map(SecretName::as_str));
            problems.push(match near {
                Some(near) => draft.hint(format!("did you mean `{near}`?")),
                None => draft.hint(format!("add `{} = {{ file = \"...\" }}` under [secrets]", name.value)),
            });
        }
        found
    }
}

pub(crate) fn read(
    gathered: &Gathered<'_>,
    env: &dyn Environment,
    sources: &Sources,
    problems: &mut Problems,
) -> Secrets {
    let root = KeyPath::Root;
    let all = root.key("secrets");
    let mut secrets = Secrets::default();
    for (name, entry) in gathered.named("secrets") {
        let path = all.key(name);
        check_name(name, entry.key, &path, problems);
        let mut known = KnownSecret { key: entry.key, secret: None, own_origin: None };
        if let Value::Table(table) = &entry.node.value {
            mask_unknown_values(table, problems);
            refuse_unknown_keys(&SECRET, table, &path, problems);
            let layers = [table];
            let reader =
                Reader { section: &SECRET, layers: &layers, path, placeholders: Placeholders::Literal };
            let to = to(&reader, problems);
            if let Some(value) = value(&reader, entry.key, env, sources, &mut secrets.files, problems) {
                problems.hush(&value);
                known.own_origin = own_origin(&value);
                let own = known.own_origin.as_ref().map(OriginPattern::exactly);
                let to = own.into_iter().chain(to).collect();
                known.secret = Some(Secret::new(value, to));
            }
        } else {
            problems.mask(entry.node.span);
            let message = "a secret's value does not belong in the config".to_owned();
            let draft = Draft::error(entry.node.span, &path, message);
            problems.push(draft.hint(format!(
                "put it into a file and write `{name} = {{ file = \"/run/secrets/{name}\" }}`, or use `env` or `credential`"
            )));
        }
        secrets.known.insert(SecretName::from(name), known);
    }
    secrets
}

/// Hides the values of unknown keys: somebody may have put the secret under a key that does not exist.
fn mask_unknown_values(table: &Table, problems: &mut Problems) {
    for (name, entry) in table.iter() {
        if SECRET.find(name).is_none() {
            problems.mask(entry.node.span);
        }
    }
}

fn to(reader: &Reader<'_>, problems: &mut Problems) -> Vec<OriginPattern> {
    let Some(entry) = reader.entry("to") else { return Vec::new() };
    let path = reader.path.key("to");
    let mut patterns = Vec::new();
    for text in texts_of(&entry.node, &path, problems).unwrap_or_default() {
        match OriginPattern::parse(&text.value) {
            Ok(pattern) => patterns.push(pattern),
            Err(error) => {
                let message = format!("`{}` is not an origin: {}", text.value, error.problem);
                problems.push(Draft::error(text.span, &path, message).hint(error.hint));
            }
        }
    }
    patterns
}

fn own_origin(value: &[u8]) -> Option<Origin> {
    let origin = Origin::of_url(std::str::from_utf8(value).ok()?).ok()?;
    matches!(origin.scheme, Scheme::Http | Scheme::Https).then_some(origin)
}

fn value(
    reader: &Reader<'_>,
    whole: Span,
    env: &dyn Environment,
    sources: &Sources,
    files: &mut Vec<PathBuf>,
    problems: &mut Problems,
) -> Option<Vec<u8>> {
    let given: Vec<&str> =
        ["file", "env", "credential"].into_iter().filter(|key| reader.entry(key).is_some()).collect();
    let [key] = given[..] else {
        let message = match given.len() {
            0 => "the secret says not where it is read from".to_owned(),
            _ => format!("the secret has both `{}`", given.join("` and `")),
        };
        let draft = Draft::error(whole, &reader.path, message);
        problems.push(draft.hint("give exactly one of `file`, `env` and `credential`").may_follow());
        return None;
    };
    let text = reader.text(key, problems)?;
    let path = reader.path.key(key);
    let bytes = match key {
        "file" => {
            let file = sources.folder(text.span.file).join(&text.value);
            warn_if_open_to_all(&file, &text, &path, problems);
            let bytes = from_file(&file, &text, &path, problems);
            files.push(file);
            bytes?
        }
        "env" => match env.variable(&text.value) {
            Some(value) => value.into_bytes(),
            None => {
                let message = format!("the environment variable `{}` is not set", text.value);
                problems
                    .push(Draft::error(text.span, &path, message).hint("set it for the process of the host"));
                return None;
            }
        },
        _ => {
            let Some(folder) = env.variable("CREDENTIALS_DIRECTORY") else {
                let message = "systemd passed no credentials: `$CREDENTIALS_DIRECTORY` is not set".to_owned();
                let hint = format!("add `LoadCredential={}:/path` to the unit", text.value);
                problems.push(Draft::error(text.span, &path, message).hint(hint));
                return None;
            };
            let file = Path::new(&folder).join(&text.value);
            let bytes = from_file(&file, &text, &path, problems);
            files.push(file);
            bytes?
        }
    };
    trimmed(bytes, text.span, &path, problems)
}

/// The value without newlines at the end; reports if it is then empty.
fn trimmed(mut bytes: Vec<u8>, span: Span, path: &KeyPath<'_>, problems: &mut Problems) -> Option<Vec<u8>> {
    let was_empty = bytes.is_empty();
    while bytes.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        bytes.pop();
    }
    if bytes.is_empty() {
        let message = if was_empty { "the secret is empty" } else { "the secret is nothing but newlines" };
        problems.push(Draft::error(span, path, message).hint("write the value there"));
        return None;
    }
    if bytes.len() > BYTES_MAX {
        problems.push(
            Draft::error(span, path, "the secret has more than 256 KiB")
                .hint("check that it is the right file"),
        );
        return None;
    }
    Some(bytes)
}

fn from_file(
    file: &Path,
    text: &Placed<String>,
    path: &KeyPath<'_>,
    problems: &mut Problems,
) -> Option<Vec<u8>> {
    match read_up_to(file, BYTES_MAX as u64) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            let message = format!("cannot read the secret from `{}`: {error}", file.display());
            let hint = "check the path, and that the user that runs the host may read it";
            problems.push(Draft::error(text.span, path, message).hint(hint));
            None
        }
    }
}

#[cfg(unix)]
fn warn_if_open_to_all(file: &Path, text: &Placed<String>, path: &KeyPath<'_>, problems: &mut Problems) {
    use std::os::unix::fs::PermissionsExt as _;
    const OTHERS_READ: u32 = 0o004;
    let is_open = std::fs::metadata(file).is_ok_and(|facts| facts.permissions().mode() & OTHERS_READ != 0);
    if is_open {
        let message = format!("everybody on this machine can read `{}`", file.display());
        problems.push(Draft::warning(text.span, path, message).hint(format!("chmod 600 {}", file.display())));
    }
}

#[cfg(not(unix))]
fn warn_if_open_to_all(_: &Path, _: &Placed<String>, _: &KeyPath<'_>, _: &mut Problems) {}
