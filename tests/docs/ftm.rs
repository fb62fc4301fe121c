//! `docs/ftm.md`, made from the tables that read FollowTheMoney.

use std::fmt::Write;

use araneus::ingest::ftm;

const FTM: &str = "# FollowTheMoney: what is read of it

Made from the tables that read it (`src/ingest/ftm/words.rs`, `numbers.rs`) and from the schema that is built in
(`datasets/ftm/schema.toml`, of the Python package `followthemoney`, MIT); a test keeps this page equal to them.

Found by content: entities as JSON lines, in a list or bare, also nested in one another (each nested one is an object of its own);
statements as JSON lines, and as CSV or pack, known by the header (`entity_id`, `prop`, `value`, `dataset`), for a source without
a `mapping`. No setting is needed: `araneus run donations=entities.ftm.json`.

- **One object** is an entity or a statement; its key is its `id` (of a statement without one: dataset, entity, property, value,
  language). `version` is `last_change`, else `last_seen`, which a statement alone has. With `recorded_at = \"object\"` the recorded time of an entity is its
  `last_change`, else `last_seen`, else `first_seen`; that of a statement is its `first_seen`.
- **Refused** is an object without an id that is one word (`bad-id`), of no schema that is known (`unknown-schema`), an edge without an end
  (`missing-reference`), a date that is none where a beginning or end is read (`bad-time`), values that are no texts (`wrong-type`). A property
  that the schema does not have is kept and says nothing; so is an amount that is no number.
- **Who is who.** An id is its source's own, since FollowTheMoney makes ids from whatever keys a table had; only what nomenklatura draws at
  random (`NK-` and twenty signs or more) is everybody's. `referents` and a statement's `entity_id` join what the source joined, and
  part when it says otherwise. Beyond that only the numbers below join, wallets (`publicKey`), accounts (`iban`), addresses of one text, and
  papers of one kind, country and number: they tie those who hold or have them, and make nobody one. Registration, tax and telephone numbers
  join nothing.
- **Values with where they are from** are rows of the table `properties`: the properties listed below, each value with the dataset it is from
  and when it was first and last met there, and, where a statement tells it, its language and what it was before it was cleaned. An entity
  tells its dataset and times of all its values together: where it names several datasets, `dataset` is null, and its times are those of the
  entity, since nobody can say which value is from which. A value of a tie is a row for each pair that it ties; an edge that makes no link,
  and an `external` statement, have none. `percentage` and the like are shown as told and counted by nothing. A text of more than 4,096 bytes
  is left in the record.
- **Names** are all kept apart as they are written: `caption`, else the first of the schema's caption properties, is the label; the other
  names, `alias`, `previousName` and `abbreviation` are aliases. A `weakAlias` names too many and is none.
- **Times.** `2021` is all of that year: a beginning is its first moment, an end its last. A payment or call on a `date` was then; what has a
  `date` and no end holds from then on. `first_seen` is when the source made it.
- **Amounts** are `amount` with `currency`, else `amountEur`, `amountUsd`, else `amount` alone; where several stand, none is taken.
- **Statements** are records one by one, each with its own origin and times. Several tell one edge: the link stands on all of them, and is
  there where both ends are. An `external` one says nothing.
- **Kept in the record, and read by nothing**: countries and topics (shared by too many to tie anybody), nationality and citizenship, ethnicity, religion, politics
  (`politicalGroup` of an occupancy with it), gender, looks, birth and death, education, profession and `position`, a person's own numbers (passport,
  tax, social security) and whatever else protects a person or tells more of one than a name; names of parents, who are others; `riskSource`. Numbers
  are shown of organisations, vessels and securities only, thus not of what is just called a `LegalEntity`, which may be a person. FollowTheMoney
  has no markings: the source's decides, of a value as of its record.
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
        "\n## Properties shown value by value\n\nOf the schema and of all that extend it.\n\n| Schema | Properties |\n|---|---|\n",
    );
    for (schema, properties) in ftm::shown() {
        let _ = writeln!(page, "| {schema} | {} |", properties.join(", "));
    }
    page.push_str("\n## Numbers that join\n\nEach where its check digits hold.\n\n| Schema | Property | Catalogue |\n|---|---|---|\n");
    for (schema, property, catalogue) in ftm::numbers() {
        let _ = writeln!(page, "| {schema} | {property} | {catalogue} |");
    }
    page
}
