//! Checks `config = { ... }` against the plugin's JSON Schema. Problems are at the key or value that they are about,
//! even if it came from a template. What the plugin marked as a target becomes a grant here, but only if it is
//! literally in the config, and never from a schema's default.

mod errors;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value as Json};
use watchkeep_core::grant::Target;
use watchkeep_core::ids::{PluginName, SecretName};

use crate::marks::{Applicable, with_references};
use crate::needs::SERVER_NAME;
use crate::plugin_facts::PluginFacts;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Placed, as_text};
use crate::sections::host::reference;
use crate::sections::secrets::Secrets;
use crate::source::Span;
use crate::tree::{Node, Table, Value};
use crate::validator::Validator;

/// One validator for each plugin, made when it is first needed.
#[derive(Debug, Default)]
pub(crate) struct Validators(BTreeMap<PluginName, Option<Validator>>);

/// A config that the plugin accepts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Accepted {
    pub(crate) json: Arc<str>,
    pub(crate) targets: Vec<Target>,
    pub(crate) secrets: Vec<SecretName>,
    /// Names that are asked for in place of a URL's host.
    pub(crate) server_names: Vec<Placed<String>>,
}

/// The merged config of one check or receiver.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MergedConfig<'a> {
    pub(crate) table: &'a Table,
    /// The place at which a missing key is reported.
    pub(crate) whole: Span,
    /// The header of the check or receiver, which is named beside a problem in a template.
    pub(crate) own: Span,
    /// From the header to the end of its last value.
    pub(crate) extent: Span,
    pub(crate) user: &'a str,
    pub(crate) path: KeyPath<'a>,
}

impl Validators {
    pub(crate) fn accept(
        &mut self,
        facts: &PluginFacts,
        given: &MergedConfig<'_>,
        secrets: &Secrets,
        problems: &mut Problems,
    ) -> Option<Accepted> {
        let before = problems.len();
        let schemas = Applicable::root(&facts.schema);
        let mut walk = Walk { given, secrets, problems, accepted: Accepted::default(), told: Vec::new() };
        let json = walk.table(given.table, &schemas, &given.path);
        let Walk { mut accepted, told, .. } = walk;
        let validator = self.validator(facts, given, problems)?;
        let instance = Json::Object(json);
        if !validator.is_valid(&instance) {
            errors::tell(facts, validator, &instance, given, &told, problems);
        }
        accepted.json = instance.to_string().into();
        (problems.len() == before).then_some(accepted)
    }

    fn validator(
        &mut self,
        facts: &PluginFacts,
        given: &MergedConfig<'_>,
        problems: &mut Problems,
    ) -> Option<&Validator> {
        let made = self.0.entry(facts.name.clone()).or_insert_with(|| {
            let schema = with_references(&facts.schema);
            match Validator::new(schema) {
                Ok(validator) => Some(validator),
                Err(error) => {
                    let message = format!("the config schema of plugin `{}` is broken: {error}", facts.name);
                    let draft = Draft::error(given.own, &given.path, message);
                    problems.push(draft.hint("this is the plugin's mistake: use another version of it"));
                    None
                }
            }
        });
        made.as_ref()
    }
}

/// Adds the place where a template's value is used.
fn with_user<Hint>(draft: Draft<Hint>, at: Span, given: &MergedConfig<'_>) -> Draft<Hint> {
    let is_own = at.file == given.extent.file && (given.extent.start..=given.extent.end).contains(&at.start);
    if is_own { draft } else { draft.note(given.own, format!("used by {}", given.user)) }
}

/// Walks the config and the schema side by side.
struct Walk<'w, 'a> {
    given: &'w MergedConfig<'a>,
    secrets: &'w Secrets,
    problems: &'w mut Problems,
    accepted: Accepted,
    /// Values about which enough has been reported.
    told: Vec<Span>,
}

impl Walk<'_, '_> {
    fn table(&mut self, table: &Table, schemas: &Applicable<'_>, path: &KeyPath<'_>) -> Map<String, Json> {
        let entries = table
            .iter()
            .map(|(key, entry)| (key.to_owned(), self.node(&entry.node, &schemas.key(key), &path.key(key))));
        entries.collect()
    }

