//! Tests of graph, metrics and community: each algorithm against slow witnesses, closed forms and references.

mod betweenness;
mod community;
mod community_measures;
mod edge_strengths;
mod graph;
mod iterations;
mod layered_flows;
mod metrics;
mod payment_references;
mod payments;
mod references;
mod structures;
mod support;
mod view;
mod warm_start;
mod witnesses;
