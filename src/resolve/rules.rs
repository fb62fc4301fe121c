//! Identity rules: the reasons for which two identifiers mean one entity.

use araneus_names::linkage::LinkageModel;
use serde::{Deserialize, Serialize};

/// A rule that joins two identifiers to one entity. A new rule is a row of [`RULES`] with the next version, and a
/// step in `resolve`. So earlier runs can be computed without the new rule, and its effects are not taken for news.
pub struct IdentityRule {
    /// Name in the `identity` table.
    pub name: &'static str,
    /// Meaning, in one sentence.
    pub about: &'static str,
    /// Probability that two joined identifiers mean one entity, from 0 to 1.
    pub probability: f64,
    /// Version of the resolver that introduced the rule.
    pub since: u32,
}

/// Every rule, strongest first.
pub const RULES: &[IdentityRule] = &[
    IdentityRule {
        name: "own-identifier",
        about: "One record names both identifiers for one entity.",
        probability: 1.0,
        since: 1,
    },
    IdentityRule {
        name: "judgement",
        about: "A person decided that both are one entity.",
        probability: 1.0,
        since: 1,
    },
    IdentityRule {
        name: "same-uuid",
        about: "A galaxy value and one STIX object have one uuid.",
        probability: 0.999,
        since: 1,
    },
    IdentityRule {
        name: "listed-name",
        about: "Both have one name, and one is the entry of that name in a curated list.",
        probability: 0.99,
        since: 1,
    },
    IdentityRule {
        name: "listed-synonym",
        about: "A curated list names the one as a synonym of the other.",
        probability: 0.97,
        since: 1,
    },
    IdentityRule {
        name: "name-and-attribute",
        about: "Both have similar names and an equal attribute, such as a date of birth; the probability is that of the pair.",
        probability: 0.95,
        since: 2,
    },
];

/// The newest version in [`RULES`].
pub const VERSION: u32 = 2;

/// Position of a rule in [`RULES`].
pub(super) type RuleIndex = usize;
pub(super) const OWN_IDENTIFIER: RuleIndex = 0;
pub(super) const JUDGEMENT: RuleIndex = 1;
pub(super) const SAME_UUID: RuleIndex = 2;
pub(super) const LISTED_NAME: RuleIndex = 3;
pub(super) const LISTED_SYNONYM: RuleIndex = 4;
pub(super) const NAME_AND_ATTRIBUTE: RuleIndex = 5;

/// Settings of entity resolution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ResolveConfig {
    /// A rule less probable than this is not applied.
    pub match_probability: f64,
    /// Rules of later versions are not applied.
    pub version: u32,
    /// Weights of attributes that were fitted to other records; `None` for those of the program.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<LinkageModel>,
}

impl Default for ResolveConfig {
    fn default() -> Self {
        Self { match_probability: 0.95, version: VERSION, attributes: None }
    }
}

impl ResolveConfig {
    pub(super) fn applies(&self, rule: RuleIndex) -> bool {
        self.has(rule) && RULES[rule].probability >= self.match_probability.min(1.0)
    }

    /// Returns whether the version of the resolver has a rule.
    pub(super) fn has(&self, rule: RuleIndex) -> bool {
        RULES[rule].since <= self.version
    }
}
