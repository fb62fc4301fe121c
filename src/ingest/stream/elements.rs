//! Elements of a list that is read as a stream: objects of STIX, and events of MISP.

use std::ops::Range;

use rayon::prelude::*;

use super::Reading;
use crate::ingest::{
    accept::accept_tree,
    document,
    format::{AcceptedObject, DeliveredObject, Delivery, Format},
    galaxy, known, misp,
    outline::{self, Outline, Raw},
    reject::RejectedObject,
    scan::{self, Found, KnownEnds, Place},
    stix,
};

/// Objects that one thread reads at once, at least.
const OBJECTS: usize = 64;

/// Formats whose lists are read as a stream.
#[derive(Clone, Copy)]
pub(super) enum Listed {
    Stix,
    Misp,
}

/// Results of reading some elements.
pub(super) struct Elements {
    /// Results in order, in parts.
    pub(super) results: Vec<Vec<Result<AcceptedObject, RejectedObject>>>,
    /// Is true if one of them is certainly of the format.
    pub(super) is_recognised: bool,
}

impl Listed {
    pub(super) fn format(self) -> &'static Format {
        match self {
            Self::Stix => &stix::FORMAT,
            Self::Misp => &misp::FORMAT,
        }
    }

    /// Returns the format of a list by its first element.
    pub(super) fn of_list(first: &str) -> Option<Self> {
        let outline = outline::outline(first).ok()?;
        if stix::is_object(&outline) {
            return Some(Self::Stix);
        }
        misp::is_element(&outline).then_some(Self::Misp)
    }

    /// Returns whether a document without the elements of its list is of the format.
    pub(super) fn is_document(self, around: &Outline<'_>, is_recognised: bool) -> bool {
        match self {
            Self::Stix => stix::is_collection(around),
            Self::Misp => {
                let is_other =
                    [stix::FORMAT, galaxy::FORMAT].iter().any(|format| (format.find)(around).is_some());
                is_recognised && !is_other && misp::is_answer(around)
            }
        }
    }

    /// Returns the next value of the list. An event is outlined afterwards, and the ends of its long lists are kept for that.
    pub(super) fn next_value(self, text: &[u8], from: usize, place: Place, ends: &mut KnownEnds) -> Found {
        match self {
            Self::Stix => scan::next_value(text, from, place),
            Self::Misp => ends.record_next_value(text, from, place),
        }
    }

    /// Reads elements, the first of which has the number `first`; `None` if one of them is not JSON, or if it decides
    /// the format of its list in another way.
    pub(super) fn read(
        self,
        (text, ends): (&str, &KnownEnds),
        values: &[Range<usize>],
        (pointer, first): (&str, usize),
        (delivery, reading): (&Delivery, &Reading<'_>),
    ) -> Option<Elements> {
        match self {
            Self::Stix => objects(text, values, (pointer, first), (delivery, reading)),
            Self::Misp => events((text, ends), values, (pointer, first), delivery),
        }
    }
}

fn objects(
    text: &str,
    values: &[Range<usize>],
    (pointer, first): (&str, usize),
    (delivery, reading): (&Delivery, &Reading<'_>),
) -> Option<Elements> {
    let format = &stix::FORMAT;
    let check = format.tree_check(None);
    let known = reading.known;
    let accept = |(number, range): (usize, &Range<usize>)| {
        let position = format!("{pointer}/{}", first + number);
        let text = &text[range.clone()];
        let raw = known::raw_digest(text);
        if let Some(known) = known(&delivery.source, raw) {
            return Some(Ok(AcceptedObject::of_known(known, raw, position, text)));
        }
        if let Some(accepted) = check.as_ref().and_then(|check| accept_tree(check, &position, text, None)) {
            return Some(Ok(AcceptedObject { raw: Some(raw), ..accepted }));
        }
        let object = DeliveredObject::whole(String::new(), outline::raw(text).ok()?);
        let accepted = format.accept(position, object);
        Some(accepted.map(|accepted| AcceptedObject { raw: Some(raw), ..accepted }))
    };
    let results = values.par_iter().enumerate().with_min_len(OBJECTS).map(accept);
    let results: Vec<_> = results.collect::<Option<_>>()?;
    let is_recognised = results.iter().any(Result::is_ok);
    Some(Elements { results: vec![results], is_recognised })
}

fn events(
    (text, ends): (&str, &KnownEnds),
    values: &[Range<usize>],
    (pointer, first): (&str, usize),
    delivery: &Delivery,
) -> Option<Elements> {
    let read = |(number, range): (usize, &Range<usize>)| {
        let raw: Raw<'_> = outline::raw_part(text, range.clone(), ends).ok()?;
        let outline = outline::outline_of(raw).ok()?;
        // An object of STIX decides the format of its list.
        if stix::is_object(&outline) {
            return None;
        }
        let (objects, is_recognised) =
            misp::objects_of(raw, &outline, &format!("{pointer}/{}", first + number));
        Some((document::accepted(&misp::FORMAT, objects, "", delivery), is_recognised))
    };
    let elements: Vec<(Vec<_>, bool)> = values.par_iter().enumerate().map(read).collect::<Option<_>>()?;
    let is_recognised = elements.iter().any(|(_, is_recognised)| *is_recognised);
    let results = elements.into_iter().map(|(results, _)| results).collect();
    Some(Elements { results, is_recognised })
}
