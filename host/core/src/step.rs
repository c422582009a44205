//! The one place that decides: takes one input and says what to do.

use crate::effect::Effect;
use crate::input::Input;
use crate::state::State;
use crate::time::Now;

/// Appends to `effects`, in the order in which they are to be performed.
pub fn step(state: &mut State, input: Input, now: Now, effects: &mut Vec<Effect>) {
    let _ = (state, input, now, effects);
}
