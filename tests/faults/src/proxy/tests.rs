//! The proxy between a client and a server that repeats what it hears.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

use super::{Proxy, Upstream};

/// A server that sends back what it gets, and the way to it.
async fn echo() -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            });
        }
    });
    Proxy::start(Upstream::Port(port)).await.unwrap()
}

async fn connect(proxy: &Proxy) -> TcpStream {
    TcpStream::connect(("127.0.0.1", proxy.port())).await.unwrap()
}

/// Says a byte and hears it back.
async fn heard(stream: &mut TcpStream) -> std::io::Result<u8> {
    stream.write_u8(7).await?;
    stream.read_u8().await
}

#[tokio::test]
async fn what_is_said_passes() {
    let proxy = echo().await;
    assert_eq!(heard(&mut connect(&proxy).await).await.unwrap(), 7);
}

#[tokio::test]
async fn a_cut_ends_the_connections_there_are_and_lets_new_ones_through() {
    let proxy = echo().await;
    let mut before = connect(&proxy).await;
    heard(&mut before).await.unwrap();
    proxy.cut();
    assert!(heard(&mut before).await.is_err());
    assert_eq!(heard(&mut connect(&proxy).await).await.unwrap(), 7);
}

#[tokio::test]
async fn a_stalled_connection_stays_open_and_brings_all_once_it_clears_up() {
    let proxy = echo().await;
    let mut stream = connect(&proxy).await;
    heard(&mut stream).await.unwrap();
    proxy.stall();
    stream.write_u8(8).await.unwrap();
    assert!(timeout(Duration::from_millis(100), stream.read_u8()).await.is_err());
    proxy.clear_up();
    assert_eq!(stream.read_u8().await.unwrap(), 8);
}

#[tokio::test]
async fn a_slow_connection_takes_its_time() {
    let proxy = echo().await;
    let mut stream = connect(&proxy).await;
    proxy.slow_down(Duration::from_millis(40));
    let before = Instant::now();
    heard(&mut stream).await.unwrap();
    assert!(before.elapsed() >= Duration::from_millis(80));
}
