//! The results of rows → Arrow arrays.

use std::sync::Arc;

use arrow_array::builder::{Decimal128Builder, Int64Builder, StringBuilder};
use arrow_array::{Array, ArrayRef, StringArray, StructArray};
use arrow_schema::{DataType, Field, Fields};
use gpt_cost::{Estimate, Usd};

use crate::errors::Failure;

/// The result of a row that is not null. Failures are rare, and a box is small.
pub(crate) type Outcome<T> = Result<T, Box<Failure>>;

/// The digits of a cost, and those after the point: the exact cost of every built-in price and 10 to the 26 dollars.
const DIGITS: (u8, i8) = (38, 12);

/// Arrays that grow by the results of rows.
pub(crate) trait Rows: Default {
    /// The result of a row.
    type Row: Send;

    /// Appends a row; none for a null and for a bad row.
    fn append(&mut self, row: Option<&Self::Row>, error: Option<&str>);
}

/// The counts of texts, and the reasons of bad rows.
#[derive(Default)]
pub(crate) struct Counts {
    counts: Int64Builder,
    errors: StringBuilder,
}

impl Rows for Counts {
    type Row = i64;

    fn append(&mut self, row: Option<&i64>, error: Option<&str>) {
        self.counts.append_option(row.copied());
        self.errors.append_option(error);
    }
}

impl Counts {
    /// Returns the counts and the reasons.
    pub(crate) fn finish(mut self) -> (ArrayRef, StringArray) {
        (Arc::new(self.counts.finish()), self.errors.finish())
    }
}

/// The estimate of a request, as a row of a table.
pub(crate) struct EstimateRow {
    tokens: i64,
    label: &'static str,
    min: i128,
    expected: Option<i128>,
    max: Option<i128>,
}

impl EstimateRow {
    /// Returns the row of an estimate.
    ///
    /// # Errors
    ///
    /// If an amount is not a decimal with 26 digits before and 12 after the point.
    pub(crate) fn new(estimate: &Estimate<'_>) -> Result<EstimateRow, Failure> {
        let (input, total) = (estimate.input(), &estimate.cost().total);
        Ok(EstimateRow {
            tokens: i64::try_from(input.tokens()).unwrap_or(i64::MAX),
            label: input.label().as_str(),
            min: digits(total.min)?,
            expected: total.expected.map(digits).transpose()?,
            max: total.max.map(digits).transpose()?,
        })
    }
}

/// Returns an amount in units of the last digit of a column.
fn digits(amount: Usd) -> Result<i128, Failure> {
    let decimal = amount.amount().normalize();
    let shift = u32::try_from(DIGITS.1).ok().and_then(|scale| scale.checked_sub(decimal.scale()));
    let digits = shift.and_then(|shift| decimal.mantissa().checked_mul(10_i128.pow(shift)));
    let digits = digits.filter(|digits| digits.unsigned_abs() < 10_u128.pow(DIGITS.0.into()));
    digits.ok_or_else(|| Failure::request(format!("the cost {amount} does not fit into decimal(38, 12)"), None))
}

/// The estimates of requests.
pub(crate) struct Estimates {
    tokens: Int64Builder,
    labels: StringBuilder,
    costs: [Decimal128Builder; 3],
    errors: StringBuilder,
}

impl Default for Estimates {
    fn default() -> Estimates {
        let costs = || Decimal128Builder::new().with_data_type(DataType::Decimal128(DIGITS.0, DIGITS.1));
        Estimates {
            tokens: Int64Builder::new(),
            labels: StringBuilder::new(),
            costs: [costs(), costs(), costs()],
            errors: StringBuilder::new(),
        }
    }
}

impl Rows for Estimates {
    type Row = EstimateRow;

    fn append(&mut self, row: Option<&EstimateRow>, error: Option<&str>) {
        self.tokens.append_option(row.map(|row| row.tokens));
        self.labels.append_option(row.map(|row| row.label));
        let amounts = [row.map(|row| row.min), row.and_then(|row| row.expected), row.and_then(|row| row.max)];
        for (costs, amount) in self.costs.iter_mut().zip(amounts) {
            costs.append_option(amount);
        }
        self.errors.append_option(error);
    }
}

impl Estimates {
    /// Returns the estimates, and the reasons of bad rows, which are among their fields. No struct is null, also not that
    /// of a null, of which all fields are: so the structs are the rows of a table, too.
    pub(crate) fn finish(mut self) -> (StructArray, StringArray) {
        let errors = self.errors.finish();
        let [min, expected, max] = self.costs.map(|mut costs| Arc::new(costs.finish()) as ArrayRef);
        let columns: [(&str, ArrayRef); 6] = [
            ("input_tokens", Arc::new(self.tokens.finish())),
            ("label", Arc::new(self.labels.finish())),
            ("cost_min", min),
            ("cost_expected", expected),
            ("cost_max", max),
            ("error", Arc::new(errors.clone())),
        ];
        let field = |(name, column): &(&str, ArrayRef)| Field::new(*name, column.data_type().clone(), true);
        let fields = columns.iter().map(field).collect::<Fields>();
        (StructArray::new(fields, columns.map(|(_, column)| column).to_vec(), None), errors)
    }
}
