//! A view and a resolution that are made from those of a similar view equal a view and a resolution from the start.

use araneus::{
    archive::{Access, Archive},
    index::RecordIndex,
    resolve::{self, Earlier, Resolution, ResolveConfig, Reusable, WeightConfig},
    run::Config,
    time::Moment,
    view::{AsOf, Audience, View},
};

use super::{fold::recorded, generate::history, plain_resolution::assert_plain, seeds};

/// Numbers of one comparison.
#[derive(Default)]
struct Compared {
    views: usize,
    /// Entities that both views have with equal records.
    unchanged: usize,
    changed: usize,
    /// Resolutions by equal identifiers that were compared with a plain one: equal, and finer by a constraint.
    plain: usize,
    finer: usize,
}

/// Settings of two kinds: by all rules, and by equal identifiers alone.
fn settings() -> [ResolveConfig; 2] {
    [ResolveConfig::default(), ResolveConfig { version: 0, ..ResolveConfig::default() }]
}

fn assert_equal(found: &Resolution, expected: &Resolution, view: &View, what: &str) {
    assert_eq!(found.entities, expected.entities, "entities, {what}");
    assert_eq!(found.links, expected.links, "links, {what}");
    assert_eq!(found.contested, expected.contested, "contested merges, {what}");
    assert_eq!(found.relays.repeats(), expected.relays.repeats(), "repetitions, {what}");
    for record in RecordIndex::first(view.records().len()) {
        assert_eq!(found.relays.origin(record), expected.relays.origin(record), "origins, {what}");
    }
}

/// Resolves the views of a series, each from the one before it, with other weights in each view.
fn compare(views: &[View], config: &ResolveConfig, what: &str) -> Compared {
    let mut compared = Compared::default();
    let mut earlier: Option<(&View, Resolution, Reusable)> = None;
    for (number, view) in views.iter().enumerate() {
        let mut weights = WeightConfig::default();
        weights.half_life_days.insert("infrastructure".to_owned(), 5.0 + number as f64);
        let (resolution, reusable) = match &earlier {
            Some((view_before, resolution, reusable)) => {
                let earlier = Earlier { view: view_before, resolution, reusable };
                resolve::resolve_similar(view, earlier, config, &weights)
            }
            None => resolve::resolve_reusable(view, config, &weights),
        };
        let expected = resolve::resolve_without_reasons(view, config, &weights);
        assert_equal(&resolution, &expected, view, &format!("view {number} of {what}"));
        if config.version == 0 {
            let is_plain = assert_plain(&expected, view, &format!("view {number} of {what}"));
            compared.plain += usize::from(is_plain);
            compared.finer += usize::from(!is_plain);
        }
        if let Some((_, before, _)) = &earlier {
            let is_known = |entity: &&araneus::entity::Entity| {
                before.entities.binary_search_by(|known| known.id.cmp(&entity.id)).is_ok_and(|at| {
                    before.entities[at].records.len() == entity.records.len()
                        && before.entities[at].label == entity.label
                })
            };
            let unchanged = resolution.entities.iter().filter(is_known).count();
            compared.unchanged += unchanged;
            compared.changed += resolution.entities.len() - unchanged;
        }
        compared.views += 1;
        earlier = Some((view, resolution, reusable));
    }
    compared
}

/// Returns the views of all runs of an archive, then those of some of them without single records, in a mixed order.
fn views(config: &Config, audience: &Audience) -> Vec<View> {
    let archive = Archive::open(&config.state, Access::Read).expect("an archive");
    let contents = archive.read().expect("its contents");
    let policy = config.rules.access_policy(audience);
    let order = contents.order();
    let mut views: Vec<View> = Vec::new();
    // Long after the last run some records are expired.
    let last = Moment::parse("2027-01-01T00:00:00Z").expect("a time");
    for time in archive.runs().into_iter().map(|run| run.moment).chain([last]) {
        let view = contents.view(policy, None, AsOf::of(time)).expect("a view");
        if let Some(before) = views.last() {
            let later = contents.later_view((before, &order), policy, AsOf::of(time)).expect("a view");
            assert_eq!(format!("{later:?}"), format!("{view:?}"), "the view from that before {time}");
        }
        views.push(view);
    }
    for position in 0..views.len() {
        let ids: Vec<_> = views[position].records().iter().map(|record| record.id).collect();
        for step in [2, 3] {
            let removed = ids.iter().copied().skip(position).step_by(step).collect();
            views.push(views[position].without(&removed));
        }
    }
    views
}

#[test]
fn views_and_resolutions_from_similar_ones_equal_those_from_the_start() {
    let partners = Audience { clearance: Some("TLP:GREEN".to_owned()), ..Audience::all() };
    let mut total = Compared::default();
    for seed in seeds() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = recorded(&history(seed), folder.path());
        for audience in [&partners, &Audience::all()] {
            let views = views(&config, audience);
            for rules in settings() {
                let compared = compare(&views, &rules, &format!("seed {seed}"));
                total.views += compared.views;
                total.unchanged += compared.unchanged;
                total.changed += compared.changed;
                total.plain += compared.plain;
                total.finer += compared.finer;
            }
        }
    }
    let Compared { views, unchanged, changed, plain, finer } = total;
    println!(
        "{views} views, {unchanged} unchanged and {changed} changed entities; {plain} plain resolutions, {finer} finer"
    );
    assert!(views > 1_000 && unchanged > 1_000 && changed > 1_000, "{views}, {unchanged}, {changed}");
    assert!(plain > 500, "{plain} plain resolutions");
}
