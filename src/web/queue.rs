//! The queue: what is left to review, with a filter in the URL.

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    flags::Item,
    judgements,
    respond::{self, Counts},
    state::{App, Shared},
};
use crate::run::published::published_runs;

/// Filters by state, and their names on the page.
const STATES: &[(&str, &str)] = &[
    ("", "Queue, open flags, leads and near misses"),
    ("left", "Without a verdict"),
    ("queue", "Queue of this run"),
    ("new", "New"),
    ("grown", "Grown"),
    ("standing", "Standing"),
    ("judged", "Judged"),
    ("contested", "Contested"),
    ("lead", "Leads"),
    ("near-miss", "Nearest misses"),
    ("closed", "Closed"),
    ("all", "Everything"),
];

/// Orders of the list, and their names on the page.
const ORDERS: &[(&str, &str)] = &[
    ("", "Rank"),
    ("score", "Score"),
    ("first", "First flagged"),
    ("pattern", "Pattern"),
    ("title", "Title"),
];

/// Filter and order of the list, as the URL has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Filter {
    pub(super) state: String,
    pub(super) pattern: String,
    pub(super) q: String,
    pub(super) order: String,
    /// Number of the page, from 1; 0 for the first one. A card has no page.
    pub(super) page: usize,
    /// Number of rows on a page; `None` for the usual one.
    pub(super) rows: Option<usize>,
    /// Id of a judgement that was just made.
    pub(super) done: String,
}

/// Usual number of rows on a page, and the limits of a number in the URL.
const PAGE_ROWS: usize = 50;
const ROWS_MIN: usize = 10;
const ROWS_MAX: usize = 200;

impl Filter {
    /// Reads the query of a URL. An unknown name or value has no effect.
    pub(super) fn parse(query: &str) -> Self {
        let mut filter = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let known = |list: &[(&str, &str)]| list.iter().any(|(known, _)| *known == value);
            match &*name {
                "state" if known(STATES) => filter.state = value.into_owned(),
                "order" if known(ORDERS) => filter.order = value.into_owned(),
                "pattern" => filter.pattern = value.into_owned(),
                "q" => filter.q = value.trim().chars().take(200).collect(),
                "page" => filter.page = value.parse().unwrap_or_default(),
                "rows" => filter.rows = value.parse().ok().map(|rows: usize| rows.clamp(ROWS_MIN, ROWS_MAX)),
                "done" => filter.done = value.into_owned(),
                _ => {}
            }
        }
        filter
    }

    /// Returns the query of a URL, without the page and the judgement that was just made; empty for the whole list.
    pub(super) fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let parts =
            [("state", &self.state), ("pattern", &self.pattern), ("q", &self.q), ("order", &self.order)];
        for (name, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        if let Some(rows) = self.rows {
            query.append_pair("rows", &rows.to_string());
        }
        query.finish()
    }

    fn page_rows(&self) -> usize {
        self.rows.unwrap_or(PAGE_ROWS)
    }

    /// Returns the query of the page with the row at a position of the list; empty for the first page of the whole list.
    pub(super) fn query_at(&self, position: usize) -> String {
        let parts = [self.query(), page_query(position / self.page_rows() + 1)];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&")
    }

    /// Returns the items that pass the filter, in its order.
    pub(super) fn apply(&self, app: &Shared, mut items: Vec<Item>) -> Vec<Item> {
        let text = self.q.to_lowercase();
        items.retain(|item| {
            let in_state = match &*self.state {
                "" => item.state != "closed",
                "all" => true,
                "left" => item.is_left(),
                "queue" => item.rank.is_some(),
                state => item.state == state || (item.origin == state && !item.is_judged()),
            };
            let has_pattern = self.pattern.is_empty() || item.pattern == self.pattern;
            in_state && has_pattern && (text.is_empty() || app.flags.contains(item, &text))
        });
        match &*self.order {
            "score" => items.sort_by(|a, b| b.score.total_cmp(&a.score)),
            "first" => items.sort_by_key(|item| std::cmp::Reverse(item.first_flagged)),
            "pattern" => items.sort_by(|a, b| a.pattern.cmp(&b.pattern)),
            "title" => items.sort_by(|a, b| a.title.cmp(&b.title)),
            _ => {}
        }
        items
    }
}

/// Returns the part of a query that names a page; empty for the first one.
fn page_query(page: usize) -> String {
    if page > 1 { format!("page={page}") } else { String::new() }
}

/// Content of the queue screen.
pub(super) struct QueueView {
    pub(super) filter: Filter,
    /// Value, name, and whether it is chosen.
    pub(super) states: Vec<Choice>,
    pub(super) orders: Vec<Choice>,
    pub(super) patterns: Vec<Choice>,
    /// Rows of the page.
    pub(super) rows: Vec<Row>,
    /// Number of rows that pass the filter.
    pub(super) row_count: usize,
    /// Number of the first row of the page, from 1.
    pub(super) first_row: usize,
    /// Number of the page, from 1, and of all pages.
    pub(super) page: usize,
    pub(super) page_count: usize,
    /// Paths of the pages before and after this one; empty where there is none.
    pub(super) previous: String,
    pub(super) next: String,
    pub(super) counts: Counts,
    /// Open flags, leads and near misses without a verdict, outside the queue.
    pub(super) beside: usize,
    pub(super) notice: Option<String>,
    /// Name of a run that was published since the server started; `None` without one.
    pub(super) newer_run: Option<String>,
}

/// A choice of a list.
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) is_chosen: bool,
}

/// A row of the list.
pub(super) struct Row {
    pub(super) item: Item,
    pub(super) link: String,
    pub(super) first_flagged: String,
    /// Heading above the row where a new part of the list begins; empty elsewhere.
    pub(super) heading: &'static str,
}

