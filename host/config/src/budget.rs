//! What a plugin's schema may cost. The schema comes from a stranger, and a few lines of it can ask for more steps than
//! there are atoms. So it is inspected before it is used, and the steps that a value takes are counted before they are
//! done.

use std::collections::HashMap;

use serde_json::Value;

/// The most steps for checking one value against one schema.
const STEPS_MAX: u64 = 200_000;
/// The most values in a schema, of all kinds.
const NODES_MAX: usize = 20_000;
/// The most schemas that lead into one another, in whatever way.
const DEPTH_MAX: usize = 100;
const PATTERNS_MAX: usize = 200;
const PATTERN_CHARS_MAX: usize = 1_000;
/// The most bytes of a compiled pattern.
const PATTERN_BYTES_MAX: usize = 512 << 10;

/// Refuses a schema whose steps cannot be counted, and says what is wrong.
pub(crate) fn look_at(schema: &Value) -> Result<(), String> {
    let mut look = Look { nodes: 0, patterns: 0 };
    look.at(schema, Place::Root)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    Inside,
    /// Below a keyword whose keys are names.
    Names,
}

struct Look {
    nodes: usize,
    patterns: usize,
}

impl Look {
    fn at(&mut self, value: &Value, place: Place) -> Result<(), String> {
        self.nodes += 1;
        if self.nodes > NODES_MAX {
            return Err(format!("it has more than {NODES_MAX} parts"));
        }
        match value {
            Value::Object(object) => {
                for (key, inner) in object {
                    let named = place != Place::Names;
                    if named {
                        self.keyword(key, inner, place)?;
                    }
                    let holds_names = matches!(
                        key.as_str(),
                        "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas"
                    );
                    let is_no_schema = matches!(key.as_str(), "enum" | "const" | "default" | "examples");
                    if named && (is_no_schema || key.starts_with("x-")) {
                        continue;
                    }
                    self.at(inner, if named && holds_names { Place::Names } else { Place::Inside })?;
                }
                Ok(())
            }
            Value::Array(list) => list.iter().try_for_each(|inner| self.at(inner, Place::Inside)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    fn keyword(&mut self, key: &str, value: &Value, place: Place) -> Result<(), String> {
        match (key, value) {
            ("$ref", Value::String(target)) => {
                // Anything else that may lead back here, by its own name or in another spelling, could not be counted.
                let is_pointer = target == "#" || (target.starts_with("#/") && !target.contains('%'));
                if is_pointer {
                    return Ok(());
                }
                Err(format!(
                    "`$ref` is a plain pointer into the schema (`#/$defs/NAME`), not `{}`",
                    short(target)
                ))
            }
            (
                "$dynamicRef" | "$recursiveRef" | "$dynamicAnchor" | "$recursiveAnchor" | "$anchor",
                Value::String(_),
            ) => Err(format!("`{key}` is not taken; write `$ref` with a pointer")),
            ("$id" | "id", Value::String(_)) if place != Place::Root => {
                Err(format!("`{key}` is allowed only at the root"))
            }
            ("pattern", Value::String(pattern)) => self.pattern(pattern),
            ("patternProperties", Value::Object(object)) => {
                object.keys().try_for_each(|pattern| self.pattern(pattern))
            }
            _ => Ok(()),
        }
    }

    fn pattern(&mut self, pattern: &str) -> Result<(), String> {
        self.patterns += 1;
        if self.patterns > PATTERNS_MAX {
            return Err(format!("it has more than {PATTERNS_MAX} patterns"));
        }
        if pattern.chars().count() > PATTERN_CHARS_MAX {
            return Err(format!("a pattern has at most {PATTERN_CHARS_MAX} characters"));
        }
        let made = regex::RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build();
        match made {
            Ok(_) => Ok(()),
            Err(regex::Error::CompiledTooBig(_)) => {
                Err(format!("the pattern `{}` is too large", short(pattern)))
            }
            Err(_) => Err(format!("the pattern `{}` cannot be read", short(pattern))),
        }
    }
}

fn short(text: &str) -> String {
    let kept: String = text.chars().take(60).collect();
    if kept.len() < text.len() { kept + "…" } else { kept }
}

/// Whether `instance` can be checked against `schema` within the budget, counted as if nothing ended early.
pub(crate) fn affords(schema: &Value, instance: &Value) -> bool {
    let mut count = Count { root: schema, known: HashMap::new() };
    count.steps(schema, Some(instance), 0).is_some_and(|steps| steps <= STEPS_MAX)
}

struct Count<'s> {
    root: &'s Value,
    /// The steps of a schema over a value, by the addresses of the two; `None` while they are being counted.
    known: HashMap<(*const Value, Option<*const Value>), Option<u64>>,
}

impl<'s> Count<'s> {
    /// The number of steps; `None` if there are too many to count.
    fn steps(&mut self, schema: &'s Value, instance: Option<&'s Value>, depth: usize) -> Option<u64> {
        let Value::Object(keywords) = schema else { return Some(1) };
        if depth > DEPTH_MAX {
            return None;
        }
        let pair = (std::ptr::from_ref(schema), instance.map(std::ptr::from_ref));
        match self.known.get(&pair) {
            Some(Some(steps)) => return Some(*steps),
            // A circle, which is detected when it is walked.
            Some(None) => return Some(1),
            None => {}
        }
        if self.known.len() as u64 > STEPS_MAX {
            return None;
        }
        self.known.insert(pair, None);
        let mut steps = 1_u64;
        for (keyword, inner) in keywords {
            let more = self.of_keyword(keyword, inner, instance, depth)?;
            steps = steps.saturating_add(more);
            if steps > STEPS_MAX {
                return None;
            }
        }
        self.known.insert(pair, Some(steps));
        Some(steps)
    }

    fn of_keyword(
        &mut self,
        keyword: &str,
        inner: &'s Value,
        instance: Option<&'s Value>,
        depth: usize,
    ) -> Option<u64> {
        let depth = depth + 1;
        let children = || -> Vec<&'s Value> {
            match instance {
                Some(Value::Object(object)) => object.values().collect(),
                Some(Value::Array(list)) => list.iter().collect(),
                Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => Vec::new(),
            }
        };
        let schemas: Vec<&'s Value> = match inner {
            Value::Array(list) => list.iter().collect(),
            one => vec![one],
        };
        match keyword {
            "$ref" => {
                let pointer = inner.as_str().and_then(|target| target.strip_prefix('#'));
                let found = pointer.and_then(|pointer| self.root.pointer(pointer));
                found.map_or(Some(1), |found| self.steps(found, instance, depth))
            }
            "allOf" | "anyOf" | "oneOf" | "not" | "if" | "then" | "else" => {
                self.each(schemas, &[instance], depth)
            }
            "dependentSchemas" | "dependencies" => {
                let schemas = inner.as_object().map(|named| named.values().collect()).unwrap_or_default();
                self.each(schemas, &[instance], depth)
            }
            "properties" => {
                let named = inner.as_object()?;
                let Some(Value::Object(object)) = instance else { return Some(1) };
                let mut steps = 1_u64;
                for (key, value) in object {
                    if let Some(schema) = named.get(key) {
                        steps = steps.saturating_add(self.steps(schema, Some(value), depth)?);
                    }
                }
                Some(steps)
            }
            "patternProperties" => {
                let schemas = inner.as_object().map(|named| named.values().collect()).unwrap_or_default();
                let all: Vec<_> = children().into_iter().map(Some).collect();
                self.each(schemas, &all, depth)
            }
            "additionalProperties"
            | "unevaluatedProperties"
            | "items"
            | "prefixItems"
            | "additionalItems"
            | "unevaluatedItems"
            | "contains" => {
                let all: Vec<_> = children().into_iter().map(Some).collect();
                self.each(schemas, &all, depth)
            }
            "propertyNames" => {
                let names = children().len() as u64;
                Some(self.steps(inner, None, depth)?.saturating_mul(names))
            }
            "uniqueItems" => {
                // Each item may be compared with each.
                let all = children().len() as u64;
                Some(all.saturating_mul(all))
            }
            _ => Some(1),
        }
    }

    fn each(
        &mut self,
        schemas: Vec<&'s Value>,
        instances: &[Option<&'s Value>],
        depth: usize,
    ) -> Option<u64> {
        let mut steps = 1_u64;
        for schema in schemas {
            for instance in instances {
                steps = steps.saturating_add(self.steps(schema, *instance, depth)?);
                if steps > STEPS_MAX {
                    return None;
                }
            }
        }
        Some(steps)
    }
}
