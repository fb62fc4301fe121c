//! XML documents: elements with attributes and texts, escaped.

use std::{borrow::Cow, io};

use quick_xml::{
    Writer,
    events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event},
};

/// A document that is being written.
pub(super) struct Document<W: io::Write> {
    writer: Writer<W>,
    open: Vec<&'static str>,
}

impl<W: io::Write> Document<W> {
    /// Starts a document.
    pub(super) fn new(inner: W) -> io::Result<Self> {
        let mut writer = Writer::new_with_indent(inner, b' ', 1);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        Ok(Self { writer, open: Vec::new() })
    }

    /// Opens an element.
    pub(super) fn open(&mut self, name: &'static str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.writer.write_event(Event::Start(element(name, attributes)))?;
        self.open.push(name);
        Ok(())
    }

    /// Writes an element without content.
    pub(super) fn empty(&mut self, name: &'static str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.writer.write_event(Event::Empty(element(name, attributes)))
    }

    /// Writes an element with a text.
    pub(super) fn text(
        &mut self,
        name: &'static str,
        attributes: &[(&str, &str)],
        text: &str,
    ) -> io::Result<()> {
        self.writer.write_event(Event::Start(element(name, attributes)))?;
        self.writer.write_event(Event::Text(BytesText::new(&allowed(text))))?;
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }

    /// Closes the element that was opened last.
    pub(super) fn close(&mut self) -> io::Result<()> {
        match self.open.pop() {
            Some(name) => self.writer.write_event(Event::End(BytesEnd::new(name))),
            None => Ok(()),
        }
    }

    /// Closes every element, and ends the document with a line break.
    pub(super) fn finish(mut self) -> io::Result<()> {
        while !self.open.is_empty() {
            self.close()?;
        }
        self.writer.get_mut().write_all(b"\n")
    }
}

fn element(name: &'static str, attributes: &[(&str, &str)]) -> BytesStart<'static> {
    let mut element = BytesStart::new(name);
    for (name, value) in attributes {
        element.push_attribute((*name, &*allowed(value)));
    }
    element
}

/// Replaces the characters that XML 1.0 cannot contain, not even escaped.
fn allowed(text: &str) -> Cow<'_, str> {
    let is_forbidden =
        |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(is_forbidden) { text.replace(is_forbidden, "\u{fffd}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_attributes_are_escaped_and_control_characters_replaced() {
        let mut written = Vec::new();
        let mut document = Document::new(&mut written).expect("memory");
        document.open("a", &[("b", "<\"&\u{1}>")]).expect("memory");
        document.text("c", &[], "]]></c>&\u{b}").expect("memory");
        document.finish().expect("memory");
        let text = String::from_utf8(written).expect("UTF-8");
        assert!(text.contains("b=\"&lt;&quot;&amp;\u{fffd}&gt;\""), "{text}");
        assert!(text.contains("<c>]]&gt;&lt;/c&gt;&amp;\u{fffd}</c>"), "{text}");
    }
}
