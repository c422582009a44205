//! What no compiler checks of this repository. Each module turns text into a list of violations and knows nothing
//! of the disk, so that its tests can show it failing; `tests/tidy.rs` runs them over the repository.

pub mod arrows;
pub mod documents;
pub mod reference;
pub mod repository;
pub mod rules;
pub mod sizes;
pub mod targets;
pub mod words;
