//! `docs/ftm.md`, made from the tables that read FollowTheMoney.

use std::fmt::Write;

use araneus::ingest::ftm;

const FTM: &str = "# FollowTheMoney: objects, properties and identifiers

This page derives from the tables of the reader (`src/ingest/ftm/vocabulary.rs`, `numbers.rs`) and from the built-in schema. The
schema is `datasets/ftm/schema.toml`, from the Python package `followthemoney` (MIT). A test compares this page with both.

Araneus detects the format by content. It reads entities as JSON lines, in a list or as single objects. An entity nested in another
one is an object of its own. It also reads statements as JSON lines, and as CSV or pack. A table of statements has the header columns
`entity_id`, `prop`, `value` and `dataset`, and its source has no `mapping`. No setting is needed: `araneus run donations=entities.ftm.json`.

- **Object.** An object is an entity or a statement; its key is its `id`. A statement without `id` has the key of its dataset, entity,
  property, value and language. `version` is `last_change`, else `last_seen` of a statement. With `recorded_at = \"object\"` the
  recorded time of an entity is its `last_change`, else `last_seen`, else `first_seen`; that of a statement is its `first_seen`.
- **Rejected objects.** An object is rejected if its `id` is missing or contains whitespace (`bad-id`), or its schema is unknown
  (`unknown-schema`). It is also rejected if an edge lacks an end (`missing-reference`), a start or end date cannot be parsed
  (`bad-time`), or a value is not a string (`wrong-type`). A property outside of the schema stays in the record without effect, and
  so does an amount that cannot be parsed.
- **Identity.** An id belongs to its source, because FollowTheMoney derives ids from arbitrary keys of a table. Only random ids of
  nomenklatura (`NK-` and twenty characters or more) are common to all sources. `referents` and the `entity_id` of a statement merge
  the entities that the source merged; they are separate again if the source separates them.
- **Shared identifiers.** Entities get a link to a wallet (`publicKey`), an account (`iban`), an address of equal text, and a document of
  equal type, country and number. Two owners of one identifier stay two entities. Only the numbers below merge entities. Other
  registration, tax and telephone numbers have no effect.
- **Values with their origin** are rows of the table `properties`, for the properties in the list below. A row has the dataset of the value,
  and the first and last time at which the source met it there. A statement may add the language and the original value. An
  entity has one dataset and one period for all its values. If it names several datasets, `dataset` is null, and the times are those
  of the entity. A value of a link has a row for each linked pair. An edge without a link and an `external` statement have no row.
  `percentage` and similar values are shown as delivered and enter no computation. A text above 4,096 bytes stays in the record only.
- **Names** stay as written. The label is `caption`, else the first of the schema's caption properties. The other names, `alias`,
  `previousName` and `abbreviation` are aliases. A `weakAlias` fits too many entities and is not an alias.
- **Times.** `2021` is the whole year: as a start it means the first moment, as an end the last. A payment or call with `date`
  happened then. Any other object with `date` and without an end is valid from then on. `first_seen` is the time at which the source
  made the object.
- **Amounts** are `amount` with `currency`, else `amountEur`, else `amountUsd`, else `amount` without currency. An object with several
  values of one property has no amount.
- **Statements** are single records, each with its own origin and times. A link needs both ends, which may come from different
  statements; all of them are records of the link. An `external` statement has no effect.
- **Properties without effect** stay in the record: countries and topics, because too many entities share them; nationality, citizenship,
  ethnicity, religion and politics (with `politicalGroup` of an occupancy); gender, appearance, birth and death; education, profession and
  `position`; a person's passport, tax and social security numbers; names of parents; `riskSource`. The same holds for every other
  property that reveals more of a person than a name.
- **Numbers** are shown for organisations, vessels and securities only. They are not shown for a `LegalEntity`, which may be a person.
- **Markings.** FollowTheMoney has no markings. The marking of the source applies to its records and their values.
";

/// Returns `docs/ftm.md`.
pub(crate) fn ftm_markdown() -> String {
    let mut page = String::from(FTM);
    page.push_str(
        "\n## Edges: links\n\n| Schema | From | To | Kind | Layer | Directed |\n|---|---|---|---|---|---|\n",
    );
    for (schema, kind, edge) in ftm::schemata() {
        if let Some([from, to, layer, directed]) = edge {
            let _ = writeln!(page, "| {schema} | {from} | {to} | {kind} | {layer} | {directed} |");
        }
    }
    page.push_str("\n## Other schemata: entities\n\n| Schema | Kind |\n|---|---|\n");
    for (schema, kind, _) in ftm::schemata().into_iter().filter(|(.., edge)| edge.is_none()) {
        let _ = writeln!(page, "| {schema} | {kind} |");
    }
    page.push_str(
        "\n## Properties that are links\n\nAny other property that names an entity is a link of its own name, in the layer `other`.\n\n\
         | Property | Kind | Layer |\n|---|---|---|\n",
    );
    for (property, kind, layer) in ftm::ties() {
        let _ = writeln!(page, "| {property} | {kind} | {layer} |");
    }
    page.push_str(
        "\n## Properties in the table `properties`\n\nA row applies to the schema and to every schema that extends it.\n\n| Schema | Properties |\n|---|---|\n",
    );
    for (schema, properties) in ftm::shown() {
        let _ = writeln!(page, "| {schema} | {} |", properties.join(", "));
    }
    page.push_str("\n## Numbers that merge entities\n\nA number counts only if its check digits are correct.\n\n| Schema | Property | Catalogue |\n|---|---|---|\n");
    for (schema, property, catalogue) in ftm::numbers() {
        let _ = writeln!(page, "| {schema} | {property} | {catalogue} |");
    }
    page
}
