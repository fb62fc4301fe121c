//! `araneus export`: results of one audience in the formats of other programs.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{
    Args,
    builder::{PossibleValue, PossibleValuesParser, TypedValueParser},
};

use super::{
    CommandError, Common, clock::now, config, console::Console, counted, made, require_archive, user::actor,
};
use crate::{
    archive::audit::{self, Action, Entry, Subject},
    export::{self, EXPORTS, Export, ExportRequest, Losses, Scope, Selection, Target},
    run::{Config, RunError},
    tables,
};

/// Name of the file that lists what the format cannot express.
const LOSSES: &str = "loss.json";

/// Name of the only format for one source.
const FEEDBACK: &str = "feedback";

/// Returns the parser of FORMAT.
fn format() -> impl TypedValueParser<Value = &'static Export> {
    let names = PossibleValuesParser::new(EXPORTS.iter().map(|export| PossibleValue::new(export.name)));
    names.try_map(|name| export::named(&name).ok_or("no such format"))
}

/// Arguments of `araneus export`.
#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(super) struct ExportArgs {
    /// Format; `araneus list exports` describes each
    #[arg(value_parser = format())]
    format: &'static Export,
    /// The run: a date, or the beginning of its folder's name [default: latest]
    run: Option<String>,
    /// Confirmed flags, their entities and the links between these entities (the default)
    #[arg(long, group = "scope")]
    flags: bool,
    /// An entity, by its id, and the entities within --hops links of it
    #[arg(long, value_name = "ID", group = "scope")]
    entity: Option<String>,
    /// Number of links around --entity
    #[arg(long, value_name = "N", requires = "entity", default_value_t = 1)]
    hops: u32,
    /// The entities of a community
    #[arg(long, value_name = "ID", group = "scope")]
    community: Option<String>,
    /// Every entity and link of the audience, without flags
    #[arg(long, group = "scope")]
    all: bool,
    /// Add the flags without a confirmation, each labelled as unjudged
    #[arg(long, conflicts_with_all = ["entity", "community", "all"])]
    unjudged: bool,
    /// Add the names and the reasons of reviewers
    #[arg(long)]
    with_names: bool,
    /// Distribution of MISP events: 0 own organisation, 1 community, 2 connected communities, 3 all
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=3))]
    distribution: u8,
    /// Source that gets the feedback, for the format feedback
    #[arg(long, value_name = "NAME", conflicts_with_all = ["flags", "entity", "community", "all", "unjudged", "with_names"])]
    source: Option<String>,
    /// File of the export; for csv and other folders the folder, which must be new, empty or made by export
    #[arg(long, value_name = "FILE|DIR")]
    to: PathBuf,
}

impl ExportArgs {
    fn scope(&self) -> Scope {
        match (&self.entity, &self.community) {
            (Some(id), _) => Scope::Entity { id: id.clone(), hops: self.hops },
            (None, Some(id)) => Scope::Community(id.clone()),
            (None, None) if self.all => Scope::All,
            (None, None) => Scope::Flags,
        }
    }
}

/// Writes an export to its place.
pub(super) fn export(common: &Common, args: &ExportArgs, console: &Console) -> Result<u8, CommandError> {
    let config = config(common)?;
    require_archive(common, &config)?;
    let export = args.format;
    if args.source.is_some() != (export.name == FEEDBACK) {
        return Err(CommandError::Usage(format!("--source and the format {FEEDBACK} belong together")));
    }
    if export.target == Target::File && args.to.is_dir() {
        return Err(CommandError::Usage(format!(
            "`{}` is a folder, and {} is one file; name a file",
            args.to.display(),
            export.name
        )));
    }
    let selection = export::select(&ExportRequest {
        config: &config,
        run: args.run.as_deref(),
        audience: common.audience.as_deref(),
        scope: args.scope(),
        // Feedback has the verdicts of all flags.
        with_unjudged: args.unjudged || args.source.is_some(),
        with_names: args.with_names,
        distribution: args.distribution,
        source: args.source.as_deref(),
        exported_at: now(),
    })?;
    let staging = StagingFolder::beside(&args.to)?;
    let (names, losses) = export::write(export, &selection, &staging.folder)?;
    log_export(&config, export, &selection, (&staging.folder, &names))?;
    match export.target {
        Target::File => move_file(&staging.folder.join(export::ONE_FILE), &args.to)?,
        Target::Folder => publish_folder(export, &staging.folder, &args.to, names, &losses)?,
    }
    drop(staging);
    report(common, args, &selection, &losses, console);
    Ok(0)
}

