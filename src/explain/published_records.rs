//! Entities and records of a flag from the published tables of its run. Only the records behind the flag are read from the
//! archive, and nothing is resolved, so that an answer needs seconds in an archive of a million records.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use super::{
    answers::EntityReference,
    error::QuestionError,
    flag_content::{RECORDS_MAX, ShownParts},
    opened::OpenedRun,
    records::describe_shown,
    run_tables::scan,
    statements::{LinkInWords, sentence},
};
use crate::{link::Layer, record::Record, run::RunError, view::AsOf};

/// Kind and label of an entity.
type Named = (String, String);

/// A link of the table `links`.
struct PublishedLink {
    from: String,
    kind: String,
    to: String,
    layer: Option<Layer>,
    has_amount: bool,
}

/// Returns the parts of a flag from the tables of a run; `None` where the tables cannot answer as the archive does. That is so
/// if an agreement has closed a source since, and for records of which several claim a part together.
pub(super) fn shown_parts(
    opened: &OpenedRun,
    folder: &Path,
    (flag_id, entity_ids): (&str, &[String]),
) -> Result<Option<ShownParts>, QuestionError> {
    if !opened.has_own_access {
        return Ok(None);
    }
    let Ok(keys) = keys_of_records(folder, flag_id) else { return Ok(None) };
    let shown: Vec<(&(String, String), &String)> = keys.iter().take(RECORDS_MAX).collect();
    let wanted: BTreeSet<(&str, &str)> =
        shown.iter().map(|((source, key), _)| (source.as_str(), key.as_str())).collect();
    let policy = opened.rules.access_policy(&opened.audience);
    let view = opened.contents.view_of_keys(&wanted, policy, AsOf::of(opened.run.moment));
    let Some(view) = view.map_err(RunError::from)? else { return Ok(None) };
    let records: Vec<Record> = view.records().to_vec();
    let is_known =
        |(record, (_, id)): (&Record, &(&(String, String), &String))| record.id.to_string() == **id;
    if records.len() != shown.len() || !records.iter().zip(&shown).all(is_known) {
        return Ok(None);
    }
    let Ok(facts) = Facts::read(folder, &records, entity_ids) else { return Ok(None) };
    let Some(states) = records.iter().map(|record| facts.sentence(opened, record)).collect() else {
        return Ok(None);
    };
    let reference = |id: &String| {
        let (kind, label) = facts.entities.get(id)?.clone();
        Some(EntityReference { id: id.clone(), kind, label })
    };
    Ok(Some(ShownParts {
        entities: entity_ids.iter().filter_map(reference).collect(),
        records: describe_shown(opened, &records, states),
        record_count: keys.len(),
    }))
}

/// Returns the ids of the records behind a flag, by source and key.
fn keys_of_records(
    folder: &Path,
    flag_id: &str,
) -> Result<BTreeMap<(String, String), String>, QuestionError> {
    let mut keys = BTreeMap::new();
    scan(folder, "evidence", &["subject_id", "record_id", "source", "object_id"], |part| {
        let (subjects, records) = (part.text("subject_id")?, part.text("record_id")?);
        let (sources, objects) = (part.text("source")?, part.text("object_id")?);
        for row in (0..part.rows()).filter(|row| subjects[*row].as_deref() == Some(flag_id)) {
            keys.insert((sources[row].clone()?, objects[row].clone()?), records[row].clone()?);
        }
        Some(())
    })?;
    if keys.is_empty() { Err(QuestionError::Lacks("evidence")) } else { Ok(keys) }
}

/// Entities and links of the tables that some records support.
struct Facts {
    /// Ids of the links and of the first entity of each record, by the record's id.
    of_record: BTreeMap<String, (BTreeSet<String>, Option<String>)>,
    links: BTreeMap<String, PublishedLink>,
    entities: BTreeMap<String, Named>,
}

