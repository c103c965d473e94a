//! Mail out: through a mail server, or into files when there is none.

use crate::secret::Secret;
use lettre::message::header::{self, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::transport::smtp::response::Response;
use lettre::{AsyncTransport as _, Message, Tokio1Executor};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use uuid::Uuid;

/// A server that takes longer has not taken the mail.
const LIMIT: Duration = Duration::from_secs(20);

/// One mail to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// In plain text.
    pub text: String,
    /// The same with markup; none sends the text alone.
    pub html: Option<String>,
    /// Where an answer goes; none is to the sender.
    pub reply_to: Option<String>,
    /// Mail programs show it ahead of others.
    pub is_urgent: bool,
    /// What it is known by everywhere: sent again, it is the same mail. None is a new one.
    pub id: Option<Uuid>,
    /// What it is about: mails about one thing stand together.
    pub thread: Option<Uuid>,
}

impl Mail {
    /// A mail in plain text.
    pub fn new(to: impl Into<String>, subject: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            to: to.into(),
            subject: subject.into(),
            text: text.into(),
            html: None,
            reply_to: None,
            is_urgent: false,
            id: None,
            thread: None,
        }
    }
}

/// Why a mail was not sent.
#[derive(Debug, Error)]
pub enum MailFault {
    /// An address or a header that cannot be.
    #[error("the mail cannot be written: {0}")]
    Unwritable(String),
    /// The folder cannot be written to.
    #[error("the mail cannot be kept as a file")]
    File(#[source] std::io::Error),
    /// The server will never take it (RFC 5321, 4.2.1: 5yz).
    #[error("the mail server refused it: {0}")]
    Refused(String),
    /// The server did not take it now.
    #[error("the mail server did not take it: {0}")]
    Server(String),
    /// The server did not answer.
    #[error("the mail server did not answer within {} s", LIMIT.as_secs())]
    Late,
}

impl MailFault {
    /// Whether trying again later is of no use: an address that cannot be, or that the server will never take.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Unwritable(_) | Self::Refused(_) => true,
            Self::File(_) | Self::Server(_) | Self::Late => false,
        }
    }
}

/// Sends mail. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer {
    from: Mailbox,
    way: Way,
}

#[derive(Clone, Debug)]
enum Way {
    Files(Arc<PathBuf>),
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
}

impl Mailer {
    /// Writes each mail as an `.eml` file into a folder.
    pub fn to_files(from: &str, folder: PathBuf) -> Result<Self, MailFault> {
        Ok(Self { from: mailbox(from)?, way: Way::Files(Arc::new(folder)) })
    }

