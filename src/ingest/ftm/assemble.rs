//! Contents of entities and statements, and of what several statements claim together.
//!
//! Several statements claim one link between two entities. Each keeps its [`LinkPart`] of the link.
//! [`assemble`] joins the parts that a view shows, so that the link is supported by all of them
//! and disappears with its ends.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    attributes, claims, edge, properties,
    read::FtmEntity,
    schema::{self, Schema},
    statement::Statement,
    vocabulary,
};
use crate::record::{Claim, Content, LinkPart};

/// Returns the content of an entity.
pub(super) fn of_entity(entity: &FtmEntity, source: &str) -> Content {
    let mut content = match vocabulary::edge(entity.schema) {
        Some(edge) => edge::content(entity, edge, source),
        None => claims::content(entity, source),
    };
    content.kind = vocabulary::kind(entity.schema);
    content.created = entity.first_seen;
    if !content.claims.is_empty() {
        content.properties = properties::of_entity(entity);
        content.attributes = attributes::of_entity(entity);
    }
    content
}

/// Returns the content of a statement by itself.
pub(super) fn of_statement(statement: &Statement, source: &str) -> Content {
    let mut content = Content::default();
    let is_edge = vocabulary::edge(statement.schema).is_some();
    // A statement that is not yet attributed to the entity claims nothing about it.
    if !statement.is_external && !is_edge {
        let value = (statement.property.clone(), statement.value.clone());
        let mut entity = FtmEntity::of_values(&statement.canonical, statement.schema, [value]);
        entity.referents.push(statement.entity.clone());
        entity.is_part = true;
        content = claims::content(&entity, source);
    }
    if !statement.is_external && (is_edge || claims::is_of_whole(statement.schema, &statement.property)) {
        content.part = Some(Box::new(LinkPart {
            link_id: statement.canonical.clone(),
            kind: statement.schema.name.clone(),
            property: statement.property.clone(),
            value: statement.value.clone(),
        }));
    }
    if content.part.is_some() || !content.claims.is_empty() {
        content.properties = properties::of_statement(statement);
        if !is_edge && !statement.is_external {
            content.attributes = attributes::of_statement(statement);
        }
    }
    content.kind = vocabulary::kind(statement.schema);
    content.created = statement.first_seen;
    content
}

/// Joins what several statements of one source claim together: links, and the identifiers of papers
/// and addresses.
pub(super) fn assemble<'a>(contents: &mut [Arc<Content>], source_of: &dyn Fn(usize) -> &'a str) {
    let mut wholes: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
    for (at, content) in contents.iter().enumerate() {
        if let Some(part) = &content.part {
            wholes.entry((source_of(at), part.link_id.clone())).or_default().push(at);
        }
    }
    for ((source, of), members) in wholes {
        let parts = || members.iter().filter_map(|&at| contents[at].part.as_deref());
        let Some(schema) = narrowest(parts().map(|part| part.kind.as_str())) else { continue };
        let values = parts().map(|part| (part.property.clone(), part.value.clone()));
        let entity = FtmEntity::of_values(&of, schema, values);
        if let Some(edge) = vocabulary::edge(schema).filter(|_| edge::check(&entity).is_ok()) {
            assemble_link(contents, &members, edge::content(&entity, edge, source));
        } else if let Some(known_by) = claims::whole(&entity) {
            for at in members {
                if let Some(Claim::Entity { identifiers, .. }) =
                    Arc::make_mut(&mut contents[at]).claims.first_mut()
                {
                    identifiers.push(known_by.clone());
                }
            }
        }
    }
}

/// All statements of an edge support its link; the amount counts once.
fn assemble_link(contents: &mut [Arc<Content>], members: &[usize], mut whole: Content) {
    for &at in members {
        let content = Arc::make_mut(&mut contents[at]);
        content.claims.clone_from(&whole.claims);
        content.seen = whole.seen;
        content.amounts = std::mem::take(&mut whole.amounts);
    }
}

/// Returns the schema that extends all other schemata of some names, or the first.
fn narrowest<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'static Schema> {
    let known: BTreeMap<&str, &'static Schema> =
        names.filter_map(|name| Some((name, schema::schema(name)?))).collect();
    let narrow = known.values().find(|schema| known.keys().all(|name| schema.is_a(name)));
    narrow.or_else(|| known.values().next()).copied()
}
