//! Agreements: the terms under which a source shares its records with audiences.

/// An agreement with a source.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default)]
pub struct Agreement {
    /// Name in the configuration.
    pub name: String,
    /// Purposes that the agreement allows; `None` if it does not restrict them. An empty list allows no purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purposes: Option<Vec<String>>,
    /// Names of the audiences that may receive the records; `None` if it does not restrict them. An empty list admits no
    /// audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipients: Option<Vec<String>>,
    /// Days after which a record must be erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retain_days: Option<u32>,
    /// Obligations of everybody who uses the records.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub obligations: Vec<String>,
    /// Is true if a source names the agreement and the configuration does not contain it. Such an agreement admits
    /// nobody.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_missing: bool,
}

impl Agreement {
    /// Returns the agreement of a name that the configuration does not contain.
    pub fn missing(name: &str) -> Self {
        Self { name: name.to_owned(), is_missing: true, ..Self::default() }
    }

    /// Returns whether the agreement allows every purpose of an audience. An audience without a purpose is outside an
    /// agreement that lists purposes.
    pub fn allows(&self, purposes: &[String]) -> bool {
        let is_listed = |allowed: &Vec<String>| {
            !purposes.is_empty() && purposes.iter().all(|purpose| allowed.contains(purpose))
        };
        !self.is_missing && self.purposes.as_ref().is_none_or(is_listed)
    }

    /// Returns whether an audience of this name and with these purposes may read the records.
    pub fn admits(&self, audience: &str, purposes: &[String]) -> bool {
        let is_recipient = |names: &Vec<String>| names.iter().any(|name| name == audience);
        self.allows(purposes) && self.recipients.as_ref().is_none_or(is_recipient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn an_audience_is_inside_by_name_and_by_each_of_its_purposes() {
        let open = Agreement { name: "open".to_owned(), ..Agreement::default() };
        assert!(open.admits("partners", &[]));
        let listed = Agreement {
            purposes: Some(texts(&["analyse", "warn"])),
            recipients: Some(texts(&["partners"])),
            ..open.clone()
        };
        for (audience, purposes, is_inside) in [
            ("partners", &["analyse"][..], true),
            ("partners", &["warn", "analyse"], true),
            ("partners", &["analyse", "prosecute"], false),
            ("partners", &[], false),
            ("friends", &["analyse"], false),
        ] {
            assert_eq!(listed.admits(audience, &texts(purposes)), is_inside, "{audience} {purposes:?}");
        }
    }

    #[test]
    fn an_empty_list_and_a_missing_agreement_admit_nobody() {
        let nobody = Agreement { recipients: Some(Vec::new()), ..Agreement::default() };
        assert!(!nobody.admits("partners", &texts(&["analyse"])));
        let nothing = Agreement { purposes: Some(Vec::new()), ..Agreement::default() };
        assert!(!nothing.admits("partners", &texts(&["analyse"])) && !nothing.admits("partners", &[]));
        assert!(!Agreement::missing("lost").admits("partners", &texts(&["analyse"])));
    }
}
