//! A text that a tool fills from its environment.

/// A text in which `${NAME}` and `$NAME` stand for a variable, and `$$` for `$`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum EnvText {
    Plain(String),
    /// A variable and nothing else.
    Variable(String),
    /// Texts, each of which may be followed by a variable.
    Mixed(Vec<(String, Option<String>)>),
}

impl EnvText {
    /// A text of a tool that fills nothing in.
    pub(crate) fn literal(text: impl Into<String>) -> Self {
        EnvText::Plain(text.into())
    }

    pub(crate) fn expanding(text: &str) -> Self {
        let mut parts: Vec<(String, Option<String>)> = Vec::new();
        let mut before = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            before.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                before.push('$');
                rest = after;
            } else if let Some((name, after)) = variable(rest) {
                parts.push((std::mem::take(&mut before), Some(name.to_owned())));
                rest = after;
            } else {
                before.push('$');
            }
        }
        before.push_str(rest);
        match &mut *parts {
            [] => EnvText::Plain(before),
            [(front, name)] if front.is_empty() && before.is_empty() => {
                EnvText::Variable(name.take().unwrap_or_default())
            }
            _ => {
                parts.push((before, None));
                EnvText::Mixed(parts)
            }
        }
    }

    /// The text after `front`, in any case, if it begins with that.
    pub(crate) fn after(&self, front: &str) -> Option<EnvText> {
        let cut = |text: &str| {
            let head = text.get(..front.len())?;
            head.eq_ignore_ascii_case(front).then(|| text[front.len()..].to_owned())
        };
        match self {
            EnvText::Plain(text) => cut(text).map(EnvText::Plain),
            EnvText::Variable(_) => None,
            EnvText::Mixed(parts) => {
                let mut parts = parts.clone();
                let first = parts.first_mut()?;
                first.0 = cut(&first.0)?;
                match &*parts {
                    [(front, Some(name)), (end, None)] if front.is_empty() && end.is_empty() => {
                        Some(EnvText::Variable(name.clone()))
                    }
                    _ => Some(EnvText::Mixed(parts)),
                }
            }
        }
    }

    pub(crate) fn variables(&self) -> Vec<&str> {
        match self {
            EnvText::Plain(_) => Vec::new(),
            EnvText::Variable(name) => vec![name],
            EnvText::Mixed(parts) => parts.iter().filter_map(|(_, name)| name.as_deref()).collect(),
        }
    }
}

fn variable(rest: &str) -> Option<(&str, &str)> {
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let (name, after) = match rest.strip_prefix('{') {
        Some(inner) => inner.split_once('}')?,
        None => rest.split_at(rest.find(|c| !is_of_name(c)).unwrap_or(rest.len())),
    };
    let is_name =
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(is_of_name);
    is_name.then_some((name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_told_from_texts() {
        let plain = |text: &str| EnvText::Plain(text.to_owned());
        assert_eq!(EnvText::expanding("a$$b ${ $"), plain("a$b ${ $"));
        assert_eq!(EnvText::expanding("${TOKEN}"), EnvText::Variable("TOKEN".to_owned()));
        assert_eq!(EnvText::expanding("$TOKEN"), EnvText::Variable("TOKEN".to_owned()));
        let mixed = EnvText::expanding("Bearer ${A}");
        assert_eq!(mixed.variables(), ["A"]);
        assert_eq!(mixed.after("bearer "), Some(EnvText::Variable("A".to_owned())));
        assert_eq!(mixed.after("basic "), None);
        assert_eq!(EnvText::expanding("x$A-$B").variables(), ["A", "B"]);
    }
}
