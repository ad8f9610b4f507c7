//! A column of texts, in whatever Arrow type, as slices of its own bytes.

use arrow_array::cast::AsArray;
use arrow_array::types::{ByteArrayType, ByteViewType};
use arrow_array::{Array, ArrayRef, GenericByteArray, GenericByteViewArray};
use arrow_schema::DataType;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

/// The texts of an array: each distinct one once, where the array is encoded by a dictionary.
pub(crate) struct Texts<'a> {
    /// The texts, or none for a null.
    pub(crate) texts: Vec<Option<&'a [u8]>>,
    /// For each row, the index of its text; `None` if row and text have the same index.
    rows: Option<Vec<Option<usize>>>,
}

impl<'a> Texts<'a> {
    /// Returns the texts of an array of strings or bytes. The bytes are not copied.
    ///
    /// # Errors
    ///
    /// A `TypeError` if the array has another type.
    pub(crate) fn new(array: &'a ArrayRef) -> PyResult<Texts<'a>> {
        if let Some(dictionary) = array.as_any_dictionary_opt() {
            let values = slices(dictionary.values())?;
            let keys = if values.is_empty() { vec![0; array.len()] } else { dictionary.normalized_keys() };
            return Ok(Texts::encoded(&values, keys, dictionary.keys()));
        }
        Ok(Texts { texts: slices(array)?, rows: None })
    }

    /// Returns the texts that the keys refer to: a part of an array still has the dictionary of the whole.
    fn encoded(values: &[Option<&'a [u8]>], keys: Vec<usize>, nulls: &dyn Array) -> Texts<'a> {
        let mut places = vec![None; values.len()];
        let mut texts = Vec::new();
        let place = |(row, key): (usize, usize)| {
            let text = values.get(key).copied().flatten().filter(|_| !nulls.is_null(row))?;
            Some(*places[key].get_or_insert_with(|| {
                texts.push(Some(text));
                texts.len() - 1
            }))
        };
        let rows = keys.into_iter().enumerate().map(place).collect();
        Texts { texts, rows: Some(rows) }
    }

    /// Returns the index of the text of a row.
    pub(crate) fn text_of(&self, row: usize) -> Option<usize> {
        self.rows.as_ref().map_or(Some(row), |rows| rows[row])
    }

    /// Returns the results of the rows, in their order, given those of the texts.
    pub(crate) fn rows<'r, T>(&'r self, results: &'r [Option<T>]) -> impl Iterator<Item = Option<&'r T>> {
        let len = self.rows.as_ref().map_or(self.texts.len(), Vec::len);
        (0..len).map(|row| results[self.text_of(row)?].as_ref())
    }
}

/// Returns the texts of an array without a dictionary.
///
/// They are bytes also where the producer says that they are strings, since that would be undefined behavior to rely on
/// and is quick to check.
fn slices(array: &ArrayRef) -> PyResult<Vec<Option<&[u8]>>> {
    Ok(match array.data_type() {
        DataType::Utf8 => bytes(array.as_string::<i32>()),
        DataType::LargeUtf8 => bytes(array.as_string::<i64>()),
        DataType::Binary => bytes(array.as_binary::<i32>()),
        DataType::LargeBinary => bytes(array.as_binary::<i64>()),
        DataType::Utf8View => viewed(array.as_string_view()),
        DataType::BinaryView => viewed(array.as_binary_view()),
        DataType::Null => vec![None; array.len()],
        DataType::Struct(fields) if fields.len() == 1 && array.null_count() == 0 => {
            slices(array.as_struct().column(0))?
        }
        DataType::Struct(fields) => {
            let message = format!("expected one column, not a table with {}; pass one of its columns", fields.len());
            return Err(PyTypeError::new_err(message));
        }
        other => {
            return Err(PyTypeError::new_err(format!("expected a column of strings or bytes, not of {other}")));
        }
    })
}

fn bytes<T: ByteArrayType>(array: &GenericByteArray<T>) -> Vec<Option<&[u8]>> {
    array.iter().map(|text| text.map(AsRef::as_ref)).collect()
}

fn viewed<T: ByteViewType + ?Sized>(array: &GenericByteViewArray<T>) -> Vec<Option<&[u8]>> {
    array.iter().map(|text| text.map(AsRef::as_ref)).collect()
}
