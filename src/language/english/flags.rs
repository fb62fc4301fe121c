//! Sentences about flags and candidates.

pub(super) const ROWS: &[(&str, &str)] = &[
    ("list.separator", ", "),
    ("list.and", "{labels} and {last}"),
    ("list.more", "{labels} and {count} more"),
    ("unit.days", "{count} {count:day|days}"),
    // Reasons for and against a flag.
    (
        "reason.sources",
        "[count>0?[count=1?Only one source reports it independently|{count} sources report it independently]: {sources}\
         |No source reports it as news].",
    ),
    ("reason.source", "{source} ([reliability=F?reliability not judged|reliability {reliability}])"),
    ("reason.relays", "Not independent: {relays}[more>0?; and {more} more]."),
    (
        "reason.relay",
        "{source} repeats {origin} ({evidence}[days?, [days=0?on the same day|{days} {days:day|days} later]])",
    ),
    ("reason.relay.separator", "; "),
    ("reason.relay.object", "same object"),
    ("reason.relay.producer", "same producer"),
    ("reason.relay.created", "same time of creation"),
    ("reason.relay.text", "same text"),
    ("reason.relay.reference", "same reference"),
    ("reason.relay.values", "same report"),
    ("reason.rose", "Its strength rose from {before} to {now} since it was last found."),
    ("reason.fell", "Its strength fell from {before} to {now} since it was last found."),
    (
        "reason.strength",
        "Its strength is {strength} ({unit})[before?; [windows=1?the only earlier window\
         |the strongest of {windows} earlier windows] had {before}]\
         [expected?; chance gives {expected} such instances in the whole input].",
    ),
    (
        "reason.window.recorded",
        "Chance explains it least in a window of {days} {days:day|days} of recorded time\
         [windows>1?; {windows} windows were compared, and the expected number counts each].",
    ),
    (
        "reason.window.valid",
        "Chance explains it least in a window of {days} {days:day|days} of valid time\
         [windows>1?; {windows} windows were compared, and the expected number counts each].",
    ),
    (
        "reason.layer",
        "Chance explains its reports of the layer {layer} least\
         [layers>1?; {layers} layers were compared, and the expected number counts each].",
    ),
    ("reason.not-above-earlier", "An earlier window was at least as strong: {strength}."),
    ("reason.no-earlier-window", "The archive has no earlier window for comparison."),
    (
        "reason.not-above-chance",
        "Chance gives {expected} such instances in the whole input; at most {limit} may be given.",
    ),
    ("lead.expected", "Chance gives up to one instance like it in the whole input."),
    ("lead.one-report", "All of its evidence is one report."),
    ("lead.one-source", "Its news comes from one source, which is not usually reliable."),
    ("lead.unproven", "Its pattern has no null model that is proven on data without the pattern."),
    (
        "reason.payments",
        "In all records, its members [received?received {received} {currency} from {payers} {payers:other|others}]\
         [paid?; paid {paid} {currency} to {payees} {payees:other|others}]\
         [inside?; paid {inside} {currency} to each other].",
    ),
    ("reason.flow", "Its payments, {currency}: {payments}[left_out>0?, and {left_out} more]."),
    ("reason.flow.payment", "{payer} to {payee} {amount}"),
    ("reason.flow.separator", "; "),
    (
        "reason.flow.bounds",
        "The flow may be larger: the search follows {layers} layers, {width} accounts of a layer, and accounts with at most \
         {most} payments in the window.",
    ),
    ("reason.no-currency", "of no stated currency"),
    ("reason.more-currencies", "Its members have payments in {count} more currencies."),
    ("reason.fact.payment", "Recorded payment: {from} to {to}[date?, {date}] (record {record})."),
    ("reason.fact.designation", "Recorded designation: {from}, {to}[date?, {date}] (record {record})."),
    ("reason.fact.control", "Recorded {kind}: {from}, {to}[date?, {date}] (record {record})."),
    ("reason.fact.contact", "Recorded contact: {from}, {to}[date?, {date}] (record {record})."),
    ("reason.fact.identifier", "Recorded identifier: {from}, {to}[date?, {date}] (record {record})."),
    ("reason.cycle", "Payments form a cycle: {labels}[left_out>0? to {left_out} more] and back to {first}."),
    ("reason.cycle.step", " to "),
    ("reason.feature", "{clause}[typical? (typical for benign candidates: {typical})]."),
    (
        "reason.not-news",
        "{share} of its recent evidence is not news: it is late, corrected, or from a new source.",
    ),
    (
        "reason.few-records",
        "[count>1?Only {count} recent records support it\
         |[count=1?Only 1 recent record supports it|No recent record supports it]].",
    ),
    (
        "reason.found-earlier",
        "It was first flagged on {time}; its strength was {strength} when it was last found.",
    ),
    (
        "reason.sampled",
        "Drawn at random for a fair sample; the gate stopped it at the {count:test|tests}: {tests}.",
    ),
    ("reason.sampled-earlier", "Drawn at random for a fair sample on {time}; it is not a flag."),
    ("reason.sample-over", "It was drawn at random more than two weeks ago."),
    ("reason.not-found", "This run did not find it: it rests on earlier records."),
    ("reason.closed", "Most of its records are gone, or no run found it for two weeks."),
    (
        "reason.nothing-against",
        "No measurement is a reason against it. Possible benign explanations: {explanations}",
    ),
    // Tests of the emergence gate.
    (
        "gate.history",
        "{value}; [threshold?it must exceed {threshold}, the strongest earlier window\
         |there is no earlier window to compare with]",
    ),
    (
        "gate.chance",
        "chance gives {value} instances like it in the whole input; at most {threshold} may be given",
    ),
    (
        "gate.expected",
        "chance gives {value} instances like it in the whole input; fewer than {threshold} may be given",
    ),
    ("gate.news", "{value} of its recent weight is news; at least {threshold} must be"),
    (
        "gate.sources",
        "{value} independent {value:source|sources}[threshold=1?, one of reliability A or B: one is enough\
         |; two are needed, or one of reliability A or B]",
    ),
    (
        "gate.fact",
        "{value} of {threshold} {threshold:person|people} {value:has|have} a fact in a record; each must have one",
    ),
    ("gate.unmeasured", "not measured"),
    // Statuses of candidates, after their count.
    ("candidate-status.queued", "{count:is|are} in the queue"),
    ("candidate-status.sampled", "{count:is|are} drawn at random"),
    ("candidate-status.beyond-budget", "{count:is|are} beyond the budget"),
    ("candidate-status.out-of-focus", "{count:is|are} outside the focus"),
    ("candidate-status.earlier-flag", "[count=1?belongs to an earlier flag|belong to earlier flags]"),
    ("candidate-status.nothing-new", "{count:has|have} no news of this run"),
    ("candidate-status.lead", "[count=1?is a lead|are leads]"),
    ("candidate-status.bulk-change", "{count:rests|rest} on a bulk change of one source"),
    ("candidate-status.not-news", "{count:is|are} mostly not news"),
    ("candidate-status.one-source-unknown", "{count:rests|rest} on one source of unknown reliability"),
    ("candidate-status.one-source-weak", "{count:rests|rest} on one source of reliability C, D or E"),
    ("candidate-status.no-fact", "{count:touches|touch} a person without a fact in a record"),
    ("candidate-status.ordinary", "[count=1?is typical for this entity|are typical for their entities]"),
    ("candidate-status.chance", "could be chance"),
    ("candidate-statuses", "{count} {count:candidate|candidates}: {parts}."),
    ("candidate-statuses.part", "{count} {status}"),
    (
        "candidate-statuses.none-links",
        "No candidate: the {links} new {links:link|links} that patterns read [links=1?shows|show] none.",
    ),
    (
        "candidate-statuses.none-entities",
        "No candidate: this run recorded {entities} new {entities:entity|entities}, but no new link that patterns read.",
    ),
    (
        "candidate-statuses.none",
        "No candidate: this run recorded no new entity and no new link that patterns read.",
    ),
    ("candidate-statuses.nearest", "Nearest to a flag is this one, which fails {tests}: {title}"),
    // The queue as a whole.
    ("queue.first-run", "Nothing can emerge in a first run: there is no earlier run to compare with."),
    (
        "queue.no-visible-record",
        "{audience} may see no record: an audience with a clearance sees records with a marking only, and an \
         agreement may exclude it. The keys `marking` and `agreement` of a source change this.",
    ),
    ("queue.waiting", "{parts}."),
    ("queue.waiting.earlier", "{count} from earlier runs {count:waits|wait} for a verdict"),
    ("queue.waiting.focus", "{count} of this run {count:is|are} outside the focus"),
    ("queue.waiting.beyond", "{count} of this run {count:is|are} beyond the budget"),
    ("queue.waiting.contested", "{count} {count:is|are} contested: reviewers disagree"),
    ("queue.waiting.sampled", "{count} of earlier random samples {count:waits|wait} for a verdict"),
    (
        "queue.waiting.closed",
        "{count} closed without a verdict[now>0?, [now_all>0?in this run|{now} of them in this run]]",
    ),
    ("queue.waiting.separator", "; "),
    (
        "warning.only-source",
        "No flag can be raised: the only source, {source}, has reliability {reliability}; a flag needs two \
         independent sources, or one of reliability A or B.",
    ),
    (
        "warning.unknown-sources",
        "Every source has reliability F, which is unknown ([count>0?{count} sources|{sources}]): a flag needs two \
         independent sources, or one of reliability A or B. Set `reliability` of the sources that you trust.",
    ),
    (
        "warning.unconfigured-source",
        "{source} is not a source of {file}; \
         [known?did you mean {known}?|its objects are read without configured terms]",
    ),
    ("warning.for-audiences", "For {audiences}: {warning}"),
    // One flag.
    ("flag.judged", "Judged {verdict} on {time}; it returns to the queue when it grows."),
    ("flag.contested", "Reviewers disagree: {verdicts}. It waits until they agree, or until it grows."),
    ("flag.contested.part", "{count} {verdict}"),
    ("flag.sampled", "Drawn at random for a fair sample; it waits two weeks for a verdict."),
    (
        "flag.out-of-focus",
        "The flag meets no criterion of this audience\u{2019}s focus, so its queue leaves the flag out.",
    ),
    ("flag.beyond-budget", "The queue is full: flags with higher scores use its budget."),
    ("flag.no-new-evidence", "No evidence was added since it was last in the queue."),
    ("flag.not-found-before", "not found"),
    ("flag.state-before", "{state}, strength {strength}"),
    ("flag.not-all-marked", "not all of its records are marked"),
    // One sentence a record, because its content may be long.
    ("flag.marking.record", " Record of {source}: {content} ({object})."),
    (
        "flag.marking.unmarked",
        "{count} of its {count:records has|records have} no marking.{records}[more>0? {more} further {more:record is|records are} not named here.]",
    ),
    (
        "flag.marking.unknown",
        "Marked unknown: no level is known for the marking of {count} {count:record|records}.{records}[more>0? {more} further {more:record is|records are} not named here.]",
    ),
    (
        "flag.marking.known",
        "Marked {marking} because of {count} {count:record|records}.{records}[more>0? {more} further {more:record is|records are} not named here.]",
    ),
    ("flag.record-content", "{links}[more>0?; and {more} more]"),
    ("state.new", "new"),
    ("state.grown", "grown"),
    ("state.standing", "standing"),
    ("state.judged", "judged"),
    ("state.contested", "contested"),
    ("state.closed", "closed"),
    ("verdict.confirmed", "confirmed"),
    ("verdict.benign", "benign"),
    ("verdict.needs-more", "needs-more"),
    ("verdict.duplicate", "duplicate"),
    ("verdict.withdrawn", "withdrawn"),
    ("test.history", "history"),
    ("test.chance", "chance"),
    ("test.expected", "expected by chance"),
    ("test.news", "news"),
    ("test.sources", "sources"),
    ("test.fact", "fact about each person"),
    ("pattern.about", "{about} {rationale} Possible benign explanations: {explanations}"),
];
