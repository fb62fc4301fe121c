//! Templates of sentences: text with named placeholders, plural forms and optional groups.
//!
//! ```text
//! {name}              the value
//! {count:link|links}  a plural form, chosen by the value and the rule of the language
//! [name? text]        text that appears if the value is given and not empty
//! [count>1? a|b]      a if the value is above 1, else b; `=` compares for equality
//! ```
//!
//! Groups that follow each other directly form a list. The first shown group loses the comma or semicolon at its start,
//! unless the first group of the list begins with one, too.

/// A sentence of a language, with places for values.
#[derive(Clone, Debug, PartialEq)]
pub struct Template(Vec<TemplateNode>);

#[derive(Clone, Debug, PartialEq)]
enum TemplateNode {
    Text(String),
    Value(String),
    Plural(String, Vec<String>),
    Group { name: String, test: Test, shown: Vec<TemplateNode>, otherwise: Vec<TemplateNode> },
}

/// Condition of a group.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Given,
    Above(u64),
    Equal(String),
}

/// A template that does not follow the syntax.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("`{template}` is not a template: {reason}")]
pub struct TemplateError {
    template: String,
    reason: &'static str,
}

/// Values of placeholders, each with its name.
pub type Values<'a> = [(&'a str, String)];

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        TemplateParser { text }
            .nodes(false)
            .map(Self)
            .map_err(|reason| TemplateError { template: text.to_owned(), reason })
    }

    /// Returns a template without placeholders.
    pub(super) fn literal(text: &str) -> Self {
        Self(vec![TemplateNode::Text(text.to_owned())])
    }

    /// Returns the sentence; `form` returns the position of the plural form of a count.
    pub(super) fn fill(&self, values: &Values<'_>, form: fn(u64) -> usize) -> String {
        let mut sentence = String::new();
        fill(&self.0, values, form, &mut sentence);
        sentence
    }

    /// Returns the template with every piece of text replaced, and every placeholder kept.
    pub(super) fn map(&self, replace: &dyn Fn(&str) -> String) -> Self {
        Self(map(&self.0, replace))
    }

    /// Returns the template between two brackets.
    pub(super) fn bracketed(mut self) -> Self {
        self.0.insert(0, TemplateNode::Text("\u{27e6}".to_owned()));
        self.0.push(TemplateNode::Text("\u{27e7}".to_owned()));
        self
    }

    /// Returns the names of all placeholders.
    pub fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        collect_names(&self.0, &mut names);
        names
    }
}

fn collect_names<'a>(nodes: &'a [TemplateNode], names: &mut Vec<&'a str>) {
    for node in nodes {
        match node {
            TemplateNode::Text(_) => {}
            TemplateNode::Value(name) | TemplateNode::Plural(name, _) => names.push(name),
            TemplateNode::Group { name, shown, otherwise, .. } => {
                names.push(name);
                collect_names(shown, names);
                collect_names(otherwise, names);
            }
        }
    }
}

fn map(nodes: &[TemplateNode], replace: &dyn Fn(&str) -> String) -> Vec<TemplateNode> {
    let one = |node: &TemplateNode| match node {
        TemplateNode::Text(text) => TemplateNode::Text(replace(text)),
        TemplateNode::Value(name) => TemplateNode::Value(name.clone()),
        TemplateNode::Plural(name, forms) => {
            TemplateNode::Plural(name.clone(), forms.iter().map(|form| replace(form)).collect())
        }
        TemplateNode::Group { name, test, shown, otherwise } => TemplateNode::Group {
            name: name.clone(),
            test: test.clone(),
            shown: map(shown, replace),
            otherwise: map(otherwise, replace),
        },
    };
    nodes.iter().map(one).collect()
}

fn value<'a>(values: &'a Values<'_>, name: &str) -> &'a str {
    values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
}

/// Returns a displayed count as a number; separators of thousands are ignored.
fn count(value: &str) -> Option<u64> {
    value.replace(',', "").parse().ok()
}

fn fill(nodes: &[TemplateNode], values: &Values<'_>, form: fn(u64) -> usize, sentence: &mut String) {
    // State of a list of groups: true if it keeps its first separator, and true once a group of it has text.
    let mut list: Option<(bool, bool)> = None;
    for node in nodes {
        if !matches!(node, TemplateNode::Group { .. }) {
            list = None;
        }
        match node {
            TemplateNode::Text(text) => sentence.push_str(text),
            TemplateNode::Value(name) => sentence.push_str(value(values, name)),
            TemplateNode::Plural(name, forms) => {
                let position = count(value(values, name)).map_or(usize::MAX, form).min(forms.len() - 1);
                sentence.push_str(&forms[position]);
            }
            TemplateNode::Group { name, test, shown, otherwise } => {
                let nodes = if holds(test, value(values, name)) { shown } else { otherwise };
                let mut text = String::new();
                fill(nodes, values, form, &mut text);
                let (keeps_first, any) = list.unwrap_or((starts_with_separator(shown), false));
                let text = if keeps_first || any { &*text } else { without_separator(&text) };
                sentence.push_str(text);
                list = Some((keeps_first, any || !text.is_empty()));
            }
        }
    }
}

fn holds(test: &Test, value: &str) -> bool {
    match test {
        Test::Given => !value.is_empty(),
        Test::Above(least) => count(value).is_some_and(|count| count > *least),
        Test::Equal(other) => value == other,
    }
}

