//! Every word of the mapping language in one table: `docs/mapping.md` is made from it.

use super::{
    mapping::DELIMITERS,
    times::{DAYS_SINCE, FORMS},
};

/// A key that may be set in a mapping.
pub struct MappingKey {
    /// Name with its table: `table.header`; `entity.` and `link.` stand for `[[entity]]` and `[[link]]`.
    pub name: &'static str,
    /// What may stand there.
    pub takes: String,
    /// What holds where it is not set.
    pub default: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
}

const TEMPLATE: &str = "a template";
const FILTER: &str = "a table of column = list of texts";

const KEYS: &[(&str, &str, &str, &str)] = &[
    ("about", "a text", "none", "What the table is, in one sentence."),
    (
        "extends",
        "a path or a name",
        "none",
        "A mapping that holds where this one says nothing; tables are laid over its tables key by key, lists replace its lists.",
    ),
    (
        "scope",
        "a name",
        "the source's name",
        "Whose keys the entities' keys are: sources of one scope know one thing by one key.",
    ),
    (
        "key",
        TEMPLATE,
        "the row's content",
        "The source's own key of a row: another row under it is a change and no addition.",
    ),
    ("version", TEMPLATE, "none", "The row's own version field."),
    ("created", TEMPLATE, "unknown", "When the source wrote it."),
    (
        "recorded_at",
        TEMPLATE,
        "the run's time",
        "The recorded time, for sources with `recorded_at = \"object\"`.",
    ),
    ("seen_at", TEMPLATE, "unknown", "The valid time, if it began and ended at one moment."),
    ("first_seen", TEMPLATE, "`seen_at`", "The start of the valid time."),
    ("last_seen", TEMPLATE, "`seen_at`", "The end of the valid time."),
    ("expires", TEMPLATE, "never", "From when on it is no longer valid."),
    (
        "confidence",
        TEMPLATE,
        "unknown",
        "How sure the source is: a number from 0 to 100, or a word of `confidences`.",
    ),
    ("confidences", "a table of word = number", "none", "What the source's words for confidence mean."),
    (
        "marking",
        TEMPLATE,
        "the source's",
        "Who may know: a TLP marking; one that is not understood is shown to nobody with a clearance limit.",
    ),
    (
        "where",
        FILTER,
        "every row",
        "Rows of which each column holds one of its texts; others are kept and say nothing.",
    ),
    (
        "unless",
        FILTER,
        "no row",
        "Rows that say nothing, by one column's text; the empty text stands for nothing.",
    ),
    (
        "table.delimiter",
        "",
        "found",
        "What parts the cells; where it is not said, that of comma, tab, semicolon and pipe which stands most often in the first line.",
    ),
    ("table.comment", "one sign", "none", "Lines that begin with it are skipped."),
    (
        "table.header",
        "true or false",
        "true, unless `columns` are named",
        "Whether the first row names the columns.",
    ),
    (
        "table.columns",
        "a list of names",
        "none",
        "Names of the columns where there is no header; those behind them are called by number, from 1.",
    ),
    ("table.optional", "a list of names", "none", "Columns that the mapping reads and a table may lack."),
    ("table.skip_lines", "a whole number", "0", "Lines before the table."),
    (
        "table.encoding",
        "a name such as windows-1252",
        "that of the byte-order mark, else UTF-8",
        "The text's encoding.",
    ),
    ("table.decimal", "one sign", ".", "What stands before the fraction of a number."),
    ("table.thousands", "one sign", "none", "What parts thousands in a number."),
    (
        "table.empty",
        "a list of texts",
        "none",
        "Texts that mean an empty cell, such as `None` or `N/A`; they are compared as written, without blanks around them.",
    ),
    (
        "time.forms",
        "",
        "rfc3339",
        "How moments are spelled, tried in this order; nothing else is read as one.",
    ),
    (
        "time.zone",
        "UTC, an offset or a place",
        "required by forms without an offset",
        "The zone of times that say none.",
    ),
    ("entity.as", "a name", "required", "What links call the entity."),
    (
        "entity.kind",
        TEMPLATE,
        "required",
        "Its type, such as `bank-account`; `observable`, `hash` and `ip` are found by the value's form.",
    ),
    ("entity.kinds", "a table of text = kind", "none", "What the texts of `kind` mean; others are refused."),
    (
        "entity.value",
        TEMPLATE,
        "none",
        "What names it for everybody: an address, a digest, an account's number.",
    ),
    ("entity.key", TEMPLATE, "none", "What names it for this source: see `scope`."),
    (
        "entity.id",
        TEMPLATE,
        "none",
        "The id of a STIX object, `type--uuid`, that it is; its type is then the kind.",
    ),
    (
        "entity.identifiers",
        "a table of property = template",
        "none",
        "Further properties that name it, such as `hashes.SHA-256`.",
    ),
    (
        "entity.references",
        "a table of catalogue = template",
        "none",
        "Its number in a public catalogue: cve, capec or mitre-attack.",
    ),
    ("entity.name", TEMPLATE, "its key", "Its name."),
    ("entity.aliases", TEMPLATE, "none", "Other names."),
    ("entity.aliases_split", "a text", "none", "What parts the names in `aliases`."),
    (
        "entity.split",
        "a text",
        "none",
        "What parts a list in `value`, `key` or `id`: each part is an entity.",
    ),
    (
        "entity.optional",
        "true or false",
        "false",
        "Whether a row, or a whole table, may lack it; else a row without it is refused.",
    ),
    (
        "entity.mentioned",
        "true or false",
        "false",
        "Whether the row only points at it, as an end of links, and tells nothing of it.",
    ),
    ("entity.where", FILTER, "every row", "Rows that tell of it."),
    ("entity.unless", FILTER, "no row", "Rows that do not."),
    (
        "link.from",
        "an entity's `as`",
        "required",
        "Where it begins; where the row has no such entity there is no link.",
    ),
    ("link.to", "an entity's `as`", "required", "Where it ends."),
    ("link.kind", TEMPLATE, "required", "Its type, such as `payment`."),
    (
        "link.layer",
        "a layer's name",
        "that of STIX for the kind, else other",
        "Its family, such as finance, communication or ownership.",
    ),
    ("link.amount", TEMPLATE, "none", "How much; what is no number is refused."),
    ("link.currency", TEMPLATE, "none", "Of what."),
    ("link.where", FILTER, "every row", "Rows that tell of it."),
    ("link.unless", FILTER, "no row", "Rows that do not."),
];

