//! Good hashers and hostile ones.

use std::hash::{BuildHasher, Hasher};

use super::fuse::{Point, tick};

/// What the hashes of different keys have in common.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Kind {
    /// Nothing.
    #[default]
    Uniform,
    /// The key itself.
    Identity,
    /// Everything.
    Constant,
    /// All but a few of the low bits.
    LowBits,
    /// All but the highest bits: one home group.
    HighBits,
    /// The tag.
    EqualTags,
    /// The home group up to 256 groups, which come from the key as it is: `key % 16` picks one of 16.
    Homes,
}

impl Kind {
    pub const ALL: [Kind; 7] = [
        Kind::Uniform,
        Kind::Identity,
        Kind::Constant,
        Kind::LowBits,
        Kind::HighBits,
        Kind::EqualTags,
        Kind::Homes,
    ];

    pub fn hash(self, key: u64) -> u64 {
        match self {
            Kind::Uniform => mix(key),
            Kind::Identity => key,
            Kind::Constant => 42,
            Kind::LowBits => mix(key) & 0xFF0,
            Kind::HighBits => mix(key) << 48,
            Kind::EqualTags => mix(key) >> 8,
            Kind::Homes => mix(key) << 32 | (key & 15) << 4,
        }
    }
}

pub fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    let x = (x ^ (x >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    x ^ (x >> 32)
}

/// A stream of numbers from a seed.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.next() as u8).collect()
    }
}

#[derive(Clone, Debug, Default)]
pub struct Build(pub Kind);

impl BuildHasher for Build {
    type Hasher = State;

    fn build_hasher(&self) -> State {
        tick(Point::BuildHasher);
        State {
            kind: self.0,
            key: 0,
        }
    }
}

#[derive(Debug)]
pub struct State {
    kind: Kind,
    key: u64,
}

impl Hasher for State {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.key = mix(self.key ^ u64::from(byte));
        }
    }

    fn write_u32(&mut self, key: u32) {
        self.key = u64::from(key);
    }

    fn finish(&self) -> u64 {
        self.kind.hash(self.key)
    }
}
