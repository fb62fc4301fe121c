//! Texts of reports: sentences from a list of forms, and edited copies.

use std::fmt;

use crate::random::{RandomStream, chance, pick, sample};

/// Forms of sentences; `{n}` is the malware, `{a}` and `{b}` are words of the two lists.
const FORMS: [&str; 24] = [
    "The operators of {n} send {a} with a link to {b} that asks for the password of a mailbox.",
    "After the first login the intruders wait for {b} before they start {n} on a second machine.",
    "{n} arrives as an attachment of {a} and writes two files below the folder of the user.",
    "The loader reads its orders from {b} and answers with the name of the machine and the time zone.",
    "Victims reported that {a} came from an address that they had known for several years.",
    "We saw the same certificate on {b} in the spring, before the first sample of {n} was built.",
    "Each sample has a list of nine hosts, of which only two answered when we asked for {a}.",
    "The configuration is stored behind {b} and is decoded with a key of sixteen bytes.",
    "One administrator stopped the copy of {a} after a warning about unusual traffic on a holiday.",
    "{n} removes its service when {b} is not reachable for more than three days.",
    "The text of {a} contains spelling errors that we also found in an earlier wave.",
    "Most of the addresses belong to a hoster that rents {b} for a few hours at a time.",
    "The second program collects documents about {a} and packs them into archives of equal size.",
    "Our sensors recorded {b} at eleven companies, four of which confirmed an intrusion.",
    "The group behind {n} changed its tools in the week after the publication about {a}.",
    "A scheduled task with the name of {b} starts the program again after every restart.",
    "The oldest trace of {n} is a request for {a} in the log of a proxy in a port.",
    "Nothing in the code points to a known family, but {b} is used as in two older campaigns.",
    "The intruders created accounts with the names of former employees to read {a}.",
    "Traffic to the hosts is hidden among requests for {b} and lasts less than a minute.",
    "We recommend to block the listed hosts and to search the mail archive for {a}.",
    "The registration data of the domains name {b} and a telephone number in another country.",
    "A sample that was uploaded in the summer shows how {n} behaves without access to {a}.",
    "Some of the files are signed with a key that was stolen together with {b}.",
];
const FIRST: [&str; 16] = [
    "invoices",
    "an order for spare parts",
    "a travel plan",
    "shipping papers",
    "a job offer",
    "tax forms",
    "the price list",
    "a conference agenda",
    "court papers",
    "a delivery notice",
    "budget tables",
    "the minutes of a meeting",
    "scanned passports",
    "insurance claims",
    "a customs form",
    "crew lists",
];
const SECOND: [&str; 16] = [
    "a forum for gardeners",
    "a rented server",
    "a mail gateway",
    "an image host",
    "a copy of a bank page",
    "a paste site",
    "a parked domain",
    "a backup service",
    "a remote desktop",
    "a network printer",
    "a student mailbox",
    "an old router",
    "a chat channel",
    "a weather page",
    "a video portal",
    "a parts shop",
];
const PLACES: [&str; 12] = [
    "two ports",
    "the energy sector",
    "small banks",
    "city offices",
    "shipyards",
    "law firms",
    "hospitals",
    "the grain trade",
    "ferry lines",
    "a ministry",
    "travel agencies",
    "universities",
];

/// Returns a place for a title.
pub(super) fn place(random: &mut RandomStream) -> &'static str {
    pick(random, &PLACES)
}

/// The text of a report.
pub(super) struct ReportText(Vec<String>);

impl ReportText {
    /// Returns a new text about a malware.
    pub(super) fn invent(random: &mut RandomStream, malware: &str) -> Self {
        let count = pick(random, &[5, 6, 7, 8, 9]);
        let forms = sample(random, &FORMS, count);
        let mut sentence = |form: &str| {
            form.replace("{n}", malware)
                .replace("{a}", pick(random, &FIRST))
                .replace("{b}", pick(random, &SECOND))
        };
        Self(forms.into_iter().map(&mut sentence).collect())
    }
}

impl fmt::Display for ReportText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join(" "))
    }
}

/// Returns an edited copy of a text: some words are replaced or left out, and a sentence is added.
pub(super) fn edited(random: &mut RandomStream, text: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in text.split(' ') {
        match (chance(random, 0.05), chance(random, 0.04)) {
            (true, _) => words.push(pick(random, &["also", "certain", "recent", "several", "local", "this"])),
            (_, true) => {}
            _ => words.push(word),
        }
    }
    format!("{} Source: partner report.", words.join(" "))
}
