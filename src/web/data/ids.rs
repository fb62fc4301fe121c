//! Lasting ids as numbers: 16 bytes instead of a text each, in the order of their texts.

/// Kind of an id: its prefix, and the number of its hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct IdKind {
    prefix: &'static str,
    digits: usize,
}

pub(super) const ENTITY: IdKind = IdKind { prefix: "entity-", digits: 20 };
pub(super) const LINK: IdKind = IdKind { prefix: "link-", digits: 20 };
pub(super) const COMMUNITY: IdKind = IdKind { prefix: "community-", digits: 20 };
pub(super) const RECORD: IdKind = IdKind { prefix: "record-", digits: 32 };

impl IdKind {
    /// Returns the number of an id; `None` if the text is not exactly such an id.
    pub(super) fn parse(self, text: &str) -> Option<u128> {
        let digits = text.strip_prefix(self.prefix)?;
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let is_id = digits.len() == self.digits && digits.bytes().all(is_digit);
        is_id.then(|| u128::from_str_radix(digits, 16).ok()).flatten()
    }

    /// Returns the text of an id.
    pub(super) fn text(self, id: u128) -> String {
        format!("{}{id:0digits$x}", self.prefix, digits = self.digits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_only_in_its_exact_form() {
        let text = "entity-00112233445566778899";
        let id = ENTITY.parse(text).expect("an id");
        assert_eq!(ENTITY.text(id), text);
        let record = format!("record-{}", "0f".repeat(16));
        assert_eq!(RECORD.parse(&record).map(|id| RECORD.text(id)), Some(record));
        for wrong in [
            "entity-0011223344556677889",
            "entity-001122334455667788990",
            "entity-0011223344556677889G",
            "entity-0011223344556677889A",
            "entity-+0112233445566778899",
            "link-00112233445566778899",
            "",
        ] {
            assert_eq!(ENTITY.parse(wrong), None, "{wrong}");
        }
    }
}