respond::page!(QueuePage, "web/queue.html", QueueView);

/// Counts the queue of the run: flags with and without a verdict.
pub(super) fn counts(items: &[Item]) -> Counts {
    let queued = || items.iter().filter(|item| item.rank.is_some());
    let left = queued().filter(|item| item.is_left()).count();
    let total = queued().count();
    Counts { left, judged: queued().filter(|item| item.is_judged()).count(), total }
}

/// Shows the queue.
pub(super) async fn show(State(app): State<App>, RawQuery(query): RawQuery) -> Response {
    respond::blocking(app, move |app| {
        let filter = Filter::parse(&query.unwrap_or_default());
        match view(app, filter) {
            Ok(view) => respond::html(StatusCode::OK, &QueuePage::new(app, "Queue", view.counts, &view)),
            Err(error) => respond::error(app, StatusCode::INTERNAL_SERVER_ERROR, error),
        }
    })
    .await
}

fn view(app: &Shared, filter: Filter) -> Result<QueueView, String> {
    let judgements = app.visible_judgements().map_err(|error| error.to_string())?;
    let items = app.flags.items(&judgements).map_err(|error| error.to_string())?;
    let counts = counts(&items);
    let beside = items.iter().filter(|item| item.rank.is_none() && item.is_left()).count();
    let notice = judgements::done_notice(&judgements, &filter.done);
    let mut patterns: Vec<&str> = items.iter().map(|item| item.pattern.as_str()).collect();
    patterns.sort_unstable();
    patterns.dedup();
    let every = ("", "Every pattern");
    let patterns =
        choices(std::iter::once(every).chain(patterns.into_iter().map(|name| (name, name))), &filter.pattern);
    let query = filter.query();
    let items = filter.apply(app, items);
    let row_count = items.len();
    let page_rows = filter.page_rows();
    let page_count = row_count.div_ceil(page_rows).max(1);
    let page = filter.page.clamp(1, page_count);
    let first = (page - 1) * page_rows;
    // A link to a page leads to its nearest row. A browser gives that row the focus, so that the keys go on there.
    let path = |page: usize, row: &str| {
        let at = filter.query_at((page - 1) * page_rows);
        if at.is_empty() { format!("/queue#{row}") } else { format!("/queue?{at}#{row}") }
    };
    let (previous, next) = (
        if page > 1 { path(page - 1, "last-row") } else { String::new() },
        if page < page_count { path(page + 1, "first-row") } else { String::new() },
    );
    let mut part = "";
    let rows = items
        .into_iter()
        .skip(first)
        .take(page_rows)
        .map(|item| {
            let of_item = part_of(&item);
            let is_first = filter.order.is_empty() && of_item != part;
            part = of_item;
            Row {
                link: respond::flag_path(&item.id, &query),
                first_flagged: item.first_flagged.map(crate::time::Moment::display_utc).unwrap_or_default(),
                heading: if is_first { of_item } else { "" },
                item,
            }
        })
        .collect();
    Ok(QueueView {
        states: choices(STATES.iter().copied(), &filter.state),
        orders: choices(ORDERS.iter().copied(), &filter.order),
        patterns,
        rows,
        row_count,
        first_row: first + 1,
        page,
        page_count,
        previous,
        next,
        counts,
        beside,
        notice,
        newer_run: published_runs(&app.options.config.out).pop().filter(|run| *run > app.run_name),
        filter,
    })
}

fn choices<'a>(list: impl Iterator<Item = (&'a str, &'a str)>, chosen: &str) -> Vec<Choice> {
    list.map(|(value, name)| Choice {
        value: value.to_owned(),
        name: name.to_owned(),
        is_chosen: value == chosen,
    })
    .collect()
}

/// Returns the part of the list that an item belongs to.
fn part_of(item: &Item) -> &'static str {
    match (&*item.origin, item.rank) {
        (_, Some(_)) => "Queue of this run",
        ("lead", _) => "Leads: strong, and not proven",
        ("near-miss", _) => "Nearest misses: candidates that the gate stopped",
        ("closed", _) => "Closed flags",
        _ => "Flags outside the queue",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_read_from_the_url_and_written_back() {
        let filter = Filter::parse("state=lead&q=%20a%26b%20&order=score&pattern=sudden+broker&done=j&x=1");
        assert_eq!((filter.state.as_str(), filter.q.as_str(), filter.done.as_str()), ("lead", "a&b", "j"));
        assert_eq!(filter.query(), "state=lead&pattern=sudden+broker&q=a%26b&order=score");
        assert_eq!(Filter::parse("state=nonsense&order=x"), Filter::default());
        assert_eq!(Filter::default().query(), "");
        let filter = Filter::parse("state=lead&page=3");
        assert_eq!((filter.page, filter.query().as_str()), (3, "state=lead"));
        assert_eq!(filter.query_at(0), "state=lead");
        assert_eq!(filter.query_at(PAGE_ROWS - 1), "state=lead");
        assert_eq!(filter.query_at(PAGE_ROWS), "state=lead&page=2");
        assert_eq!(Filter::default().query_at(2 * PAGE_ROWS), "page=3");
        let filter = Filter::parse("rows=20&page=2");
        assert_eq!((filter.query().as_str(), filter.query_at(40).as_str()), ("rows=20", "rows=20&page=3"));
        assert_eq!(Filter::parse("rows=1").rows, Some(ROWS_MIN));
        assert_eq!(Filter::parse("rows=5000").rows, Some(ROWS_MAX));
        for page in ["-1", "x", "99999999999999999999999"] {
            assert_eq!(Filter::parse(&format!("page={page}")).page, 0, "{page}");
        }
    }
}
