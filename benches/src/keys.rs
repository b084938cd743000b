//! Keys: pseudo-random, distinct, and the same in every run.

/// Far enough apart that two streams of counters never meet.
const STREAM: u64 = 1 << 48;

/// A bijection of 64-bit words that looks random (splitmix64's step).
#[inline]
pub fn scramble(counter: u64) -> u64 {
    let mut x = counter.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// `n` distinct keys; two different streams share none.
pub fn distinct(n: usize, stream: u64) -> Vec<u64> {
    (0..n as u64)
        .map(|i| scramble(stream * STREAM + i))
        .collect()
}

/// Shuffles in place (Fisher-Yates), the same way for the same seed and length.
pub fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed.wrapping_mul(STREAM);
    for i in (1..items.len()).rev() {
        state = state.wrapping_add(1);
        let j = (u128::from(scramble(state)) * (i as u128 + 1)) >> 64;
        items.swap(i, j as usize);
    }
}

/// A shuffled copy. Strings are cloned in the new order, so that reading the
/// copy front to back is sequential in memory.
pub fn shuffled<T: Clone>(items: &[T], seed: u64) -> Vec<T> {
    let mut order: Vec<u32> = (0..u32::try_from(items.len()).expect("too many keys")).collect();
    shuffle(&mut order, seed);
    order.iter().map(|&i| items[i as usize].clone()).collect()
}

/// A key as a string of 16 characters.
pub fn string(key: u64) -> String {
    format!("{key:016x}")
}
