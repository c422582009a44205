//! Reads a database that may be damaged. redb panics where a page is not as it must be; here, that becomes an error
//! with a sentence, and no backtrace on standard error.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use crate::error::{OpenError, ReadError, WriteError};
use crate::file::Place;

thread_local! {
    /// How many calls of `quietly` this thread is inside.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// Runs `body`; if it panics, returns the panic's message. Nothing is printed, because the caller can describe it
/// better.
///
/// What `body` shares is behind locks whose data is consistent between any two statements (see `shared::lock`), so a
/// panic leaves none of it half done.
pub(crate) fn quietly<T>(body: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if DEPTH.get() == 0 {
                before(panic);
            }
        }));
    });
    DEPTH.set(DEPTH.get() + 1);
    let done = catch_unwind(AssertUnwindSafe(body));
    DEPTH.set(DEPTH.get() - 1);
    done.map_err(|panic| words(&*panic))
}

pub(crate) fn reading<T>(body: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
    quietly(body).unwrap_or_else(|words| {
        tracing::debug!(words, "the database library panicked while reading");
        Err(ReadError::Damaged)
    })
}

pub(crate) fn writing<T>(body: impl FnOnce() -> Result<T, WriteError>) -> Result<T, WriteError> {
    quietly(body).unwrap_or_else(|words| Err(WriteError::Panicked(words)))
}

pub(crate) fn opening<T>(place: &Place, body: impl FnOnce() -> Result<T, OpenError>) -> Result<T, OpenError> {
    quietly(body).unwrap_or_else(|words| {
        tracing::debug!(words, "the database library panicked while opening");
        Err(place.damaged("a page of it is not what was written"))
    })
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}
