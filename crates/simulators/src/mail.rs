//! A mail server on loopback that takes mails and keeps them, as strict as the ones out there (RFC 5321, RFC 5322;
//! protocols/email.md, sections 1 and 2). It refuses what they refuse: commands out of order, lines without CRLF or longer than
//! 998 octets, mails without what every mail has.

mod dialogue;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// `MAIL FROM`.
    pub from: String,
    /// `RCPT TO`, in order.
    pub to: Vec<String>,
    /// Headers and body, dots unstuffed.
    pub text: String,
}

impl Taken {
    /// The first header of a name, its lines in one; none when there is none.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ");
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MailFault {
    /// Nothing.
    #[default]
    None,
    /// Every recipient is refused for now (451).
    Later,
    /// Every recipient is refused for good (550).
    NoSuchUser,
    /// The mail is taken, and the connection breaks before anybody hears of it.
    SilentAfterData,
    /// Connections break at once.
    Away,
}

#[derive(Debug, Default)]
struct Kept {
    taken: Mutex<Vec<Taken>>,
    fault: Mutex<MailFault>,
    violations: Mutex<Vec<String>>,
}

/// A mail server.
#[derive(Debug)]
pub struct MailSink {
    address: SocketAddr,
    kept: Arc<Kept>,
    count: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl MailSink {
    /// Starts one on a free port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let kept = Arc::<Kept>::default();
        let (told, count) = watch::channel(0);
        let shared = Arc::clone(&kept);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(dialogue::talk(stream, Arc::clone(&shared), told.clone()));
            }
        });
        Ok(Self { address, kept, count, task })
    }

    /// `SMTP_URL` for it.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// What it has taken.
    pub fn taken(&self) -> Vec<Taken> {
        self.kept.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What clients did that they may not.
    pub fn violations(&self) -> Vec<String> {
        self.kept.violations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes what goes wrong.
    pub fn fail(&self, fault: MailFault) {
        *self.kept.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// Waits until it has taken so many.
    pub async fn has_taken(&self, count: usize) {
        // The sender lives as long as the server.
        let _ = self.count.clone().wait_for(|taken| *taken >= count).await;
    }
}

impl Drop for MailSink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[cfg(test)]
mod tests;
