//! A name, read into words.

use serde::{Deserialize, Serialize};
use unicode_script::{Script, UnicodeScript};

use crate::{
    text,
    words::{
        COMMON_FORMS, GENERIC_WORDS, LEGAL_FORMS, LEGAL_PHRASES, OPTIONAL_WORDS, PARTICLES, TITLES,
        VESSEL_PREFIXES, cell,
    },
};

/// Kind of the bearer of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NameKind {
    /// A person.
    Person,
    /// An organisation, a company, a group, or something of an unknown kind.
    Organisation,
    /// A vessel or an aircraft.
    Vessel,
}

impl NameKind {
    /// Returns the kind that a schema of FollowTheMoney or a type of STIX names.
    pub fn of_schema(schema: &str) -> Self {
        match schema.to_ascii_lowercase().as_str() {
            "person" | "individual" => Self::Person,
            "vessel" | "airplane" | "vehicle" => Self::Vessel,
            _ => Self::Organisation,
        }
    }
}

/// Role of a word in a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordClass {
    /// A word that distinguishes.
    Core,
    /// A word of many organisations, such as `bank` or `systems`.
    Generic,
    /// A short word that joins others, such as `al` or `von`.
    Particle,
    /// A number.
    Number,
}

/// One word of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// Folded text: ASCII letters and digits.
    pub text: String,
    /// Role of the word.
    pub class: WordClass,
}

impl Word {
    fn new(text: String, kind: NameKind, is_first: bool) -> Self {
        let class = if text.bytes().all(|byte| byte.is_ascii_digit()) {
            WordClass::Number
        } else if PARTICLES.contains(&text.as_str()) && !(is_first && GIVEN_NAMES.contains(&text.as_str())) {
            WordClass::Particle
        } else if kind == NameKind::Organisation && GENERIC_WORDS.contains(&text.as_str()) {
            WordClass::Generic
        } else {
            WordClass::Core
        };
        Self { text, class }
    }

    /// Returns how much the word counts: its letters, at most [`LETTERS_MAX`]; a particle counts less.
    pub(crate) fn weight(&self) -> f64 {
        let share = match self.class {
            WordClass::Core | WordClass::Number => 1.0,
            WordClass::Generic => GENERIC_SHARE,
            WordClass::Particle => PARTICLE_SHARE,
        };
        share * self.text.len().min(LETTERS_MAX) as f64
    }
}

/// Letters of a word above which it counts no more.
const LETTERS_MAX: usize = 8;
/// Weight of a generic word beside another word of its length.
const GENERIC_SHARE: f64 = 0.5;
/// Weight of a particle beside another word of its length.
const PARTICLE_SHARE: f64 = 0.3;
/// Particles that are given names where a name begins with them.
const GIVEN_NAMES: &[&str] = &["ben", "van"];
/// Words of a name that are compared; the rest is left out.
const WORDS_MAX: usize = 24;

/// Scripts in which a name is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scripts {
    /// Latin letters only, or no letters.
    Latin,
    /// Letters of another script.
    Other,
    /// One word mixes letters of Latin, Greek and Cyrillic, which look alike.
    Mixed,
}

/// A name, read into words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// Words without titles and legal forms, in the order of the name.
    pub words: Vec<Word>,
    /// Common forms of the legal forms, sorted.
    pub legal_forms: Vec<&'static str>,
    /// The name has a comma, as in "Putin, Vladimir".
    pub has_comma: bool,
    /// Position of the first word of each of several names that a slash parts, as in "Al-Qa'ida/Islamic Army"; empty for one name.
    pub starts: Vec<usize>,
    /// Scripts of the name.
    pub scripts: Scripts,
    /// Letters or words above the limits were left out.
    pub is_cut: bool,
}

