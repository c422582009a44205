//! Looks names up as every other program on this machine does: with the C library, and so with whatever the
//! administrator has set up (`/etc/hosts`, `search` and `ndots`, the services of `nsswitch.conf`). A name that `curl`
//! finds and a check does not would page people for nothing.
//!
//! The C library cannot be told to stop. So each look-up has a thread of its own, which nobody has to wait for, not
//! even when the host ends. There are only so many threads, and one plugin gets only a part of them. Whoever asks for a
//! name that is being looked up shares the answer. If no thread is free, that is a shortage of the host, and says
//! nothing about the name.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::ops::RangeInclusive;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::places::Places;
use crate::shortage::{self, Shortage};

/// How many look-ups all plugins together may have under way. A name server that is gone holds each for ten seconds or
/// more. Each has a socket, so there are fewer where the host may open few.
const THREADS: RangeInclusive<usize> = 16..=192;
/// One plugin may hold one part in this many.
const PLUGINS_AT_ONCE: usize = 4;
/// The C library puts an answer on the stack; modules of `nsswitch.conf` may do more.
const STACK_BYTES: usize = 1 << 20;
/// How long a look-up is shared. Whoever comes later begins a new one, because a question from long ago may have been
/// lost on the way.
const SHARED_FOR: Duration = Duration::from_secs(4);
const HINT: &str = "look whether the name servers of this machine answer (`/etc/resolv.conf`)";

/// What the C library said.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Failed {
    NotFound(String),
    /// No name server answered.
    Unanswered(String),
    Short(Shortage),
}

type Found = Result<Arc<[IpAddr]>, Failed>;
type Ask = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// One per engine.
pub(crate) struct Lookups {
    ask: Arc<Ask>,
    threads_max: usize,
    places: Places,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    under_way: HashMap<String, UnderWay>,
}

struct UnderWay {
    since: Instant,
    answer: watch::Receiver<Option<Found>>,
}

/// A look-up that has its thread.
pub(crate) struct Begun(watch::Receiver<Option<Found>>);

impl Begun {
    pub(crate) async fn answer(mut self) -> Found {
        let told = self.0.wait_for(Option::is_some).await.map(|told| (*told).clone());
        // The thread was lost before it could say anything.
        let lost = || Err(Failed::Short(Shortage::new("a look-up of a name was broken off", HINT)));
        told.ok().flatten().unwrap_or_else(lost)
    }
}

impl Lookups {
    /// The look-ups beside this many sockets that calls may hold.
    pub(crate) fn beside(sockets_max: u32) -> Self {
        let threads_max = (sockets_max as usize / 2).clamp(*THREADS.start(), *THREADS.end());
        Self::asking(Arc::new(by_the_system), threads_max)
    }

    fn asking(ask: Arc<Ask>, threads_max: usize) -> Self {
        let places = Places::of_plugin(threads_max, threads_max / PLUGINS_AT_ONCE);
        Self { ask, threads_max, places, known: Arc::default() }
    }

    /// The shortage when there is no place in time.
    pub(crate) fn crowded(&self) -> Shortage {
        let (own, all) = (self.places.of_plugin_max(), self.threads_max);
        let message = format!(
            "too many look-ups of names are under way ({own} of one plugin and {all} in all are the most)"
        );
        Shortage::new(message, HINT)
    }

    /// Begins a look-up once there is a place. Whoever stops waiting, here or for the answer, does not stop it for
    /// others.
    pub(crate) async fn begin(&self, plugin: &Arc<str>, name: &str) -> Result<Begun, Failed> {
        if let Some(begun) = self.shared(name) {
            return Ok(begun);
        }
        let place = self.places.take(plugin).await;
        // Somebody may have begun meanwhile.
        if let Some(begun) = self.shared(name) {
            return Ok(begun);
        }
        let (tell, answer) = watch::channel(None);
        let since = Instant::now();
        self.known().under_way.insert(name.to_owned(), UnderWay { since, answer: answer.clone() });
        let (ask, known, asked) = (Arc::clone(&self.ask), Arc::clone(&self.known), name.to_owned());
        let thread = std::thread::Builder::new().name("looks-up-name".to_owned()).stack_size(STACK_BYTES);
        let started = thread.spawn(move || {
            let found = found(&asked, ask(&asked));
            forget(&known, &asked, since);
            // Perhaps nobody waits any more.
            drop(tell.send(Some(found)));
            drop(place);
        });
        match started {
            Ok(_detached) => Ok(Begun(answer)),
            Err(error) => {
                forget(&self.known, name, since);
                let odd = || Shortage::new(format!("no thread to look names up: {error}"), HINT);
                Err(Failed::Short(Shortage::of(&error).unwrap_or_else(odd)))
            }
        }
    }

