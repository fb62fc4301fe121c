//! Gaps of snapshots: reasons why the deliveries of a snapshot source are incomplete.
//!
//! An absent object is withdrawn only if the snapshot has no gap: an object that was not read is not absent.

use super::format::{Delivery, Status};

/// Reason why the deliveries of a source are not a complete snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing was read.
    NothingRead,
    /// A file or folder could not be read.
    Unread,
    /// A file that could hold objects was not read.
    NotEntered,
    /// A delivery announces a further page, and the last page is missing.
    MoreFollows,
    /// A rejected object has no readable key: nobody can say which object is not absent.
    UnknownKey,
}

impl Gap {
    /// Returns the reason as the end of a sentence about a source.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NothingRead => "nothing was read",
            Self::Unread => "a file or folder could not be read",
            Self::NotEntered => "a file of an unsupported kind could hold objects",
            Self::MoreFollows => "a delivery announces a further page, and the last page is missing",
            Self::UnknownKey => "a rejected object has no readable id",
        }
    }
}

/// Returns the first gap of the deliveries of one source in one run; `None` for a complete snapshot.
pub fn gap(deliveries: &[Delivery]) -> Option<Gap> {
    let has = |is_so: &dyn Fn(&Delivery) -> bool| deliveries.iter().any(is_so);
    let follows = deliveries.iter().map(|delivery| delivery.pages.open).sum::<u64>();
    let last = deliveries.iter().map(|delivery| delivery.pages.last).sum::<u64>();
    let gaps = [
        (has(&|delivery| matches!(delivery.status, Status::Rejected | Status::Failed)), Gap::Unread),
        (!has(&|delivery| delivery.status == Status::Ok), Gap::NothingRead),
        (has(&|delivery| delivery.status == Status::Ignored && delivery.could_hold_objects), Gap::NotEntered),
        (follows > 0 && last == 0, Gap::MoreFollows),
        (has(&|delivery| delivery.rejects.iter().any(|reject| reject.object_id.is_none())), Gap::UnknownKey),
    ];
    gaps.into_iter().find(|(is_so, _)| *is_so).map(|(_, gap)| gap)
}

/// Returns whether the deliveries of one source in one run have a gap; then nothing may be withdrawn.
pub fn is_incomplete(deliveries_of_one_source: &[Delivery]) -> bool {
    gap(deliveries_of_one_source).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::{Ignore, Input, Location, read};

    const OBJECT: &str =
        r#"{"type":"malware","id":"malware--5b000000-0000-4000-8000-000000000001","name":"Reedwisp"}"#;

    fn bytes(path: &str, text: impl Into<String>) -> Input {
        Input {
            source: "feed".to_owned(),
            path: path.to_owned(),
            location: Location::Bytes(text.into().into_bytes()),
            pseudonyms: None,
        }
    }

    fn at(path: &str, location: Location) -> Input {
        Input { source: "feed".to_owned(), path: path.to_owned(), location, pseudonyms: None }
    }

    fn gap_of(inputs: &[Input]) -> Option<Gap> {
        gap(&read(inputs, &|_| {}))
    }

    #[test]
    fn what_was_read_whole_has_no_gap() {
        let whole = bytes("feed/a.json", OBJECT);
        assert_eq!(gap_of(std::slice::from_ref(&whole)), None);
        let beside = at("feed/notes.txt", Location::Ignored { could_hold_objects: false });
        assert_eq!(gap_of(&[whole.clone(), beside]), None);
        // The object of a rejected key is not absent.
        let twice = OBJECT.replace("\"name\"", "\"name\":\"x\",\"name\"");
        assert_eq!(gap_of(&[whole, bytes("feed/b.json", format!("{{\"objects\":[{twice}]}}"))]), None);
        assert!(!is_incomplete(&read(&[bytes("feed/a.json", OBJECT)], &|_| {})));
    }

    #[test]
    fn what_was_not_read_is_a_gap() {
        let whole = bytes("feed/a.json", OBJECT);
        let with = |other: Input| gap_of(&[whole.clone(), other]);
        assert_eq!(
            with(at("feed/locked", Location::Failed("could not be read".to_owned()))),
            Some(Gap::Unread)
        );
        let nowhere = Location::File { path: "no/such/file.json".into(), ignore: Ignore::default() };
        assert_eq!(with(at("feed/b.json", nowhere)), Some(Gap::Unread));
        assert_eq!(with(bytes("feed/b.json", "{")), Some(Gap::Unread));
        assert_eq!(
            with(at("feed/b.tar", Location::Ignored { could_hold_objects: true })),
            Some(Gap::NotEntered)
        );
        assert_eq!(with(bytes("feed/b.json", r#"{"objects":[{"type":"malware"}]}"#)), Some(Gap::UnknownKey));
        assert_eq!(
            gap_of(&[at("feed/notes.txt", Location::Ignored { could_hold_objects: false })]),
            Some(Gap::NothingRead)
        );
        assert_eq!(gap_of(&[]), Some(Gap::NothingRead));
    }

    #[test]
    fn a_page_after_which_more_follows_needs_the_last_one() {
        let page = |more: &str| {
            bytes(&format!("feed/page{}.json", more.len()), format!("{{{more}\"objects\":[{OBJECT}]}}"))
        };
        let more = [
            r#""more":true,"#,
            r#""more":true,"next":"2","#,
            r#""next":"2","#,
            r#""more":"true","#,
            r#""more":1,"next":7,"#,
        ];
        for open in more {
            assert_eq!(gap_of(&[page(open)]), Some(Gap::MoreFollows), "{open}");
            for last in
                ["", r#""more":false,"#, r#""more":false,"next":"9","#, r#""next":null,"#, r#""next":"","#]
            {
                assert_eq!(gap_of(&[page(open), page(last)]), None, "{open} {last}");
                assert_eq!(gap_of(&[page(last)]), None, "{last}");
            }
            // Bundles and bare objects are not pages.
            let bundle = format!(r#"{{"type":"bundle","objects":[{OBJECT}]}}"#);
            assert_eq!(gap_of(&[page(open), bytes("feed/b.json", bundle)]), Some(Gap::MoreFollows));
            assert_eq!(gap_of(&[page(open), bytes("feed/b.json", OBJECT)]), Some(Gap::MoreFollows));
        }
        let line = |more: &str| format!("{{{more}\"objects\":[{OBJECT}]}}\n");
        let lines = |lines: &[String]| gap_of(&[bytes("feed/pages.jsonl", lines.concat())]);
        let [first, last] = [r#""more":true,"#, r#""more":false,"#].map(line);
        assert_eq!(lines(&[first.clone(), first.clone()]), Some(Gap::MoreFollows));
        assert_eq!(lines(&[first.clone(), last.clone()]), None);
        let old_mac = [first, last].concat().replace('\n', "\r");
        assert_eq!(gap_of(&[bytes("feed/pages.jsonl", old_mac)]), None);
        let answer = r#"{"response":[{"Event":{"uuid":"5b000000-0000-4000-8000-0000000000e1","info":"Reeds","date":"2024-02-01","Attribute":[]}}],"links":{"next":"/events?page=2"}}"#;
        assert_eq!(gap_of(&[bytes("feed/events.json", answer)]), Some(Gap::MoreFollows));
    }
}