impl Name {
    /// Reads a name. Any text is a name; a text without letters and digits has no words.
    pub fn new(text: &str, kind: NameKind) -> Self {
        let (mut words, mut legal_forms, starts) = names_of(text, kind).unwrap_or_else(|| {
            let (words, legal_forms) = read_words(text, kind);
            (words, legal_forms, Vec::new())
        });
        let is_cut = words.len() > WORDS_MAX || text.chars().nth(text::CHARACTERS_MAX).is_some();
        words.truncate(WORDS_MAX);
        legal_forms.sort_unstable();
        legal_forms.dedup();
        Self {
            words: words.into_iter().enumerate().map(|(at, word)| Word::new(word, kind, at == 0)).collect(),
            legal_forms,
            has_comma: text.contains(COMMAS),
            starts,
            scripts: scripts_of(text),
            is_cut,
        }
    }

    /// Returns the words without blanks.
    pub(crate) fn joined(&self) -> String {
        self.words.iter().map(|word| word.text.as_str()).collect()
    }
}

/// Commas of Latin, Arabic and Chinese script.
const COMMAS: [char; 3] = [',', '\u{60c}', '\u{ff0c}'];

/// Most names that slashes part; a text with more of them is one name.
const NAMES_MAX: usize = 4;
/// Letters of each of several names, at least: `A/S` and `24/7` have fewer.
const NAME_LETTERS_MIN: usize = 4;

/// Returns the words and legal forms of a text.
fn read_words(text: &str, kind: NameKind) -> (Vec<String>, Vec<&'static str>) {
    let all = if kind == NameKind::Person { in_spoken_order(text) } else { text::words(text) };
    let (words, legal_forms) = match kind {
        NameKind::Person => (without_titles(&all), Vec::new()),
        NameKind::Organisation => without_legal_forms(&all),
        NameKind::Vessel => (common_forms(without_prefix(&all, VESSEL_PREFIXES)), Vec::new()),
    };
    if words.is_empty() { (all, legal_forms) } else { (words, legal_forms) }
}

type SeveralNames = (Vec<String>, Vec<&'static str>, Vec<usize>);

/// Returns the words and legal forms of several names, with the position of the first word of each; `None` for one name.
fn names_of(text: &str, kind: NameKind) -> Option<SeveralNames> {
    let pieces: Vec<&str> = text.split('/').take(NAMES_MAX + 1).collect();
    if !(2..=NAMES_MAX).contains(&pieces.len()) || text.chars().nth(text::CHARACTERS_MAX).is_some() {
        return None;
    }
    let (mut words, mut legal_forms, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    for piece in pieces {
        let (of_piece, forms) = read_words(piece, kind);
        if of_piece.iter().map(String::len).sum::<usize>() < NAME_LETTERS_MIN {
            return None;
        }
        starts.push(words.len());
        words.extend(of_piece);
        legal_forms.extend(forms);
    }
    (words.len() <= WORDS_MAX).then_some((words, legal_forms, starts))
}

/// Returns the words of a person's name, with those after its only comma first: "Putin, Vladimir" is Vladimir Putin.
fn in_spoken_order(text: &str) -> Vec<String> {
    match text.split(COMMAS).collect::<Vec<_>>()[..] {
        [family, given] => text::words(given).into_iter().chain(text::words(family)).collect(),
        _ => text::words(text),
    }
}

fn scripts_of(text: &str) -> Scripts {
    if text.is_ascii() {
        Scripts::Latin
    } else if text.split_whitespace().any(mixes_scripts) {
        Scripts::Mixed
    } else if scripts(text).all(|script| script == Script::Latin) {
        Scripts::Latin
    } else {
        Scripts::Other
    }
}

fn scripts(text: &str) -> impl Iterator<Item = Script> {
    let has_script =
        |script: &Script| !matches!(script, Script::Common | Script::Inherited | Script::Unknown);
    text.chars().map(|character| character.script()).filter(has_script)
}

/// Returns whether Latin, Greek and Cyrillic letters, which look alike, stand in one word.
fn mixes_scripts(word: &str) -> bool {
    let confusable = |script: &Script| matches!(script, Script::Latin | Script::Greek | Script::Cyrillic);
    let mut found = scripts(word).filter(confusable);
    found.next().is_some_and(|first| found.any(|script| script != first))
}

/// A title of a name of two words may be a name: "Major" and "Lord" are surnames.
fn without_titles(words: &[String]) -> Vec<String> {
    let is_kept = |word: &&String| {
        let word = word.as_str();
        let is_title = words.len() > 2 && TITLES.contains(&word);
        !is_title && !["llc", "inc", "ltd"].contains(&word)
    };
    words.iter().filter(is_kept).cloned().collect()
}

fn without_prefix<'a>(words: &'a [String], prefixes: &[&str]) -> &'a [String] {
    match words {
        [first, rest @ ..] if !rest.is_empty() && prefixes.contains(&first.as_str()) => rest,
        _ => words,
    }
}

