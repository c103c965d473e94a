use super::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What the server answers to what is sent at once, its codes alone.
async fn codes(sink: &MailSink, sent: &str) -> Vec<String> {
    let mut stream = TcpStream::connect(sink.address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    let last = said.lines().filter(|line| line.as_bytes().get(3) == Some(&b' '));
    last.map(|line| line[..3].to_owned()).collect()
}

const MAIL: &str = "EHLO here\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n\
    From: a@example.com\r\nTo: b@example.com\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\nSubject: Hello\r\n\
    Message-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n\r\n..dot\r\n.\r\nQUIT\r\n";

/// protocols/email.md, section 1.
#[tokio::test]
async fn a_mail_is_taken_with_its_dots_unstuffed() {
    let sink = MailSink::start().await.unwrap();
    assert_eq!(codes(&sink, MAIL).await, ["220", "250", "250", "250", "354", "250", "221"]);
    let taken = sink.taken().remove(0);
    assert_eq!(
        (taken.from.as_str(), taken.to.as_slice()),
        ("a@example.com", &["b@example.com".to_owned()][..])
    );
    assert!(taken.text.ends_with("\r\n\r\n.dot\r\n"), "{}", taken.text);
    assert_eq!(taken.header("message-id").as_deref(), Some("<1@example.com>"));
    assert_eq!(sink.violations(), [""; 0]);
}

/// protocols/email.md, sections 1 and 2. As strict as a real one: each of these is refused there.
#[tokio::test]
async fn what_is_against_the_rules_is_refused_and_told() {
    for (sent, last, violation) in [
        ("MAIL FROM:<a@example.com>\r\n", "503", "before EHLO"),
        ("EHLO here\r\nRCPT TO:<b@example.com>\r\n", "503", "RCPT out of order"),
        ("EHLO here\r\nMAIL FROM:<a@example.com>\r\nDATA\r\n", "503", "DATA out of order"),
        ("EHLO here\n", "500", "CRLF"),
        (&MAIL.replace("..dot", &"x".repeat(1_200)).replace("QUIT\r\n", ""), "554", "998"),
        (&MAIL.replace("Message-ID", "X-Other").replace("QUIT\r\n", ""), "554", "without Message-ID"),
        (&MAIL.replace("..dot\r\n", "..dot\n").replace("QUIT\r\n", ""), "554", "CRLF"),
    ] {
        let sink = MailSink::start().await.unwrap();
        assert_eq!(codes(&sink, sent).await.last().map(String::as_str), Some(last), "{sent:?}");
        assert!(sink.violations().concat().contains(violation), "{sent:?}: {:?}", sink.violations());
        assert_eq!(sink.taken(), []);
    }
}

#[tokio::test]
async fn it_fails_as_it_is_told_to() {
    let sink = MailSink::start().await.unwrap();
    for (fault, said) in [
        (MailFault::Later, &["220", "250", "250", "451"][..]),
        (MailFault::NoSuchUser, &["220", "250", "250", "550"]),
        (MailFault::SilentAfterData, &["220", "250", "250", "250", "354"]),
        (MailFault::Away, &[]),
    ] {
        sink.fail(fault);
        let heard = codes(&sink, MAIL).await;
        assert_eq!(heard[..said.len()], *said, "{fault:?}");
    }
    assert_eq!(sink.taken().len(), 1, "the mail was taken although nobody heard of it");
}