    fn shared(&self, name: &str) -> Option<Begun> {
        let known = self.known();
        let under_way = known.under_way.get(name)?;
        (under_way.since.elapsed() < SHARED_FOR).then(|| Begun(under_way.answer.clone()))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        lock(&self.known)
    }
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Forgets a look-up, unless another has begun for that name since.
fn forget(known: &Mutex<Known>, name: &str, since: Instant) {
    let mut known = lock(known);
    if known.under_way.get(name).is_some_and(|under_way| under_way.since == since) {
        known.under_way.remove(name);
    }
}

fn by_the_system(name: &str) -> io::Result<Vec<IpAddr>> {
    Ok((name, 0).to_socket_addrs()?.map(|address| address.ip().to_canonical()).collect())
}

fn found(name: &str, asked: io::Result<Vec<IpAddr>>) -> Found {
    match asked {
        Ok(all) => {
            let mut each: Vec<IpAddr> = Vec::new();
            for ip in all {
                if !each.contains(&ip) {
                    each.push(ip);
                }
            }
            Ok(each.into())
        }
        Err(error) => {
            // Without descriptors, the C library cannot read its own files, and says anything about the name.
            if let Some(shortage) = Shortage::of(&error).or_else(shortage::of_descriptors) {
                return Err(Failed::Short(shortage));
            }
            let text = error.to_string();
            let said = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
            let sentence = format!("`{name}` cannot be looked up: {said}");
            // Recognised by the words, because no error code of getaddrinfo reaches us.
            let unanswered = text.contains("emporary failure") || text.contains("recoverable");
            Err(if unanswered { Failed::Unanswered(sentence) } else { Failed::NotFound(sentence) })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// A resolver that answers names which begin with `quick`, and others only when it is let go. Also returns what it
    /// was asked.
    fn slow() -> (Lookups, mpsc::Sender<()>, Arc<Mutex<Vec<String>>>) {
        let (let_go, is_let_go) = mpsc::channel::<()>();
        let (is_let_go, asked) = (Mutex::new(is_let_go), Arc::<Mutex<Vec<String>>>::default());
        let told = Arc::clone(&asked);
        let ask = move |name: &str| {
            told.lock().unwrap().push(name.to_owned());
            if !name.starts_with("quick") {
                // Until the other end is gone.
                let _gone = is_let_go.lock().unwrap().recv();
            }
            Ok(vec![IpAddr::from([192, 0, 2, 1])])
        };
        (Lookups::asking(Arc::new(ask), 32), let_go, asked)
    }

    async fn look_up(lookups: &Lookups, plugin: &str, name: &str) -> Found {
        lookups.begin(&plugin.into(), name).await?.answer().await
    }

    #[tokio::test]
    async fn one_slow_name_that_is_asked_for_again_and_again_takes_one_place() {
        let (lookups, let_go, asked) = slow();
        let mut all: Vec<_> = (0..900).map(|_| Box::pin(look_up(&lookups, "greedy", "slow.test"))).collect();
        for one in &mut all {
            assert!(futures::poll!(one).is_pending());
        }
        assert_eq!(lookups.places.free(), lookups.threads_max - 1);
        drop(let_go);
        for one in all {
            assert_eq!(one.await, Ok([IpAddr::from([192, 0, 2, 1])].into()));
        }
        assert_eq!(asked.lock().unwrap().len(), 1);
    }

    #[tokio::test]
    async fn a_plugin_with_many_slow_names_keeps_no_other_from_looking_up() {
        let (lookups, let_go, _) = slow();
        for at in 0..lookups.places.of_plugin_max() {
            // Given up at once, while its thread continues.
            drop(lookups.begin(&"greedy".into(), &format!("slow{at}.test")).await.unwrap());
        }
        let mut crowded = Box::pin(look_up(&lookups, "greedy", "quick.test"));
        assert!(futures::poll!(&mut crowded).is_pending());
        look_up(&lookups, "modest", "quick.test").await.unwrap();
        drop(let_go);
        crowded.await.unwrap();
    }

    #[tokio::test]
    async fn all_look_ups_together_are_so_many_and_places_come_back() {
        let (lookups, let_go, _) = slow();
        for at in 0..lookups.threads_max {
            let greedy = format!("greedy{}", at / lookups.places.of_plugin_max()).into();
            drop(lookups.begin(&greedy, &format!("slow{at}.test")).await.unwrap());
        }
        let mut crowded = Box::pin(look_up(&lookups, "modest", "quick.test"));
        assert!(futures::poll!(&mut crowded).is_pending());
        drop(let_go);
        crowded.await.unwrap();
        lookups.places.until_free(lookups.threads_max).await;
        assert!(lookups.known().under_way.is_empty());
    }

    #[test]
    fn what_the_c_library_says_for_want_of_descriptors_is_no_word_about_the_name() {
        let error = io::Error::from(rustix::io::Errno::MFILE);
        assert!(matches!(found("a.test", Err(error)), Err(Failed::Short(_))));
        let error = io::Error::other("failed to lookup address information: Name or service not known");
        assert!(matches!(found("a.test", Err(error)), Err(Failed::NotFound(_))));
        let error =
            io::Error::other("failed to lookup address information: Temporary failure in name resolution");
        assert!(matches!(found("a.test", Err(error)), Err(Failed::Unanswered(_))));
    }
}
