//! A server of HTTP/2 from the first byte, with trailers.

use std::net::{Ipv4Addr, SocketAddr};

use ::http::{HeaderMap, Request, Response};
use tokio::net::TcpListener;

/// `answer` gives the body and what comes behind it.
pub(crate) async fn http2_server<A>(answer: A) -> SocketAddr
where
    A: Fn(&Request<h2::RecvStream>) -> (String, HeaderMap) + Clone + Send + 'static,
{
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let Ok(mut connection) = h2::server::handshake(stream).await else { return };
                while let Some(Ok((request, mut asked))) = connection.accept().await {
                    let (said, trailers) = answer(&request);
                    let mut body = asked.send_response(Response::new(()), false).unwrap();
                    body.send_data(said.into(), false).unwrap();
                    body.send_trailers(trailers).unwrap();
                }
            });
        }
    });
    address
}
