//! Tables of an audience for review: candidates, the emergence gate, features and flags.

use super::{
    AUDIENCE,
    ColumnType::{Count, Flag, Number, Text, Texts, Time},
    Table, always, maybe,
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const CANDIDATES: Table = Table {
    name: "candidates",
    about: "One row for each instance of a pattern in this run, flagged or not.",
    fields: &[
        always("candidate_id", Text, "Id of the candidate; derives from pattern, members and run."),
        always("pattern", Text, "Name of the pattern."),
        always("members", Texts, "Ids of the entities that form the candidate, sorted."),
        always("statistic", Number, "Statistic of the pattern, in the unit of the pattern; a higher value is more unusual."),
        maybe("null_p", Number, "Share of random runs in which this candidate reaches the statistic, above 0 to 1; null if none was drawn."),
        maybe("expected", Number, "Number of instances as strong that chance gives in the whole input, at least 0: counted in random runs, or by a closed form if null_p is null."),
        always("lineage", Text, "Lineage of the candidate over the runs; equals the flag_id of its flag, if it has one."),
        always("title", Text, "Description of the instance in one sentence."),
        always("status", Text, "Result of the candidate. A flag, or a candidate that passes the gate: queued, beyond-budget, out-of-focus, earlier-flag or nothing-new. Drawn at random for review: sampled. A candidate that is listed and never queued: lead. A stopped candidate, by the most telling test: bulk-change, not-news, one-source-unknown, one-source-weak, `ordinary` or chance."),
        maybe("lead", Text, "Reason why the candidate is a lead: expected (chance gives up to one instance), one-report, one-source, or unproven; null for other candidates."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const GATE: Table = Table {
    name: "gate",
    about: "One row for each candidate and test of the emergence gate, with the value that decided; passed tests have rows too.",
    fields: &[
        always("candidate_id", Text, "Id of the candidate."),
        always("test", Text, "One of history, chance, expected, news, sources. A pattern with a closed form has expected instead of chance."),
        always("passed", Flag, "True if the candidate passes the test."),
        maybe("value", Number, "Measured value; null where not measured. History: the statistic. Chance and expected: number of instances as strong that chance gives in the whole input, counted in random runs or by a closed form. News: share of news in its recent weight, 0 to 1. Sources: number of independent sources."),
        maybe("threshold", Number, "Threshold of the test. History: the strongest earlier window, which the value must exceed; null without one. Chance: limit of the false-discovery rate, which the value must not exceed. Expected: 0.01, below which the value must be. News and sources: the least value that passes; for sources 2, or 1 with a source of reliability A or B."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const FEATURES: Table = Table {
    name: "features",
    about: "One row for each candidate, with the feature values that a model reads.",
    fields: &[always("candidate_id", Text, "Id of the candidate.")],
    grows: Some("One column for each row of FEATURES; null where the feature is not defined."),
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const FLAGS: Table = Table {
    name: "flags",
    about: "One row for each flag that is open or that closed in this run, and for each sampled candidate. The rows with a rank form the review queue.",
    fields: &[
        always("flag_id", Text, "Lasting id; one flag for each pattern and lineage."),
        maybe("rank", Count, "Rank in the review queue from 1, at most the review budget; null outside the queue."),
        always("pattern", Text, "Name of the pattern."),
        always("title", Text, "Description of the instance in one sentence."),
        always("entity_ids", Texts, "Ids of the entities that the flag is about."),
        maybe("community_id", Text, "Id of the community that the flag is about; null for other patterns."),
        always("score", Number, "Score that orders the queue, 0 to 1; not a probability."),
        maybe("probability", Number, "Calibrated probability that the question of probability_of comes true, 0 to 1; null unless a model is calibrated on labels of this deployment, and if the model abstains."),
        maybe("calibrated_on", Text, "Name of the label set behind probability; null if probability is null."),
        maybe("probability_of", Text, "Outcome whose question the probability answers: flags (a review or a later independent source confirms the flag) or that of the pattern, such as surge; null if probability is null."),
        maybe("model_id", Text, "Id of the model that scored the flag; null if rules alone scored it."),
        always("reasons_for", Texts, "Reasons for a review, in sentences."),
        always("reasons_against", Texts, "Other explanations, in sentences."),
        always("source_count", Count, "Number of independent sources behind the flag."),
        always("first_flagged", Time, "As-of time of the run that first flagged it, UTC."),
        always("state", Text, "One of new, standing, grown, judged, contested, closed."),
        maybe("marking", Text, "Join of the markings of its records; null if no record is marked."),
        maybe("verdict", Text, "Verdict in force: confirmed, benign, needs-more or duplicate; null without a judgement, while the flag is contested, or if the flag grew since."),
        maybe("verdict_at", Time, "Recorded time of the last judgement that the run took into account, UTC, even if the flag grew since; null without a judgement."),
        always("verdicts", Texts, "The last verdict of each person that is in force, sorted by value, without names; two that differ make the flag contested."),
        maybe("verdicts_after", Time, "Judgements recorded up to this time, UTC, do not count, because the flag grew since or a benign verdict expired; null if all count."),
        always("sampled", Flag, "True for a candidate that was drawn at random among those that the gate stopped; it is not a flag."),
        maybe("focus", Count, "Number of criteria of the audience's focus (sectors, regions, kinds) that the flag meets. The queue leaves out a flag with 0; null without a focus, or without a candidate in this run."),
        maybe("sampling_probability", Number, "Probability with which it was drawn, 0 to 1; null for a flag."),
    ],
    ..AUDIENCE
};

#[rustfmt::skip] // One column a line reads as a table.
pub(super) const CARDS: Table = Table {
    name: "cards",
    about: "One row for each flag with a candidate in this run, and for the first leads and near misses: the card that `araneus review` shows. Content and pictures are made from the view of the audience.",
    fields: &[
        always("flag_id", Text, "Id of the flag; for a lead and a near miss the lineage of the candidate, which would be the id of its flag."),
        always("kind", Text, "One of flag, lead, near-miss."),
        always("candidate_id", Text, "Id of the candidate."),
        always("content", Text, "JSON: claim, reasons, tests, entities, links, records with source, reliability, marking and times, and entities that are expected and not seen."),
        maybe("graph", Text, "Graph of the entities as SVG elements, one for each width of screen; null without entities."),
        maybe("timeline", Text, "Timeline of the records as an SVG element; null without records and in the first run."),
    ],
    ..AUDIENCE
};
