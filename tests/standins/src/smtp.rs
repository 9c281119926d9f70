//! A mail relay that keeps what it is given: plain SMTP with AUTH, and a reply of your choice per recipient.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::shared::lock;

/// A mail that was accepted.
#[derive(Debug, Clone)]
pub struct Mail {
    pub from: String,
    pub to: Vec<String>,
    /// Headers and body as sent, lines ended by `\n`.
    pub data: String,
}

pub struct SmtpStandIn {
    port: u16,
    shared: Arc<Mutex<State>>,
    arrivals: watch::Receiver<usize>,
    accepting: JoinHandle<()>,
}

struct State {
    recipients: HashMap<String, String>,
    logins_refused: bool,
    journal: Vec<Mail>,
    arrivals: watch::Sender<usize>,
}

impl SmtpStandIn {
    #[expect(clippy::expect_used, reason = "a stand-in that cannot listen has nothing to offer a test")]
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("could not listen on 127.0.0.1");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let (sender, arrivals) = watch::channel(0);
        let state = State {
            recipients: HashMap::new(),
            logins_refused: false,
            journal: Vec::new(),
            arrivals: sender,
        };
        let shared = Arc::new(Mutex::new(state));
        let handling = Arc::clone(&shared);
        let accepting = tokio::spawn(async move {
            let mut sessions = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let shared = Arc::clone(&handling);
                sessions.spawn(async move {
                    // A client that hangs up ends its session.
                    let _ = session(stream, &shared).await;
                });
                while sessions.try_join_next().is_some() {}
            }
        });
        Self { port, shared, arrivals, accepting }
    }

    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers this recipient with a line such as `451 try again later` or `550 no such user`.
    pub fn answer_recipient(&self, address: &str, line: &str) {
        lock(&self.shared).recipients.insert(address.to_owned(), line.to_owned());
    }

    /// From now on every login is answered with 535.
    pub fn refuse_logins(&self) {
        lock(&self.shared).logins_refused = true;
    }

    /// The mails that were accepted, oldest first.
    pub fn journal(&self) -> Vec<Mail> {
        lock(&self.shared).journal.clone()
    }

    /// Returns once this many mails have been accepted since the start.
    pub async fn arrived(&self, mails: usize) {
        // The sender lives in `shared`, so the channel cannot close while `self` exists.
        let _ = self.arrivals.clone().wait_for(|seen| *seen >= mails).await;
    }
}

impl Drop for SmtpStandIn {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn session(stream: TcpStream, shared: &Mutex<State>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    say(&mut stream, "220 standin ESMTP").await?;
    let mut mail = Mail { from: String::new(), to: Vec::new(), data: String::new() };
    let mut line = String::new();
    while read_line(&mut stream, &mut line).await? {
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let reply = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => "250-standin\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN".to_owned(),
            "HELO" | "NOOP" => "250 ok".into(),
            "AUTH" => {
                login(&mut stream, rest).await?;
                let refused = lock(shared).logins_refused;
                if refused { "535 5.7.8 bad credentials".into() } else { "235 ok".into() }
            }
            "MAIL" => {
                mail = Mail { from: address(rest), to: Vec::new(), data: String::new() };
                "250 ok".into()
            }
            "RCPT" => {
                let to = address(rest);
                let reply = lock(shared).recipients.get(&to).cloned().unwrap_or_else(|| "250 ok".into());
                if reply.starts_with('2') {
                    mail.to.push(to);
                }
                reply
            }
            "DATA" if mail.to.is_empty() => "554 no valid recipients".into(),
            "DATA" => {
                say(&mut stream, "354 end with a dot").await?;
                mail.data = data(&mut stream).await?;
                let mut state = lock(shared);
                state.journal.push(mail.clone());
                state.arrivals.send_replace(state.journal.len());
                "250 queued".into()
            }
            "RSET" => {
                mail.to.clear();
                "250 ok".into()
            }
            "QUIT" => return say(&mut stream, "221 bye").await,
            _ => "502 not implemented".into(),
        };
        say(&mut stream, &reply).await?;
    }
    Ok(())
}

