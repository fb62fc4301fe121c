//! Results as Arrow tables.

use std::{collections::HashMap, sync::Arc};

use araneus::metrics::Metric;
use arrow::{
    array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray},
    datatypes::{DataType, Field, Schema},
};
use pyo3::{exceptions::PyRuntimeError, prelude::*};
use pyo3_arrow::PyTable;

/// Names of vertices: whole numbers if the links have them, else text.
pub(crate) struct NodeNames {
    pub(crate) names: Vec<String>,
    array: ArrayRef,
}

impl NodeNames {
    pub(crate) fn new(names: Vec<String>, are_whole: bool) -> Self {
        let whole = || names.iter().map(|name| name.parse().ok()).collect::<Option<Vec<i64>>>();
        let array: ArrayRef = match are_whole.then(whole).flatten() {
            Some(numbers) => Arc::new(Int64Array::from(numbers)),
            None => Arc::new(StringArray::from_iter_values(&names)),
        };
        Self { names, array }
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}

/// A column of a result: its field and its values.
pub(crate) type ResultColumn = (Field, ArrayRef);

/// Returns a column of numbers; NaN becomes null.
pub(crate) fn numbers(name: &str, values: &[f64]) -> ResultColumn {
    let array =
        values.iter().map(|value| Some(*value).filter(|value| !value.is_nan())).collect::<Float64Array>();
    (Field::new(name, DataType::Float64, true), Arc::new(array))
}

/// Returns the column of a metric, with its description in the metadata.
pub(crate) fn metric(metric: &Metric, values: &[f64]) -> ResultColumn {
    let metadata = [("description", metric.about), ("unit", metric.unit), ("source", metric.source)];
    let metadata: HashMap<String, String> =
        metadata.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    let (field, array) = numbers(metric.name, values);
    (field.with_metadata(metadata), array)
}

/// Returns a column of whole numbers.
pub(crate) fn whole(name: &str, values: Vec<i64>) -> ResultColumn {
    (Field::new(name, DataType::Int64, false), Arc::new(Int64Array::from(values)))
}

/// Returns a table with the column `node` and further columns, as a table of pyarrow.
pub(crate) fn table<'py>(
    py: Python<'py>,
    nodes: &NodeNames,
    columns: Vec<ResultColumn>,
) -> PyResult<Bound<'py, PyAny>> {
    let node = (Field::new("node", nodes.array.data_type().clone(), false), Arc::clone(&nodes.array));
    let (fields, arrays): (Vec<Field>, Vec<ArrayRef>) = std::iter::once(node).chain(columns).unzip();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays);
    let batch = batch.map_err(|error| PyRuntimeError::new_err(error.to_string()))?;
    PyTable::try_new(vec![batch], schema)?.into_pyarrow(py)
}
