//! WebSocket, as a client speaks it (RFC 6455), over a stream of [`net`](crate::net). Needs the feature `websocket`.
//!
//! [`open`] goes the whole way; who wants to look at each step writes the request itself.

mod close;
mod frame;
mod head;
mod opening;
mod socket;

pub use close::Goodbye;
pub use head::Head;
pub use opening::{accept, goes_over, new_key, open};
pub use socket::{Event, Socket, Wrong};

/// What reads bytes of strangers, for fuzzers.
#[doc(hidden)]
pub mod bytes {
    pub use super::close::read as goodbye;
    pub use super::frame::{Frame, read as frame, write};
    pub use super::head::read as head;
}
