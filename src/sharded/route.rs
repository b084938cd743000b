//! Which shard a hash belongs to.
//!
//! Shards are of different widths, the widest twice the narrowest. A table's bytes per entry rise and fall between
//! two doublings; shards of one width would double all at the same length of the map, and the map would rise and
//! fall with them. With widths spread over an octave some shards are at every stage at any time: the bytes per entry
//! of the whole stay nearly flat, and so does the work of growing.

/// The most shards that a map can have.
pub(super) const MOST: usize = 512;

/// Chooses the shard by 16 bits of the hash, 40 to 55: below the tag (the top eight bits) and above any bit that the
/// home group of a table is taken from.
#[derive(Clone, Copy)]
pub(super) struct Router {
    /// The number of shards, as a fixed-point factor.
    scale: u64,
}

impl Router {
    /// `shards` is at least 1 and at most `MOST`.
    pub(super) fn new(shards: usize) -> Self {
        debug_assert!((1..=MOST).contains(&shards));
        Router {
            scale: ((shards as u64) << 20) / 3,
        }
    }

    /// The shard of `hash`.
    ///
    /// With `x` in 0..1 for the 16 bits, it is `n (x^2 + 2 x) / 3`: the widths are as the inverse of `1 + x`.
    #[inline]
    pub(super) fn shard(self, hash: u64) -> usize {
        let x = (hash >> 40) & 0xFFFF;
        ((x * (x + (1 << 17)) * self.scale) >> 52) as usize
    }
}

/// The part of all hashes that belongs to each of `n` shards; the parts add up to 1.
pub(super) fn shares(n: usize) -> impl Iterator<Item = f64> {
    let start = move |shard: usize| (1.0 + 3.0 * shard as f64 / n as f64).sqrt();
    (0..n).map(move |shard| start(shard + 1) - start(shard))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn widths(n: usize) -> Vec<usize> {
        let router = Router::new(n);
        let mut widths = vec![0; n];
        let mut last = 0;
        for x in 0..1_u64 << 16 {
            // The other bits of the hash have no say.
            let shard = router.shard(x << 40 | 0xFF_FFFF_FFFF);
            assert_eq!(shard, router.shard(x << 40 | 0xFF << 56));
            assert!(
                shard == last || shard == last + 1,
                "the shards lie in order"
            );
            last = shard;
            widths[shard] += 1;
        }
        widths
    }

    #[test]
    fn every_shard_has_its_share() {
        for n in [1, 2, 3, 7, 32, 100, MOST] {
            let widths = widths(n);
            for (width, share) in widths.iter().zip(shares(n)) {
                let expected = share * 65_536.0;
                assert!(
                    (*width as f64 - expected).abs() < 3.0,
                    "{width} for {expected}"
                );
            }
            assert!((shares(n).sum::<f64>() - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn widths_span_an_octave() {
        let widths = widths(64);
        let ratio = widths[0] as f64 / widths[63] as f64;
        assert!((1.9..2.1).contains(&ratio), "{ratio}");
    }
}