/// Writes numbers in digits, and cut words in full. A ten and a unit are one number: "forty-four" is 44.
fn common_forms(words: &[String]) -> Vec<String> {
    let mut common: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        let written = cell(COMMON_FORMS, word).unwrap_or(word);
        let ten = common
            .last()
            .and_then(|last| last.parse::<u32>().ok())
            .filter(|ten| (20..100).contains(ten) && ten % 10 == 0);
        match (ten, written.parse::<u32>()) {
            (Some(ten), Ok(unit @ 1..=9)) => {
                common.pop();
                common.push((ten + unit).to_string());
            }
            _ => common.push(written.to_owned()),
        }
    }
    common
}

/// Separates legal forms, and words that many leave out.
fn without_legal_forms(words: &[String]) -> (Vec<String>, Vec<&'static str>) {
    let mut rest = words;
    let (mut kept, mut forms) = (Vec::new(), Vec::new());
    while let [word, after @ ..] = rest {
        let begins = |phrase: &[&str]| {
            rest.len() >= phrase.len() && phrase.iter().zip(rest).all(|(one, other)| one == other)
        };
        let phrase =
            LEGAL_PHRASES.iter().filter(|(phrase, _)| begins(phrase)).max_by_key(|(phrase, _)| phrase.len());
        if let Some((phrase, form)) = phrase {
            forms.push(*form);
            rest = &rest[phrase.len()..];
            continue;
        }
        if let Some(form) = cell(LEGAL_FORMS, word) {
            forms.push(form);
        } else if !OPTIONAL_WORDS.contains(&word.as_str()) {
            kept.push(word.clone());
        }
        rest = after;
    }
    (common_forms(&kept), forms)
}

#[cfg(test)]
mod tests {
    use super::{Name, NameKind, Scripts};

    fn words(text: &str, kind: NameKind) -> Vec<String> {
        Name::new(text, kind).words.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn titles_forms_and_prefixes_are_no_words_of_a_name() {
        assert_eq!(words("Dr. Rami Makhlouf", NameKind::Person), ["rami", "makhlouf"]);
        assert_eq!(words("John Major", NameKind::Person), ["john", "major"]);
        assert_eq!(words("Putin, Vladimir", NameKind::Person), ["vladimir", "putin"]);
        assert_eq!(words("MV Hellenic Spirit", NameKind::Vessel), ["hellenic", "spirit"]);
        assert_eq!(words("First Bank Int’l", NameKind::Organisation), ["1", "bank", "international"]);
        assert_eq!(words("Brigade Forty-Four", NameKind::Organisation), ["brigade", "44"]);
        let name = Name::new("Акционерное общество “Завод”", NameKind::Organisation);
        assert_eq!((name.words.len(), name.legal_forms), (1, vec!["jsc"]));
        let starts = |text| Name::new(text, NameKind::Organisation).starts;
        assert_eq!(starts("Al-Qa'ida/Islamic Army"), [0, 2]);
        for one in ["Al-Qa'ida", "Bowne Denmark A/S", "Shop 24/7", "a/b/c/d/e/f", "Acme S.A./N.V."] {
            assert!(starts(one).is_empty(), "{one}");
        }
        // A name that is only a legal form keeps it.
        assert_eq!(words("Limited", NameKind::Organisation), ["limited"]);
    }

    #[test]
    fn confusable_letters_in_one_word_are_noticed() {
        let scripts = |text| Name::new(text, NameKind::Person).scripts;
        assert_eq!(scripts("Vladimir P\u{0443}tin"), Scripts::Mixed);
        assert_eq!(scripts("Vladimir Путин"), Scripts::Other);
        assert_eq!(scripts("Vladimir Putin 7"), Scripts::Latin);
    }
}
