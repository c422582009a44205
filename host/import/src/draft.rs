//! Entries that are being made, with their notes, in a work that gives them names.

use std::collections::{BTreeMap, BTreeSet};

use watchkeep_core::grant::Origin;

use crate::error::ImportError;
use crate::given::EnvText;
use crate::model::{Entry, EntryKind, Import, Note, NoteKind, Tool};
use crate::names::{Names, valid, valid_label};
use crate::secrets::Secrets;
use crate::span;
use crate::value::{self, Value};

/// An import under way.
pub(crate) struct Work {
    tool: Tool,
    entries: Vec<Entry>,
    notes: Vec<Note>,
    names: Names,
    templates: Names,
    /// The keys of heartbeats: no two are the same.
    keys: BTreeSet<String>,
    /// The approximate number of bytes of everything that is kept.
    bytes: usize,
    pub(crate) secrets: Secrets,
}

/// The most bytes of an import. One module with a large body, for thousands of targets, would become more than anybody
/// reads.
const BYTES_MAX: usize = 64 << 20;

impl Work {
    pub(crate) fn new(tool: Tool) -> Self {
        Self {
            tool,
            entries: Vec::new(),
            notes: Vec::new(),
            names: Names::default(),
            templates: Names::default(),
            keys: BTreeSet::new(),
            bytes: 0,
            secrets: Secrets::default(),
        }
    }

    /// Begins an entry. Its name is made valid and unique, and a note says so if that changed it.
    pub(crate) fn draft(&mut self, kind: EntryKind, wanted: &str, place: impl Into<String>) -> Draft {
        let place = clean(&place.into());
        let names = if kind == EntryKind::Template { &mut self.templates } else { &mut self.names };
        let name = names.unique(valid(wanted));
        if name != wanted {
            self.note(NoteKind::Renamed, &place, format!("is called `{name}` here"));
        }
        Draft {
            kind,
            name,
            place,
            comments: Vec::new(),
            notes: Vec::new(),
            keys: Vec::new(),
            labels: BTreeMap::new(),
            allow: BTreeMap::new(),
            config: Vec::new(),
        }
    }

    pub(crate) fn note(&mut self, kind: NoteKind, place: &str, text: impl Into<String>) {
        let note = Note { kind, place: clean(place), text: clean(&text.into()) };
        if self.spend(note.place.len() + note.text.len()) {
            self.notes.push(note);
        }
    }

    /// Whether no heartbeat has this key yet.
    pub(crate) fn is_new_key(&mut self, key: &str) -> bool {
        self.keys.insert(key.to_owned())
    }

    fn spend(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        self.bytes <= BYTES_MAX
    }

    pub(crate) fn lost(&mut self, place: &str, text: impl Into<String>) {
        self.note(NoteKind::NotCarriedOver, place, text);
    }

    pub(crate) fn keep(&mut self, draft: Draft) {
        let Draft { kind, name, place, comments, notes, mut keys, labels, allow, config } = draft;
        let config_bytes: usize = config.iter().map(|(key, value)| key.len() + value.bytes()).sum();
        let comment_bytes: usize = comments.iter().map(|line| 2 * line.len() + place.len()).sum();
        if !self.spend(config_bytes + comment_bytes + place.len() + 100) {
            return;
        }
        self.notes.extend(notes.into_iter().map(|(kind, text)| Note { kind, place: place.clone(), text }));
        let texts = |list: Vec<String>| Value::from(list);
        if !labels.is_empty() {
            let labels = labels.into_iter().map(|(name, value)| (name, Value::Text(value))).collect();
            keys.push(("labels", Value::Table(labels)));
        }
        if !allow.is_empty() {
            let allow = allow.into_iter().map(|(name, list)| (name.to_owned(), texts(list))).collect();
            keys.push(("allow", Value::Table(allow)));
        }
        self.entries.push(Entry { kind, name, origin: place, comments, keys, config });
    }

    /// Gives the entry up: only the reason is kept.
    pub(crate) fn give_up(&mut self, draft: &Draft, why: impl Into<String>) {
        self.lost(&draft.place, why);
    }

    /// # Errors
    /// If it became more than a config can be.
    pub(crate) fn into_import(mut self) -> Result<Import, ImportError> {
        if self.bytes > BYTES_MAX {
            return Err(ImportError::new("it comes to more than 64 MiB of config", "import it in parts"));
        }
        self.entries.sort_by_key(|entry| match entry.kind {
            EntryKind::Template => 0,
            EntryKind::Check => 1,
            EntryKind::Heartbeat => 2,
        });
        Ok(Import {
            tool: self.tool,
            entries: self.entries,
            secrets: self.secrets.into_all(),
            notes: self.notes,
        })
    }
}

