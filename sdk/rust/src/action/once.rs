//! Work that is done once for an occasion.

use super::{Effect, Occasion, Unable};
use crate::ending::Fault;
use crate::{kv, log};

const KEY: &str = "done";
/// So many occasions are remembered.
const OCCASIONS_MAX: usize = 50;
const SUMMARY_CHARS_MAX: usize = 200;

impl Occasion {
    /// Acts, unless this occasion was already brought to a good end: then there is nothing to do. The ends of the last 50
    /// occasions are remembered in `kv`, under the key `done`.
    ///
    /// ```
    /// use watchkeep_sdk::prelude::*;
    ///
    /// fn restart(occasion: &Occasion) -> Result<Effect, Unable> {
    ///     occasion.once(|| {
    ///         commands::command("restart-shop").run()?;
    ///         Ok(Effect::done("restarted it"))
    ///     })
    /// }
    /// ```
    pub fn once(&self, act: impl FnOnce() -> Result<Effect, Unable>) -> Result<Effect, Unable> {
        let done = kv::get_text(KEY).unwrap_or_default();
        let is_this = |line: &&str| line.split_once('\t').is_some_and(|(id, _)| id == self.id);
        if let Some((_, said)) = done.lines().find(is_this).and_then(|line| line.split_once('\t')) {
            return Ok(Effect::nothing_to_do(format!("it was done before for this occasion: {said}")));
        }
        let effect = act()?;
        let said: String =
            effect.summary.chars().filter(|c| !c.is_control()).take(SUMMARY_CHARS_MAX).collect();
        let mut lines: Vec<&str> = done.lines().collect();
        let this = format!("{}\t{said}", self.id);
        lines.push(&this);
        let kept = lines.len().saturating_sub(OCCASIONS_MAX);
        if kv::set(KEY, lines[kept..].join("\n")).is_err() {
            log::warn("that it was done could not be kept");
        }
        Ok(effect)
    }
    /// Ends an attempt that may be the second one, for work that cannot be done twice without harm: what the first attempt
    /// did is not known.
    pub fn first_attempt(&self) -> Result<(), Unable> {
        if self.attempt <= 1 {
            return Ok(());
        }
        Err(Unable(Fault::inconclusive("an earlier attempt may have acted, so this one did not")))
    }
}
