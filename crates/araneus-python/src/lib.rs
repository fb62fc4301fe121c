//! The extension module `araneus._araneus`: graph kernels on Arrow data, and the program itself.
//!
//! The Python sources beside it give names, defaults and documentation. Every function here takes all its arguments.
//! Kernels run without the GIL, and a signal such as Ctrl-C stops them.

#![forbid(unsafe_code)]

mod communities;
mod errors;
mod graph;
mod interrupt;
mod metrics;
mod program;
mod results;

use pyo3::prelude::*;

/// The allocator of the program, for the same reason: a run in Python has as many short texts.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Kernels and the program.
#[pymodule(name = "_araneus")]
mod extension {
    #[pymodule_export]
    use crate::communities::{detect, modularity};
    #[pymodule_export]
    use crate::graph::Graph;
    #[pymodule_export]
    use crate::metrics::{
        betweenness, betweenness_sampled, katz, measure, metric_table, pagerank, personalised_pagerank,
    };
    #[pymodule_export]
    use crate::program::main;

    use super::{Bound, PyModule, PyModuleMethods, PyResult};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
