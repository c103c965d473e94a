//! A TwiML document as a tree of elements.

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use super::Problem;

/// How deep elements may be nested: Response, Gather, Say and a few of SSML need six.
const MAX_DEPTH: usize = 16;

/// Elements in one document.
const MAX_ELEMENTS: usize = 2_000;

#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
    pub(crate) children: Vec<Node>,
}

#[derive(Debug)]
pub(crate) enum Node {
    Element(Element),
    Text(String),
}

impl Element {
    pub(crate) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The text in this element and those inside it, runs of white space made one space.
    pub(crate) fn text(&self) -> String {
        let mut words = String::new();
        self.collect_text(&mut words);
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn collect_text(&self, into: &mut String) {
        for node in &self.children {
            match node {
                Node::Text(text) => into.push_str(text),
                Node::Element(element) => element.collect_text(into),
            }
        }
    }

    fn push_text(&mut self, text: &str) {
        if let Some(Node::Text(last)) = self.children.last_mut() {
            last.push_str(text);
        } else {
            self.children.push(Node::Text(text.to_owned()));
        }
    }
}

/// The root element.
pub(crate) fn read(text: &str) -> Result<Element, Problem> {
    let mut reader = Reader::from_str(text);
    let mut tree = Tree::default();
    loop {
        let event = reader.read_event().map_err(|error| wrong(&error))?;
        match event {
            Event::Start(tag) => tree.open(&tag)?,
            Event::Empty(tag) => {
                tree.open(&tag)?;
                tree.close();
            }
            Event::End(_) => tree.close(),
            Event::Text(text) => tree.text(&text.xml10_content().map_err(|error| wrong(&error))?)?,
            Event::CData(text) => {
                tree.text(&text.xml10_content().map_err(|error| wrong(&error))?)?;
            }
            Event::GeneralRef(entity) => tree.text(&resolve(&entity)?)?,
            Event::DocType(_) => return Err(Problem::new("a document type is not allowed")),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => break,
        }
    }
    if !tree.open.is_empty() {
        return Err(Problem::new("the document ends inside an element"));
    }
    tree.root.ok_or_else(|| Problem::new("the document is empty"))
}

#[derive(Default)]
struct Tree {
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
}

impl Tree {
    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), Problem> {
        if self.root.is_some() {
            return Err(Problem::new("an element follows the root element"));
        }
        self.elements += 1;
        if self.open.len() >= MAX_DEPTH || self.elements > MAX_ELEMENTS {
            return Err(Problem::new("the document is nested too deep or too long"));
        }
        let name = std::str::from_utf8(tag.name().as_ref()).map_err(|error| wrong(&error))?.to_owned();
        let mut attributes = Vec::new();
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|error| wrong(&error))?;
            let key = std::str::from_utf8(attribute.key.as_ref()).map_err(|error| wrong(&error))?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| wrong(&error))?;
            attributes.push((key.to_owned(), value.into_owned()));
        }
        self.open.push(Element { name, attributes, children: Vec::new() });
        Ok(())
    }

    fn close(&mut self) {
        let Some(element) = self.open.pop() else {
            return;
        };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(Node::Element(element)),
            None => self.root = Some(element),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Problem> {
        match self.open.last_mut() {
            Some(element) => element.push_text(text),
            None if text.trim().trim_matches('\u{FEFF}').is_empty() => {}
            None => return Err(Problem::new("text outside the root element")),
        }
        Ok(())
    }
}

fn resolve(entity: &BytesRef<'_>) -> Result<String, Problem> {
    if let Some(character) = entity.resolve_char_ref().map_err(|error| wrong(&error))? {
        return Ok(character.to_string());
    }
    let name = entity.decode().map_err(|error| wrong(&error))?;
    resolve_predefined_entity(&name)
        .map(str::to_owned)
        .ok_or_else(|| Problem::new(format!("unknown entity &{name};")))
}

fn wrong(error: &dyn std::fmt::Display) -> Problem {
    Problem::new(format!("the XML cannot be parsed: {error}"))
}
