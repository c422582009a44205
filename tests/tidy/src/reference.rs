//! The reference of the contract, as Markdown, from its WIT: what an author looks a name up in.
//!
//! Only what the contract's own comments say stands in it, so that there is one place to keep true.

use std::fmt::Write as _;

use wit_parser::{
    Docs, Function, FunctionKind, Handle, Interface, Resolve, Type, TypeDef, TypeDefKind, TypeId,
};

/// Everything that a plugin may export, in the order in which an author meets it.
const EXPORTS: [&str; 4] = ["manifest", "check", "notifier", "action"];
/// What the interfaces share.
const SHARED: [&str; 2] = ["types", "transport"];

/// `wit` holds one package.
pub fn reference(resolve: &Resolve) -> String {
    let mut text = String::from(
        "# Reference of the contract\n\nMade of the WIT in `wit/0.1.0`; a test holds it to that. Names stand here as the \
         contract writes them: Rust and Python write `_` for `-`, JavaScript writes `camelCase`.\n",
    );
    if let Some((_, package)) =
        resolve.packages.iter().find(|(_, package)| package.name.namespace == "watchkeep")
    {
        let _ = write!(text, "\nPackage `{}`.\n{}", package.name, prose(&package.docs));
    }
    let all: Vec<&Interface> = resolve.interfaces.iter().map(|(_, interface)| interface).collect();
    let named = |name: &&str| all.iter().copied().find(|interface| interface.name.as_deref() == Some(*name));
    let apart = |interface: &&&Interface| {
        let name = interface.name.as_deref().unwrap_or_default();
        !EXPORTS.contains(&name) && !SHARED.contains(&name)
    };
    let parts = [
        ("What a plugin exports", EXPORTS.iter().filter_map(named).collect::<Vec<_>>()),
        ("What a plugin may import", all.iter().filter(apart).copied().collect()),
        ("Types that they share", SHARED.iter().filter_map(named).collect()),
    ];
    for (title, interfaces) in parts {
        let _ = write!(text, "\n## {title}\n");
        for interface in interfaces {
            one(&mut text, resolve, interface);
        }
    }
    text
}

fn one(text: &mut String, resolve: &Resolve, interface: &Interface) {
    let name = interface.name.as_deref().unwrap_or_default();
    let _ = write!(text, "\n### `{name}`\n{}", prose(&interface.docs));
    for function in
        interface.functions.values().filter(|function| function.kind == FunctionKind::Freestanding)
    {
        signature(text, resolve, function, &function.name);
    }
    for (type_name, id) in &interface.types {
        let definition = &resolve.types[*id];
        if !is_used_from_elsewhere(resolve, definition) {
            defined(text, resolve, interface, type_name, *id);
        }
    }
}

/// `use types.{millis}` is no type of this interface's own.
fn is_used_from_elsewhere(resolve: &Resolve, definition: &TypeDef) -> bool {
    match definition.kind {
        TypeDefKind::Type(Type::Id(other)) => resolve.types[other].owner != definition.owner,
        _ => false,
    }
}

fn signature(text: &mut String, resolve: &Resolve, function: &Function, name: &str) {
    // A method's first parameter is what it is called on.
    let own = function.params.iter().skip(usize::from(!matches!(function.kind, FunctionKind::Freestanding)));
    let parameters: Vec<String> =
        own.map(|param| format!("{}: {}", param.name, shown(resolve, &param.ty))).collect();
    let result = function.result.as_ref().map(|result| format!(" -> {}", shown(resolve, result)));
    let _ = write!(
        text,
        "\n#### `{name}({}){}`\n{}",
        parameters.join(", "),
        result.unwrap_or_default(),
        prose(&function.docs)
    );
}

fn defined(text: &mut String, resolve: &Resolve, interface: &Interface, name: &str, id: TypeId) {
    let definition = &resolve.types[id];
    let docs = prose(&definition.docs);
    match &definition.kind {
        TypeDefKind::Record(record) => {
            let _ = write!(text, "\n#### record `{name}`\n{docs}");
            let rows =
                record.fields.iter().map(|field| (&*field.name, shown(resolve, &field.ty), &field.docs));
            table(text, "field", rows.collect());
        }
        TypeDefKind::Variant(variant) => {
            let _ = write!(text, "\n#### variant `{name}`\n{docs}");
            let rows = variant.cases.iter().map(|case| {
                let carries = case.ty.as_ref().map(|ty| shown(resolve, ty)).unwrap_or_default();
                (&*case.name, carries, &case.docs)
            });
            table(text, "case", rows.collect());
        }
        TypeDefKind::Enum(cases) => {
            let _ = write!(text, "\n#### enum `{name}`\n{docs}");
            let rows = cases.cases.iter().map(|case| (&*case.name, String::new(), &case.docs));
            table(text, "case", rows.collect());
        }
        TypeDefKind::Resource => {
            let _ = write!(text, "\n#### resource `{name}`\n{docs}");
            for function in
                interface.functions.values().filter(|function| function.kind.resource() == Some(id))
            {
                let method = function.name.rsplit('.').next().unwrap_or(&function.name);
                signature(text, resolve, function, &format!("{name}.{method}"));
            }
        }
        _ => {
            let _ = write!(text, "\n#### type `{name}`: {}\n{docs}", kind(resolve, &definition.kind));
        }
    }
}

fn table(text: &mut String, what: &str, rows: Vec<(&str, String, &Docs)>) {
    let _ = write!(text, "\n| {what} | type | |\n| --- | --- | --- |\n");
    for (name, ty, docs) in rows {
        let ty = if ty.is_empty() { ty } else { format!("`{ty}`") };
        let words =
            docs.contents.as_deref().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(text, "| `{name}` | {ty} | {} |", words.replace('|', "\\|"));
    }
}

fn prose(docs: &Docs) -> String {
    docs.contents.as_deref().map(|contents| format!("\n{}\n", contents.trim())).unwrap_or_default()
}

fn shown(resolve: &Resolve, ty: &Type) -> String {
    let Type::Id(id) = ty else { return primitive(ty).to_owned() };
    let definition = &resolve.types[*id];
    match &definition.name {
        Some(name) => name.clone(),
        None => kind(resolve, &definition.kind),
    }
}

/// As WIT writes it.
fn kind(resolve: &Resolve, kind: &TypeDefKind) -> String {
    let or_none = |ty: &Option<Type>| ty.as_ref().map_or_else(|| "_".to_owned(), |ty| shown(resolve, ty));
    match kind {
        TypeDefKind::Option(ty) => format!("option<{}>", shown(resolve, ty)),
        TypeDefKind::List(ty) => format!("list<{}>", shown(resolve, ty)),
        TypeDefKind::Result(result) => format!("result<{}, {}>", or_none(&result.ok), or_none(&result.err)),
        TypeDefKind::Tuple(tuple) => {
            let types: Vec<String> = tuple.types.iter().map(|ty| shown(resolve, ty)).collect();
            format!("tuple<{}>", types.join(", "))
        }
        TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => {
            resolve.types[*id].name.clone().unwrap_or_default()
        }
        TypeDefKind::Type(ty) => shown(resolve, ty),
        other => other.as_str().to_owned(),
    }
}

const fn primitive(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::U8 => "u8",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::U64 => "u64",
        Type::S8 => "s8",
        Type::S16 => "s16",
        Type::S32 => "s32",
        Type::S64 => "s64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::ErrorContext => "error-context",
        Type::Id(_) => "",
    }
}