/// Appends an entry to the audit log for an export whose files are about to be moved to their place.
fn log_export(
    config: &Config,
    export: &Export,
    selection: &Selection,
    (staged, names): (&Path, &[String]),
) -> Result<(), CommandError> {
    let digests: Result<Vec<String>, _> =
        names.iter().map(|name| tables::digest(&staged.join(name))).collect();
    let mut subjects = vec![Subject::Format(export.name.to_owned()), Subject::Run(selection.run.clone())];
    subjects.extend(audit::file_subjects(digests?));
    let audience = Some(selection.audience.clone());
    let entry = Entry { action: Action::Exported, by: actor(), audience, subjects };
    audit::append(&config.state, &[entry]).map_err(RunError::from)?;
    Ok(())
}

/// A new folder beside the place of an export. It is removed at the end, with files that were not moved.
struct StagingFolder {
    folder: PathBuf,
}

impl StagingFolder {
    fn beside(to: &Path) -> Result<Self, CommandError> {
        let full = std::path::absolute(to).unwrap_or_else(|_| to.to_owned());
        let parent = full.parent().unwrap_or(Path::new("/"));
        let folder = parent.join(format!(".araneus-export.{}.partial", std::process::id()));
        let write = |source| CommandError::Write { path: folder.clone(), source };
        fs::create_dir_all(parent).map_err(write)?;
        if folder.is_dir() {
            // An earlier process with this id was killed.
            fs::remove_dir_all(&folder).map_err(write)?;
        }
        fs::create_dir(&folder).map_err(write)?;
        Ok(Self { folder })
    }
}

impl Drop for StagingFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn move_file(from: &Path, to: &Path) -> Result<(), CommandError> {
    fs::rename(from, to).map_err(|source| CommandError::Write { path: to.to_owned(), source })
}

/// Moves the files of an export into a folder that is empty or that export made. The last file is moved last, because
/// a reader may follow it to the others.
fn publish_folder(
    export: &Export,
    staged: &Path,
    to: &Path,
    mut names: Vec<String>,
    losses: &Losses,
) -> Result<(), CommandError> {
    let path = staged.join(LOSSES);
    let text = format!("{:#}\n", losses.to_json(export.name));
    fs::write(&path, text).map_err(|source| CommandError::Write { path, source })?;
    names.insert(0, LOSSES.to_owned());
    let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
    let made = made::begin(to, "export", &borrowed)?;
    made.clear()?;
    for name in &names {
        move_file(&staged.join(name), &to.join(name))?;
    }
    made.finish()
}

/// Prints what left, and what a single file could not express.
fn report(common: &Common, args: &ExportArgs, selection: &Selection, losses: &Losses, console: &Console) {
    if common.json {
        let mut summary = losses.to_json(args.format.name);
        summary["to"] = args.to.display().to_string().into();
        summary["run"] = selection.run.clone().into();
        summary["audience"] = selection.audience.clone().into();
        summary["flags"] = selection.flags.len().into();
        summary["entities"] = selection.entities.len().into();
        summary["links"] = selection.links.len().into();
        out!("{summary}");
    }
    if let Some(feedback) = &selection.feedback {
        console.say(&format!(
            "{}: feedback of the run {} for {}.",
            args.to.display(),
            selection.run,
            feedback.source
        ));
        return;
    }
    let count = |count: usize, one, many| counted(count as u64, one, many);
    console.say(&format!(
        "{}: {}, {} and {} of the run {} for {}.",
        args.to.display(),
        count(selection.flags.len(), "flag", "flags"),
        count(selection.entities.len(), "entity", "entities"),
        count(selection.links.len(), "link", "links"),
        selection.run,
        selection.audience
    ));
    if selection.scope == Scope::Flags && selection.flags.is_empty() {
        console.say(
            "No flag has the verdict confirmed. `araneus queue` shows the flags, and --unjudged adds them.",
        );
    }
    for source in &losses.obligations {
        for obligation in &source.obligations {
            console.say(&format!("Obligation of {} ({}): {obligation}", source.source, source.agreement));
        }
    }
    if args.format.target == Target::File {
        for (loss, rows) in losses.iter() {
            let rows = count(rows, "row", "rows");
            console
                .say(&format!("Not expressed: {} of {} ({rows}). {}", loss.value, loss.subject, loss.reason));
        }
    }
}
