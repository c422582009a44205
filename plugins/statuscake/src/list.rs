//! All pages of a list. Somebody may add or delete a test between two of them, which moves others from one page to the next.

use watchkeep_sdk::prelude::*;

use crate::api::{Api, No};
use crate::config::{Kind, Match};
use crate::test::Test;

/// The most that the API hands out at once.
const LIMIT: u64 = 100;
/// The most pages of one kind of tests.
const PAGES_MAX: u64 = 20;
/// How often a list that changes is read again.
const READINGS_MAX: usize = 3;

#[derive(Clone, Debug, Default)]
pub(crate) struct Listing {
    pub(crate) tests: Vec<Test>,
    /// It changed whenever it was read: a test may be missing.
    pub(crate) unsettled: bool,
    /// How many there are, where not all were read.
    pub(crate) cut: Option<u64>,
}

impl Listing {
    pub(crate) fn join(&mut self, other: Listing) {
        self.tests.extend(other.tests);
        self.unsettled |= other.unsettled;
        self.cut = self.cut.max(other.cut);
    }
}

/// One reading from the first page to the last.
struct Reading {
    tests: Vec<Test>,
    /// Pages, counts and tests agree.
    is_whole: bool,
    pages: u64,
    cut: Option<u64>,
}

/// Keeps which tests there were.
pub(crate) fn all(api: &mut Api<'_>, kind: Kind) -> Result<Listing, Stop> {
    let key = format!("tests{}", path(kind));
    let known = kv::get_text(&key).unwrap_or_default();
    let listing = settled(api, kind, &known)?;
    let keys: Vec<String> = listing.tests.iter().map(|test| test.key.clone()).collect();
    // Without it nobody notices a test that moved to the page before while another came.
    let _ = kv::set(&key, keys.join("\n"));
    Ok(listing)
}

fn settled(api: &mut Api<'_>, kind: Kind, known: &str) -> Result<Listing, Stop> {
    let mut tests: Vec<Test> = Vec::new();
    let mut cut = None;
    for at in 0..READINGS_MAX {
        let reading = match reading(api, kind) {
            Ok(reading) => reading,
            // There is a list already, and nobody knows whether it is whole.
            Err(No::Limited(_)) if at > 0 => break,
            Err(no) => return Err(no.into()),
        };
        cut = reading.cut;
        // One that is gone was deleted, or has moved to a page that was read already.
        let is_there = |key: &str| key.is_empty() || reading.tests.iter().any(|test| test.key == key);
        let is_sure = at > 0 || reading.pages == 1 || known.split('\n').all(is_there);
        if reading.is_whole && is_sure {
            return Ok(Listing { tests: reading.tests, unsettled: false, cut });
        }
        for test in reading.tests {
            put(&mut tests, test);
        }
    }
    Ok(Listing { tests, unsettled: true, cut })
}

/// What was read last counts; whether it was there already.
fn put(tests: &mut Vec<Test>, test: Test) -> bool {
    match tests.iter_mut().find(|known| known.key == test.key) {
        Some(known) => {
            *known = test;
            true
        }
        None => {
            tests.push(test);
            false
        }
    }
}

fn reading(api: &mut Api<'_>, kind: Kind) -> Result<Reading, No> {
    let mut tests: Vec<Test> = Vec::new();
    let (mut is_whole, mut pages, mut cut, mut total, mut of) = (true, 0, None, None, None);
    for page in 1..=PAGES_MAX {
        let document = asked(api, kind, page).map_err(|no| told(no, page - 1, of))?;
        of = document["metadata"]["page_count"].as_u64().map(|count| count.min(PAGES_MAX)).or(of);
        pages = page;
        let items = document["data"].as_array().map(Vec::as_slice).unwrap_or_default();
        if items.len() as u64 > LIMIT {
            return Err(odd("StatusCake lists more tests than it was asked for"));
        }
        for item in items {
            let test =
                Test::read(kind, item).ok_or_else(|| odd("StatusCake lists a test without an `id`"))?;
            is_whole &= !put(&mut tests, test);
        }
        let metadata = &document["metadata"];
        let counted = metadata["total_count"].as_u64();
        is_whole &= page == 1 || counted == total;
        total = counted;
        let is_last = match metadata["page_count"].as_u64() {
            Some(pages) => page >= pages,
            None => (items.len() as u64) < LIMIT,
        };
        if is_last {
            break;
        }
        if page == PAGES_MAX {
            cut = Some(counted.unwrap_or(PAGES_MAX * LIMIT));
        }
    }
    // A list that is cut is as whole as it can be.
    is_whole &= cut.is_some() || total.is_none_or(|total| total == tests.len() as u64);
    Ok(Reading { tests, is_whole, pages, cut })
}

/// How far it came.
fn told(no: No, read: u64, of: Option<u64>) -> No {
    match (no, of) {
        (No::Limited(said), Some(of)) => {
            No::Limited(format!("{said}; {read} of {of} pages were read, {} remain", of.saturating_sub(read)))
        }
        (No::Limited(said), None) => No::Limited(format!("{said}; no page was read")),
        (no @ No::Fault(_), _) => no,
    }
}

fn odd(said: &str) -> No {
    No::Fault(Fault::inconclusive(said))
}

fn asked(api: &mut Api<'_>, kind: Kind, page: u64) -> Result<watchkeep_sdk::config::Value, No> {
    let (page, limit, tags) = (page.to_string(), LIMIT.to_string(), api.config.tags.0.join(","));
    let mut query = vec![("page", &*page), ("limit", &*limit)];
    if kind == Kind::Uptime && !tags.is_empty() {
        query.push(("tags", &*tags));
        if api.config.tags_match == Match::Any {
            query.push(("matchany", "true"));
        }
    }
    api.get(path(kind), &query)
}

const fn path(kind: Kind) -> &'static str {
    match kind {
        Kind::Uptime => "/uptime",
        Kind::Heartbeat => "/heartbeat",
        Kind::Ssl => "/ssl",
    }
}
