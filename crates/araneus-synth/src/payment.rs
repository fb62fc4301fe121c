//! Payments, the accounts that make them, and the agencies that collect them.

use crate::entities::EntityId;

/// Agencies that collect payments, each with its reliability and its probability to record a payment.
pub(crate) const COLLECTORS: [Collector; 2] = [
    Collector { name: "harbour-fiu", reliability: 'B', records: 0.75 },
    Collector { name: "meridian-fiu", reliability: 'C', records: 0.40 },
];

/// Financial-intelligence agency that collects payments.
#[derive(Debug)]
pub(crate) struct Collector {
    pub(crate) name: &'static str,
    /// Reliability on the Admiralty scale, A to F.
    pub(crate) reliability: char,
    /// Probability that it records a payment.
    pub(crate) records: f64,
}

/// Position of an agency in [`COLLECTORS`].
pub(crate) type CollectorId = usize;

/// One payment.
#[derive(Clone, Debug)]
pub(crate) struct Payment {
    pub(crate) payer: EntityId,
    pub(crate) payee: EntityId,
    /// Time of the payment, in seconds since 1970.
    pub(crate) time: i64,
    /// Amount in hundredths of the currency.
    pub(crate) cents: i64,
    /// Position of the planted case that it belongs to.
    pub(crate) case: Option<usize>,
    /// Agencies that deliver it, each with the day of the delivery.
    pub(crate) deliveries: Vec<(CollectorId, u32)>,
}

/// Accounts by owner, and all payments.
#[derive(Debug, Default)]
pub(crate) struct Economy {
    pub(crate) people: Vec<EntityId>,
    pub(crate) companies: Vec<EntityId>,
    pub(crate) shops: Vec<EntityId>,
    pub(crate) payments: Vec<Payment>,
}
