//! One connection: command by command.

use super::{Kept, MailFault, Taken};
use std::sync::{Arc, PoisonError};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// Longest line with its end (RFC 5321, 4.5.3.1.6), and longest mail.
const LINE: usize = 1_000;
const MAIL: usize = 10 * 1024 * 1024;
/// Headers that a mail cannot be without here: those of RFC 5322, 3.6, and what protocols/email.md asks of every mail.
const HEADERS: [&str; 6] = ["From", "To", "Date", "Subject", "Message-ID", "MIME-Version"];

struct Dialogue {
    kept: Arc<Kept>,
    told: watch::Sender<usize>,
    has_greeted: bool,
    from: Option<String>,
    to: Vec<String>,
}

/// What follows a command.
enum Answer {
    Say(&'static str),
    Data,
    Bye,
    Break,
}

pub(super) async fn talk(stream: TcpStream, kept: Arc<Kept>, told: watch::Sender<usize>) {
    let _ = stream.set_nodelay(true);
    let (reading, mut writing) = stream.into_split();
    let mut lines = BufReader::new(reading);
    let mut dialogue = Dialogue { kept, told, has_greeted: false, from: None, to: Vec::new() };
    if dialogue.fault() == MailFault::Away
        || writing.write_all(b"220 sink.example.com ESMTP\r\n").await.is_err()
    {
        return;
    }
    while let Some(line) = read_line(&mut lines).await {
        let answer = match line {
            Ok(line) => dialogue.command(&line),
            Err(why) => {
                dialogue.violate(why);
                Answer::Say("500 5.5.2 a line is malformed")
            }
        };
        let said = match answer {
            Answer::Say(words) => words,
            Answer::Bye => {
                let _ = writing.write_all(b"221 2.0.0 bye\r\n").await;
                return;
            }
            Answer::Break => return,
            Answer::Data => {
                if writing.write_all(b"354 go on\r\n").await.is_err() {
                    return;
                }
                let Some(text) = read_mail(&mut lines).await else { return };
                match dialogue.take(text) {
                    Answer::Say(words) => words,
                    _ => return,
                }
            }
        };
        if writing.write_all(format!("{said}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

impl Dialogue {
    fn fault(&self) -> MailFault {
        *self.kept.fault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn violate(&self, why: &str) {
        self.kept.violations.lock().unwrap_or_else(PoisonError::into_inner).push(why.to_owned());
    }

    fn out_of_order(&self, command: &str) -> Answer {
        self.violate(&format!("{command} out of order"));
        Answer::Say("503 5.5.1 bad sequence of commands")
    }

    fn command(&mut self, line: &str) -> Answer {
        let upper = line.to_ascii_uppercase();
        let is = |word: &str| upper == word || upper.starts_with(&format!("{word} "));
        if is("EHLO") || is("HELO") {
            if line.split(' ').nth(1).is_none_or(str::is_empty) {
                return Answer::Say("501 5.5.4 who are you?");
            }
            self.has_greeted = true;
            return Answer::Say(
                "250-sink.example.com\r\n250-8BITMIME\r\n250-PIPELINING\r\n250 SIZE 10485760",
            );
        }
        if is("QUIT") {
            return Answer::Bye;
        }
        if is("NOOP") {
            return Answer::Say("250 2.0.0 ok");
        }
        if is("RSET") {
            (self.from, self.to) = (None, Vec::new());
            return Answer::Say("250 2.0.0 ok");
        }
        if !self.has_greeted {
            return self.out_of_order("a command before EHLO");
        }
        if upper.starts_with("MAIL FROM:") {
            if self.from.is_some() {
                return self.out_of_order("MAIL");
            }
            self.from = Some(path(line));
            return Answer::Say("250 2.1.0 ok");
        }
        if upper.starts_with("RCPT TO:") {
            if self.from.is_none() {
                return self.out_of_order("RCPT");
            }
            return match self.fault() {
                MailFault::Later => Answer::Say("451 4.7.1 try again later"),
                MailFault::NoSuchUser => Answer::Say("550 5.1.1 no such user"),
                MailFault::Away => Answer::Break,
                MailFault::None | MailFault::SilentAfterData => {
                    self.to.push(path(line));
                    Answer::Say("250 2.1.5 ok")
                }
            };
        }
        if is("DATA") {
            return if self.to.is_empty() { self.out_of_order("DATA") } else { Answer::Data };
        }
        Answer::Say("502 5.5.1 not known here")
    }

    fn take(&mut self, text: Result<String, &'static str>) -> Answer {
        let (from, to) = (self.from.take().unwrap_or_default(), std::mem::take(&mut self.to));
        let text = match text {
            Ok(text) => text,
            Err(why) => {
                self.violate(why);
                return Answer::Say("554 5.6.0 the mail is malformed");
            }
        };
        let taken = Taken { from, to, text };
        for header in HEADERS {
            if taken.header(header).is_none() {
                self.violate(&format!("a mail without {header}"));
                return Answer::Say("554 5.6.0 a header is missing");
            }
        }
        let count = {
            let mut all = self.kept.taken.lock().unwrap_or_else(PoisonError::into_inner);
            all.push(taken);
            all.len()
        };
        self.told.send_replace(count);
        if self.fault() == MailFault::SilentAfterData {
            return Answer::Break;
        }
        Answer::Say("250 2.0.0 queued")
    }
}

/// The address between angle brackets.
fn path(line: &str) -> String {
    let inner = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or_else(String::new, |(address, _)| address.to_owned())
}

/// A line without its end; none when the connection is over.
async fn read_line(
    lines: &mut (impl tokio::io::AsyncBufRead + Unpin),
) -> Option<Result<String, &'static str>> {
    let mut line = Vec::new();
    let read = lines.read_until(b'\n', &mut line).await.ok()?;
    if read == 0 {
        return None;
    }
    if line.len() > LINE {
        return Some(Err("a line of more than 998 octets"));
    }
    let Some(line) = line.strip_suffix(b"\r\n") else { return Some(Err("a line that does not end in CRLF")) };
    Some(String::from_utf8(line.to_vec()).map_err(|_| "a line that is no UTF-8"))
}

/// A mail to its lone dot; none when the connection broke off before.
async fn read_mail(
    lines: &mut (impl tokio::io::AsyncBufRead + Unpin),
) -> Option<Result<String, &'static str>> {
    let (mut text, mut wrong) = (String::new(), None);
    loop {
        match read_line(lines).await? {
            Ok(line) if line == "." => return Some(wrong.map_or(Ok(text), Err)),
            Ok(line) => {
                text.push_str(line.strip_prefix('.').unwrap_or(&line));
                text.push_str("\r\n");
            }
            Err(why) => wrong = Some(why),
        }
        if text.len() > MAIL {
            return None;
        }
    }
}
