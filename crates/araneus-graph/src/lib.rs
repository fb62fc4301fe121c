//! Deterministic graph algorithms on compressed sparse rows: metrics of vertices and community detection.
//!
//! The same graph gives the same bits on any number of threads. Random choices come from named, seeded
//! streams, and sums are added in a fixed order. Every metric and every method names the publication that
//! defines it, and has tests against slow implementations and independent references.
//!
//! | Module | Contents |
//! |---|---|
//! | [`graph`] | [`Graph`](graph::Graph), weights, views by layer and time, connected components, bridges, petgraph traits |
//! | [`metrics`] | [`METRICS`](metrics::METRICS): degree, `PageRank`, betweenness, closeness, Katz, HITS, constraint, k-cores and more |
//! | [`community`] | [`METHODS`](community::METHODS): Leiden, Louvain, label propagation, components; quality, significance, stability |
//! | [`null_model`] | Random networks with the links of each vertex in each layer, and structures that they have as well |
//! | [`flow`] | Flows of money among payments, with the number of each that chance would bring |
//! | [`progress`] | [`Progress`](progress::Progress): work counter, cancellation and step messages of long computations |
//! | [`random`] | Seeded random streams and bounded draws |
//!
//! Vertices are the numbers `0..vertices`; callers keep their meaning. Every long computation takes a
//! `Progress` and returns `None` once it is cancelled. NaN means "unknown", for example the closeness of a
//! graph that is too large for searches from every vertex.
//!
//! # Example
//!
//! `PageRank` and Leiden communities of two triangles that one link joins:
//!
//! ```
//! use araneus_graph::community::{DetectionConfig, Method, community_qualities, find};
//! use araneus_graph::graph::{Graph, WeightedGraph};
//! use araneus_graph::metrics::{PageRankParameters, pagerank};
//! use araneus_graph::progress::Progress;
//!
//! let links = [(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3), (2, 3)];
//! let (graph, weights) = Graph::build(6, false, &links, None);
//! let progress = Progress::silent();
//!
//! let ranks = pagerank(&graph, None, &PageRankParameters::default(), &progress).expect("it is not cancelled");
//! assert!((ranks.iter().sum::<f64>() - 1.0).abs() < 1e-12);
//! assert!(ranks[2] > ranks[0]);
//!
//! let weighted_graph = WeightedGraph::new(graph, weights);
//! let config = DetectionConfig { seed: 1, ..DetectionConfig::new(Method::Leiden) };
//! let communities = find(&weighted_graph, &config, &progress).expect("it is not cancelled");
//! assert_eq!(communities.partition().labels(), [0, 0, 0, 1, 1, 1]);
//!
//! let qualities = community_qualities(&weighted_graph, communities.partition(), config.resolution);
//! assert_eq!((qualities[0].size, qualities[0].internal_links), (3, 3));
//! assert!((communities.quality - 5.0 / 14.0).abs() < 1e-12);
//! ```

#![forbid(unsafe_code)]

pub mod progress;
pub mod random;

pub mod graph;

pub mod metrics;

pub mod community;

pub mod null_model;

pub mod flow;
