//! A small HTTP/1.1 server whose replies can break the protocol on purpose.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// The most a request body may hold; what is longer arrives cut, with `oversized` set.
pub(crate) const MAX_BODY: usize = 32 * 1024 * 1024;

/// A request as it arrived; header names are in lower case.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub oversized: bool,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub fn new(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: vec![("content-type".into(), content_type.into())], body: body.into() }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// What the network does to a reply.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Accept the request and never answer.
    Hang,
    /// Close after the request was read, before any byte of the reply.
    CloseBeforeHeaders,
    /// As above, but with a reset instead of a clean end.
    Reset,
    /// Send the headers and half of the body, then close.
    CloseMidBody,
    /// Announce this many bytes more than are sent, then close.
    WrongLength(usize),
    /// Wait before the headers.
    SlowHeaders(Duration),
    /// Send the body one byte at a time with this pause.
    SlowBody(Duration),
    /// A complete reply, after which the connection closes without having said so.
    CloseAfter,
}

/// A reply, and what becomes of it on the way.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub response: Response,
    pub fault: Option<Fault>,
}

impl From<Response> for Reply {
    fn from(response: Response) -> Self {
        Self { response, fault: None }
    }
}

/// A running server; dropping it ends it and its connections.
pub(crate) struct Server {
    pub url: String,
    accepting: JoinHandle<()>,
}

impl Server {
    #[expect(clippy::expect_used, reason = "a stand-in that cannot listen has nothing to offer a test")]
    pub(crate) async fn start(answer: impl Fn(Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("could not listen on 127.0.0.1");
        let url = format!("http://{}", listener.local_addr().expect("a bound listener has an address"));
        let answer = Arc::new(answer);
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let answer = Arc::clone(&answer);
                connections.spawn(async move {
                    // A peer that goes away mid-request is part of what is tested.
                    let _ = converse(stream, answer.as_ref()).await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Self { url, accepting }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn converse(stream: TcpStream, answer: &(impl Fn(Request) -> Reply + Sync)) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read_request(&mut stream).await? {
        let oversized = request.oversized;
        let reply = answer(request);
        if !send(stream.get_mut(), reply).await? || oversized {
            break;
        }
    }
    Ok(())
}

async fn read_request(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Request>> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace().map(str::to_owned);
    let (Some(method), Some(path)) = (words.next(), words.next()) else {
        return Ok(None);
    };
    let mut headers = Vec::new();
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut request = Request { method, path, headers, body: Vec::new(), oversized: false };
    let length: usize = request.header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0);
    request.oversized = length > MAX_BODY;
    request.body = vec![0; length.min(MAX_BODY)];
    stream.read_exact(&mut request.body).await?;
    Ok(Some(request))
}

/// Whether the connection may carry a further request.
async fn send(stream: &mut TcpStream, reply: Reply) -> std::io::Result<bool> {
    let Reply { response, fault } = reply;
    let mut head = format!("HTTP/1.1 {} -\r\n", response.status);
    for (name, value) in &response.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let extra = if let Some(Fault::WrongLength(extra)) = fault { extra } else { 0 };
    head.push_str(&format!("content-length: {}\r\n\r\n", response.body.len() + extra));
    match fault {
        Some(Fault::Hang) => std::future::pending().await,
        Some(Fault::CloseBeforeHeaders) => return Ok(false),
        Some(Fault::Reset) => {
            stream.set_zero_linger()?;
            return Ok(false);
        }
        Some(Fault::SlowHeaders(pause)) => tokio::time::sleep(pause).await,
        _ => {}
    }
    stream.write_all(head.as_bytes()).await?;
    match fault {
        Some(Fault::CloseMidBody) => {
            let (half, _) = response.body.split_at(response.body.len() / 2);
            stream.write_all(half).await?;
            return Ok(false);
        }
        Some(Fault::SlowBody(pause)) => {
            for byte in &response.body {
                stream.write_all(&[*byte]).await?;
                tokio::time::sleep(pause).await;
            }
        }
        _ => stream.write_all(&response.body).await?,
    }
    stream.flush().await?;
    Ok(!matches!(fault, Some(Fault::CloseAfter | Fault::WrongLength(_))))
}
