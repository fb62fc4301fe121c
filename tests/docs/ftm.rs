//! `docs/ftm.md`, made from the tables that read FollowTheMoney.

use std::fmt::Write;

use araneus::ingest::ftm;

const FTM: &str = "# FollowTheMoney: entities, links and identifiers

Made from the tables that the reader uses (`src/ingest/ftm/vocabulary.rs`, `numbers.rs`) and from the built-in schema
(`datasets/ftm/schema.toml`, from the Python package `followthemoney`, MIT); a test compares this page with them.

The content shows the format: entities as JSON lines, in a list or bare; statements as JSON lines, and as CSV or pack. Entities may
be nested: each nested entity is an object of its own. CSV is recognised by its header (`entity_id`, `prop`, `value`, `dataset`),
if the source has no `mapping`. No setting is needed: `araneus run donations=entities.ftm.json`.

- **One object** is an entity or a statement. Its key is its `id`; a statement without one has a key from its dataset, entity,
  property, value and language. `version` is `last_change`, else `last_seen`; a statement has only `last_seen`. With
  `recorded_at = \"object\"`, the recorded time of an entity is its `last_change`, else `last_seen`, else `first_seen`. That of
  a statement is its `first_seen`.
- **Rejects.** An object is rejected if its id is missing or not one word (`bad-id`), or its schema is unknown
  (`unknown-schema`). An edge needs both ends (`missing-reference`), a start or end must be a date (`bad-time`), and values must
  be texts (`wrong-type`). An unknown property is kept and claims nothing; so is an amount that is not numeric.
- **Identity.** An id belongs to its source, because FollowTheMoney makes ids from the keys of tables. Only ids that
  nomenklatura draws at random (`NK-` and at least twenty characters) are global. `referents` and a statement's `entity_id`
  join what the source joined, and no longer join if the source changes them. Otherwise only some identifiers join: the
  numbers below, wallets (`publicKey`), accounts (`iban`), addresses with one text, and papers of one kind, country and
  number. They link their holders and never join them. Registration, tax and telephone numbers join nothing.
- **Values with their origin** are rows of the table `properties`. Each has its dataset, and the times at which it was first and
  last seen there. A statement also gives the language and the form before cleaning. An entity has one dataset and times
  for all its values. If it names several datasets, `dataset` is null, and the times are those of the entity, because nobody
  can say which value is from which. A value of a link is a row for each pair that it links. An edge without links, and an
  `external` statement, have no rows. `percentage` and similar values are shown and not used. A text of more than 4,096 bytes
  stays in the record only.
- **Names** stay as written. The label is `caption`, else the first of the schema's caption properties. The other names, `alias`,
  `previousName` and `abbreviation` are aliases. A `weakAlias` is not, because many entities share it.
- **Times.** `2021` is the whole year: a start is its first moment, an end its last. A payment or call with a `date` happened
  then; any other edge with a `date` and without an end continues. `first_seen` is when the source created it.
- **Amounts** are `amount` with `currency`, else `amountEur`, `amountUsd`, else `amount` alone. Of several amounts none counts.
- **Statements** are records, each with its own origin and times. Several statements make one edge: they all support its
  link, which exists if both ends do. An `external` statement claims nothing.
- **Kept in the record and not used**: countries and topics, which too many entities share. So are nationality and citizenship,
  ethnicity, religion, politics (with the `politicalGroup` of an occupancy), gender, looks, birth and death, education,
  profession and `position`. So are a person's own numbers (passport, tax, social security), and anything else that is a
  protected characteristic or more than a name. So are names of parents, who are other people, and `riskSource`. Numbers are shown only of
  organisations, vessels and securities, not of an entity that is only a `LegalEntity`: it may be a person. FollowTheMoney
  has no markings: a value, like its record, has the marking of the source.
";

/// Returns `docs/ftm.md`.
pub(crate) fn ftm_markdown() -> String {
    let mut page = String::from(FTM);
    page.push_str(
        "\n## Edges: links\n\n| Schema | From | To | Kind | Layer | Directed |\n|---|---|---|---|---|---|\n",
    );
    for (schema, kind, edge) in ftm::schemata() {
        if let Some([from, to, layer, directed]) = edge {
            let _ = writeln!(page, "| `{schema}` | {from} | {to} | {kind} | {layer} | {directed} |");
        }
    }
    page.push_str("\n## Other schemata: entities\n\n| Schema | Kind |\n|---|---|\n");
    for (schema, kind, _) in ftm::schemata().into_iter().filter(|(.., edge)| edge.is_none()) {
        let _ = writeln!(page, "| `{schema}` | `{kind}` |");
    }
    page.push_str(
        "\n## Properties that are links\n\nAny other property that names an entity is a link with its own name as kind, in the layer `other`.\n\n\
         | Property | Kind | Layer |\n|---|---|---|\n",
    );
    for (property, kind, layer) in ftm::property_links() {
        let _ = writeln!(page, "| {property} | {kind} | {layer} |");
    }
    page.push_str(
        "\n## Properties shown value by value\n\nA row applies to the schema and to all schemata that extend it.\n\n| Schema | Properties |\n|---|---|\n",
    );
    for (schema, properties) in ftm::shown() {
        let _ = writeln!(page, "| `{schema}` | {} |", properties.join(", "));
    }
    page.push_str("\n## Numbers that join\n\nA number joins only with valid check digits.\n\n| Schema | Property | Catalogue |\n|---|---|---|\n");
    for (schema, property, catalogue) in ftm::numbers() {
        let _ = writeln!(page, "| `{schema}` | {property} | {catalogue} |");
    }
    page
}