    fn node(&mut self, node: &Node, schemas: &Applicable<'_>, path: &KeyPath<'_>) -> Json {
        if let Some(name) = reference(node)
            && (schemas.takes_secret() || !schemas.keys().any(|key| key == "secret"))
        {
            self.secret(node, name, schemas, path);
            return serde_json::json!({ "secret": table_text(node, "secret") });
        }
        if schemas.takes_secret() && !schemas.takes_literal() {
            self.problems.mask(node.span);
            let name = match path {
                KeyPath::Root => "",
                KeyPath::Key(_, name) => name,
            };
            let message = format!("`{name}` is a secret, and its value does not belong in the config");
            let draft = with_user(Draft::error(node.span, path, message), node.span, self.given);
            self.problems.push(
                draft.hint(format!("put it under [secrets], and write `{name} = {{ secret = \"NAME\" }}`")),
            );
            // It is treated as a secret, so that only the rest is checked against the schema.
            return serde_json::json!({ "secret": "" });
        }
        match &node.value {
            Value::Text(text) => {
                self.targets(text, node.span, schemas, path);
                Json::from(text.as_str())
            }
            Value::Cell(text) => {
                self.targets(text, node.span, schemas, path);
                cell(text, schemas)
            }
            Value::Integer(number) => Json::from(*number),
            Value::Float(number) => Json::from(*number),
            Value::Flag(flag) => Json::from(*flag),
            Value::Moment(text) => Json::from(text.as_str()),
            Value::List(list) => {
                // A mark on the list is meant for its items.
                let mut items = schemas.item();
                items.inherit_grants(schemas);
                list.iter().map(|item| self.node(item, &items, path)).collect()
            }
            Value::Table(table) => Json::Object(self.table(table, schemas, path)),
        }
    }

    fn targets(&mut self, text: &str, span: Span, schemas: &Applicable<'_>, path: &KeyPath<'_>) {
        if schemas.needs(SERVER_NAME) {
            self.accepted.server_names.push(Placed { value: text.to_owned(), span });
        }
        for capability in schemas.grants() {
            match Target::from_config(capability, text) {
                Ok(target) => self.accepted.targets.push(target),
                Err(error) => {
                    // Whatever else the schema finds wrong with it follows from this.
                    self.told.push(span);
                    let message = format!("this is not a valid target for `{capability}`: {}", error.problem);
                    let draft = with_user(Draft::error(span, path, message), span, self.given);
                    self.problems.push(draft.hint(error.hint));
                }
            }
        }
    }

    fn secret(&mut self, node: &Node, name: Placed<String>, schemas: &Applicable<'_>, path: &KeyPath<'_>) {
        if !schemas.takes_secret() {
            self.told.push(node.span);
            let key = match path {
                KeyPath::Root => "",
                KeyPath::Key(_, name) => name,
            };
            let draft = Draft::error(node.span, path, format!("`{key}` takes no secret"));
            let hint = "write the value itself; the plugin takes secrets only where its schema says so";
            self.problems.push(with_user(draft, node.span, self.given).hint(hint));
            return;
        }
        let Some(known) = self.secrets.find(&name, path, self.problems) else { return };
        let id = SecretName::from(name.value.as_str());
        if !self.accepted.secrets.contains(&id) {
            self.accepted.secrets.push(id);
        }
        if known.secret.is_none() {
            return;
        }
        for capability in schemas.grants() {
            // Only the origin: path and query of the URL are the secret.
            let target =
                known.own_origin.as_ref().map(|own| Target::from_config(capability, &own.to_string()));
            match target {
                Some(Ok(target)) => self.accepted.targets.push(target),
                Some(Err(_)) | None => {
                    let message = format!("the secret `{}` is not a URL, and this is a target", name.value);
                    let draft = with_user(Draft::error(name.span, path, message), name.span, self.given);
                    self.problems.push(
                        draft.hint("the secret's whole value has to be the URL, such as `https://...`"),
                    );
                }
            }
        }
    }
}

fn table_text<'n>(node: &'n Node, key: &str) -> &'n str {
    match &node.value {
        Value::Table(table) => table.get(key).and_then(|entry| as_text(&entry.node)).unwrap_or_default(),
        _ => "",
    }
}

/// The value of a field of a CSV file: a text, unless only another type is accepted.
fn cell(text: &str, schemas: &Applicable<'_>) -> Json {
    if schemas.takes_type("string") {
        return Json::from(text);
    }
    let number = || match text.parse::<i64>() {
        Ok(number) => Some(Json::from(number)),
        Err(_) => text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Json::from),
    };
    let flag = || match text {
        "true" => Some(Json::from(true)),
        "false" => Some(Json::from(false)),
        _ => None,
    };
    let wants_number = schemas.takes_type("integer") || schemas.takes_type("number");
    let found = wants_number.then(number).flatten();
    let found = found.or_else(|| schemas.takes_type("boolean").then(flag).flatten());
    found.unwrap_or_else(|| Json::from(text))
}
