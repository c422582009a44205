//! The rows of a table, each of which is a finding.

use watchkeep_sdk::config::Glob;
use watchkeep_sdk::{clipped, prelude::*};

use crate::config::{Item, Said, Table};
use crate::counters::Counters;
use crate::judge::{judge, text};
use crate::oid::Oid;
use crate::pdu::Value;
use crate::session::Session;
use crate::walk::{Cells, walk};

/// The most bytes of a row's name, in keys and labels.
const NAME_BYTES_MAX: usize = 100;

/// One row, as it is judged.
struct Row {
    index: Oid,
    name: String,
}

/// The findings of one table, and what is to be said of it as a whole.
pub(crate) fn findings(
    session: &mut Session<'_>,
    table: &Table,
    most: usize,
    counters: &mut Option<Counters>,
) -> Result<Vec<Finding>, Stop> {
    let mut names: Vec<&Oid> = table.columns.iter().map(|column| &column.oid).collect();
    let judged = names.len();
    names.extend(table.label.as_ref());
    names.extend(table.only_if.as_ref().map(|filter| &filter.oid));
    let walked = walk(session, &names, most)?;
    let (columns, mut further) = (&walked.columns[..judged], walked.columns[judged..].iter());
    let labels = table.label.as_ref().and_then(|_| further.next());
    let filter = table.only_if.as_ref().and_then(|_| further.next());
    let mut about = Complaints::default();
    if let Some(wrong) = walked.wrong {
        about.open(wrong);
    }
    if columns.iter().any(|cells| !cells.0.is_empty()) {
        for (column, _) in table.columns.iter().zip(columns).filter(|(_, cells)| cells.0.is_empty()) {
            about.open(format!(
                "the agent has nothing in the column {} ({})",
                column.name,
                column.oid.text()
            ));
        }
    }
    let (rows, more) = rows(table, columns, labels, filter);
    if more > 0 {
        about.warning(format!(
            "{more} rows are not judged, since there are more than `rows_max` ({}); hint: name those that count in `include`",
            table.rows_max
        ));
    }
    if rows.is_empty() && about.fault().is_none() {
        empty(table, &mut about);
    }
    let mut findings: Vec<Finding> = rows.iter().map(|row| finding(table, columns, row, counters)).collect();
    let state = state(&about);
    if state != State::Ok {
        let name = clipped(&table.name);
        let report = about.report(state, format!("table {name}"));
        findings.push(Finding::new(&*table.name, state, report.summary));
    }
    Ok(findings)
}

/// What cannot be told is no better than unknown.
pub(crate) fn state(complaints: &Complaints) -> State {
    if complaints.fault().is_some() { State::Unknown } else { complaints.state() }
}

fn empty(table: &Table, about: &mut Complaints) {
    let said = "it has no rows that are to be judged; hint: see `include`, `exclude` and `only_if`, and whether the agent has \
                these columns";
    match table.empty {
        Said::Ok => {}
        Said::Warning => about.warning(said),
        Said::Critical => about.critical(said),
        Said::Unknown => about.open(said),
    }
}

/// Those that count, in the table's order, with names of which none is another's; and how many there are beyond `rows_max`.
fn rows(
    table: &Table,
    columns: &[Cells],
    labels: Option<&Cells>,
    filter: Option<&Cells>,
) -> (Vec<Row>, usize) {
    let mut rows: Vec<Row> = Vec::new();
    let mut more = 0;
    let mut all = Vec::new();
    if let Some(labels) = labels {
        all.extend(labels.0.iter().map(|(_, value)| label(value)));
    }
    for index in indexes(columns) {
        let label = labels.and_then(|cells| cells.get(index)).map(label).unwrap_or_default();
        let number = shortened(index.text());
        let bare = if label.is_empty() { &number } else { &label };
        if !counts(table, filter, index) || !is_wanted(table, bare) {
            continue;
        }
        if rows.len() == table.rows_max as usize {
            more += 1;
            continue;
        }
        // A name that others bear as well has the index behind it, in every run.
        let is_shared = !label.is_empty() && all.iter().filter(|other| **other == label).nth(1).is_some();
        let mut name = if is_shared { format!("{bare} ({number})") } else { bare.clone() };
        while rows.iter().any(|row| row.name == name) {
            name = format!("{name} ({number})");
        }
        rows.push(Row { index: index.clone(), name });
    }
    (rows, more)
}

/// The indexes of all columns, in order, each once. Columns are in order themselves, and sorting would cost a component
/// more.
fn indexes(columns: &[Cells]) -> Vec<&Oid> {
    let mut rest: Vec<&[(Oid, Value)]> = columns.iter().map(|cells| &*cells.0).collect();
    let mut all = Vec::new();
    while let Some(next) = rest.iter().filter_map(|cells| cells.first()).map(|(index, _)| index).min() {
        all.push(next);
        for cells in &mut rest {
            if let Some(((index, _), behind)) = cells.split_first()
                && index == next
            {
                *cells = behind;
            }
        }
    }
    all
}

/// A name on one line, perhaps empty.
fn label(value: &Value) -> String {
    let text: String = text(value).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    shortened(text.trim_matches(' ').to_owned())
}

fn counts(table: &Table, filter: Option<&Cells>, index: &Oid) -> bool {
    match (&table.only_if, filter) {
        (Some(wanted), Some(cells)) => {
            cells.get(index).is_some_and(|value| Glob::any_fits(&wanted.is, &text(value)))
        }
        (_, _) => true,
    }
}

fn is_wanted(table: &Table, name: &str) -> bool {
    Glob::are_none_or_fit(&table.include, name) && !Glob::any_fits(&table.exclude, name)
}

/// One that is too long keeps its beginning, and gets a number that is made of all of it.
fn shortened(name: String) -> String {
    if name.len() <= NAME_BYTES_MAX {
        return name;
    }
    // FNV-1a.
    let digest = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |digest, byte| {
        (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{}~{digest:016x}", &name[..name.floor_char_boundary(NAME_BYTES_MAX - 17)])
}

fn finding(table: &Table, columns: &[Cells], row: &Row, counters: &mut Option<Counters>) -> Finding {
    let mut complaints = Complaints::default();
    let mut said = Vec::new();
    let mut metrics = Vec::new();
    for (column, cells) in table.columns.iter().zip(columns) {
        let name = column.oid.join(row.index.numbers());
        let Some(value) = cells.get(&row.index) else {
            missing(column, &mut complaints);
            continue;
        };
        let seen = judge(column, &name, &Ok(value.clone()), counters, &mut complaints);
        said.push(seen.said);
        let metric = seen.metric.map(|metric| metric.label("table", &*table.name).label("row", &*row.name));
        metrics.extend(metric);
    }
    let name = clipped(&row.name);
    let opening = if said.is_empty() { name } else { format!("{name}: {}", said.join(", ")) };
    let state = state(&complaints);
    let report = complaints.report(state, opening);
    let mut finding = Finding::new(format!("{}/{}", table.name, row.name), state, report.summary)
        .label("table", &*table.name)
        .label("row", &*row.name);
    finding.metrics = metrics;
    finding
}

fn missing(column: &Item, complaints: &mut Complaints) {
    let said = format!("{} is not there", column.name);
    match column.absent.unwrap_or(Said::Ok) {
        Said::Ok => {}
        Said::Warning => complaints.warning(said),
        Said::Critical => complaints.critical(said),
        Said::Unknown => complaints.open(said),
    }
}
