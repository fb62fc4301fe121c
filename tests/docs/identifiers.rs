//! `docs/identifiers.md`, made from `FORMS`.

use std::fmt::Write;

use araneus::canonical::forms::FORMS;

/// Returns `docs/identifiers.md`.
pub(crate) fn identifiers_markdown() -> String {
    let mut page = String::from(
        "# Canonical identifiers\n\nMade from `FORMS` in `src/canonical/forms.rs`; tests read each example and each rejected value.\n\n\
         Two values of one kind are one entity if their canonical forms are equal. Each form is idempotent, and a test checks \
         this with random values. The archive keeps every value as it was delivered.\n\n\
         ## Forms\n\n| Kind | Property | Form | Identifies nothing | Example |\n|---|---|---|---|---|\n",
    );
    for form in FORMS {
        let (kind, property) = form.of;
        let example = format!("`{}` becomes `{}`", form.example, form.canonical);
        let _ = writeln!(page, "| {kind} | {property} | {} | {} | {example} |", form.about, form.rejected);
    }
    page.push_str(
        "\nEvery other property has its text as its form. A property that only describes, such as a size, has no identifier. \
         Numbers of ATT&CK, CAPEC and CVE are in upper case; a CVE has a year and at least four digits.\n\n\
         ## Refanging\n\nReports make values unclickable. Domains, addresses, URLs and mailboxes are restored: `hxxp`, `h**p`, \
         `h[tt]p`, `meow`, `fxp`; a dot, a colon or an at sign in `[]`, `()`, `{}` or `<>`; `[dot]`, `[at]`; one bracket alone \
         (`evil[.example`); and `\\.`. If the kind of the value is known, blanks around a dot and the words `dot` and `at` are \
         restored, too (`evil dot example`).\n\n\
         ## Rejected values\n\nA rejected value identifies nothing, and the record stays. Its entity keeps its other \
         identifiers, such as the id of its object. A link whose end is only such a value has no effect. A row of a table whose \
         entity has no other identifier is rejected by the rule `unknown-form`.\n\n\
         ## Domains of one registrant\n\nThe registrable domain follows the public suffix list with its private section, so \
         that `a.ddns.net` and `b.ddns.net` belong to two registrants. A host, a registrable domain, or the shape of a path \
         never joins two entities.\n",
    );
    page
}
