use super::super::generated::Noise;
use super::*;

fn growth<'a>(bins: &'a Bins, targets: &'a [f64], ones: &'a [f64], rising: &'a [bool]) -> Growth<'a> {
    Growth {
        bins,
        gradients: targets,
        curvatures: ones,
        rising,
        depth_max: 1,
        rows_min: 1,
        shrinkage: 0.0,
        columns: usize::MAX,
        is_random: false,
    }
}

/// Reference implementation: the squared error of every threshold between values of every column.
fn best_stump(rows: &Array2<f64>, labels: &[f64]) -> f64 {
    let error = |side: &[f64]| {
        let mean = side.iter().sum::<f64>() / side.len() as f64;
        side.iter().map(|label| (label - mean).powi(2)).sum::<f64>()
    };
    let mut least = error(labels);
    for column in rows.columns() {
        for threshold in column.iter().filter(|value| value.is_finite()).chain([&f64::NEG_INFINITY]) {
            let side = |is_right: bool| -> Vec<f64> {
                let chosen = column.iter().zip(labels).filter(|(value, _)| (*value > threshold) == is_right);
                chosen.map(|(_, label)| *label).collect()
            };
            let (left, right) = (side(false), side(true));
            if !left.is_empty() && !right.is_empty() {
                least = least.min(error(&left) + error(&right));
            }
        }
    }
    least
}

#[test]
fn a_stump_has_the_least_error_of_all_thresholds() {
    for seed in 0..20 {
        let mut noise = Noise::open(seed);
        let rows = Array2::from_shape_fn((60, 3), |_| {
            if noise.share() < 0.1 { f64::NAN } else { (noise.share() * 12.0).floor() }
        });
        let labels: Vec<f64> =
            rows.rows().into_iter().map(|row| f64::from(u8::from(row[1] + noise.normal() > 6.0))).collect();
        let gradients: Vec<f64> = labels.iter().map(|label| -label).collect();
        let bins = Bins::learn(&rows);
        let tree = growth(&bins, &gradients, &[1.0; 60], &[false; 3])
            .grow((0..60).collect(), &mut random::open(1, 0));
        let reached: f64 =
            rows.rows().into_iter().zip(&labels).map(|(row, label)| (tree.value(row) - label).powi(2)).sum();
        assert!((reached - best_stump(&rows, &labels)).abs() < 1e-6, "seed {seed}: {reached}");
    }
}

#[test]
fn a_rising_column_never_lowers_the_value_and_the_parts_add_up() {
    let mut noise = Noise::open(4);
    let rows = Array2::from_shape_fn((800, 3), |_| noise.normal());
    // The first column falls on half of the rows, so that an unconstrained tree would fall, too.
    let labels: Vec<f64> = rows
        .rows()
        .into_iter()
        .map(|row| f64::from(u8::from(row[0] * row[2].signum() + 0.5 * row[1] + noise.normal() > 0.0)))
        .collect();
    let gradients: Vec<f64> = labels.iter().map(|label| -label).collect();
    let bins = Bins::learn(&rows);
    let mut growth = growth(&bins, &gradients, &[1.0; 800], &[true, true, false]);
    (growth.depth_max, growth.rows_min) = (6, 5);
    let tree = growth.grow((0..800).collect(), &mut random::open(1, 0));
    assert!(tree.nodes.len() > 20 && tree.is_valid(3) && !tree.is_valid(2));
    for row in rows.rows() {
        let mut moved = row.to_owned();
        let values: Vec<f64> = (0..40)
            .map(|step| {
                moved[0] = -3.0 + 0.15 * f64::from(step);
                tree.value(moved.view())
            })
            .collect();
        assert!(values.windows(2).all(|two| two[0] <= two[1]), "{values:?}");
        let mut parts = [0.0; 3];
        tree.add_contributions(row, 1.0, &mut parts);
        assert!((tree.mean() + parts.iter().sum::<f64>() - tree.value(row)).abs() < 1e-9);
    }
    moved_below_all(&tree);
}

/// No known value of a rising column gives a lower result than an unknown one.
fn moved_below_all(tree: &Tree) {
    let unknown = tree.value(Array2::from_elem((1, 3), f64::NAN).row(0));
    let mut row = Array2::from_elem((1, 3), f64::NAN);
    for value in [-9.0, 0.0, 9.0] {
        row[[0, 0]] = value;
        assert!(tree.value(row.row(0)) >= unknown);
    }
}

#[test]
fn codes_follow_the_values_and_thresholds_divide_them_alike() {
    let column =
        Array2::from_shape_fn((1000, 1), |(row, _)| f64::from((row * row % 977) as u32).exp().min(1e200));
    let bins = Bins::learn(&column);
    assert!(bins.edges[0].len() < CODES_MAX);
    for code in 0..=bins.edges[0].len() {
        let threshold = bins.threshold(0, code);
        for (value, found) in column.iter().zip(&bins.codes[0]) {
            assert_eq!(usize::from(*found) <= code, *value <= threshold, "{value} {found} {threshold}");
        }
    }
}
