//! The check `statuscake`: mirrors the tests of a StatusCake account through its API, each as a finding of its own.
//!
//! What StatusCake says of a test is judged. That StatusCake cannot be asked, limits requests or does not know the token is one
//! fault, whatever the number of tests: none of what they watch is down because of it.

mod api;
mod config;
mod judge;
mod list;
mod pace;
mod performance;
mod test;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

use api::Api;
pub use config::StatusCake;
use list::Listing;

/// Keeps how fast tests were answered: their history is read a few tests at a time.
#[check(name = "statuscake", summary = "Mirrors the tests of a StatusCake account")]
pub fn run(config: StatusCake, _: Run) -> Verdict {
    let mut api = Api::new(&config);
    let mut listing = Listing::default();
    for kind in config.kinds() {
        listing.join(list::all(&mut api, kind)?);
    }
    listing.tests.retain(|test| config.wants(test));
    let performance = performance::known(&mut api, &listing.tests, clock::now())?;
    Ok(judge::report(&config, &listing, &performance, api.left()))
}