/// Returns every key, in the order of the documentation.
pub fn mapping_keys() -> Vec<MappingKey> {
    let named = |names: &mut dyn Iterator<Item = &'static str>| names.collect::<Vec<_>>().join(", ");
    let takes = |name: &str, takes: &str| match name {
        "table.delimiter" => named(&mut DELIMITERS.iter().map(|(name, _)| *name)),
        "time.forms" => format!(
            "a list of {}, {DAYS_SINCE} and a date, or patterns with % as strptime has them",
            named(&mut FORMS.iter().map(|(name, ..)| *name))
        ),
        _ => takes.to_owned(),
    };
    let key = |&(name, what, default, about): &(&'static str, &str, &'static str, &'static str)| MappingKey {
        name,
        takes: takes(name, what),
        default,
        about,
    };
    KEYS.iter().map(key).collect()
}

/// Returns the forms of moments that have a name, and what they mean.
pub fn time_forms() -> impl Iterator<Item = (&'static str, &'static str)> {
    let more = [
        (
            "days-since 2017-01-01",
            "days since midnight UTC of that day: steps of a simulation; `days-since 1899-12-30` is a spreadsheet's",
        ),
        ("%d %b %Y %H:%M %z", "a pattern as strptime has them; needs `zone` where it has no offset"),
    ];
    FORMS.iter().map(|(name, _, about)| (*name, *about)).chain(more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::table::load;

    /// Asks serde which keys it knows in a table.
    fn known(before: &str) -> Vec<String> {
        let text = format!("{before}\nzzzzzzzz = 1\n");
        let (_, said) = load::parse(&text).expect_err("no such key");
        let list = said.split_once("write one of ").expect("a list of keys").1;
        list.split(", ").map(str::to_owned).collect()
    }

    #[test]
    fn the_table_names_each_key_that_is_read_and_no_other() {
        let tables = ["table", "time", "entity", "link"];
        let documented = |table: &str| -> Vec<String> {
            let of_table =
                KEYS.iter().map(|(name, ..)| *name).filter_map(|name| match name.split_once('.') {
                    Some((own, key)) => (own == table).then_some(key),
                    None => table.is_empty().then_some(name),
                });
            of_table.map(str::to_owned).collect()
        };
        let top: Vec<String> = known("").into_iter().filter(|key| !tables.contains(&key.as_str())).collect();
        let sorted = |mut keys: Vec<String>| {
            keys.sort();
            keys
        };
        assert_eq!(sorted(documented("")), sorted(top));
        for (table, begin) in
            [("table", "[table]"), ("time", "[time]"), ("entity", "[[entity]]"), ("link", "[[link]]")]
        {
            assert_eq!(sorted(documented(table)), sorted(known(begin)), "{table}");
        }
        assert!(KEYS.iter().all(|(.., about)| about.ends_with('.')));
    }
}