/// The text as one line of limited length, without terminal controls.
pub(crate) fn clean(text: &str) -> String {
    const CHARS_MAX: usize = 400;
    let mut line: String =
        text.chars().map(|c| if is_odd(c) { ' ' } else { c }).take(CHARS_MAX + 1).collect();
    if line.chars().count() > CHARS_MAX {
        line.pop();
        line.push_str("...");
    }
    line
}

/// Control characters, and those that change the direction of writing.
fn is_odd(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
}

pub(crate) struct Draft {
    kind: EntryKind,
    pub(crate) name: String,
    pub(crate) place: String,
    comments: Vec<String>,
    notes: Vec<(NoteKind, String)>,
    keys: Vec<(&'static str, Value)>,
    labels: BTreeMap<String, String>,
    allow: BTreeMap<&'static str, Vec<String>>,
    config: Vec<(String, Value)>,
}

const DAY: u64 = 24 * 60 * 60 * 1_000;
const THRESHOLD_MAX: u32 = 100;

impl Draft {
    pub(crate) fn lost(&mut self, text: impl Into<String>) {
        let text = clean(&text.into());
        self.comments.push(format!("Not carried over: {text}"));
        self.notes.push((NoteKind::NotCarriedOver, text));
    }
    pub(crate) fn differs(&mut self, text: impl Into<String>) {
        let text = clean(&text.into());
        self.comments.push(format!("Differs: {text}"));
        self.notes.push((NoteKind::Differs, text));
    }
    pub(crate) fn leave_to_do(&mut self, text: impl Into<String>) {
        let text = clean(&text.into());
        self.comments.push(format!("To do: {text}"));
        self.notes.push((NoteKind::ToDo, text));
    }

    /// Adds what somebody wrote about it.
    pub(crate) fn remark(&mut self, text: &str) {
        self.comments.push(clean(text));
    }

    pub(crate) fn key(&mut self, key: &'static str, value: impl Into<Value>) {
        self.keys.push((key, value.into()));
    }
    pub(crate) fn config(&mut self, key: &str, value: impl Into<Value>) {
        self.config.push((key.to_owned(), value.into()));
    }
    pub(crate) fn has_config(&self, key: &str) -> bool {
        self.config.iter().any(|(name, _)| name == key)
    }
    pub(crate) fn label(&mut self, name: &str, value: &str) {
        self.labels.insert(valid_label(name), clean(value));
    }
    pub(crate) fn allow(&mut self, capability: &'static str, target: String) {
        let list = self.allow.entry(capability).or_default();
        if !list.contains(&target) {
            list.push(target);
        }
    }

    pub(crate) fn enabled(&mut self, enabled: bool) {
        if !enabled {
            self.key("enabled", false);
        }
    }

    pub(crate) fn interval(&mut self, millis: u64) {
        self.span("interval", millis, 100, 366 * DAY);
    }
    pub(crate) fn retry_interval(&mut self, millis: u64) {
        self.span("retry_interval", millis, 100, 366 * DAY);
    }
    pub(crate) fn timeout(&mut self, millis: u64) {
        self.span("timeout", millis, 1_000, DAY / 24);
    }
    fn span(&mut self, key: &'static str, millis: u64, low: u64, high: u64) {
        let taken = millis.clamp(low, high);
        if taken != millis {
            self.differs(format!("`{key}` was {} and is {}", span::write(millis), span::write(taken)));
        }
        self.key(key, span::write(taken));
    }

    pub(crate) fn failure_threshold(&mut self, count: u32) {
        const DEFAULT: u32 = 3;
        self.threshold("failure_threshold", count, DEFAULT);
    }
    pub(crate) fn success_threshold(&mut self, count: u32) {
        const DEFAULT: u32 = 2;
        self.threshold("success_threshold", count, DEFAULT);
    }
    fn threshold(&mut self, key: &'static str, count: u32, default: u32) {
        let taken = count.clamp(1, THRESHOLD_MAX);
        if taken != count {
            self.differs(format!("`{key}` was {count} and is {taken}"));
        }
        if taken != default {
            self.key(key, taken);
        }
    }

    /// A secret for the plugin; if it cannot be one, a note says so and the result is `None`. `what` is its place in
    /// the source.
    pub(crate) fn secret(
        &mut self,
        secrets: &mut Secrets,
        (what, hint): (&str, &str),
        given: &EnvText,
        to: &[String],
    ) -> Option<Value> {
        match secrets.take(hint, given, to) {
            Ok(name) => Some(value::secret(name)),
            Err(why) => {
                self.lost(format!("{what}, which {why}"));
                None
            }
        }
    }
}

/// The origin as it is written in `to` of a secret.
pub(crate) fn origins(origin: &Origin) -> Vec<String> {
    vec![origin.to_string()]
}
