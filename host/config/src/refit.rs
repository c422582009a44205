//! The config in force with another version of one plugin: its checks and receivers are checked against the new schema,
//! and what that schema marks as a target is granted anew. The config's files are not read again, so a plugin that
//! changes never brings in an edit that nobody reloaded.

use serde_json::Value as Json;
use watchkeep_core::grant::{Origin, Target};
use watchkeep_core::ids::SecretName;

use crate::config::{Config, PluginUser};
use crate::marks::{Applicable, with_references};
use crate::plugin_facts::PluginFacts;
use crate::problem::{Problem, Severity};
use crate::validator::Validator;

impl Config {
    /// The config with `facts` in place of those that it was read with. The problems are everything that the new schema
    /// finds wrong.
    pub fn refitted(&self, facts: &PluginFacts) -> Result<Config, Vec<Problem>> {
        let problems = self.unfit(facts);
        if problems.is_empty() { Ok(self.granting_as(facts)) } else { Err(problems) }
    }

    /// The same config with the targets that `facts` marks, whether the schema accepts it or not: what the plugin might
    /// do with it.
    pub fn granting_as(&self, facts: &PluginFacts) -> Config {
        let mut refitted = self.clone();
        for (name, spec) in &self.setup.checks {
            if spec.plugin == facts.name {
                refitted.check_targets.insert(name.clone(), self.targets(facts, &spec.config));
            }
        }
        for (name, spec) in &self.setup.receivers {
            if spec.plugin == facts.name {
                refitted.receiver_targets.insert(name.clone(), self.targets(facts, &spec.config));
            }
        }
        for (name, spec) in &self.setup.actions {
            if spec.plugin == facts.name {
                let grants = refitted.action_grants.entry(name.clone()).or_default();
                grants.targets = self.targets(facts, &spec.config);
            }
        }
        refitted
    }

    fn unfit(&self, facts: &PluginFacts) -> Vec<Problem> {
        let users = self.users_of(facts);
        if users.is_empty() {
            return Vec::new();
        }
        let schema = with_references(&facts.schema);
        let validator = match Validator::new(schema) {
            Ok(validator) => validator,
            Err(error) => {
                let message = format!("the config schema of plugin `{}` is broken: {error}", facts.name);
                return users.iter().map(|(user, _)| self.plugin_problem(*user, "", &message)).collect();
            }
        };
        let mut problems = Vec::new();
        for (user, text) in users {
            let config: Json = serde_json::from_str(text).unwrap_or(Json::Null);
            problems.extend(validator.faults(&config).into_iter().map(|fault| {
                let kind = fault.steps.iter().try_fold(&config, |value, step| match value {
                    Json::Array(items) => items.get(step.parse::<usize>().ok()?),
                    value => value.get(step),
                });
                let message =
                    fault.wrong.sentence(fault.name(), facts.name.as_str(), kind.map_or("this", words));
                let place: String = fault.steps.iter().map(|step| format!("/{step}")).collect();
                self.plugin_problem(user, &place, &message)
            }));
            for (capability, value) in crate::granting_values(&facts.schema, &config) {
                if let Err(error) = Target::from_config(&capability, &value) {
                    let message = format!("this is not a valid target for `{capability}`: {}", error.problem);
                    let problem = self.plugin_problem(user, "", &message);
                    problems.push(Problem { hint: Some(error.hint), ..problem });
                }
            }
        }
        debug_assert!(problems.iter().all(|problem| problem.severity == Severity::Error));
        problems
    }

    fn users_of(&self, facts: &PluginFacts) -> Vec<(PluginUser<'_>, &str)> {
        let checks = self.setup.checks.iter().filter(|(_, spec)| spec.plugin == facts.name);
        let receivers = self.setup.receivers.iter().filter(|(_, spec)| spec.plugin == facts.name);
        let actions = self.setup.actions.iter().filter(|(_, spec)| spec.plugin == facts.name);
        checks
            .map(|(name, spec)| (PluginUser::Check(name), &*spec.config))
            .chain(receivers.map(|(name, spec)| (PluginUser::Receiver(name), &*spec.config)))
            .chain(actions.map(|(name, spec)| (PluginUser::Action(name), &*spec.config)))
            .collect()
    }

    fn targets(&self, facts: &PluginFacts, config: &str) -> Vec<Target> {
        let config: Json = serde_json::from_str(config).unwrap_or(Json::Null);
        let mut targets: Vec<Target> = crate::granting_values(&facts.schema, &config)
            .iter()
            .filter_map(|(capability, value)| Target::from_config(capability, value).ok())
            .collect();
        self.secret_targets(&Applicable::root(&facts.schema), &config, &mut targets);
        targets
    }

    /// Adds the origin of a secret that is a URL, which it grants if the field is marked.
    fn secret_targets(&self, schemas: &Applicable<'_>, config: &Json, targets: &mut Vec<Target>) {
        match config {
            Json::Object(fields) => {
                if let (1, Some(Json::String(name))) = (fields.len(), fields.get("secret"))
                    && schemas.takes_secret()
                {
                    let secret = self.secrets.get(&SecretName::from(name.as_str()));
                    let own = secret.and_then(|secret| std::str::from_utf8(secret.expose()).ok());
                    let own = own.and_then(|url| Origin::of_url(url).ok()).map(|origin| origin.to_string());
                    let marked = schemas.grants().iter();
                    targets.extend(marked.filter_map(|of| Target::from_config(of, own.as_deref()?).ok()));
                    return;
                }
                for (key, field) in fields {
                    self.secret_targets(&schemas.key(key), field, targets);
                }
            }
            Json::Array(items) => {
                let mut inner = schemas.item();
                inner.inherit_grants(schemas);
                items.iter().for_each(|item| self.secret_targets(&inner, item, targets));
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {}
        }
    }
}

/// The kind of a value, in words.
const fn words(value: &Json) -> &'static str {
    match value {
        Json::Null => "nothing",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a table",
    }
}
