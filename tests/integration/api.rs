//! The traits of the public types that a service needs.

use gpt_cost::budget::{Baseline, Budget, Config, Finding, Limits};
use gpt_cost::catalog::{Kind, Model, PriceRow};
use gpt_cost::request::{Api, Detail, Role};
use gpt_cost::usage::{Bill, Reported, Response, Usage};
use gpt_cost::{Catalog, Cost, Encoding, Error, Estimate, Fit, Label, Request, Terms, Tier, TokenCount, Usd, Verdict};

fn is_send_and_sync<T: Send + Sync + Unpin + 'static>() {}

/// A service shares them between threads. A field that is not `Sync` would break that without a change of any
/// signature.
#[test]
fn public_types_are_send_and_sync() {
    is_send_and_sync::<Catalog>();
    is_send_and_sync::<Request>();
    is_send_and_sync::<Terms>();
    is_send_and_sync::<Estimate<'static>>();
    is_send_and_sync::<(TokenCount, Cost, Fit, Usd, Encoding, Tier, Verdict, Label)>();
    is_send_and_sync::<(Model, PriceRow, Usage, Bill, Response, Reported)>();
    is_send_and_sync::<(Budget, Config, Limits, Finding, Baseline)>();
    is_send_and_sync::<Error>();
}

/// Every enum with names parses the names that it writes.
#[test]
fn names_are_read_as_they_are_written() {
    for kind in Kind::ALL {
        assert_eq!(kind.to_string().parse(), Ok(*kind));
    }
    for label in Label::ALL {
        assert_eq!(label.as_str().parse(), Ok(*label));
    }
    for role in Role::ALL {
        assert_eq!(role.as_str().parse(), Ok(*role));
    }
    for detail in Detail::ALL {
        assert_eq!(detail.as_str().parse(), Ok(*detail));
    }
    for api in Api::ALL {
        assert_eq!(api.to_string().parse(), Ok(*api));
    }
    for encoding in Encoding::ALL {
        assert_eq!(encoding.to_string().parse(), Ok(*encoding));
    }
    assert_eq!(format!("{:>8}|", Verdict::Fits), "    fits|");
    let error = "fast-ish".parse::<Tier>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "unknown name `fast-ish`, expected one of standard, batch, flex, priority, ultrafast, decisions, training"
    );
}
