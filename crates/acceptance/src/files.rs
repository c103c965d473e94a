//! Files as people send them, made here: of a kind, with these words, as harmless or as hostile as a test wants.

use anyhow::Result;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A PDF with a page for each list of lines.
pub fn pdf(pages: &[Vec<String>]) -> Result<Vec<u8>> {
    let contents = pages.iter().map(|lines| {
        let mut content = "BT /F1 12 Tf 14 TL 72 720 Td ".to_owned();
        for line in lines {
            write!(content, "({line}) Tj T* ")?;
        }
        packed(format!("{content}ET").as_bytes())
    });
    pdf_of(&contents.collect::<Result<Vec<_>>>()?, "")
}

/// One of a page with so much to it, packed small.
pub fn pdf_bomb(bytes: usize) -> Result<Vec<u8>> {
    pdf_of(&[packed(&b"(x) Tj ".repeat(bytes / 7))?], "")
}

/// One that says it is locked with a password.
pub fn locked_pdf() -> Result<Vec<u8>> {
    let (owner, user) = ("o".repeat(32), "u".repeat(32));
    let locked =
        format!("/Encrypt << /Filter /Standard /V 1 /R 2 /O ({owner}) /U ({user}) /P -4 >> /ID [(a) (a)] ");
    pdf_of(&[packed(b"BT ET")?], &locked)
}

fn packed(content: &[u8]) -> Result<Vec<u8>> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(content)?;
    Ok(packer.finish()?)
}

fn pdf_of(contents: &[Vec<u8>], trailer: &str) -> Result<Vec<u8>> {
    let kids = (0..contents.len()).fold(String::new(), |mut kids, at| {
        let _ = write!(kids, "{} 0 R ", 4 + 2 * at);
        kids
    });
    let mut objects = vec![
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        format!(
            "<< /Type /Pages /Kids [{kids}] /Count {} /MediaBox [0 0 612 792] /Resources << /Font << /F1 3 0 R >> >> >>",
            contents.len()
        )
        .into_bytes(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
    ];
    for (at, content) in contents.iter().enumerate() {
        objects.push(format!("<< /Type /Page /Parent 2 0 R /Contents {} 0 R >>", 5 + 2 * at).into_bytes());
        let head = format!("<< /Filter /FlateDecode /Length {} >>\nstream\n", content.len());
        objects.push([head.as_bytes(), content, b"\nendstream"].concat());
    }
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (at, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", file.len())?;
        file.extend([format!("{} 0 obj\n", at + 1).as_bytes(), object, b"\nendobj\n"].concat());
    }
    let size = objects.len() + 1;
    let end =
        format!("{table}trailer << /Size {size} /Root 1 0 R {trailer}>>\nstartxref\n{}\n%%EOF", file.len());
    file.extend(end.as_bytes());
    Ok(file)
}

/// A text of a word processor: a heading and its paragraphs.
pub fn docx(heading: &str, paragraphs: &[&str]) -> Result<Vec<u8>> {
    let mut text =
        format!("<w:p><w:pPr><w:pStyle w:val=\"Heading1\"/></w:pPr><w:r><w:t>{heading}</w:t></w:r></w:p>");
    for paragraph in paragraphs {
        write!(text, "<w:p><w:r><w:t>{paragraph}</w:t></w:r></w:p>")?;
    }
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><w:document xmlns:w=\"x\"><w:body>";
    archive("word/document.xml", format!("{head}{text}</w:body></w:document>").as_bytes())
}

/// An archive with one file in it.
pub fn archive(name: &str, content: &[u8]) -> Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, SimpleFileOptions::default())?;
    archive.write_all(content)?;
    Ok(archive.finish()?.into_inner())
}
