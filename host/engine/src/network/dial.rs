//! A TCP connection to one of several decided addresses: the first that answers. The next one is tried when the one
//! before has failed, or has not answered for a while, so that a dead address does not hide a living one.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::net::{TcpStream, UdpSocket};

use super::failure::{self, Problem};
use super::timeline::Timeline;
use crate::shortage::Shortage;

/// What RFC 8305 recommends between two attempts.
const STAGGER: Duration = Duration::from_millis(250);

pub(crate) async fn dial(timeline: &mut Timeline, addresses: &[SocketAddr]) -> Result<TcpStream, Problem> {
    timeline.connecting();
    let connected = match addresses {
        [only] => {
            // Noted also if it never answers.
            timeline.peer(*only);
            connect(*only).await
        }
        several => first_of(several).await,
    };
    let (peer, stream) = connected.map_err(|error| failure::of_io(&error, timeline.phase()))?;
    timeline.peer(peer);
    timeline.connected();
    Ok(stream)
}

async fn connect(address: SocketAddr) -> io::Result<(SocketAddr, TcpStream)> {
    let stream = TcpStream::connect(address).await?;
    // Whole messages are written, so nothing is gained by waiting for more.
    stream.set_nodelay(true)?;
    Ok((address, stream))
}

/// Fails once all have failed. A shortage of this machine is the error that counts, because then not all were tried;
/// otherwise it is the last one. Having no address of one family counts only if no other address was reached either.
async fn first_of(addresses: &[SocketAddr]) -> io::Result<(SocketAddr, TcpStream)> {
    let mut waiting = addresses.iter().copied();
    let mut attempts = FuturesUnordered::new();
    let mut why: Option<io::Error> = None;
    loop {
        let next = waiting.next();
        let more = next.is_some();
        attempts.extend(next.map(connect));
        tokio::select! {
            Some(ended) = attempts.next() => match ended {
                Ok(connected) => return Ok(connected),
                Err(error) => why = Some(match why.take() {
                    Some(before) => graver(before, error),
                    None => error,
                }),
            },
            () = tokio::time::sleep(STAGGER), if more => {}
            else => return Err(why.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into())),
        }
    }
}

fn graver(before: io::Error, error: io::Error) -> io::Error {
    let weight = |error: &io::Error| match Shortage::of(error) {
        Some(_) if Shortage::is_of_one_address(error) => 0,
        None => 1,
        Some(_) => 2,
    };
    if weight(&before) > weight(&error) { before } else { error }
}

/// A socket at a port that the system chose. Datagrams of other peers do not arrive.
pub(crate) async fn connected(address: SocketAddr) -> io::Result<UdpSocket> {
    let any = match address {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(address).await?;
    Ok(socket)
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::net::TcpListener;

    use super::*;

    /// A port at which nobody listens.
    async fn closed() -> SocketAddr {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap()
    }

    /// Listens, with a backlog that is full: whoever connects gets no answer.
    async fn mute() -> (TcpListener, Vec<TcpStream>, SocketAddr) {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let listener = socket.listen(1).unwrap();
        let address = listener.local_addr().unwrap();
        let mut held = Vec::new();
        while let Ok(stream) =
            tokio::time::timeout(Duration::from_millis(50), TcpStream::connect(address)).await
        {
            held.push(stream.unwrap());
        }
        (listener, held, address)
    }

    #[tokio::test]
    async fn a_refusing_and_a_mute_address_do_not_hide_a_living_one() {
        let living = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let (_listener, _held, mute) = mute().await;
        let mut timeline = Timeline::begin();
        let addresses = [closed().await, mute, living.local_addr().unwrap()];
        let stream = dial(&mut timeline, &addresses).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), living.local_addr().unwrap());
    }

    #[test]
    fn what_was_not_tried_for_want_of_descriptors_is_not_down_and_a_missing_family_is_no_excuse() {
        use rustix::io::Errno;
        let told_of = |a: Errno, b: Errno| graver(a.into(), b.into()).raw_os_error();
        let (refused, full, no_v6) = (Errno::CONNREFUSED, Errno::MFILE, Errno::ADDRNOTAVAIL);
        for (one, other, told) in [(refused, full, full), (refused, no_v6, refused), (full, no_v6, full)] {
            assert_eq!(told_of(one, other), Some(told.raw_os_error()), "{one} and {other}");
            assert_eq!(told_of(other, one), Some(told.raw_os_error()), "{other} and {one}");
        }
    }

    #[tokio::test]
    async fn all_addresses_refusing_is_refused() {
        let mut timeline = Timeline::begin();
        let problem = dial(&mut timeline, &[closed().await, closed().await]).await.unwrap_err();
        assert_eq!(problem.kind, crate::contract::transport::FailureKind::Refused);
    }
}