/// Reads the credentials that the mechanism asks for, and forgets them.
async fn login(stream: &mut BufReader<TcpStream>, rest: &str) -> std::io::Result<()> {
    let (mechanism, initial) = rest.split_once(' ').unwrap_or((rest, ""));
    let expected = if mechanism.eq_ignore_ascii_case("LOGIN") { 2 } else { 1 };
    let mut line = String::new();
    for _ in usize::from(!initial.is_empty())..expected {
        say(stream, "334 ").await?;
        read_line(stream, &mut line).await?;
    }
    Ok(())
}

fn address(rest: &str) -> String {
    let inside = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inside, _)| inside);
    inside.unwrap_or(rest).to_owned()
}

async fn data(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let (mut data, mut line) = (String::new(), String::new());
    while read_line(stream, &mut line).await? && line != "." {
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
        data.push('\n');
    }
    Ok(data)
}

async fn read_line(stream: &mut BufReader<TcpStream>, line: &mut String) -> std::io::Result<bool> {
    line.clear();
    let read = stream.read_line(line).await?;
    line.truncate(line.trim_end_matches(['\r', '\n']).len());
    Ok(read > 0)
}

async fn say(stream: &mut BufReader<TcpStream>, reply: &str) -> std::io::Result<()> {
    stream.get_mut().write_all(format!("{reply}\r\n").as_bytes()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says the lines one by one and returns the first three characters of each last reply line.
    async fn converse(standin: &SmtpStandIn, lines: &[&str]) -> Vec<String> {
        let stream = TcpStream::connect((standin.host(), standin.port())).await.expect("a connection");
        let mut stream = BufReader::new(stream);
        let mut codes = Vec::new();
        let mut reply = String::new();
        for line in std::iter::once(&"").chain(lines) {
            if !line.is_empty() {
                say(&mut stream, line).await.expect("sent");
            }
            while read_line(&mut stream, &mut reply).await.expect("a reply")
                && reply.chars().nth(3) == Some('-')
            {}
            codes.push(reply[..3].to_owned());
        }
        codes
    }

    #[tokio::test]
    async fn a_mail_is_kept_for_the_recipients_that_were_accepted() {
        let standin = SmtpStandIn::start().await;
        standin.answer_recipient("full@x.example", "451 try again later");
        standin.answer_recipient("gone@x.example", "550 no such user");
        let lines = [
            "EHLO me",
            "AUTH PLAIN AHVzZXIAcGFzcw==",
            "MAIL FROM:<a@x.example>",
            "RCPT TO:<full@x.example>",
            "RCPT TO:<gone@x.example>",
            "RCPT TO:<b@x.example>",
            "DATA",
            "Subject: hi\r\n\r\n..dot\r\n.",
            "QUIT",
        ];
        let codes = converse(&standin, &lines).await;
        assert_eq!(codes, ["220", "250", "235", "250", "451", "550", "250", "354", "250", "221"]);
        let mail = standin.journal().remove(0);
        assert_eq!((mail.from.as_str(), mail.to), ("a@x.example", vec!["b@x.example".to_owned()]));
        assert_eq!(mail.data, "Subject: hi\n\n.dot\n");
    }

    #[tokio::test]
    async fn logins_are_refused_on_request() {
        let standin = SmtpStandIn::start().await;
        standin.refuse_logins();
        assert_eq!(
            converse(&standin, &["EHLO me", "AUTH LOGIN", "dQ==", "cA=="]).await.last().expect("a code"),
            "535"
        );
    }

    #[tokio::test]
    async fn a_mail_without_recipients_is_refused() {
        let standin = SmtpStandIn::start().await;
        let codes = converse(&standin, &["EHLO me", "MAIL FROM:<a@x.example>", "DATA"]).await;
        assert_eq!(codes.last().expect("a code"), "554");
        assert!(standin.journal().is_empty());
    }
}