fn starts_with_separator(nodes: &[TemplateNode]) -> bool {
    matches!(nodes.first(), Some(TemplateNode::Text(text)) if without_separator(text) != text)
}

fn without_separator(text: &str) -> &str {
    text.strip_prefix("; ").or_else(|| text.strip_prefix(", ")).unwrap_or(text)
}

struct TemplateParser<'a> {
    text: &'a str,
}

impl<'a> TemplateParser<'a> {
    /// Reads nodes up to the end of the text, or up to the next `|` or `]` within a group.
    fn nodes(&mut self, in_group: bool) -> Result<Vec<TemplateNode>, &'static str> {
        let mut nodes = Vec::new();
        while let Some(first) = self.text.chars().next() {
            match first {
                '|' | ']' if in_group => break,
                '{' => nodes.push(self.placeholder()?),
                '[' => nodes.push(self.group()?),
                _ => {
                    let is_end = |c: char| matches!(c, '{' | '[') || in_group && matches!(c, '|' | ']');
                    // The first character is text, or the end of a group that never began.
                    let end = self.text.find(is_end).unwrap_or(self.text.len());
                    nodes.push(TemplateNode::Text(self.take(end).to_owned()));
                }
            }
        }
        Ok(nodes)
    }

    fn placeholder(&mut self) -> Result<TemplateNode, &'static str> {
        let end = self.text.find('}').ok_or("a placeholder has no end")?;
        let inside = &self.take(end + 1)[1..end];
        let (name, forms) =
            inside.split_once(':').map_or((inside, None), |(name, forms)| (name, Some(forms)));
        let name = checked(name)?.to_owned();
        Ok(match forms {
            None => TemplateNode::Value(name),
            Some(forms) => TemplateNode::Plural(name, forms.split('|').map(str::to_owned).collect()),
        })
    }

    fn group(&mut self) -> Result<TemplateNode, &'static str> {
        let end = self.text.find('?').ok_or("a group has no condition")?;
        let condition = &self.take(end + 1)[1..end];
        let (name, test) = match (condition.split_once('>'), condition.split_once('=')) {
            (Some((name, least)), _) => {
                (name, Test::Above(least.parse().map_err(|_| "a number must follow >")?))
            }
            (_, Some((name, other))) => (name, Test::Equal(other.to_owned())),
            _ => (condition, Test::Given),
        };
        let name = checked(name)?.to_owned();
        let shown = self.nodes(true)?;
        let otherwise = if self.text.starts_with('|') {
            self.take(1);
            self.nodes(true)?
        } else {
            Vec::new()
        };
        if self.take(usize::from(!self.text.is_empty())) != "]" {
            return Err("a group has no end");
        }
        Ok(TemplateNode::Group { name, test, shown, otherwise })
    }

    fn take(&mut self, length: usize) -> &'a str {
        let (taken, left) = self.text.split_at(length);
        self.text = left;
        taken
    }
}

/// Returns the name of a placeholder if it is lower-case letters and underscores.
fn checked(name: &str) -> Result<&str, &'static str> {
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    is_name.then_some(name).ok_or("a name has other characters than a-z and _")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(template: &str, values: &[(&str, &str)]) -> String {
        let values: Vec<(&str, String)> =
            values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let form = |count| usize::from(count != 1);
        Template::parse(template).expect("a template").fill(&values, form)
    }

    #[test]
    fn placeholders_plural_forms_and_groups_are_filled() {
        assert_eq!(filled("{count} {count:link|links}.", &[("count", "1")]), "1 link.");
        assert_eq!(filled("{count} {count:link|links}.", &[("count", "1,001")]), "1,001 links.");
        let group = "Its strength is {now}[before?; it was {before}][chance?; chance {chance}].";
        assert_eq!(filled(group, &[("now", "2.00")]), "Its strength is 2.00.");
        assert_eq!(
            filled(group, &[("now", "2.00"), ("chance", "0.1 %")]),
            "Its strength is 2.00; chance 0.1 %."
        );
        assert_eq!(filled("[count>1?several|[count=1?one|none]]", &[("count", "1")]), "one");
        assert_eq!(filled("[count>1?several|[count=1?one|none]]", &[("count", "7")]), "several");
    }

    #[test]
    fn a_list_of_groups_begins_without_a_separator() {
        let list = "Links: [a>0?{a} near][b>0?, {b} far][c>0?, {c} between].";
        assert_eq!(filled(list, &[("a", "1"), ("b", "0"), ("c", "3")]), "Links: 1 near, 3 between.");
        assert_eq!(filled(list, &[("b", "2"), ("c", "3")]), "Links: 2 far, 3 between.");
    }

    #[test]
    fn a_value_is_never_read_as_a_template() {
        assert_eq!(filled("{label} [label?is]", &[("label", "{count} [x?y] |")]), "{count} [x?y] | is");
    }

    #[test]
    fn a_broken_template_is_an_error() {
        for text in ["{count", "[count text]", "[count? text", "{Count}", "[count>x?y]", "{}"] {
            assert!(Template::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn replaced_text_keeps_the_placeholders() {
        let template = Template::parse("[a?{a} {a:link|links}|none] of").expect("a template");
        let replaced = template.map(&|text| text.replace(|c: char| c.is_alphabetic(), "x"));
        let form = |count| usize::from(count != 1);
        assert_eq!(replaced.fill(&[("a", "2".to_owned())], form), "2 xxxxx xx");
        assert_eq!(template.names(), ["a", "a", "a"]);
    }
}
