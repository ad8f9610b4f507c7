//! What a real response costs, by its usage.

use std::collections::BTreeMap;

use gpt_cost::catalog::Resolved;
use gpt_cost::usage::{Bill, Response};
use gpt_cost::{Date, Tier};

use crate::record::record;
use crate::values::{Day, Dollars, Number};

record! {
    /// Tokens of one kind, their rate and their cost.
    struct Charge {
        /// The kind of the tokens, such as `input` or `cached_input`.
        kind: &'static str,
        /// The number of tokens.
        tokens: u64,
        /// The rate.
        rate: Dollars,
        /// The number of tokens that the rate is for: `1K` or `1M`.
        per: &'static str,
        /// The cost.
        cost: Dollars,
    }
    repr [kind, tokens, rate, per, cost]
}

record! {
    /// A quantity that is not tokens, its price and its cost.
    struct UnitCharge {
        /// The tool, or `audio`.
        name: &'static str,
        /// The quantity.
        quantity: Number,
        /// What is counted: calls or seconds.
        measure: &'static str,
        /// The price of one unit.
        rate: Dollars,
        /// The unit.
        per: &'static str,
        /// The cost.
        cost: Dollars,
    }
    repr [name, quantity, measure, rate, per, cost]
}

record! {
    /// The cost of images that a tool generated, as tokens of another model.
    struct ImageCharges {
        /// The model that generated them.
        model: String,
        /// The charges for its tokens.
        charges: Vec<Charge>,
        /// Their sum.
        cost: Dollars,
    }
    repr [model, cost]
}

record! {
    /// Calls of a tool whose price is unknown.
    struct UnpricedCalls {
        /// The tool.
        tool: &'static str,
        /// The number of calls.
        calls: u64,
        /// Why they have no price.
        reason: String,
    }
    repr [tool, calls, reason]
}

record! {
    /// What is added to the charges for tokens, or taken from them.
    struct Uplift {
        /// The percentage.
        percent: Number,
        /// Its cost.
        cost: Dollars,
    }
    repr [percent, cost]
}

record! {
    /// What a response costs.
    struct Actual {
        /// The name of the model as it was given.
        model: String,
        /// The model whose prices are charged.
        resolved_model: String,
        /// The service tier.
        tier: &'static str,
        /// The day of the response, or else the day of the prices.
        as_of: Day,
        /// The price table: a file, or `built-in`.
        origin: String,
        /// A notice if the price was announced only until an earlier day.
        price_notice: Option<String>,
        /// A note on the price in the table.
        note: Option<String>,
        /// All input tokens, cached or not.
        input_tokens: u64,
        /// The input tokens that were read from the prompt cache.
        cached_tokens: u64,
        /// All output tokens.
        output_tokens: u64,
        /// The charges for tokens.
        charges: Vec<Charge>,
        /// The reasoning tokens in the output; they are charged as output.
        reasoning_tokens: u64,
        /// The uplift on the charges; `None` if there is none.
        uplift: Option<Uplift>,
        /// The seconds of audio, if they are billed instead of tokens.
        #[serde(skip_serializing_if = "Option::is_none")]
        seconds: Option<Number>,
        /// The number of calls of each built-in tool.
        tool_calls: BTreeMap<&'static str, u64>,
        /// The charges for what is not tokens.
        unit_charges: Vec<UnitCharge>,
        /// The charges for images that a tool generated.
        image_charges: Option<ImageCharges>,
        /// The calls whose price is unknown, which are not in the cost.
        unpriced_tool_calls: Vec<UnpricedCalls>,
        /// The sum of the charges.
        cost: Dollars,
    }
    repr [resolved_model, tier, as_of, input_tokens, cached_tokens, output_tokens, cost]
}

impl Actual {
    /// Returns the record of a priced response.
    pub(crate) fn new(
        name: &str,
        found: Resolved<'_>,
        response: &Response,
        bill: &Bill,
        day: Date,
        tier: Tier,
    ) -> Actual {
        let (model, usage) = (found.model, &response.usage);
        let row = model.price(day, tier, usage.input);
        Actual {
            model: name.to_owned(),
            resolved_model: model.name().to_owned(),
            tier: tier.as_str(),
            as_of: Day(day),
            origin: found.layer.origin().to_owned(),
            price_notice: row.and_then(|row| model.price_notice(row, day)),
            note: model.note().map(str::to_owned),
            input_tokens: usage.input,
            cached_tokens: usage.cached,
            output_tokens: usage.output,
            charges: bill.charges.iter().map(Charge::from).collect(),
            reasoning_tokens: usage.reasoning,
            uplift: bill.uplift.map(|(uplift, cost)| Uplift { percent: Number(uplift.percent()), cost: Dollars(cost) }),
            seconds: response.seconds.map(Number),
            tool_calls: response.tool_calls.iter().map(|(kind, calls)| (kind.as_str(), *calls)).collect(),
            unit_charges: bill.units.iter().map(UnitCharge::from).collect(),
            image_charges: bill.images.as_ref().map(ImageCharges::from),
            unpriced_tool_calls: bill.unpriced.iter().map(UnpricedCalls::from).collect(),
            cost: Dollars(bill.total),
        }
    }
}

impl From<&gpt_cost::usage::Charge> for Charge {
    fn from(charge: &gpt_cost::usage::Charge) -> Charge {
        Charge {
            kind: charge.kind.as_str(),
            tokens: charge.tokens,
            rate: Dollars(charge.rate.amount()),
            per: charge.rate.per().as_str(),
            cost: Dollars(charge.cost),
        }
    }
}

impl From<&gpt_cost::usage::UnitCharge> for UnitCharge {
    fn from(charge: &gpt_cost::usage::UnitCharge) -> UnitCharge {
        UnitCharge {
            name: charge.name,
            quantity: Number(charge.quantity),
            measure: charge.price.unit().measure().as_str(),
            rate: Dollars(charge.price.amount()),
            per: charge.price.unit().as_str(),
            cost: Dollars(charge.cost),
        }
    }
}

impl From<&gpt_cost::usage::ImageCharges> for ImageCharges {
    fn from(images: &gpt_cost::usage::ImageCharges) -> ImageCharges {
        let charges = images.charges.iter().map(Charge::from).collect();
        ImageCharges { model: images.model.clone(), charges, cost: Dollars(images.cost) }
    }
}

impl From<&gpt_cost::usage::UnpricedCalls> for UnpricedCalls {
    fn from(one: &gpt_cost::usage::UnpricedCalls) -> UnpricedCalls {
        UnpricedCalls { tool: one.tool.as_str(), calls: one.calls, reason: one.reason.clone() }
    }
}
