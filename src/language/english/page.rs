//! Sentences on the page of a run, computed from its results.

pub(super) const ROWS: &[(&str, &str)] = &[
    // Reasons of a judgement, by their codes.
    ("reason-code.independent-evidence", "Independent evidence agrees"),
    ("reason-code.own-observation", "It matches our own observations"),
    ("reason-code.relevant-activity", "New activity that matters to us"),
    ("reason-code.known-activity", "Known activity, already tracked"),
    ("reason-code.own-activity", "Our own exercise, scanner or test"),
    ("reason-code.shared-infrastructure", "Shared hosting, sinkhole or parking"),
    ("reason-code.common-tool", "Common tool or technique"),
    ("reason-code.repeated-report", "One source repeats another"),
    ("reason-code.data-error", "Error in the data"),
    ("reason-code.none", "No reason was chosen"),
    ("page.title", "Run of {date}"),
    // Above the queue.
    ("queue.no-new-flag", "This run raised no new flag."),
    (
        "queue.scored-by-rule",
        "Scores come from a rule alone: the share of this run\u{2019}s candidates that do not show their pattern more \
         strongly.",
    ),
    (
        "queue.scored-by-model",
        "Scores come from a model that was trained on synthetic worlds, not on verdicts of people here.",
    ),
    (
        "queue.contested",
        "[count=1?One pair of entities may be one entity, but the two are kept apart\
         |{count} pairs of entities may each be one entity, but are kept apart]\
         [table>0?. The table steward/contested gives the reasons].",
    ),
    (
        "page.bulk-edit",
        "Bulk edit: {source} changed {changed} of its {total} objects ({share}), {unannounced} of them under an \
         unchanged version field. Consider this edit first as an explanation of growth in this run.",
    ),
    ("page.bulk-source", "{source} added or edited {objects} objects in this run, far more than usual"),
    (
        "page.bulk-changes",
        "Bulk change: {sources}. [count>0?[count=1?One candidate rests|{count} candidates rest] on it alone and \
         [count=1?is|are] not flagged: {names}[more>0? and {more} more]|No candidate rests on it alone].",
    ),
    // The headline.
    (
        "page.disturbance",
        "Disturbance of identity: {count} {what} by {cause}[source? of {source}][expected?, and {expected} are usual]. \
         A change of identity is not news; the table disturbances lists the entities.",
    ),
    ("page.disturbance.merged", "entities became part of others"),
    ("page.disturbance.split", "entities were split from others"),
    (
        "page.sizes",
        "{records} records describe {entities} entities and {links} links. {members} of the entities form \
         {communities} communities of two or more.",
    ),
    (
        "page.dated-ahead",
        "{count} {count:object has|objects have} a date after the as-of time of this run, and the recorded time of \
         this run instead.",
    ),
    (
        "page.other-model",
        "The previous run used another model ({before}; now {now}). Scores and their order may differ for this reason \
         alone; the model makes no flag new.",
    ),
    (
        "page.internal-changes",
        "{count} differences come from changed rules or configuration here, not from the world.",
    ),
    // The four answers.
    ("unit.objects", "{count:object|objects}"),
    ("unit.records", "{count:record|records}"),
    ("unit.flags", "{count:flag|flags}"),
    ("answer.visible", "are visible to this audience in this run."),
    (
        "answer.delivered",
        "[count>0?delivered by [count=1?{source}|{count} sources]; {new} were new\
         |No source was read: this run analysed the archive as it was].",
    ),
    ("answer.part.new", "new"),
    ("answer.part.changed", "changed"),
    ("answer.part.unchanged", "unchanged"),
    ("answer.part.withdrawn", "withdrawn"),
    ("answer.part.pairs", "pairs of entities"),
    (
        "answer.changed",
        "[previous?differ from the run of {previous}|are all new, because this is the first run]. {entities} entities \
         and {links} links are new.",
    ),
    ("answer.no-reject", "Every delivered object was accepted."),
    ("answer.rejected", "could not be accepted; each is listed with its file, position and rule."),
    (
        "answer.rejected-elsewhere",
        "could not be accepted; the data steward\u{2019}s report lists each with its file, position and rule.",
    ),
    // Central entities.
    ("entity.links", "{count} in, {out} out; [sources=1?{source}|{sources} sources]"),
    (
        "chance.partition",
        "Random networks in which each entity keeps its links in each layer were searched in the same way: {count} of \
         {draws} divide into communities at least as clearly[chance?. The division as a whole is not significant]. A \
         community that more than one in twenty of them have is not significant: chance may have brought it.",
    ),
    ("chance.community", "{count} of {draws}[chance?, not significant]"),
    (
        "chance.broker",
        "{count} of {draws} random networks with the same links have such a broker[chance?, not significant]",
    ),
    ("community.of-report", "hashes of {report}"),
    ("community.of-hashes", "hashes such as {hash}"),
    ("picture.map.title", "The largest communities and the links between them"),
];
