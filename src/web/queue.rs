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
    /// Id of a judgement that was just made.
    pub(super) done: String,
}

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
                "done" => filter.done = value.into_owned(),
                _ => {}
            }
        }
        filter
    }

    /// Returns the query of a URL, without the judgement that was just made; empty for the whole list.
    pub(super) fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let parts =
            [("state", &self.state), ("pattern", &self.pattern), ("q", &self.q), ("order", &self.order)];
        for (name, value) in parts.into_iter().filter(|(_, value)| !value.is_empty()) {
            query.append_pair(name, value);
        }
        query.finish()
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

/// Content of the queue screen.
pub(super) struct QueueView {
    pub(super) filter: Filter,
    /// Value, name, and whether it is chosen.
    pub(super) states: Vec<Choice>,
    pub(super) orders: Vec<Choice>,
    pub(super) patterns: Vec<Choice>,
    pub(super) rows: Vec<Row>,
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
    let mut part = "";
    let rows = filter
        .apply(app, items)
        .into_iter()
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
    }
}
