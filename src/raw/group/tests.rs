//! One set of properties, stamped into each back end that the target has.

macro_rules! properties {
    ($name:ident, $group:ty) => {
        mod $name {
            use super::super::{BitMask, LANES, TagBytes};
            use proptest::prelude::*;

            type Group = $group;

            fn naive(bytes: &[u8; LANES], lane_matches: impl Fn(u8) -> bool) -> BitMask {
                let mut bits = 0;
                for (lane, &byte) in bytes.iter().enumerate() {
                    bits |= u16::from(lane_matches(byte)) << lane;
                }
                BitMask::from_bits(bits)
            }

            fn agrees(bytes: [u8; LANES], tag: u8) {
                let group = Group::load(&TagBytes(bytes));
                assert_eq!(group.match_empty(), naive(&bytes, |byte| byte == 0));
                // The low bits of a hash have no part in its tag.
                for hash in [u64::from(tag) << 56, !0 >> 8 | u64::from(tag) << 56] {
                    let matches = naive(&bytes, |byte| byte == tag.max(1));
                    assert_eq!(group.match_hash(hash), matches);
                }
            }

            #[test]
            fn every_byte_in_every_lane_with_every_tag() {
                // Miri takes a hundred times as long.
                let step = if cfg!(miri) { 127 } else { 3 };
                for tag in (0..=255).step_by(step) {
                    for byte in (0..=255).step_by(step / 3) {
                        for lane in 0..LANES {
                            let mut bytes = [0; LANES];
                            bytes[lane] = byte;
                            agrees(bytes, tag);
                        }
                    }
                }
            }

            proptest! {
                #![proptest_config(ProptestConfig {
                    cases: if cfg!(miri) { 8 } else { 256 },
                    failure_persistence: None,
                    ..Default::default()
                })]

                #[test]
                fn random_groups(bytes: [u8; LANES], tag: u8) {
                    agrees(bytes, tag);
                }

                #[test]
                fn groups_of_few_values(
                    picks in prop::array::uniform16(0_usize..4),
                    tag: u8,
                ) {
                    let values = [0, tag, tag ^ 1, tag ^ 0x80];
                    agrees(picks.map(|pick| values[pick]), tag);
                }
            }
        }
    };
}

properties!(portable, super::super::portable::Group);
properties!(native, super::super::Group);
