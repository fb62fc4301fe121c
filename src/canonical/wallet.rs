//! Canonical identifiers of addresses of cryptocurrencies, with their checksums.
//!
//! An address whose form is known and whose checksum is wrong identifies nothing. An address of another currency stays
//! as written.

use sha2::{Digest as _, Sha256};
use sha3::Keccak256;

use super::{kinds::exact, text::tidy};
use crate::identifier::CanonicalId;

const KIND: &str = "cryptocurrency-wallet";
/// Schemes of links to a payment.
const SCHEMES: [&str; 5] = ["bitcoin", "ethereum", "litecoin", "dogecoin", "monero"];
const BASE58: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BASE58_RIPPLE: &str = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";
const BECH32: &str = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// Prefixes of addresses in Bech32, with true for those of `SegWit`, whose version decides the checksum.
const BECH32_PREFIXES: [(&str, bool); 7] = [
    ("bc", true),
    ("tb", true),
    ("ltc", true),
    ("addr", false),
    ("stake", false),
    ("cosmos", false),
    ("zs", false),
];
/// First characters of addresses in `Base58Check`, and their lengths: Bitcoin, Litecoin, Dogecoin, Dash, Tron, Zcash.
const CHECKED: [(&str, std::ops::RangeInclusive<usize>); 8] = [
    ("1", 26..=34),
    ("3", 33..=35),
    ("L", 33..=34),
    ("M", 33..=34),
    ("D", 34..=34),
    ("X", 34..=34),
    ("T", 34..=34),
    ("t", 35..=35),
];

/// Result of the check of an address by one form.
enum Checked {
    Valid(String),
    Invalid,
    UnknownForm,
}

/// Returns the address.
pub(super) fn wallet(value: &str) -> Option<CanonicalId> {
    let text = tidy(value)?;
    let scheme = text
        .split_once(':')
        .filter(|(scheme, _)| SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)));
    let address = scheme.map_or(&*text, |(_, rest)| rest.split(['?', '@']).next().unwrap_or(rest));
    for read in [ethereum, bech32, monero, base58check] {
        match read(address) {
            Checked::Valid(address) => return Some(CanonicalId::observable(KIND, &address)),
            Checked::Invalid => return None,
            Checked::UnknownForm => {}
        }
    }
    exact(KIND, value)
}

/// Reads an address of Ethereum and its relatives. Letters in both cases are a checksum (EIP-55).
fn ethereum(address: &str) -> Checked {
    let Some(digits) = address.strip_prefix("0x").or_else(|| address.strip_prefix("0X")) else {
        return Checked::UnknownForm;
    };
    if digits.len() != 40 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Checked::UnknownForm;
    }
    let lower = digits.to_ascii_lowercase();
    let is_mixed = digits.bytes().any(|byte| byte.is_ascii_uppercase())
        && digits.bytes().any(|byte| byte.is_ascii_lowercase());
    let sum = Keccak256::digest(lower.as_bytes());
    let is_upper = |at: usize| (sum[at / 2] >> (4 * (1 - at % 2))) & 0xf >= 8;
    let has_sum = digits
        .bytes()
        .enumerate()
        .all(|(at, byte)| byte.is_ascii_digit() || byte.is_ascii_uppercase() == is_upper(at));
    // Only zeros is the address of destroyed coins.
    if (is_mixed && !has_sum) || lower.bytes().all(|byte| byte == b'0') {
        return Checked::Invalid;
    }
    Checked::Valid(format!("0x{lower}"))
}

/// Reads an address in Bech32 (BIP 173) or Bech32m (BIP 350).
fn bech32(address: &str) -> Checked {
    let lower = address.to_ascii_lowercase();
    let Some((prefix, data)) = lower.rsplit_once('1') else { return Checked::UnknownForm };
    let Some((_, is_segwit)) = BECH32_PREFIXES.iter().find(|(known, _)| *known == prefix) else {
        return Checked::UnknownForm;
    };
    let is_mixed = address != lower && address != address.to_ascii_uppercase();
    let values: Option<Vec<u8>> =
        data.bytes().map(|byte| BECH32.bytes().position(|known| known == byte).map(|at| at as u8)).collect();
    let Some(values) = values.filter(|values| values.len() > 6 && !is_mixed) else { return Checked::Invalid };
    let high = prefix.bytes().map(|byte| byte >> 5);
    let low = prefix.bytes().map(|byte| byte & 31);
    let sum = high.chain([0]).chain(low).chain(values.iter().copied()).fold(1, bech32_step);
    let expected = if *is_segwit && values[0] > 0 { 0x2bc8_30a3 } else { 1 };
    if sum == expected { Checked::Valid(lower) } else { Checked::Invalid }
}

