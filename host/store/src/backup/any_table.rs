//! A table of any type, row by row as bytes.

use redb::{Key, ReadTransaction, ReadableTable, TableDefinition, Value, WriteTransaction};

use crate::error::{ReadError, WriteError};
use crate::query::table;

/// A table whose rows are copied without being understood.
pub(crate) trait AnyTable {
    fn name(&self) -> &'static str;
    fn create(&self, transaction: &WriteTransaction) -> Result<(), redb::TableError>;
    /// Calls `each` with key and value of each row; it says whether to go on.
    fn read(
        &self,
        snapshot: &ReadTransaction,
        each: &mut dyn FnMut(&[u8], &[u8]) -> Going,
    ) -> Result<(), ReadError>;
    /// Writes rows that `read` gave.
    fn write(&self, transaction: &WriteTransaction, rows: &[(Vec<u8>, Vec<u8>)]) -> Result<(), WriteError>;
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Going {
    On,
    NoFurther,
}

pub(crate) struct Kept<K: Key + 'static, V: Value + 'static> {
    pub(crate) name: &'static str,
    pub(crate) definition: TableDefinition<'static, K, V>,
}

impl<K: Key + 'static, V: Value + 'static> AnyTable for Kept<K, V> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn create(&self, transaction: &WriteTransaction) -> Result<(), redb::TableError> {
        transaction.open_table(self.definition)?;
        Ok(())
    }

    fn read(
        &self,
        snapshot: &ReadTransaction,
        each: &mut dyn FnMut(&[u8], &[u8]) -> Going,
    ) -> Result<(), ReadError> {
        let Some(table) = table(snapshot, self.definition)? else { return Ok(()) };
        for row in table.iter()? {
            let (key, value) = row?;
            let (key, value) = (key.value(), value.value());
            if each(K::as_bytes(&key).as_ref(), V::as_bytes(&value).as_ref()) == Going::NoFurther {
                break;
            }
        }
        Ok(())
    }

    fn write(&self, transaction: &WriteTransaction, rows: &[(Vec<u8>, Vec<u8>)]) -> Result<(), WriteError> {
        let mut table = transaction.open_table(self.definition)?;
        for (key, value) in rows {
            table.insert(K::from_bytes(key), V::from_bytes(value))?;
        }
        Ok(())
    }
}
