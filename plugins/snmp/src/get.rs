//! Single values.

use watchkeep_sdk::Stop;

use crate::oid::Oid;
use crate::pdu::{Kind, Value, error_name};
use crate::session::{Session, down};

pub(crate) const TOO_BIG: i64 = 1;
const NO_SUCH_NAME: i64 = 2;

/// What is said of one name: its value, or the name of an error.
pub(crate) type Got = Result<Value, String>;

/// In the order of the names.
pub(crate) fn get(session: &mut Session<'_>, names: &[&Oid], most: usize) -> Result<Vec<Got>, Stop> {
    let mut most = most;
    let mut got: Vec<Option<Got>> = names.iter().map(|_| None).collect();
    while let Some(open) = some_open(&got, most) {
        let asked: Vec<&Oid> = open.iter().filter_map(|at| names.get(*at).copied()).collect();
        let answer = session.ask(Kind::Get, 0, 0, &asked)?;
        if answer.status == TOO_BIG && open.len() > 1 {
            most = open.len() / 2;
            continue;
        }
        if answer.status != 0 {
            // The error is about one name, or it is not known about which.
            let at = usize::try_from(answer.index - 1).ok().and_then(|at| open.get(at));
            for at in at.map_or(open.as_slice(), std::slice::from_ref) {
                got[*at] = Some(match answer.status {
                    NO_SUCH_NAME => Ok(Value::NoSuchObject),
                    status => Err(error_name(status)),
                });
            }
            continue;
        }
        let is_of_these = answer.bindings.iter().map(|(name, _)| name).eq(asked.iter().copied());
        if !is_of_these {
            return Err(down("it answers with other names than were asked for".to_owned()));
        }
        for (at, (_, value)) in open.into_iter().zip(answer.bindings) {
            got[at] = Some(Ok(value));
        }
    }
    Ok(got.into_iter().flatten().collect())
}

/// The first ones of which nothing is known yet.
fn some_open(got: &[Option<Got>], most: usize) -> Option<Vec<usize>> {
    let open = got.iter().enumerate().filter(|(_, got)| got.is_none()).map(|(at, _)| at);
    let open: Vec<usize> = open.take(most).collect();
    (!open.is_empty()).then_some(open)
}
