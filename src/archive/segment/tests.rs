use std::fs;

use super::*;
use crate::record::{Mode, RecordState};

const RUN: Moment = Moment::from_micros(1_772_409_600_000_000);

/// Returns records of a source, each with an object of STIX.
fn records(count: u32) -> Vec<StoredRecord> {
    let record = |number: u32| StoredRecord {
        record: ArchivedRecord {
            source: "feed".into(),
            key: format!("malware--{number}").into(),
            state: RecordState::Object(Digest([number as u8; 16])),
            version: Some("2026-01-01T00:00:00Z".into()),
            object_time: number.is_multiple_of(2).then_some(RUN),
            run: RUN,
            commit: 0,
            mode: Mode::Increment,
            markings: (0..number % 3).map(|marking| format!("marking {marking}").into()).collect(),
            defines: None,
            revokes: false,
            surroundings: Surroundings::default(),
        },
        origin: RecordOrigin { delivery: "digest".into(), path: "feed.json".into(), position: "/0".into() },
        format: Some("stix"),
        object: Some(format!(r#"{{"type":"malware","name":"Brinewick {number}"}}"#).into()),
        context: None,
        raw: Some(RawObject { digest: Digest([7; 16]), own_time: Some(RUN) }),
    };
    (0..count).map(record).collect()
}

fn digest_of(record: &StoredRecord) -> Option<Digest> {
    record.record.content()
}

#[test]
fn a_small_segment_and_a_large_one_have_the_rows_that_were_written() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("segments")).expect("a folder");
    for count in [1, 7, 1_024, 1_025] {
        let written = records(count);
        let digest = write_records(folder.path(), &written).expect("written").expect("a segment");
        let read = read_records(folder.path(), &digest, RUN, 0).expect("read");
        assert!(read.iter().map(digest_of).eq(written.iter().map(digest_of)), "{count}");
        let objects = read_objects(folder.path(), &digest, &[0]).expect("read");
        assert_eq!(objects[0].1, written[0].object.as_deref().expect("an object"), "{count}");
        // A rewrite without any removed row has the same bytes.
        let effects = vec![RowEffect::Kept; count as usize];
        assert_eq!(write_without(folder.path(), &digest, &effects).expect("written"), Some(digest));
    }
}

#[test]
fn a_changed_byte_under_the_right_digest_is_damage_and_never_a_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::create_dir(folder.join("segments")).expect("a folder");
    let digest = write_records(folder, &records(3)).expect("written").expect("a segment");
    let bytes = fs::read(store::named_path(folder, store::SEGMENT, &digest)).expect("read");
    let (mut damaged, mut read) = (0, 0);
    for position in (0..bytes.len()).step_by(5) {
        let mut changed = bytes.clone();
        changed[position] ^= [0x01, 0x80, 0xff][position % 3];
        let digest = store::write_named(folder, store::SEGMENT, &changed).expect("written");
        let outcomes = [
            read_records(folder, &digest, RUN, 0).map(|_| ()),
            read_raw_objects(folder, &digest).map(|_| ()),
            read_contents(folder, &digest, &[0, 2], None).map(|_| ()),
        ];
        for outcome in outcomes {
            match outcome {
                Err(ArchiveError::Damaged { .. }) => damaged += 1,
                Err(error) => panic!("byte {position}: {error}"),
                Ok(()) => read += 1,
            }
        }
        fs::remove_file(store::named_path(folder, store::SEGMENT, &digest)).expect("removed");
    }
    assert!(damaged > 500 && read > 100, "{damaged} damaged, {read} read");
}
