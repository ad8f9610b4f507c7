//! What a response costs beside its tokens: the calls of built-in tools, and audio that is billed by its duration.

use jiff::civil::Date;
use rust_decimal::Decimal;

use super::charge::{Bill, Charge};
use super::response::Response;
use super::tool::ToolKind;
use crate::catalog::{Measure, Model, ModelRef, Tier, UnitPrice};
use crate::error::{self, Error, Problem, Result};
use crate::money::{Uplift, Usd, grouped};

/// A quantity that is not tokens, at one price.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnitCharge {
    /// The tool that was called, or `audio`.
    pub name: &'static str,
    /// The quantity, in the measure of the price's unit: calls or seconds.
    pub quantity: Decimal,
    /// The price.
    pub price: UnitPrice,
    /// The cost.
    pub cost: Usd,
}

/// The cost of images that a tool generated: tokens of another model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ImageCharges {
    /// The model that generated them.
    pub model: String,
    /// The charges for its tokens.
    pub charges: Vec<Charge>,
    /// Their sum.
    pub cost: Usd,
}

/// Calls of a tool that are not in the total of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnpricedCalls {
    /// The tool.
    pub tool: ToolKind,
    /// The number of calls.
    pub calls: u64,
    /// Why they have no price.
    pub reason: String,
}

impl ModelRef<'_> {
    /// Returns the cost of a response of this model on `day` at `tier`: of its tokens, as [`ModelRef::bill`] has it, with
    /// the uplift, and of its duration and the calls of built-in tools, which have none.
    ///
    /// Calls without a known price are in [`Bill::unpriced`]; the total is then a minimum.
    ///
    /// # Errors
    ///
    /// Those of [`ModelRef::bill`], and a duration without a price.
    ///
    /// ```
    /// use gpt_cost::{Catalog, Date, Tier, money::Uplift, usage::Response};
    ///
    /// let body = br#"{"model": "gpt-4.1", "usage": {"input_tokens": 1000, "output_tokens": 0},
    ///     "output": [{"type": "web_search_call", "action": {"type": "search"}}]}"#;
    /// let response = Response::from_json(body)?;
    /// let day = Date::new(2026, 11, 23)?;
    /// let bill = Catalog::builtin().model("gpt-4.1")?.bill_response(&response, day, Tier::Standard, Uplift::NONE)?;
    /// assert_eq!(bill.units[0].cost.to_string(), "$0.01");
    /// assert_eq!(bill.total.to_string(), "$0.012");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn bill_response(&self, response: &Response, day: Date, tier: Tier, uplift: Uplift) -> Result<Bill> {
        let model = self.resolve(day)?.model;
        let mut bill = match response.seconds {
            Some(seconds) => Bill::of_duration(model, seconds, day)?,
            None => self.bill(&response.usage, day, tier)?.with_uplift(uplift),
        };
        for (tool, calls) in &response.tool_calls {
            if *tool == ToolKind::ImageGeneration {
                match self.images(response, day) {
                    Ok(images) => bill.add_images(images, uplift),
                    Err(reason) => bill.unpriced.push(UnpricedCalls { tool: *tool, calls: *calls, reason }),
                }
                continue;
            }
            match self.call_price(*tool, model, day) {
                Ok(price) => bill.add_unit(tool.as_str(), Decimal::from(*calls), price),
                Err(reason) => bill.unpriced.push(UnpricedCalls { tool: *tool, calls: *calls, reason }),
            }
        }
        Ok(bill)
    }

    /// Returns the cost of the generated images, or why it is unknown.
    fn images(&self, response: &Response, day: Date) -> std::result::Result<ImageCharges, String> {
        let Some(images) = &response.images else {
            return Err(
                "its images are billed as tokens of an image model, which the response does not report".to_owned()
            );
        };
        let Some(name) = &images.model else {
            return Err("the response does not name the model that generated its images".to_owned());
        };
        let bill = self.catalog().model(name).and_then(|model| model.bill(&images.usage, day, Tier::Standard));
        let bill = bill.map_err(|error| error.to_string())?;
        Ok(ImageCharges { model: name.clone(), charges: bill.charges, cost: bill.total })
    }

    /// Returns the price of a call of a tool, or why it is unknown.
    fn call_price(&self, tool: ToolKind, model: &Model, day: Date) -> std::result::Result<&UnitPrice, String> {
        let Some(found) = self.catalog().find_tool(tool.as_str()) else {
            return Err("its price is in no table".to_owned());
        };
        if let Some(price) = found.tool.call_price(model, day) {
            return Ok(price);
        }
        let by_time = found.tool.sheet(day).find(|row| row.unit().measure() == Measure::Seconds);
        Err(match by_time {
            Some(row) => {
                let size = row.variant().map(|size| format!(" with {size}")).unwrap_or_default();
                format!("its containers cost from {row}{size}, and the response does not report the minutes")
            }
            None => format!("no table has its price for {} on {day}", model.name()),
        })
    }
}

impl Bill {
    fn of_duration(model: &Model, seconds: Decimal, day: Date) -> Result<Bill> {
        let Some(price) = model.unit_price(day, Measure::Seconds) else {
            let message = format!("`{}` has no price by the minute on {day}", model.name());
            return Err(Error::new(error::Kind::MissingPrice, Problem::new(message)));
        };
        let mut bill = Bill::default();
        bill.add_unit("audio", seconds, price);
        Ok(bill)
    }

    fn with_uplift(self, uplift: Uplift) -> Bill {
        let cost = uplift.of(self.total);
        Bill { uplift: (!uplift.is_none()).then_some((uplift, cost)), total: self.total + cost, ..self }
    }

    fn add_images(&mut self, images: ImageCharges, uplift: Uplift) {
        let more = uplift.of(images.cost);
        if let Some((_, cost)) = &mut self.uplift {
            *cost += more;
        }
        self.total += images.cost + more;
        self.images = Some(images);
    }

    fn add_unit(&mut self, name: &'static str, quantity: Decimal, price: &UnitPrice) {
        let cost = price.cost(quantity);
        self.total += cost;
        self.units.push(UnitCharge { name, quantity, price: price.clone(), cost });
    }
}

impl UnitCharge {
    /// Returns the quantity in words, such as `2 calls` or `90.5 seconds`.
    ///
    /// ```
    /// use gpt_cost::{Catalog, Date, Tier, money::Uplift, usage::Response};
    ///
    /// let response = Response::from_json(br#"{"text": "", "usage": {"type": "duration", "seconds": 90}}"#)?;
    /// let day = Date::new(2026, 11, 23)?;
    /// let bill = Catalog::builtin().model("whisper-1")?.bill_response(&response, day, Tier::Standard, Uplift::NONE)?;
    /// let [audio] = bill.units.as_slice() else { panic!("one charge") };
    /// assert_eq!((audio.in_words(), audio.cost.to_string()), ("90 seconds".to_owned(), "$0.009".to_owned()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn in_words(&self) -> String {
        use rust_decimal::prelude::ToPrimitive;
        let quantity = self.quantity.normalize();
        let shown = match quantity.to_u64().filter(|_| quantity.scale() == 0) {
            Some(whole) => grouped(whole),
            None => quantity.to_string(),
        };
        let measure = self.price.unit().measure().as_str();
        format!("{shown} {}", if quantity == Decimal::ONE { measure.trim_end_matches('s') } else { measure })
    }
}
