//! Judgements about the identity of two entities: added by a command, and read from files.

use std::path::Path;

use super::{
    CommandError, Common, answer,
    judgement_file::{flag_judgement, line_error},
};
use crate::{
    explain::{KnownEntities, NamedEntity, UnknownEntity},
    judgement::{Judgement, Kind, Value},
    run::Config,
    tables::latest_folder,
    time::Moment,
};

/// Reads the entities of the latest run that the audience of a command may know.
pub(super) fn known_entities(common: &Common, config: &Config) -> Result<KnownEntities, CommandError> {
    let folder = latest_folder(&config.out);
    let mut known = KnownEntities::default();
    for reader in answer::readers_of(common, config) {
        if folder.join(&reader).is_dir() {
            known.add(&folder.join(&reader))?;
        }
    }
    Ok(known)
}

/// Finds the entity that a word names; the error is a message for the user.
pub(super) fn find<'a>(known: &'a KnownEntities, word: &str) -> Result<NamedEntity<'a>, String> {
    known.find(word).map_err(|unknown| match unknown {
        UnknownEntity::None => format!(
            "no entity of the latest run has the id, identifier or name `{}`; `araneus explain` shows ids",
            word.escape_debug()
        ),
        UnknownEntity::Several(listed) => format!(
            "`{}` names several entities; write one of these ids: {}",
            word.escape_debug(),
            listed.join("; ")
        ),
    })
}

/// Returns the judgement of a person about two entities, with the identifiers that they have now; the error is a message
/// for the user.
pub(super) fn identity_judgement(
    known: &KnownEntities,
    words: [&str; 2],
    (recorded_at, by): (Moment, &str),
    value: Value,
    reason: &str,
) -> Result<Judgement, String> {
    let (one, other) = (find(known, words[0])?, find(known, words[1])?);
    let identifiers = [&one, &other].map(NamedEntity::kept_identifiers);
    if one.entity.id == other.entity.id {
        // Two identifiers of one entity can be judged, so that a wrong merge is undone.
        let are_identifiers = one.identifier.is_some() && other.identifier.is_some();
        if !are_identifiers || identifiers[0][0] == identifiers[1][0] {
            return Err(format!(
                "both words name the entity {} ({}); to part it, name two of its identifiers, which \
                 `araneus explain` shows",
                one.entity.id, one.entity.label
            ));
        }
    }
    let is_one = one.entity.id == other.entity.id;
    let kept = |mut side: Vec<String>| {
        if is_one {
            side.truncate(1);
        }
        side
    };
    Ok(Judgement {
        other_id: Some(other.entity.id.clone()),
        kind: Kind::Identity,
        identifiers: identifiers.into_iter().map(kept).collect(),
        ..flag_judgement(recorded_at, by, &one.entity.id, value, reason)
    })
}

/// Completes a judgement about two entities that a file gives, unless it has the identifiers of an export.
pub(super) fn completed(
    known: &KnownEntities,
    judgement: Judgement,
    (file, line): (&Path, usize),
) -> Result<Judgement, CommandError> {
    if judgement.identifiers.len() == 2 && judgement.identifiers.iter().all(|side| !side.is_empty()) {
        return Ok(judgement);
    }
    let wrong = |what: &str| line_error(file, line, what);
    let other = judgement.other_id.clone().filter(|other| !other.is_empty());
    let other = other.ok_or_else(|| wrong("`other_id` names the second entity; it is missing"))?;
    let when = (judgement.recorded_at, judgement.by.as_str());
    let words = [judgement.subject_id.as_str(), other.as_str()];
    let found = identity_judgement(known, words, when, judgement.value, &judgement.reason)
        .map_err(|what| wrong(&what))?;
    Ok(Judgement {
        judgement_id: judgement.judgement_id,
        reason_code: judgement.reason_code,
        note: judgement.note,
        audience: judgement.audience,
        ..found
    })
}