    /// Hands each mail to a server: `smtp://user:password@host:port`, `smtps://…`.
    pub fn to_server(from: &str, url: &Secret) -> Result<Self, MailFault> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose())
            .map_err(|fault| MailFault::Unwritable(fault.to_string()))?
            .timeout(Some(LIMIT))
            .build();
        Ok(Self { from: mailbox(from)?, way: Way::Smtp(transport) })
    }

    /// Sends a mail; returns what whoever took it said.
    pub async fn send(&self, mail: &Mail) -> Result<String, MailFault> {
        let message = self.message(mail)?;
        match &self.way {
            Way::Files(folder) => {
                let name = mail.id.unwrap_or_else(Uuid::now_v7);
                keep(folder, name, &message.formatted()).await.map_err(MailFault::File)?;
                Ok(format!("kept as {name}.eml"))
            }
            Way::Smtp(transport) => match tokio::time::timeout(LIMIT, transport.send(message)).await {
                Ok(Ok(answer)) => Ok(said(&answer)),
                // A refused sign-in is mended by whoever runs the installation; the mail waits for it.
                Ok(Err(fault)) if fault.is_permanent() && !is_sign_in(&fault) => {
                    Err(MailFault::Refused(fault.to_string()))
                }
                Ok(Err(fault)) => Err(MailFault::Server(fault.to_string())),
                Err(_) => Err(MailFault::Late),
            },
        }
    }

    /// The name of a mail for all the world: its id at the domain it is sent from (RFC 5322, 3.6.4).
    fn name_of(&self, id: Uuid) -> String {
        format!("<{id}@{}>", self.from.email.domain())
    }

    fn message(&self, mail: &Mail) -> Result<Message, MailFault> {
        let unwritable = |fault: lettre::error::Error| MailFault::Unwritable(fault.to_string());
        // A line break in a subject would begin a header of its own.
        let subject: String = mail.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let id = self.name_of(mail.id.unwrap_or_else(Uuid::now_v7));
        let mut builder = Message::builder()
            .from(self.from.clone())
            .to(mailbox(&mail.to)?)
            .subject(subject)
            .message_id(Some(id));
        if let Some(thread) = mail.thread {
            // Nobody has sent the mail of this name; programs put together what names the same one.
            let first = self.name_of(thread);
            builder = builder.in_reply_to(first.clone()).references(first);
        }
        // So that no machine answers (RFC 3834, section 5; the second for Exchange).
        for (name, value) in [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")] {
            let name = HeaderName::new_from_ascii_str(name);
            builder = builder.raw_header(HeaderValue::new(name, value.to_owned()));
        }
        if let Some(reply_to) = &mail.reply_to {
            builder = builder.reply_to(mailbox(reply_to)?);
        }
        if mail.is_urgent {
            // Most programs show the first; RFC 2156, section 5.3.6 knows the second.
            for (name, value) in [("X-Priority", "1"), ("Priority", "urgent")] {
                let name = HeaderName::new_from_ascii_str(name);
                builder = builder.raw_header(HeaderValue::new(name, value.to_owned()));
            }
        }
        match &mail.html {
            Some(html) => builder
                .multipart(MultiPart::alternative_plain_html(mail.text.clone(), html.clone()))
                .map_err(unwritable),
            // Without the version a reader may take the text for ASCII (RFC 2045, section 4).
            None => builder
                .header(header::MIME_VERSION_1_0)
                .header(ContentType::TEXT_PLAIN)
                .body(mail.text.clone())
                .map_err(unwritable),
        }
    }
}

/// The server's words, its lines in one.
fn said(answer: &Response) -> String {
    let lines: Vec<&str> = answer.message().collect();
    format!("{} {}", answer.code(), lines.join(" "))
}

/// Codes about who we are and not about the mail (RFC 4954, section 6).
fn is_sign_in(fault: &lettre::transport::smtp::Error) -> bool {
    fault.status().is_some_and(|code| ["530", "534", "535", "538"].contains(&code.to_string().as_str()))
}

fn mailbox(address: &str) -> Result<Mailbox, MailFault> {
    address.parse().map_err(|_| MailFault::Unwritable(format!("{address:?} is no mail address")))
}

/// Written under another name first, so that whoever watches the folder never reads half a mail.
async fn keep(folder: &std::path::Path, name: Uuid, bytes: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let draft = folder.join(format!("{name}.tmp"));
    tokio::fs::write(&draft, bytes).await?;
    tokio::fs::rename(&draft, folder.join(format!("{name}.eml"))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_a_server_mails_are_files_that_any_mail_program_opens() {
        let folder = tempfile::tempdir().unwrap();
        let mailer =
            Mailer::to_files("StudioConnect <desk@example.com>", folder.path().join("mail")).unwrap();
        let mail = Mail::new("dana@example.com", "Hello\r\nBcc: all@example.com", "Grüße\n");
        mailer.send(&mail).await.unwrap();
        let files: Vec<_> =
            std::fs::read_dir(folder.path().join("mail")).unwrap().map(Result::unwrap).collect();
        assert_eq!(files.len(), 1);
        let text = std::fs::read_to_string(files[0].path()).unwrap();
        assert!(
            files[0].path().extension().unwrap() == "eml" && text.contains("To: dana@example.com"),
            "{text}"
        );
        assert!(!text.lines().any(|line| line.starts_with("Bcc:")), "{text}");
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        assert!(Mailer::to_files("nobody", PathBuf::new()).is_err());
    }
}
