//! What an archive holds, in memory; the content of statements is read when a view asks for it.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use rayon::prelude::*;

use super::{ArchiveError, DeliveryFact, Kept, segment};
use crate::{
    ingest::{self, Mappings, SourceMapping},
    record::{Content, Digest, Record, RecordId, Statement},
    time::Moment,
    view::{AccessPolicy, AsOf, View},
};

/// What statements say, by the mapping that read them (none for other formats than tables) and
/// by their position.
type Contents = BTreeMap<Option<Digest>, Vec<Option<Arc<Content>>>>;

/// Everything an archive holds, with content read when a view asks for it.
#[derive(Debug)]
pub struct Holdings {
    folder: PathBuf,
    pub(super) statements: Vec<Statement>,
    origins: Vec<Origin>,
    rows: Vec<(Arc<str>, usize)>,
    contents: RefCell<Contents>,
    /// How many commits it was read from.
    pub(super) commits: usize,
    /// Every delivery ever read, sorted.
    pub deliveries: Vec<DeliveryFact>,
}

/// Where a statement was read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Digest of the file.
    pub delivery: Arc<str>,
    /// The file's path as given.
    pub path: Arc<str>,
    /// JSON pointer or line.
    pub position: Arc<str>,
}

impl Holdings {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            statements: Vec::new(),
            origins: Vec::new(),
            rows: Vec::new(),
            contents: RefCell::default(),
            commits: 0,
            deliveries: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, kept: Kept, segment: Arc<str>, row: usize) {
        self.statements.push(kept.statement);
        self.origins.push(kept.origin);
        self.rows.push((segment, row));
    }

    /// Returns every statement, in the order of commits.
    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// Opens a view.
    pub fn view(
        &self,
        lens: AccessPolicy<'_>,
        also: Option<AccessPolicy<'_>>,
        vantage: AsOf,
    ) -> Result<View, ArchiveError> {
        View::open(&self.statements, lens, also, vantage, |live| {
            let wanted: Vec<usize> = live.iter().map(|live| live.statement).collect();
            let mut contents = self.contents(&wanted, &ingest::mappings(lens.terms))?;
            ingest::assemble(&mut contents, &|at| &self.statements[wanted[at]].source);
            Ok(contents)
        })
    }

    /// Returns where the content of each record was delivered by a night, in order of the
    /// records' positions, then of delivery and place; no two records are of one key.
    pub fn origins<'s>(&'s self, records: &[Record], by: Moment) -> Vec<(usize, &'s Origin)> {
        let key = |at: usize| (&*records[at].source, &*records[at].key);
        let mut order: Vec<usize> = (0..records.len()).collect();
        order.par_sort_by_key(|&at| key(at));
        let found = |(statement, origin): (&'s Statement, &'s Origin)| {
            let content = statement.content()?;
            // A later run tells of then only where its objects date their records.
            if statement.earliest() > by {
                return None;
            }
            let wanted = (&*statement.source, &*statement.key);
            let at = order.binary_search_by(|&at| key(at).cmp(&wanted)).ok().map(|place| order[place])?;
            let id = RecordId::new(&statement.source, &statement.key, &content);
            (records[at].id == id).then_some((at, origin))
        };
        let mut found: Vec<(usize, &Origin)> =
            self.statements.par_iter().zip(&self.origins).filter_map(found).collect();
        found.par_sort();
        found.dedup();
        found
    }

    /// Reads the content of statements, each at most once for each mapping of its source.
    pub(super) fn contents(
        &self,
        wanted: &[usize],
        mappings: &Mappings,
    ) -> Result<Vec<Arc<Content>>, ArchiveError> {
        let mapping_of = |at: usize| mappings.get(&*self.statements[at].source).map(|bound| &**bound);
        let digest_of = |at: usize| mapping_of(at).map(|mapping| mapping.digest);
        let mut cache = self.contents.borrow_mut();
        let known =
            |cache: &Contents, at: usize| cache.get(&digest_of(at)).and_then(|of| of.get(at)?.clone());
        let mut missing: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for &at in wanted {
            if self.statements[at].content().is_some() && known(&cache, at).is_none() {
                missing.entry(&self.rows[at].0).or_default().push(at);
            }
        }
        for (segment, mut statements) in missing {
            statements.sort_unstable_by_key(|&at| self.rows[at].1);
            let rows: Vec<usize> = statements.iter().map(|&at| self.rows[at].1).collect();
            let of_rows: Vec<Option<&SourceMapping>> = statements.iter().map(|&at| mapping_of(at)).collect();
            let contents = segment::read_contents(&self.folder, segment, &rows, &of_rows)?;
            for (at, content) in statements.into_iter().zip(contents) {
                let of_mapping = cache.entry(digest_of(at)).or_default();
                of_mapping.resize(self.statements.len(), None);
                of_mapping[at] = Some(content);
            }
        }
        let empty = Arc::new(Content::default());
        Ok(wanted.iter().map(|&at| known(&cache, at).unwrap_or_else(|| Arc::clone(&empty))).collect())
    }
}
