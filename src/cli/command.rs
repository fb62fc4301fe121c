//! The commands of the program, and its help.

use clap::{Parser, Subcommand};

use super::{
    args::{CheckArgs, Common, RunArgs, RunInputs},
    audit, backtest, compare, demo, erase, export, fetch, held, judgements, learning, lists, measure, models,
    queue, resolve, review,
};

/// Finds emerging network patterns in shared threat intelligence. It reads STIX, MISP, FollowTheMoney and
/// tables, and writes a short ranked queue with evidence. A person decides.
#[derive(Parser)]
#[command(name = "araneus", version, max_term_width = 100, after_help = AFTER_HELP)]
pub(super) struct Araneus {
    #[command(subcommand)]
    pub(super) command: Command,
    #[command(flatten)]
    pub(super) common: Common,
}

const AFTER_HELP: &str = "Exit codes: 0 complete; 1 a bug; 2 usage or configuration: an INPUT that does not exist, no configuration, \
inputs that the as-of time leaves unread; 3 complete, and an object or a file was rejected that no earlier run of its source rejected; \
4 complete, and a configured source is overdue, failed or held, or its snapshot is incomplete; \
6 resources or an unwritable place; 7 own state damaged or of another version; 8 another run holds the lock; \
10 complete, and --fail-on applies. 5 export: the audience may not have it; models promote: the rules refuse the model; 9 is not used. 4 outranks 10, and 10 outranks 3. Only 0, 3, 4 and 10 publish.\n\n\
The configuration is the file of --config. Without it, it is the araneus.toml found from -C DIR upwards, then the file named by the \
environment variable ARANEUS_CONFIG, then the araneus.toml found from the current folder upwards. Paths in it are relative to its \
folder.\n\n\
Begin with `araneus demo`.";

#[derive(Subcommand)]
pub(super) enum Command {
    /// Read deliveries, record them, analyse, compare with the previous run, and publish
    #[command(
        after_help = "INPUT is PATH or SOURCE=PATH: a file, a folder, a glob, or - for standard input (then NAME=-). Without a \
name, the folder names the source. Without INPUT, the configured paths are read; if there are none, the run is made from the archive. \
With INPUT, configured sources that it does not name are neither read nor overdue.\n\n\
The as-of time is the recorded time of the records that are read, the latest recorded time that the run uses, and the name of its \
folder. A date means the end of that day in UTC; today's date means now. A time more than an hour ahead of the clock needs --future.\n\n\
No record can be recorded before the newest recorded time of the archive, except by increments whose objects have times of their own \
(recorded_at = \"object\"). Any other such run ends with 2 and names the number of unread files. --replay publishes an earlier run \
again from the archive and reads no input. `araneus undo` takes back the newest run.\n\n\
Exit codes: 0 complete; 2 not run; 3 a reject that no earlier run of its source had; 4 a configured source is overdue, \
failed or held, or its snapshot is incomplete; 10 --fail-on flags, and the queue has flags. 4 outranks 10, and 10 outranks 3.\n\n\
Example: araneus run attack=feeds/attack.json.zst --reliability B --as-of 2026-11-21"
    )]
    Run(RunArgs),
    /// Fetch deliveries of configured sources: TAXII collections, MISP feeds and files over HTTPS
    #[command(
        after_help = "Without SOURCE, every source with the key `taxii` or `url` is fetched. The files are stored in the folder `fetched` of the archive, and \
the next run reads them; a run itself uses no network. A fetch that was interrupted continues. docs/fetch.md explains the checks and limits.\n\n\
Exit codes: 0 complete; 2 configuration, credentials or certificates; 4 a source failed or is incomplete; 6 the folder cannot be written; \
8 another fetch works.\n\n\
Examples:\n  araneus fetch\n  araneus fetch partner-feed --json\n  araneus fetch partner-feed --from-start"
    )]
    Fetch(fetch::FetchArgs),
    /// Print the review queue of a run, the waiting flags, or the nearest misses
    #[command(
        after_help = "The first column is the rank, and the column Flag has the first digits of the id. Each command that takes an id takes the rank, too, \
or the first six digits.\n\n\
Examples:\n  araneus queue\n  araneus queue --near\n  araneus queue 2026-11-21 --open --json"
    )]
    Queue(queue::QueueArgs),
    /// Open the review page: a local web application in which the queue is worked off
    #[command(
        after_help = "The command prints an address for a browser on this machine, and serves until Ctrl-C. The address works once: it gives \
this browser a session. Everything that the page shows is from the folder of one audience, and --audience is required if there \
are several. A verdict is on disk before the page says so, also while a run works.\n\n\
Example: araneus review --audience analysts --by ana"
    )]
    Review(review::ReviewArgs),
    /// Explain an entity, link, community, candidate or flag by its records; two entities: why one, or why two
    #[command(
        after_help = "A word may be a lasting id, a STIX id, an observable, a catalogue number, a name or an alias, also with its kind \
before it. A name of several entities is answered with their list and exit code 2. The rank of a flag in the queue, or the first six digits of an \
id, is enough. The answer comes first, then the reasons, the records, and the ids.\n\n\
Examples:\n  araneus explain 1\n  araneus explain 08503629\n  araneus explain malware:Sednit\n  \
araneus explain \"Salt Heron\" \"Grey Ledger\" --run 2026-03-02"
    )]
    Explain {
        /// Word to explain
        id: String,
        /// A second entity: are the two one, and why?
        other: Option<String>,
        /// As known in this run: a date, or the beginning of its folder's name [default: latest]
        #[arg(long, value_name = "RUN")]
        run: Option<String>,
        /// Seconds after which no further record of a flag is left out on trial; the next question continues
        #[arg(long, value_name = "N", default_value_t = 60)]
        seconds: u64,
    },
    /// Print the changes between two runs, by cause
    #[command(after_help = "Each cause lists its changes, and the entities with the most changed links.\n\n\
