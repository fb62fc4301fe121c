//! Variants of flows of money, and of their look-alikes.

use super::{
    super::variant::Variant,
    Owners, Parties,
    flows::{chain, cycle, fan_in, pass_through, scatter_gather, structuring},
};

/// Accounts that were opened for the flow, for the most part.
const OPENED: Parties = Parties { owners: Owners::People, new: (30, 100), acquainted: 5, gap: 40 };
/// Established accounts that never had to do with each other, for the most part.
const HIRED: Parties = Parties { owners: Owners::Any, new: (0, 60), acquainted: 10, gap: 60 };
/// Companies among which a few are new.
const FRONTS: Parties = Parties { owners: Owners::Companies, new: (10, 70), acquainted: 25, gap: 60 };
/// Accounts that wait for days before they pay.
const PATIENT: Parties = Parties { owners: Owners::Any, new: (10, 90), acquainted: 15, gap: 110 };
/// Companies of one group, or with long contracts.
const PARTNERS: Parties = Parties { owners: Owners::Companies, new: (0, 30), acquainted: 85, gap: 60 };
/// People who know each other.
const FRIENDS: Parties = Parties { owners: Owners::People, new: (0, 25), acquainted: 80, gap: 40 };
/// Customers of one company.
const CUSTOMERS: Parties = Parties { owners: Owners::People, new: (0, 45), acquainted: 60, gap: 40 };
/// Members of one club or house; some members joined lately.
const MEMBERS: Parties = Parties { owners: Owners::Any, new: (0, 60), acquainted: 70, gap: 110 };

/// Returns a variant of the pattern with a shape and its accounts.
macro_rules! pattern {
    ($name:literal, $about:literal, $flow:path, $parties:ident) => {
        Variant::pattern($name, $about, |world, random, day| $flow(world, random, day, &$parties))
    };
}

/// Returns a variant of a look-alike with a shape and its accounts.
macro_rules! look_alike {
    ($name:literal, $about:literal, $flow:path, $parties:ident) => {
        Variant::look_alike($name, $about, |world, random, day| $flow(world, random, day, &$parties))
    };
}

pub(in super::super) const CHAINS: &[Variant] = &[
    pattern!("layering", "A sum passes through accounts that were opened for it.", chain, OPENED),
    pattern!("hired-accounts", "A sum passes through established accounts of strangers.", chain, HIRED),
    pattern!("slow-layers", "Each account waits for days before it passes the sum on.", chain, PATIENT)
        .held_out(),
    look_alike!(
        "supply-chain",
        "Companies with long contracts pay one order along a chain.",
        chain,
        PARTNERS
    ),
    look_alike!("household", "Relatives pass a sum on to each other.", chain, FRIENDS),
    look_alike!(
        "deposit",
        "A deposit passes through parties of a contract, some of them new.",
        chain,
        CUSTOMERS
    ),
    look_alike!("sublet", "Tenants and subtenants pass a deposit on after days.", chain, MEMBERS).held_out(),
];

pub(in super::super) const CYCLES: &[Variant] = &[
    pattern!("round-trip", "A sum returns to its owner through new accounts.", cycle, OPENED),
    pattern!("carousel", "Companies without business with each other feign turnover.", cycle, FRONTS),
    pattern!("slow-return", "A sum returns to its owner after many days.", cycle, PATIENT).held_out(),
    look_alike!("group-clearing", "Companies of one group clear their balances.", cycle, PARTNERS),
    look_alike!("shared-bill", "Friends settle a shared bill.", cycle, FRIENDS),
    look_alike!("exchange", "Customers and suppliers happen to owe each other one sum.", cycle, CUSTOMERS),
    look_alike!("savings-club", "Members of a savings club pass the pot on.", cycle, MEMBERS).held_out(),
];

pub(in super::super) const SCATTER_GATHERS: &[Variant] = &[
    pattern!(
        "split-and-collect",
        "A sum is split over new accounts and collected again.",
        scatter_gather,
        OPENED
    ),
    pattern!(
        "hired-accounts",
        "A sum is split over accounts of strangers and collected again.",
        scatter_gather,
        HIRED
    ),
    pattern!("slow-collection", "The parts of a sum are collected after days.", scatter_gather, PATIENT)
        .held_out(),
    look_alike!(
        "branches",
        "A company pays its branches, which pay the head office.",
        scatter_gather,
        PARTNERS
    ),
    look_alike!(
        "common-purchase",
        "Friends get a refund, and pay it to one seller.",
        scatter_gather,
        FRIENDS
    ),
    look_alike!(
        "subcontractor",
        "Suppliers of one company pay one subcontractor.",
        scatter_gather,
        CUSTOMERS
    ),
    look_alike!(
        "club-refund",
        "Members of a club pass a refund on to one organiser.",
        scatter_gather,
        MEMBERS
    )
    .held_out(),
];

pub(in super::super) const FAN_INS: &[Variant] = &[
    pattern!("collecting-account", "New accounts pay nearly one sum to one account.", fan_in, OPENED),
    pattern!("victims", "Strangers pay nearly one sum to one account.", fan_in, HIRED),
    pattern!("slow-collection", "Accounts pay nearly one sum over many days.", fan_in, PATIENT).held_out(),
    look_alike!("suppliers-fee", "Companies pay one yearly fee.", fan_in, PARTNERS),
    look_alike!("gift", "Friends collect for a gift.", fan_in, FRIENDS),
    look_alike!("one-price", "Customers pay one price.", fan_in, CUSTOMERS),
    look_alike!("membership", "Members pay their fee in one month.", fan_in, MEMBERS).held_out(),
];

pub(in super::super) const PASS_THROUGHS: &[Variant] = &[
    pattern!("mule", "An account forwards what it receives, and keeps a fee.", pass_through, OPENED),
    pattern!("front", "A company without business forwards what it receives.", pass_through, FRONTS),
    pattern!("slow-mule", "An account forwards what it receives after days.", pass_through, PATIENT)
        .held_out(),
    look_alike!("broker", "A broker forwards the payments of its partners.", pass_through, PARTNERS),
    look_alike!("treasurer", "A person collects money for friends and passes it on.", pass_through, FRIENDS),
    look_alike!(
        "payment-service",
        "A service forwards the payments of its customers.",
        pass_through,
        CUSTOMERS
    ),
    look_alike!("rent-manager", "A manager forwards the rents of a house.", pass_through, MEMBERS).held_out(),
];

pub(in super::super) const STRUCTURINGS: &[Variant] = &[
    pattern!("split-sum", "A sum is paid in parts to a new account.", structuring, OPENED),
    pattern!("parts-to-stranger", "A sum is paid in parts to a stranger.", structuring, HIRED),
    pattern!("parts-to-front", "A sum is paid in parts to a company.", structuring, FRONTS).held_out(),
    look_alike!("instalments", "A company pays an order in parts.", structuring, PARTNERS),
    look_alike!("allowance", "A person pays a relative each day.", structuring, FRIENDS),
    look_alike!("parcels", "A customer orders the same again and again.", structuring, CUSTOMERS),
    look_alike!("transfer-limit", "A bank's limit splits a payment to a club.", structuring, MEMBERS)
        .held_out(),
];
