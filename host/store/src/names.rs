//! Checks by number: rows of results and the index in memory name a check with four bytes.

use std::collections::HashMap;

use redb::{ReadTransaction, ReadableTable, Table};
use watchkeep_core::ids::CheckName;

use crate::error::{ReadError, WriteError};
use crate::tables::CHECK_NAMES;

const VERSION: u8 = 1;
const TABLE: &str = "check_names";

#[derive(Default, Debug)]
pub(crate) struct Names {
    numbers: HashMap<CheckName, u32>,
    names: HashMap<u32, CheckName>,
    next: u32,
}

impl Names {
    pub(crate) fn load(transaction: &ReadTransaction) -> Result<Self, ReadError> {
        let mut all = Names::default();
        for row in transaction.open_table(CHECK_NAMES)?.iter()? {
            let (number, name) = row?;
            all.remember(parse(name.value())?, number.value());
        }
        Ok(all)
    }

    pub(crate) fn number(&self, check: &CheckName) -> Option<u32> {
        self.numbers.get(check).copied()
    }

    pub(crate) fn name(&self, number: u32) -> Option<CheckName> {
        self.names.get(&number).cloned()
    }

    pub(crate) fn numbers(&self) -> Vec<u32> {
        let mut all: Vec<u32> = self.names.keys().copied().collect();
        all.sort_unstable();
        all
    }

    /// The check's number, assigned now if it has none. If the transaction fails, call `load` again, because the number
    /// was not stored.
    pub(crate) fn number_or_new(
        &mut self,
        check: &CheckName,
        table: &mut Table<'_, u32, &'static [u8]>,
    ) -> Result<u32, WriteError> {
        if let Some(number) = self.number(check) {
            return Ok(number);
        }
        let number = self.next;
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(check.as_str().as_bytes());
        table.insert(number, bytes.as_slice())?;
        self.remember(check.clone(), number);
        Ok(number)
    }

    fn remember(&mut self, check: CheckName, number: u32) {
        self.next = self.next.max(number + 1);
        self.names.insert(number, check.clone());
        self.numbers.insert(check, number);
    }
}

fn parse(bytes: &[u8]) -> Result<CheckName, ReadError> {
    match bytes.split_first() {
        Some((&VERSION, name)) => std::str::from_utf8(name)
            .map(CheckName::from)
            .map_err(|_| ReadError::BadRow { table: TABLE, detail: "the name is not UTF-8".to_owned() }),
        Some((&found, _)) => Err(ReadError::UnknownRow { table: TABLE, found, known: VERSION }),
        None => Err(ReadError::BadRow { table: TABLE, detail: "it is empty".to_owned() }),
    }
}
