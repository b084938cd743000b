//! One set of properties, stamped into each back end that the target has.

macro_rules! properties {
    ($name:ident, $group:ty) => {
        mod $name {
            use super::super::super::tag::Tag;
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

            fn agrees(bytes: [u8; LANES], tag: Tag) {
                let group = Group::load(&TagBytes(bytes));
                assert_eq!(group.match_empty(), naive(&bytes, |byte| byte == 0));
                assert_eq!(group.filter(), naive(&bytes, |byte| byte >= 0x80));
                assert_eq!(
                    group.match_tag(tag),
                    naive(&bytes, |byte| byte & 0x7F == tag.byte())
                );
            }

            #[test]
            fn every_byte_in_every_lane_with_every_tag() {
                for tag in 1..=127 {
                    for byte in 0..=255 {
                        for lane in 0..LANES {
                            let mut bytes = [0; LANES];
                            bytes[lane] = byte;
                            agrees(bytes, Tag::from_byte(tag));
                        }
                    }
                }
            }

            proptest! {
                #[test]
                fn random_groups(bytes: [u8; LANES], tag in 1_u8..128) {
                    agrees(bytes, Tag::from_byte(tag));
                }

                #[test]
                fn groups_of_few_values(
                    picks in prop::array::uniform16(0_usize..4),
                    tag in 1_u8..128,
                ) {
                    let values = [0, tag, tag | 0x80, tag ^ 1];
                    agrees(picks.map(|pick| values[pick]), Tag::from_byte(tag));
                }
            }
        }
    };
}

properties!(portable, super::super::portable::Group);
properties!(native, super::super::Group);
