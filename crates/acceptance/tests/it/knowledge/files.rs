//! Files as hostile as they come, before the built program that reads them.

use crate::commands::program;
use anyhow::Result;
use studioconnect_acceptance::files::{archive, docx, locked_pdf, pdf, pdf_bomb};
use studioconnect_assistant::knowledge::extract::{Extracted, FileKind};
use studioconnect_assistant::knowledge::reading::{DocumentReader, NotRead};

async fn reader() -> Result<DocumentReader> {
    Ok(DocumentReader::new(&program().await?))
}

async fn refused(reader: &DocumentReader, bytes: &[u8]) -> Result<String> {
    match reader.read(bytes, None).await {
        Err(NotRead::Unreadable(reason)) => Ok(reason.0),
        other => anyhow::bail!("it was not refused: {other:?}"),
    }
}

fn lines(page: usize) -> Vec<String> {
    (0..40).map(|line| format!("Page {page}, line {line}: there is one more thing that we mend.")).collect()
}

/// Issue 4, bad input: a file that eats memory, one that never ends, a locked one, a broken one. Each has its reason, and the
/// program reads the next one.
#[tokio::test]
async fn a_file_that_would_bring_its_reader_down_is_refused_and_the_next_is_read() -> Result<()> {
    let reader = reader().await?;
    let told = refused(&reader, &pdf_bomb(100 << 20)?).await?;
    assert!(told.contains("unpacks to more") || told.contains("takes too long"), "{told}");
    let told = refused(&reader, &archive("word/document.xml", &vec![b' '; 80 << 20])?).await?;
    assert_eq!(told, "word/document.xml in it unpacks to more than 64 MB");
    let told = refused(&reader, &locked_pdf()?).await?;
    assert_eq!(told, "this PDF is protected by a password; save it without one");
    let deep = [
        b"%PDF-1.4\n1 0 obj\n".to_vec(),
        b"[".repeat(5_000_000),
        b"\nendobj\ntrailer << /Root 1 0 R >>".to_vec(),
    ];
    assert!(refused(&reader, &deep.concat()).await?.contains("broken"));
    let whole = pdf(&[lines(0)])?;
    let half = whole.get(..whole.len() / 2).unwrap_or_default();
    assert!(refused(&reader, half).await?.contains("broken"));
    assert_eq!(refused(&reader, b"").await?, "the file is empty");
    assert!(refused(&reader, &vec![b'a'; (10 << 20) + 1]).await?.contains("larger than 10 MB"));
    let Extracted { kind, text, .. } = reader.read(&whole, None).await?;
    assert_eq!((kind, text.lines().count()), (FileKind::Pdf, 40), "{text}");
    Ok(())
}

/// Issue 4, bad input: a PDF of 300 pages is read whole.
#[tokio::test]
async fn a_pdf_of_three_hundred_pages_is_read_from_the_first_to_the_last() -> Result<()> {
    let pages: Vec<_> = (0..300).map(lines).collect();
    let read = reader().await?.read(&pdf(&pages)?, None).await?;
    assert!(read.text.contains("Page 0, line 0:") && read.text.contains("Page 299, line 39:"));
    assert_eq!((read.note, read.text.matches("Page ").count()), (None, 12_000));
    Ok(())
}

/// Files are read two at a time, and few wait: a crowd is told to come again, and costs no more than that.
#[tokio::test]
async fn more_files_than_there_are_places_for_are_told_to_come_again() -> Result<()> {
    let reader = reader().await?;
    let file = docx("Prices", &["A check is $89."])?;
    let readings = (0..30).map(|_| reader.read(&file, None));
    let outcomes = futures_util::future::join_all(readings).await;
    let read = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let busy = outcomes.iter().filter(|outcome| matches!(outcome, Err(NotRead::Busy))).count();
    assert_eq!((read, busy), (10, 20));
    assert!(reader.read(&file, None).await.is_ok(), "there is room again");
    let nowhere = DocumentReader::new(std::path::Path::new("/nowhere/studioconnect"));
    assert!(matches!(nowhere.read(&file, None).await, Err(NotRead::Setup(_))));
    Ok(())
}
