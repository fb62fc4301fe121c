//! Canonical identifiers of accounts and banks.

use super::text::tidy;
use crate::identifier::CanonicalId;

/// Countries of the IBAN registry, each with the length of its numbers (ISO 13616).
const IBAN_LENGTHS: &str = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18\
FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20\
MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

/// Countries of ISO 3166, and Kosovo, as BICs write them.
const COUNTRIES: &str = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCX\
CYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKI\
KMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPT\
PWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

/// Normalises an account number (ISO 13616): length by country and check digits modulo 97. Blanks and case make no
/// difference.
pub(super) fn iban(value: &str) -> Option<CanonicalId> {
    let tidied = tidy(value)?;
    let mut plain: String = tidied.chars().filter(|c| !c.is_whitespace() && *c != '-' && *c != '.').collect();
    plain.make_ascii_uppercase();
    let number = plain.strip_prefix("IBAN").unwrap_or(&plain);
    let number = number.strip_prefix(':').unwrap_or(number);
    is_iban(number).then(|| CanonicalId::with_scheme("bank-account", "iban", number))
}

fn is_iban(number: &str) -> bool {
    let is_of_register = (15..=34).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        && number[2..4].bytes().all(|byte| byte.is_ascii_digit())
        && iban_length(&number[..2]).is_none_or(|length| length == number.len());
    // One digit repeated in the account itself is filler.
    let is_filler = || number.as_bytes()[4..].windows(2).all(|two| two[0] == two[1]);
    let rest = |sum: u32, byte: u8| {
        let value = (byte as char).to_digit(36).unwrap_or_default();
        if value < 10 { (sum * 10 + value) % 97 } else { (sum * 100 + value) % 97 }
    };
    is_of_register
        && !is_filler()
        && number[..2].bytes().all(|byte| byte.is_ascii_uppercase())
        && number[4..].bytes().chain(number[..4].bytes()).fold(0, rest) == 1
}

/// Returns the length of the numbers of a country; `None` if the registry does not have the country.
fn iban_length(country: &str) -> Option<usize> {
    let row = IBAN_LENGTHS.as_bytes().chunks(4).find(|row| &row[..2] == country.as_bytes())?;
    Some(usize::from(row[2] - b'0') * 10 + usize::from(row[3] - b'0'))
}

/// Normalises the code of a bank (ISO 9362): four letters or digits, a country, two letters or digits, and a branch.
/// `XXX` means the head office.
pub(super) fn bic(kind: &str, value: &str) -> Option<CanonicalId> {
    let plain: String =
        tidy(value)?.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    let code = plain.strip_suffix("XXX").filter(|code| code.len() == 8).unwrap_or(&plain);
    let is_plain = code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let fits = matches!(code.len(), 8 | 11)
        && is_plain
        && COUNTRIES.as_bytes().chunks(2).any(|country| country == &code.as_bytes()[4..6])
        // A code with 0 at this place is one of a test.
        && code.as_bytes()[7] != b'0'
        && !code.as_bytes().windows(2).all(|two| two[0] == two[1]);
    fits.then(|| CanonicalId::with_scheme(kind, "bic", code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_has_the_length_of_its_country_and_its_check_digits() {
        let read = |value: &str| iban(value).map(|id| id.value().to_owned());
        for valid in [
            "DE89370400440532013000",
            "GB82WEST12345698765432",
            "NO9386011117947",
            "FR1420041010050500013M02606",
        ] {
            assert_eq!(read(valid).as_deref(), Some(valid));
        }
        assert_eq!(read("IBAN: de89 3704-0044.0532 0130 00").as_deref(), Some("DE89370400440532013000"));
        for wrong in [
            "DE89370400440532013001",
            "DE8937040044053201300",
            "DE00000000000000000000",
            "12345678901234567890",
            "n/a",
            "ÄÖ89370400440532013000",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!((IBAN_LENGTHS.len() % 4, COUNTRIES.len()), (0, 2 * 250));
        assert!(IBAN_LENGTHS.as_bytes().chunks(4).all(|row| row[2..].iter().all(u8::is_ascii_digit)));
    }

    #[test]
    fn a_bank_code_has_a_country() {
        let read = |value: &str| bic("bank", value).map(|id| id.value().to_owned());
        assert_eq!(read("deutdeff xxx").as_deref(), Some("DEUTDEFF"));
        assert_eq!(read("DEUTDEFF500").as_deref(), Some("DEUTDEFF500"));
        for wrong in ["DEUTQQFF", "DEUTDEF", "DEUTDEF0", "DEUTDEFF50", "XXXXXXXX", "n/a"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
