//! `[commands.NAME]`: programs of this machine that may be run, and the holes in their arguments that parameters fill.
//! Whether a program exists is only known when it is run.

use std::collections::BTreeMap;
use std::sync::Arc;

use watchkeep_core::grant::{Argument, Command, ParameterPattern, parse_command_name};
use watchkeep_core::ids::CommandName;

use super::roots::whole_path;
use crate::each::Placeholders;
use crate::gather::Gathered;
use crate::keys::COMMAND;
use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::{Placed, Reader, as_text, refuse_unknown_keys, wrong_kind};
use crate::source::Span;
use crate::text::nearest;
use crate::tree::{Table, Value};

const OUTPUT_BYTES_MAX: usize = 64 << 10;

pub(crate) fn read(gathered: &Gathered<'_>, problems: &mut Problems) -> BTreeMap<CommandName, Arc<Command>> {
    let root = KeyPath::Root;
    let all = root.key("commands");
    let mut commands = BTreeMap::new();
    for (name, entry) in gathered.named("commands") {
        let path = all.key(name);
        let name = match parse_command_name(name) {
            Ok(name) => name,
            Err(error) => {
                let draft = Draft::error(entry.key, &path, format!("`{name}` is not a valid command name"));
                problems.push(draft.hint(error.hint));
                continue;
            }
        };
        let Value::Table(table) = &entry.node.value else {
            problems.push(wrong_kind(&entry.node, &path, "a table"));
            continue;
        };
        refuse_unknown_keys(&COMMAND, table, &path, problems);
        let layers = [table];
        let reader = Reader { section: &COMMAND, layers: &layers, path, placeholders: Placeholders::Literal };
        if let Some(command) = command(&name, &reader, entry.key, problems) {
            commands.insert(name, Arc::new(command));
        }
    }
    commands
}

fn command(name: &CommandName, reader: &Reader<'_>, whole: Span, problems: &mut Problems) -> Option<Command> {
    if reader.entry("program").is_none() {
        let draft = Draft::error(whole, &reader.path, format!("command `{name}` has no `program`"));
        problems.push(draft.hint("write it as `program = \"/usr/bin/true\"`"));
    }
    let program = whole_path(reader, "program", problems);
    let arguments = arguments(reader, problems);
    let written = texts_by_name(reader, "parameters", problems);
    match_up(&arguments, &written, &reader.path, problems);
    let parameters = parameters(written, &reader.path.key("parameters"), problems);
    let environment = texts_by_name(reader, "env", problems);
    for (name, value) in &environment {
        if name.is_empty() || name.contains(['=', '\0']) || value.value.contains('\0') {
            let message = format!("`{}` is not an environment variable name", name.escape_debug());
            let path = reader.path.key("env");
            problems.push(Draft::error(value.span, &path, message).hint("write it as `PATH = \"/usr/bin\"`"));
        }
    }
    let folder = whole_path(reader, "folder", problems).unwrap_or_else(|| "/".into());
    let output = reader.size("output_max", problems).and_then(|size| usize::try_from(size).ok());
    Some(Command {
        timeout: reader.span("timeout", problems),
        program: program?,
        arguments: arguments.into_iter().map(|argument| argument.value).collect(),
        parameters,
        environment: environment.into_iter().map(|(name, value)| (name, value.value)).collect(),
        folder,
        output_bytes_max: output.unwrap_or(OUTPUT_BYTES_MAX),
    })
}

/// The arguments; the same one may occur twice.
fn arguments(reader: &Reader<'_>, problems: &mut Problems) -> Vec<Placed<Argument>> {
    let Some(entry) = reader.entry("args") else { return Vec::new() };
    let path = reader.path.key("args");
    let Value::List(list) = &entry.node.value else {
        problems.push(wrong_kind(&entry.node, &path, "a list of texts"));
        return Vec::new();
    };
    let mut arguments = Vec::with_capacity(list.len());
    for item in list {
        let Some(text) = as_text(item) else {
            problems.push(wrong_kind(item, &path, "texts"));
            continue;
        };
        match Argument::parse(text) {
            Ok(value) => arguments.push(Placed { value, span: item.span }),
            Err(error) => {
                let message = format!("`{}` is not a valid argument: {}", text.escape_debug(), error.problem);
                problems.push(Draft::error(item.span, &path, message).hint(error.hint));
            }
        }
    }
    arguments
}

fn parameters(
    written: BTreeMap<String, Placed<String>>,
    path: &KeyPath<'_>,
    problems: &mut Problems,
) -> BTreeMap<String, ParameterPattern> {
    let mut parameters = BTreeMap::new();
    for (name, text) in written {
        match ParameterPattern::parse(&text.value) {
            Ok(pattern) => drop(parameters.insert(name, pattern)),
            Err(error) => {
                let message = format!("`{}` is not a valid pattern: {}", text.value, error.problem);
                problems.push(Draft::error(text.span, &path.key(&name), message).hint(error.hint));
            }
        }
    }
    parameters
}

/// Checks that every hole has its pattern, and every pattern a hole.
fn match_up(
    arguments: &[Placed<Argument>],
    parameters: &BTreeMap<String, Placed<String>>,
    path: &KeyPath<'_>,
    problems: &mut Problems,
) {
    let holes = || arguments.iter().flat_map(|argument| argument.value.holes());
    for argument in arguments {
        for hole in argument.value.holes().filter(|hole| !parameters.contains_key(*hole)) {
            let draft = Draft::error(
                argument.span,
                &path.key("args"),
                format!("the hole `{{{hole}}}` has no pattern"),
            );
            let unused =
                parameters.keys().map(String::as_str).filter(|name| !holes().any(|hole| hole == *name));
            problems.push(match nearest(hole, unused) {
                Some(near) => draft.hint(format!("did you mean `{{{near}}}`?")).may_follow(),
                None => {
                    draft.hint(format!("add `parameters = {{ {hole} = \"[a-z]{{1,20}}\" }}`")).may_follow()
                }
            });
        }
    }
    for (name, pattern) in parameters.iter().filter(|(name, _)| !holes().any(|hole| hole == name.as_str())) {
        let parameters = path.key("parameters");
        let draft =
            Draft::error(pattern.span, &parameters.key(name), format!("no argument has a hole `{{{name}}}`"));
        problems.push(draft.hint("put the hole into `args`, or take the pattern out").may_follow());
    }
}

fn texts_by_name(
    reader: &Reader<'_>,
    key: &str,
    problems: &mut Problems,
) -> BTreeMap<String, Placed<String>> {
    let none = Table::default();
    let path = reader.path.key(key);
    let table = match reader.entry(key).map(|entry| &entry.node) {
        None => &none,
        Some(node) => match &node.value {
            Value::Table(table) => table,
            _ => {
                problems.push(wrong_kind(node, &path, "a table of texts"));
                &none
            }
        },
    };
    let mut texts = BTreeMap::new();
    for (name, entry) in table.iter() {
        match as_text(&entry.node) {
            Some(text) => {
                texts.insert(name.to_owned(), Placed { value: text.to_owned(), span: entry.node.span });
            }
            None => problems.push(wrong_kind(&entry.node, &path.key(name), "a text")),
        }
    }
    texts
}
