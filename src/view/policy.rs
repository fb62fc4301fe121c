//! Parameters of a view: audience, access policy and as-of time.

use std::collections::BTreeMap;

use crate::{
    agreement::Agreement,
    marking::{Marking, SHARING_GROUP},
    record::{ArchivedRecord, Terms},
    time::Moment,
};

/// An audience of a run, and its clearance.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Audience {
    /// Name of the audience and of its folder in the results of a run.
    pub name: String,
    /// Strictest TLP level that it may read; `None` if it may read everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clearance: Option<String>,
    /// Purposes for which it reads. Agreements decide by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub purposes: Vec<String>,
    /// Sharing groups of MISP that it belongs to, by uuid; `None` if the levels of records alone decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sharing_groups: Option<Vec<String>>,
    /// Flags that its queue has first; others are left out of its queue.
    #[serde(default, skip_serializing_if = "Focus::is_empty")]
    pub focus: Focus,
    /// Largest number of flags in its queue; `None` for that of every queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<u32>,
}

/// Subjects of an audience. They order and cut its queue, and change nothing that is computed.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Focus {
    /// Names of sectors.
    pub sectors: Vec<String>,
    /// Names of regions.
    pub regions: Vec<String>,
    /// Kinds of entities.
    pub kinds: Vec<String>,
}

impl Focus {
    /// Returns true if the audience has no focus.
    pub fn is_empty(&self) -> bool {
        self.sectors.is_empty() && self.regions.is_empty() && self.kinds.is_empty()
    }
}

impl Audience {
    /// Returns the audience of a configuration without audiences: it may read everything.
    pub fn all() -> Self {
        Self {
            name: "all".to_owned(),
            clearance: None,
            purposes: Vec::new(),
            sharing_groups: None,
            focus: Focus::default(),
            budget: None,
        }
    }

    /// Returns the audience without the settings of its queue, which change nothing that is computed.
    #[must_use]
    pub fn without_queue_settings(&self) -> Self {
        Self { focus: Focus::default(), budget: None, ..self.clone() }
    }

    /// Returns whether the audience is the operator of the archive, who may read every marking.
    pub fn is_operator(&self) -> bool {
        self.clearance.is_none()
    }

    /// Returns whether a marking of a record is a sharing group that the audience does not belong to.
    pub(super) fn is_outside(&self, marking: &str) -> bool {
        let Some(groups) = self.sharing_groups.as_ref().filter(|_| !self.is_operator()) else { return false };
        marking.strip_prefix(SHARING_GROUP).is_some_and(|uuid| !groups.iter().any(|group| group == uuid))
    }

    pub(super) fn may_see(&self, marking: Marking) -> bool {
        match &self.clearance {
            None => true,
            // An unknown clearance admits nothing.
            Some(text) => Marking::parse(text).is_some_and(|clearance| marking.admits(clearance)),
        }
    }
}

/// Markings and agreements that decide what an audience may read.
#[derive(Clone, Copy, Debug)]
pub struct AccessPolicy<'a> {
    /// Terms of each source, by its name.
    pub terms: &'a BTreeMap<String, Terms>,
    /// The audience.
    pub audience: &'a Audience,
}

impl<'a> AccessPolicy<'a> {
    /// Returns whether the agreement of a source lets the audience read records of the source. The operator is not a
    /// recipient and states no purpose, so that only a missing agreement closes a source to it.
    pub(crate) fn agrees(self, source: &str) -> bool {
        self.agreement(source).is_none_or(|agreement| {
            if self.audience.is_operator() {
                return !agreement.is_missing;
            }
            agreement.admits(&self.audience.name, &self.audience.purposes)
        })
    }

    /// Returns the agreement of a source.
    fn agreement(self, source: &str) -> Option<&'a Agreement> {
        self.terms.get(source)?.agreement.as_ref()
    }

    /// Returns whether two policies admit their audiences to the same records of some sources.
    pub(crate) fn admits_same<'s>(self, other: Self, mut sources: impl Iterator<Item = &'s str>) -> bool {
        let marking = |terms: &BTreeMap<String, Terms>, source: &str| terms.get(source)?.marking.clone();
        self.audience.without_queue_settings() == other.audience.without_queue_settings()
            && sources.all(|source| {
                marking(self.terms, source) == marking(other.terms, source)
                    && self.agrees(source) == other.agrees(source)
            })
    }
}

/// As-of time of a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// Latest recorded time that the view shows.
    pub recorded_until: Moment,
    /// Time at which the view judges validity and age.
    pub valid_at: Moment,
    /// As-of time of a run that the view leaves out, even where its objects have earlier recorded times.
    pub without: Option<Moment>,
}

impl AsOf {
    /// Returns the as-of time of a run: recorded until then, and judged then.
    pub fn of(run: Moment) -> Self {
        Self { recorded_until: run, valid_at: run, without: None }
    }

    /// Returns the as-of time at which everything in the archive is recorded.
    pub(super) fn latest() -> Self {
        Self::of(Moment::from_micros(i64::MAX))
    }

    pub(super) fn can_include(self, record: &ArchivedRecord) -> bool {
        record.earliest() <= self.recorded_until && self.has_run(record.run)
    }

    pub(super) fn has_run(self, run: Moment) -> bool {
        self.without != Some(run)
    }
}