Examples:\n  araneus diff\n  araneus diff 2026-11-20 2026-11-21 --json")]
    Diff {
        /// Earlier run: a date, or the beginning of its folder's name [default: the one before the latest]
        from: Option<String>,
        /// Later run [default: latest]
        to: Option<String>,
    },
    /// Write results of one audience in the format of another program
    #[command(
        after_help = "An export reads the published folder of one audience, named by --audience where several are configured. By default \
the flags leave whose verdict in force is confirmed. A flag that was confirmed and is no longer is exported as revoked. A second \
export keeps all ids and has a later time.\n\n\
An export acts by nothing: no event is published, no attribute is for detection, and no indicator is made. Names of reviewers leave with \
--with-names only. docs/exports.md has the way to OpenCTI, MISP and Gephi.\n\n\
Exit codes: 0 exported; 2 usage; 5 the audience may not have it; 6 the place cannot be written.\n\n\
Examples:\n  araneus export stix --to confirmed.json\n  \
araneus export csv --all --audience partners --to graph"
    )]
    Export(export::ExportArgs),
    /// Run a synthetic world day by day: a review queue, a report and tables to open
    #[command(
        after_help = "The world has thirty days of deliveries from invented agencies. The first twenty-four days run one by one, and \
the last six together, as after a long weekend. The demo fills the folder of --out [default: araneus-demo]. The folder must be new, \
empty, or made by the demo. Its deliveries/ contains the deliveries, with the truth in truth/.\n\n\
Examples:\n  araneus demo\n  araneus demo --example --out try"
    )]
    Demo(demo::DemoArgs),
    /// Write the deliveries of a synthetic world below --out, with its truth
    #[command(after_help = "Example: araneus scenario --out world --seed 7")]
    Scenario(learning::ScenarioArgs),
    /// Add, import, list and export judgements about flags and about the identity of entities
    #[command(
        subcommand,
        after_help = "Example: araneus judgements add 1 benign --reason \"our own exercise\" --by ana"
    )]
    Judgements(judgements::Judgements),
    /// Write label tables: what was asked at earlier runs, what was known then, and what came true
    #[command(
        after_help = "An outcome is a question that later records answer: `araneus list outcomes` names them, and docs/outcomes.md \
explains them. Each outcome has a table below --out: backtest.arrow for the candidates of patterns, backtest-NAME.arrow for another \
outcome. A row has what the archive knew at its run, and a label from what it recorded later. The label is null until the horizon of \
the outcome has passed.\n\n\
The outcomes flags, confirmed and verdict replay every run, which takes as long as the runs did. The others read the archive once. \
`araneus train --rows` learns from the tables.\n\n\
Example: araneus backtest --outcome surge --outcome attribution --out labels"
    )]
    Backtest(backtest::BacktestArgs),
    /// Train a model on label tables of your own runs, or on synthetic worlds
    #[command(
        after_help = "With --rows, forward validation compares closed forms, single columns, logistic regression, a forest, boosted trees and \
the mean of their ranks. Each cut is scored by models that saw only labels known before it. Each kind is tried with and without columns \
that read relations. The kind with the highest average precision is fitted to all rows. With fewer than 30 known positives no model is \
trained, and the closed form or the best column stays.\n\n\
--out is the folder for model.json, CARD.md, evaluation.json and scores.arrow [default: model]. It must be new, empty, or made by train. \
--as NAME also stores the model; `araneus models promote` puts it into service if it is better.\n\n\
Examples:\n  araneus train --rows labels/backtest-surge.arrow --as surge-1 --out models/surge\n  \
araneus train --rows labels/backtest.arrow --with-worlds 101..140 --as flags-1\n  \
araneus train --seeds 101..140 --judged-on 1..20 --out models/mine"
    )]
    Train(learning::TrainArgs),
    /// Evaluate models on label tables, or the configured model on synthetic worlds
    #[command(
        after_help = "With --rows, the page says how well each kind of model ranks, and what relations add. --against MODEL \
adds the gain over a stored model on the same rows. Rows from the training of a stored model are scored by models of its kind that saw \
only earlier rows. A column that ranks nearly all positives first alone must come from the future, and is an error.\n\n\
It writes evaluation.json, evaluation.md and scores.arrow below --out.\n\n\
Examples:\n  araneus evaluate --rows labels/backtest-surge.arrow --against surge-1 --out evaluated\n  \
araneus evaluate --seeds 1..20"
    )]
    Evaluate(learning::EvaluateArgs),
    /// List, store, compare and promote models, and roll back
    #[command(
        subcommand,
        after_help = "Models of a deployment are files in the folder models/ of the archive. Each outcome has at most one model in service. \
log.jsonl there says who changed it, when, why, and by which figures.\n\n\
Example:\n  araneus backtest --outcome surge --out labels\n  \
araneus train --rows labels/backtest-surge.arrow --as surge-2\n  \
araneus models promote surge-2 --by ana --reason \"more labels\" --rows labels/backtest-surge.arrow"
    )]
    Models(models::Models),
    /// Read configuration and inputs, and print what would be rejected; changes nothing
    #[command(
        after_help = "Examples:\n  araneus check\n  araneus check bank=payments.csv --mapping payments.toml"
    )]
    Check(CheckArgs),
    /// Print what a run would do; reads no input and changes nothing
    #[command(after_help = "Example: araneus plan --as-of 2026-11-21")]
    Plan(RunInputs),
    /// Measure any graph: metrics, communities, quality, timings
    #[command(
        after_help = "LINKS is text (comma, tab or blanks; lines that begin with # or % are skipped; .gz and .zst are read), Parquet, Arrow, \
- for standard input, or the folder of a run. Its columns are source,target or from,to by header, or as --source and --target name them, \
else the first two. The first line is a header if it has these names. It is also a header if its cells occur in no other line, and one is \
above a column of numbers. The command says which. Without --out, only the summary is printed.\n\n\
Examples:\n  araneus measure links.csv --communities leiden --out measured\n  \
zcat links.tsv.gz | araneus measure - --weight 3 --metrics pagerank\n  \
araneus measure out/latest --metrics pagerank,core_number"
    )]
    Measure(measure::MeasureArgs),
    /// Compare pairs of names, or find the records of tables that are one bearer
    #[command(
        after_help = "A table of pairs has a header with schema, name1 and name2, and any other columns. schema is Person, Vessel or another kind of \
FollowTheMoney. The result has all columns and rows in their order, with three more columns. The column score is in [0,1]. The column match is true \
if the score reaches the threshold. The column detail has the contribution of each level as JSON. docs/names.md explains the levels.\n\n\
A row with missing cells or invalid UTF-8 is left out and named by its line. A word that mixes letters of Latin, Greek and Cyrillic never \
matches: a person must look.\n\n\
With --columns the rows of all tables are records. A model is fitted to them without truth. Its levels have m, u and bits, and a frequent value counts \
less than a rare one. The result has each pair with a probability from 0.01 on. docs/names.md explains the method.\n\n\
Exit codes: 0 complete; 2 usage; 3 rows were left out; 6 the result cannot be written.\n\n\
Example: araneus compare pairs.csv --out compared.csv\n\
Example: araneus compare a.csv b.csv --columns name=name,born=date,town=category --key id --out pairs.csv"
    )]
    Compare(compare::CompareArgs),
    /// List the pairs of entities that wait for a judgement
    #[command(
        after_help = "A pair waits if its names or a curated list are evidence for one entity, and no rule may join the two. The first pair would \
join the most communities, and then move the most links. Each pair has the weight of every level in bits. A person decides with \
`araneus judgements add A B same|different|unsure`.\n\n\
Examples:\n  araneus resolve --review\n  araneus resolve --review --json"
    )]
    Resolve(resolve::ResolveArgs),
    /// List every metric, method, format, rule, pattern, feature, table or configuration key
    #[command(after_help = "Examples:\n  araneus list patterns\n  araneus list metrics --json")]
    List {
        /// Table to list [default: all]
        #[arg(value_enum)]
        which: Option<lists::Which>,
    },
    /// Print the audit log: who published, reviewed, judged, exported and changed models, when, and for which audience
    #[command(
        after_help = "An entry has ids and digests, and never a value, a reason or a path. It is written before its action begins, so an \
action that was interrupted has an entry, too. Each entry has the digest of the entry before it. A missing, altered or inserted entry \
is named by its position, and the command ends with 7. Keep the head that `araneus verify` prints in another place: a log whose files were all \
replaced has another head. docs/audit.md lists the actions.\n\n\
Examples:\n  araneus audit --since 2026-11-01\n  araneus audit --audience partners --json"
    )]
    Audit(audit::AuditArgs),
    /// Check the archive, the audit log, and published runs against their manifests
    #[command(after_help = "A damaged archive or log ends with 7.\n\nExample: araneus verify")]
    Verify,
    /// Remove old results, and files that nothing in the archive names
    #[command(
        after_help = "The table [keep] of the configuration sets which runs stay. `runs` is the number of the newest ones, and `monthly` is the \
number of months of which the last run stays, too. Without `runs` every run stays. The run that `latest` names stays always, and so \
does the newest folder of each audience. A folder stays if it contains a file that Araneus did not write. No record is removed, and \
`araneus run --replay` makes a removed folder again. Paths that are removed are printed.\n\n\
Examples:\n  araneus gc --dry-run\n  araneus gc --json"
    )]
    Gc {
        /// Print what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// List held files, and accept or reject them
    #[command(
        subcommand,
        after_help = "A source with the key `hold` has limits. A file beyond a limit is set aside: nothing of it is recorded, the run ends with 4, \
and the source keeps its last good state. A person decides, and the next run follows. docs/held.md explains the limits.\n\n\
Example: araneus held list"
    )]
    Held(held::Held),
    /// Take back the newest run: its records, its run state, its folder, and `latest`
    #[command(
        after_help = "The archive and every later run are then as if the run had never happened. Judgements stay, and the judgements \
about flags of that run are named. Without a terminal, --yes is required.\n\nExample: araneus undo --yes"
    )]
    Undo {
        /// Take it back without a question
        #[arg(long)]
        yes: bool,
    },
    /// Erase records: from the archive, the run state, judgements and results
    #[command(
        after_help = "The newest run is computed again without the records. The folder of every other run that could contain them is \
replaced by a tombstone, erased.json. `araneus run --replay --as-of TIME` makes such a run again without them. An object that was \
erased by --id or --record is rejected if its source delivers it again (rule `erased`), until --lift ends that. The reason and the \
name of --by stay in erasures.jsonl of the archive. Without a terminal, --yes is required. Models and exports that were made before \
are beyond reach. docs/erasure.md has the rules.\n\n\
Exit codes: 0 erased; 2 nothing matches, or not confirmed; 7 own state damaged; 8 another run holds the lock.\n\n\
Examples:\n  araneus erase --id identity--6f9a0000-0000-4000-8000-000000000001 --reason \"request 17\" --dry-run\n  \
araneus erase --source old-feed --reason \"the agreement ended\" --yes\n  \
araneus erase --lift erasure-0123456789abcdef0123 --reason \"erased by mistake\""
    )]
    Erase(erase::EraseArgs),
    /// Print completions for a shell
    #[command(
        after_help = "Example: araneus completions bash > ~/.local/share/bash-completion/completions/araneus"
    )]
    Completions {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of the program or of a command
    #[command(after_help = "Example: araneus man judgements add > araneus-judgements-add.1")]
    Man {
        /// Command, such as `run` or `judgements add` [default: the program]
        command: Vec<String>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Returns the examples of a command's help: what follows `araneus ` up to a redirection or a pipe.
    fn examples(help: &str) -> Vec<Vec<String>> {
        let tail = help.split("Example").nth(1).unwrap_or_default();
        let lines = tail.lines().filter_map(|line| Some(line.split_once("araneus ")?.1));
        let words = |line: &str| -> Vec<String> {
            let line = line.split(['>', '|']).next().unwrap_or_default();
            let parts = line.split('"').enumerate();
            parts
                .flat_map(|(number, part)| match number % 2 {
                    0 => part.split_whitespace().map(str::to_owned).collect(),
                    _ => vec![part.to_owned()],
                })
                .collect()
        };
        lines.map(words).collect()
    }

    fn check(command: &clap::Command, path: &str, tried: &mut usize) {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let examples = examples(&help);
        let is_parent = command.has_subcommands();
        assert!(is_parent || !examples.is_empty(), "`{path} --help` has no example");
        for example in examples {
            let words = std::iter::once("araneus").chain(example.iter().map(String::as_str));
            if let Err(error) = Araneus::try_parse_from(words) {
                panic!("`{path} --help` teaches `{}`: {error}", example.join(" "));
            }
            *tried += 1;
        }
        for subcommand in command.get_subcommands().filter(|command| command.get_name() != "help") {
            check(subcommand, &format!("{path} {}", subcommand.get_name()), tried);
        }
    }

    #[test]
    fn the_help_of_each_command_has_an_example_that_it_accepts() {
        let mut tried = 0;
        for command in Araneus::command().get_subcommands() {
            check(command, &format!("araneus {}", command.get_name()), &mut tried);
        }
        assert!(tried > 30, "{tried}");
    }

    #[test]
    fn a_mistyped_command_is_answered_with_the_nearest_one() {
        let error = Araneus::try_parse_from(["araneus", "qeueu"]).err().expect("no such command");
        assert!(error.to_string().contains("'queue'"), "{error}");
    }
}