fn bech32_step(sum: u32, value: u8) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let next = (sum & 0x01ff_ffff) << 5 ^ u32::from(value);
    GENERATOR
        .iter()
        .enumerate()
        .filter(|(bit, _)| sum >> (25 + bit) & 1 == 1)
        .fold(next, |sum, (_, part)| sum ^ part)
}

/// Reads an address in `Base58Check`: Bitcoin, Litecoin, Dogecoin, Dash, Tron, Zcash and Ripple.
fn base58check(address: &str) -> Checked {
    let is_ripple = address.starts_with('r') && (25..=35).contains(&address.len());
    let is_known =
        CHECKED.iter().any(|(first, length)| address.starts_with(first) && length.contains(&address.len()));
    let alphabet = if is_ripple { BASE58_RIPPLE } else { BASE58 };
    if !(is_known || is_ripple) || !address.bytes().all(|byte| alphabet.as_bytes().contains(&byte)) {
        return Checked::UnknownForm;
    }
    let bytes = base58(address, alphabet);
    let Some((payload, sum)) =
        bytes.split_last_chunk::<4>().filter(|(payload, _)| matches!(payload.len(), 21 | 22))
    else {
        return Checked::Invalid;
    };
    if Sha256::digest(Sha256::digest(payload)).starts_with(sum) {
        Checked::Valid(address.to_owned())
    } else {
        Checked::Invalid
    }
}

/// Returns the bytes of a number in Base58; each leading zero digit is a byte.
fn base58(text: &str, alphabet: &str) -> Vec<u8> {
    let mut little: Vec<u8> = Vec::with_capacity(text.len());
    let digits = || text.bytes().filter_map(|byte| alphabet.bytes().position(|known| known == byte));
    for digit in digits() {
        let mut carry = digit as u32;
        for byte in &mut little {
            carry += u32::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            little.push((carry & 0xff) as u8);
            carry >>= 8;
        }
    }
    let zeros = digits().take_while(|digit| *digit == 0).count();
    std::iter::repeat_n(0, zeros).chain(little.into_iter().rev()).collect()
}

/// Reads an address of Monero: blocks of eleven characters for eight bytes, and a checksum by Keccak.
fn monero(address: &str) -> Checked {
    /// Bytes of a last block of 0 to 11 characters.
    const BYTES: [usize; 12] = [0, 0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8];
    let has_form = matches!(address.len(), 95 | 106)
        && address.starts_with(['4', '8'])
        && address.bytes().all(|byte| BASE58.as_bytes().contains(&byte));
    if !has_form {
        return Checked::UnknownForm;
    }
    let mut bytes = Vec::with_capacity(80);
    for block in address.as_bytes().chunks(11) {
        let number = block.iter().fold(0_u128, |number, byte| {
            number * 58 + BASE58.bytes().position(|known| known == *byte).unwrap_or_default() as u128
        });
        let length = BYTES[block.len()];
        if number >> (8 * length) != 0 {
            return Checked::Invalid;
        }
        bytes.extend_from_slice(&number.to_be_bytes()[16 - length..]);
    }
    match bytes.split_last_chunk::<4>() {
        Some((payload, sum)) if Keccak256::digest(payload).starts_with(sum) => {
            Checked::Valid(address.to_owned())
        }
        _ => Checked::Invalid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses of standards and of first blocks; none is of an indicator.
    const VALID: [&str; 9] = [
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
        "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
        "LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1",
    ];

    fn read(value: &str) -> Option<String> {
        wallet(value).map(|id| id.value().to_owned())
    }

    #[test]
    fn an_address_with_its_checksum_stays() {
        for address in VALID {
            assert_eq!(read(address).as_deref(), Some(address));
        }
        for (spelled, expected) in [
            ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", VALID[4]),
            ("0X5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED", VALID[4]),
            ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", VALID[2]),
            ("bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa?amount=1", VALID[0]),
            ("an address of another currency", "an address of another currency"),
        ] {
            assert_eq!(read(spelled).as_deref(), Some(expected), "{spelled}");
        }
    }

    #[test]
    fn one_changed_character_identifies_nothing() {
        for address in VALID.iter().filter(|address| !address.starts_with("0x")) {
            let middle = address.len() / 2;
            let other = if address.as_bytes()[middle] == b'8' { "9" } else { "8" };
            let wrong = format!("{}{other}{}", &address[..middle], &address[middle + 1..]);
            assert_eq!(read(&wrong), None, "{wrong}");
        }
        for wrong in [
            "0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0x0000000000000000000000000000000000000000",
            "bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
