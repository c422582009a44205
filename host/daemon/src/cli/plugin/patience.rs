//! Reports work that takes minutes: a person or a pipeline that sees nothing for long takes it for stuck.

use std::time::{Duration, Instant};

use crate::cli::output;

/// The time before each line, including the first.
const EVERY: Duration = Duration::from_secs(20);

/// Waits for `work`, and tells every while that it still runs; `what` is such as "`shop` is being built".
pub(super) async fn told<T>(what: &str, work: impl Future<Output = T>) -> T {
    told_by(what, EVERY, output::remark, work).await
}

async fn told_by<T>(what: &str, every: Duration, tell: impl Fn(&str), work: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let mut work = std::pin::pin!(work);
    loop {
        match tokio::time::timeout(every, &mut work).await {
            Ok(done) => return done,
            Err(_) => tell(&output::plain(&format!("{what}, for {} s now", began.elapsed().as_secs()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use super::*;

    #[tokio::test]
    async fn work_that_takes_long_is_told_of_again_and_again_until_it_is_done() {
        let (lines, told) = (RefCell::new(Vec::new()), Cell::new(0));
        let tell = |line: &str| {
            lines.borrow_mut().push(line.to_owned());
            told.set(told.get() + 1);
        };
        // It is done once it was told of three times, however fast that was.
        let work = std::future::poll_fn(|_| match told.get() {
            3 => std::task::Poll::Ready("done"),
            _ => std::task::Poll::Pending,
        });
        assert_eq!(told_by("`shop` is being built", Duration::from_millis(1), tell, work).await, "done");
        assert_eq!(lines.borrow().len(), 3);
        assert!(lines.borrow().iter().all(|line| line.starts_with("`shop` is being built, for ")));
    }

    #[tokio::test]
    async fn what_is_done_at_once_is_not_told_of() {
        let tell = |line: &str| panic!("{line}");
        assert_eq!(told_by("nothing", EVERY, tell, async { 7 }).await, 7);
    }
}
