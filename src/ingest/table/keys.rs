//! Every key of the mapping language in one table: `docs/mapping.md` is made from it.

use super::{
    mapping::DELIMITERS,
    times::{DAYS_SINCE, FORMS},
};

/// A key of a mapping.
pub struct MappingKey {
    /// Name with its table: `table.header`; `entity.` and `link.` mean `[[entity]]` and `[[link]]`.
    pub name: &'static str,
    /// Its possible values.
    pub takes: String,
    /// Its default.
    pub default: &'static str,
    /// Its effect, in one sentence.
    pub about: &'static str,
}

const TEMPLATE: &str = "a template";
const FILTER: &str = "a table of column = list of texts";

const KEYS: &[(&str, &str, &str, &str)] = &[
    ("about", "a text", "none", "The description of the table, in one sentence."),
    (
        "extends",
        "a path or a name",
        "none",
        "The mapping that this one extends. Its keys apply unless they are set here; tables are merged key by key, lists are replaced.",
    ),
    (
        "scope",
        "a name",
        "the source's name",
        "The scope of the entities' keys: in sources with one scope, equal keys mean the same entity.",
    ),
    (
        "key",
        TEMPLATE,
        "the row's content",
        "The source's own key of a row: another row with this key is a change and not an addition.",
    ),
    ("version", TEMPLATE, "none", "The row's own version field."),
    ("created", TEMPLATE, "unknown", "The time at which the source created it."),
    (
        "recorded_at",
        TEMPLATE,
        "the run's time",
        "The recorded time, for sources with `recorded_at = \"object\"`.",
    ),
    ("seen_at", TEMPLATE, "unknown", "The valid time, if it began and ended at one moment."),
    ("first_seen", TEMPLATE, "`seen_at`", "The start of the valid time."),
    ("last_seen", TEMPLATE, "`seen_at`", "The end of the valid time."),
    ("expires", TEMPLATE, "never", "The time after which it is no longer valid."),
    (
        "confidence",
        TEMPLATE,
        "unknown",
        "The confidence of the source: a number from 0 to 100, or a word of `confidences`.",
    ),
    ("confidences", "a table of word = number", "none", "The meaning of the source's words for confidence."),
    (
        "marking",
        TEMPLATE,
        "the source's",
        "The TLP marking. Nobody with a clearance limit sees a row whose marking is unknown.",
    ),
    (
        "pseudonymise",
        "a list of columns",
        "none",
        "The columns whose values become pseudonyms when a file is read, besides those of the source's own key.",
    ),
    (
        "where",
        FILTER,
        "every row",
        "A filter of rows: each column must have one of its texts. Other rows are kept and claim nothing.",
    ),
    (
        "unless",
        FILTER,
        "no row",
        "Rows that claim nothing, by the text of one column. The empty text means an empty cell.",
    ),
    (
        "table.delimiter",
        "",
        "detected",
        "The delimiter of cells. By default it is the one of comma, tab, semicolon and pipe that is most frequent in the first line.",
    ),
    ("table.comment", "one character", "none", "Lines that begin with it are skipped."),
    (
        "table.header",
        "true or false",
        "true, unless `columns` are named",
        "True if the first row names the columns.",
    ),
    (
        "table.columns",
        "a list of names",
        "none",
        "Names of the columns of a table without a header. Further columns are named by number, from 1.",
    ),
    ("table.optional", "a list of names", "none", "Columns that the mapping reads and a table may lack."),
    ("table.skip_lines", "a whole number", "0", "Lines before the table."),
    (
        "table.encoding",
        "a name such as windows-1252",
        "that of the byte-order mark, else UTF-8",
        "The text's encoding.",
    ),
    ("table.decimal", "one character", ".", "The decimal sign of numbers."),
    ("table.thousands", "one character", "none", "The sign between thousands in numbers."),
    (
        "table.empty",
        "a list of texts",
        "none",
        "Texts that mean an empty cell, such as `None` or `N/A`; they are compared as written, without blanks around them.",
    ),
    ("time.forms", "", "rfc3339", "The forms of times, tried in this order; no other form is accepted."),
    (
        "time.zone",
        "UTC, an offset or a place",
        "required by forms without an offset",
        "The zone of times without an offset.",
    ),
    ("entity.as", "a name", "required", "The name of the entity in links."),
    (
        "entity.kind",
        TEMPLATE,
        "required",
        "Its kind, such as `bank-account`. For `observable`, `hash` and `ip` the form of the value decides.",
    ),
    (
        "entity.kinds",
        "a table of text = kind",
        "none",
        "The meaning of the texts of `kind`; rows with other texts are rejected.",
    ),
    ("entity.value", TEMPLATE, "none", "Its global identifier: an address, a digest, an account's number."),
    ("entity.key", TEMPLATE, "none", "Its identifier within the source: see `scope`."),
    ("entity.id", TEMPLATE, "none", "Its id as a STIX object, `type--uuid`; the type is then its kind."),
    (
        "entity.identifiers",
        "a table of property = template",
        "none",
        "Further identifying properties, such as `hashes.SHA-256`.",
    ),
    (
        "entity.references",
        "a table of catalogue = template",
        "none",
        "Its number in a public catalogue: cve, capec or mitre-attack.",
    ),
    ("entity.name", TEMPLATE, "its key", "Its name."),
    ("entity.aliases", TEMPLATE, "none", "Other names."),
    ("entity.aliases_split", "a text", "none", "The separator of names in `aliases`."),
    (
        "entity.attributes",
        "a table of attribute = template",
        "none",
        "Attributes by which entities of one name differ: birth-date, founding-date, country, number, contact, address, place and sector. Numbers of different kinds are not compared, so name the kind if it is known. Registers: registration-number, tax-number, vat-number, licence-number, duns-number, uei, cage-code, cik, giin, okpo. Banks: bic, bik. Documents: identity-card-number, passport-number, social-security-number, birth-certificate-number. Vehicles: mmsi, call-sign, serial-number. Dates begin with the year, as in 1990-05-01. Only the first entity has them.",
    ),
    (
        "entity.split",
        "a text",
        "none",
        "The separator of a list in `value`, `key` or `id`: each part is an entity.",
    ),
    (
        "entity.optional",
        "true or false",
        "false",
        "True if a row, or a whole table, may lack it. Otherwise a row without it is rejected.",
    ),
    (
        "entity.mentioned",
        "true or false",
        "false",
        "True if the row only names it as an end of links, and claims nothing about it.",
    ),
    ("entity.where", FILTER, "every row", "A filter of rows: other rows do not claim it."),
    ("entity.unless", FILTER, "no row", "Rows that do not claim it."),
    (
        "link.from",
        "an entity's `as`",
        "required",
        "The entity at its start; a row without this entity claims no link.",
    ),
    ("link.to", "an entity's `as`", "required", "The entity at its end."),
    ("link.kind", TEMPLATE, "required", "Its kind, such as `payment`."),
    (
        "link.layer",
        "a layer's name",
        "the layer of the kind in STIX, else other",
        "Its layer, such as finance, communication or ownership.",
    ),
    ("link.amount", TEMPLATE, "none", "Its amount; rows with an amount that is not numeric are rejected."),
    ("link.currency", TEMPLATE, "none", "The currency of the amount."),
    ("link.where", FILTER, "every row", "A filter of rows: other rows do not claim it."),
    ("link.unless", FILTER, "no row", "Rows that do not claim it."),
];

/// Returns every key, in the order of the documentation.
pub fn mapping_keys() -> Vec<MappingKey> {
    let named = |names: &mut dyn Iterator<Item = &'static str>| names.collect::<Vec<_>>().join(", ");
    let takes = |name: &str, takes: &str| match name {
        "table.delimiter" => named(&mut DELIMITERS.iter().map(|(name, _)| *name)),
        "time.forms" => format!(
            "a list of {}, {DAYS_SINCE} and a date, or patterns with % as in strptime",
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

/// Returns the named forms of times, and their meaning.
pub fn time_forms() -> impl Iterator<Item = (&'static str, &'static str)> {
    let more = [
        (
            "days-since 2017-01-01",
            "days since midnight UTC of that day: steps of a simulation; spreadsheets use `days-since 1899-12-30`",
        ),
        ("%d %b %Y %H:%M %z", "a pattern as in strptime; needs `zone` if it has no offset"),
    ];
    FORMS.iter().map(|(name, _, about)| (*name, *about)).chain(more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::table::load;

    /// Returns the keys that serde knows in a table.
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
