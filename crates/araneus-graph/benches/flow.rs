//! Flows of money on generated payments; the time per payment must hardly rise with their number.

use std::hint::black_box;

use araneus_graph::flow::{Payment, find};
use araneus_graph::progress::Progress;
use araneus_graph::random::SplitMix64;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// Draws payments over 150 days with skewed accounts: the most frequent payee gets about one payment of a hundred.
fn payments(count: usize) -> Vec<Payment> {
    let mut random = SplitMix64::new(1, 1);
    let accounts = (count / 6) as f64;
    let mut account = || (accounts * random.unit_interval().powi(3)) as u32;
    let ends: Vec<(u32, u32)> = (0..count).map(|_| (account(), account())).collect();
    let payment = |(payer, payee): (u32, u32)| Payment {
        payer,
        payee,
        time: i64::from(random.below(150)),
        amount: (2000.0 * (3.0 * random.unit_interval()).exp()).round() / 100.0,
    };
    ends.into_iter().map(payment).collect()
}

fn flow(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("flow");
    group.sample_size(10);
    for count in [118_000, 472_000, 1_000_000] {
        let payments = payments(count);
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("{count}-payments"), |bench| {
            bench.iter(|| find(black_box(&payments), &Progress::silent()));
        });
    }
    group.finish();
}

criterion_group!(benches, flow);
criterion_main!(benches);
