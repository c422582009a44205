//! Entry points for `tests/fuzz`: code that takes hostile bytes, without the child process or the guest around it. Each
//! panics if the result breaks a promise of this crate.

mod answers;
#[cfg(test)]
mod corpora;
mod plugin;
mod report;

pub use answers::http_answer;
pub use plugin::plugin;
pub use report::report;

/// One line for a person: nothing in it moves a cursor, clears a screen or fills it.
fn is_one_line(text: &str) -> bool {
    text.len() <= 4 << 10 && !text.chars().any(char::is_control)
}
