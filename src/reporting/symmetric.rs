//! Inverse of a symmetric positive definite matrix by its Cholesky factor.
//!
//! The only dense matrix outside the models is the square matrix of shared use, so plain loops over one vector suffice.

/// Returns the inverse of a symmetric positive definite matrix of `size` rows, row by row; `None` if the matrix is not
/// positive definite.
pub(super) fn inverse(mut matrix: Vec<f64>, size: usize) -> Option<Vec<f64>> {
    // The lower triangle becomes the factor L, with matrix = L L'.
    for row in 0..size {
        let (before, current) = matrix.split_at_mut(row * size);
        for column in 0..row {
            let factor = &before[column * size..column * size + column];
            let dot = dot(&current[..column], factor);
            current[column] = (current[column] - dot) / before[column * size + column];
        }
        let square = current[row] - dot(&current[..row], &current[..row]);
        if square <= 0.0 {
            return None;
        }
        current[row] = square.sqrt();
    }
    // The inverse of L, of which row r is column r of the inverse transposed.
    let mut factor = vec![0.0; size * size];
    for column in 0..size {
        factor[column * size + column] = 1.0 / matrix[column * size + column];
        for row in column + 1..size {
            let start = column * size;
            let sum =
                dot(&matrix[row * size + column..row * size + row], &factor[start + column..start + row]);
            factor[start + row] = -sum / matrix[row * size + row];
        }
    }
    // `factor[c][r]` is the element (r, c) of the inverse of L, so inverse(i, j) sums over r from the larger of both.
    let mut inverse = vec![0.0; size * size];
    for row in 0..size {
        for column in 0..=row {
            let one = &factor[row * size + row..(row + 1) * size];
            let other = &factor[column * size + row..(column + 1) * size];
            let value = dot(one, other);
            inverse[row * size + column] = value;
            inverse[column * size + row] = value;
        }
    }
    Some(inverse)
}

/// Returns the scalar product in the order of the elements.
fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_times_its_inverse_is_the_identity() {
        let size = 23;
        let mut seed = 11_u64;
        let mut draw = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 40) as f64 / (1_u64 << 24) as f64
        };
        let root: Vec<f64> = (0..size * size).map(|_| draw()).collect();
        let product = |a: &[f64], b: &[f64], row: usize, column: usize| -> f64 {
            (0..size).map(|k| a[row * size + k] * b[k * size + column]).sum()
        };
        let matrix: Vec<f64> = (0..size * size)
            .map(|cell| {
                let (row, column) = (cell / size, cell % size);
                let square: f64 = (0..size).map(|k| root[row * size + k] * root[column * size + k]).sum();
                square + f64::from(u8::from(row == column))
            })
            .collect();
        let inverse = inverse(matrix.clone(), size).expect("a positive definite matrix");
        for cell in 0..size * size {
            let (row, column) = (cell / size, cell % size);
            let expected = f64::from(u8::from(row == column));
            assert!((product(&matrix, &inverse, row, column) - expected).abs() < 1e-9, "{row} {column}");
        }
    }

    #[test]
    fn a_matrix_with_a_negative_eigenvalue_has_no_factor() {
        assert_eq!(inverse(vec![1.0, 2.0, 2.0, 1.0], 2), None);
    }
}
