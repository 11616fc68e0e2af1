//! Whether one large number is the product of two others: what makes an RSA key one, and no random bytes do.

/// The longest factor that is multiplied, in bytes: 16,384 bits of key.
const LONGEST: usize = 1024;

/// Whether `product = a * b`, all three as big-endian bytes.
pub(super) fn is_product(product: &[u8], a: &[u8], b: &[u8]) -> bool {
    let (product, a, b) = (trimmed(product), trimmed(a), trimmed(b));
    if a.is_empty() || b.is_empty() || a.len().max(b.len()) > LONGEST {
        return false;
    }
    let (a, b) = (limbs(a), limbs(b));
    let mut sum = vec![0_u32; a.len() + b.len()];
    for (i, &x) in a.iter().enumerate() {
        let mut carry = 0_u64;
        for (j, &y) in b.iter().enumerate() {
            let cell = u64::from(sum[i + j]) + u64::from(x) * u64::from(y) + carry;
            sum[i + j] = cell as u32;
            carry = cell >> 32;
        }
        sum[i + b.len()] = carry as u32;
    }
    let bytes: Vec<u8> = sum.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
    trimmed(&bytes) == product
}

fn trimmed(number: &[u8]) -> &[u8] {
    &number[number.iter().take_while(|&&byte| byte == 0).count()..]
}

/// The number in pieces of 32 bits, the lowest first.
fn limbs(number: &[u8]) -> Vec<u32> {
    number.rchunks(4).map(|part| part.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte))).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_the_machine(a in 1_u64.., b in 1_u64..) {
            let product = u128::from(a) * u128::from(b);
            let is = |product: u128| is_product(&product.to_be_bytes(), &a.to_be_bytes(), &b.to_be_bytes());
            prop_assert!(is(product));
            prop_assert!(!is(product ^ 1));
        }
    }

    #[test]
    fn takes_no_more_than_it_must() {
        assert!(!is_product(&[1], &[], &[1]));
        assert!(!is_product(&[1], &[1; LONGEST + 1], &[1]));
        assert!(is_product(&[0, 6], &[0, 0, 2], &[3]));
    }
}
