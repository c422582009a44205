//! Columns of a table, by `GetBulk`.

use watchkeep_sdk::Stop;
use watchkeep_sdk::clipped;

use crate::get::TOO_BIG;
use crate::oid::Oid;
use crate::pdu::{Kind, Pdu, Value, error_name};
use crate::session::Session;

/// The most cells of one table, whatever its agent says: some hundred answers.
pub(crate) const CELLS_MAX: usize = 10_000;

/// The cells of one column by their index, in its order.
#[derive(Default)]
pub(crate) struct Cells(pub(crate) Vec<(Oid, Value)>);

impl Cells {
    pub(crate) fn get(&self, index: &Oid) -> Option<&Value> {
        let at = self.0.binary_search_by(|(of_cell, _)| of_cell.cmp(index)).ok()?;
        self.0.get(at).map(|(_, value)| value)
    }
}

/// What came of it; what is wrong ends the walk and leaves what was found.
pub(crate) struct Walked {
    pub(crate) columns: Vec<Cells>,
    pub(crate) wrong: Option<String>,
}

struct Column<'c> {
    name: &'c Oid,
    /// What it is asked for next; none behind its end.
    from: Option<Oid>,
    cells: Cells,
}

/// All columns at once, as far as an answer holds them.
pub(crate) fn walk(session: &mut Session<'_>, names: &[&Oid], most: usize) -> Result<Walked, Stop> {
    let column = |name| Column { name, from: Some(Oid::clone(name)), cells: Cells::default() };
    let mut columns: Vec<Column<'_>> = names.iter().copied().map(column).collect();
    let wrong = fill(session, &mut columns, most)?;
    Ok(Walked { columns: columns.into_iter().map(|column| column.cells).collect(), wrong })
}

fn fill(session: &mut Session<'_>, columns: &mut [Column<'_>], most: usize) -> Result<Option<String>, Stop> {
    let mut most = most;
    loop {
        let open = columns.iter().enumerate().filter(|(_, column)| column.from.is_some()).map(|(at, _)| at);
        let open: Vec<usize> = open.take(most).collect();
        if open.is_empty() {
            return Ok(None);
        }
        if columns.iter().map(|column| column.cells.0.len()).sum::<usize>() >= CELLS_MAX {
            return Ok(Some(format!("it has more than {CELLS_MAX} cells, and was not read to its end")));
        }
        let repeated = (most / open.len()).max(1);
        let asked: Vec<Oid> = open.iter().filter_map(|at| columns[*at].from.clone()).collect();
        let answer = session.ask(Kind::GetBulk, 0, repeated as i64, &asked.iter().collect::<Vec<_>>())?;
        if answer.status == TOO_BIG && most > 1 {
            most = ((repeated * open.len()).min(most) / 2).max(1);
            continue;
        }
        if let Some(wrong) = taken(columns, &open, answer) {
            return Ok(Some(wrong));
        }
    }
}

/// Puts the cells of one answer where they belong; or why it is none.
fn taken(columns: &mut [Column<'_>], open: &[usize], answer: Pdu) -> Option<String> {
    if answer.status != 0 {
        let at = usize::try_from(answer.index - 1).ok().and_then(|at| open.get(at)).unwrap_or(&open[0]);
        let asked = columns[*at].from.as_ref().map(Oid::text).unwrap_or_default();
        return Some(format!("the agent answers `{}` for {asked}", error_name(answer.status)));
    }
    if answer.bindings.is_empty() {
        return Some("the agent answers a question about a table with nothing".to_owned());
    }
    for (count, (name, value)) in answer.bindings.into_iter().enumerate() {
        let column = &mut columns[open[count % open.len()]];
        let Some(from) = &column.from else { continue };
        let index = name.below(column.name);
        if value == Value::EndOfMibView || (index.is_none() && name > *from) {
            column.from = None;
            continue;
        }
        if name <= *from {
            return Some(format!(
                "the agent goes round in circles: after {} it returns {}, which is not greater",
                clipped(&from.text()),
                clipped(&name.text())
            ));
        }
        column.from = Some(name);
        if let Some(index) = index {
            column.cells.0.push((index, value));
        }
    }
    None
}
