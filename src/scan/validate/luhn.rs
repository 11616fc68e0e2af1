//! The check digit of card numbers (ISO/IEC 7812). One number in ten has it by chance, so that it only confirms.

use super::check::Check;

/// A card number, perhaps with blanks or dashes.
pub(super) fn card(secret: &[u8]) -> Check {
    let is_gap = |byte: &u8| matches!(byte, b' ' | b'-');
    if !secret.iter().all(|byte| byte.is_ascii_digit() || is_gap(byte)) {
        return Check::default();
    }
    let digits: Vec<u32> =
        secret.iter().filter(|byte| !is_gap(byte)).map(|byte| u32::from(byte - b'0')).collect();
    if !(12..=19).contains(&digits.len()) {
        return Check::default();
    }
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, &digit)| if at % 2 == 1 { doubled(digit) } else { digit })
        .sum();
    if sum.is_multiple_of(10) && digits.iter().any(|&digit| digit != digits[0]) {
        Check::well_formed().times(1.2).and("its check digit is right")
    } else {
        Check::invalid("its check digit is wrong")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::finding::Validation;

    #[test]
    fn the_last_digit_confirms() {
        let check = |number: &str, expected: Validation| {
            assert_eq!(card(number.as_bytes()).validation, expected, "{number}");
        };
        check("4242 4242 4242 4242", Validation::WellFormed);
        check("79927398713", Validation::None);
        check("0079927398713", Validation::WellFormed);
        check("0079927398714", Validation::Invalid);
        check("000000000000", Validation::Invalid);
        check("4242x", Validation::None);
    }
}