impl Facts {
    fn read(folder: &Path, records: &[Record], entity_ids: &[String]) -> Result<Self, QuestionError> {
        let ids = records.iter().map(|record| (record.id.to_string(), Default::default()));
        let mut facts = Self { of_record: ids.collect(), links: BTreeMap::new(), entities: BTreeMap::new() };
        scan(folder, "evidence", &["subject_id", "record_id"], |part| {
            let (subjects, records) = (part.text("subject_id")?, part.text("record_id")?);
            for (subject, record) in subjects.iter().zip(records) {
                let (Some(subject), Some(record)) = (subject, record) else { continue };
                let Some((links, entity)) = facts.of_record.get_mut(record) else { continue };
                if subject.starts_with("link-") {
                    links.insert(subject.clone());
                } else if subject.starts_with("entity-")
                    && entity.as_ref().is_none_or(|known| subject < known)
                {
                    *entity = Some(subject.clone());
                }
            }
            Some(())
        })?;
        let wanted: BTreeSet<String> =
            facts.of_record.values().flat_map(|(links, _)| links.iter().cloned()).collect();
        let columns = ["link_id", "from_id", "to_id", "kind", "layer", "amount"];
        scan(folder, "links", &columns, |part| {
            let ids = part.text("link_id")?;
            let (from, to) = (part.text("from_id")?, part.text("to_id")?);
            let (kinds, layers) = (part.text("kind")?, part.text("layer")?);
            let amounts = part.number("amount")?;
            for row in 0..part.rows() {
                let Some(id) = ids[row].as_ref().filter(|id| wanted.contains(*id)) else { continue };
                let link = PublishedLink {
                    from: from[row].clone()?,
                    kind: kinds[row].clone()?,
                    to: to[row].clone()?,
                    layer: Layer::named(layers[row].as_deref()?),
                    has_amount: amounts[row].is_some(),
                };
                facts.links.insert(id.clone(), link);
            }
            Some(())
        })?;
        let ends = facts.links.values().flat_map(|link| [&link.from, &link.to]);
        let described = facts.of_record.values().filter_map(|(_, entity)| entity.as_ref());
        let wanted: BTreeSet<String> = ends.chain(described).chain(entity_ids).cloned().collect();
        scan(folder, "entities", &["entity_id", "kind", "label"], |part| {
            let (ids, kinds, labels) = (part.text("entity_id")?, part.text("kind")?, part.text("label")?);
            for row in 0..part.rows() {
                if let Some(id) = ids[row].as_ref().filter(|id| wanted.contains(*id)) {
                    facts.entities.insert(id.clone(), (kinds[row].clone()?, labels[row].clone()?));
                }
            }
            Some(())
        })?;
        Ok(facts)
    }

    /// Returns the content of a record in words; `None` if a table lacks an entity or link, or does not say whether a link has
    /// an amount.
    fn sentence(&self, opened: &OpenedRun, record: &Record) -> Option<String> {
        let content = &record.content;
        let (link_ids, entity) = self.of_record.get(&record.id.to_string())?;
        let mut links = Vec::new();
        for id in link_ids {
            let link = self.links.get(id)?;
            if !link.layer?.is_measured() {
                continue;
            }
            let label = |id: &String| Some(self.entities.get(id)?.1.clone());
            let (from, to) = (label(&link.from)?, label(&link.to)?);
            links.push(LinkInWords { from, kind: link.kind.clone(), to, has_amount: link.has_amount });
        }
        // A link with sums in several currencies has no amount in the table.
        if let ([link], [_]) = (&*links, content.amounts())
            && !link.has_amount
        {
            return None;
        }
        let is_about_entity = content.claims().next().is_some_and(|claim| claim.is_entity());
        let entity = match entity.as_ref().filter(|_| is_about_entity) {
            Some(id) => Some(self.entities.get(id)?.clone()),
            None => None,
        };
        Some(sentence(opened.language, content, entity, &links))
    }
}
