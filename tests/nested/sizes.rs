//! Capacities, sizes and alignments at the edge.

use super::*;
use tophash::NestedError;

#[test]
fn too_much_capacity_is_an_error() {
    for shape in [
        &[usize::MAX, 2][..],
        &[usize::MAX >> 12, usize::MAX >> 12],
        &[2, usize::MAX],
        &[usize::MAX / 8, 1],
    ] {
        let build = Build(Kind::Uniform);
        assert!(NestedMap::<(u32, u32), u64, _>::with_shape_and_hasher(shape, build).is_err());
    }
}

/// What takes an eighth of all addresses: a group of such entries has more bytes than there are numbers.
#[test]
fn parts_and_values_that_no_memory_holds() {
    #[derive(PartialEq, Eq, Hash)]
    struct Vast([u8; usize::MAX / 8 - 64]);
    let mut values: NestedMap<(u32, u32), Vast, Build> = NestedMap::default();
    assert!(values.get((&1, &2)).is_none() && !values.contains_prefix((&1,)));
    assert_eq!((values.iter().count(), values.memory().reserved), (0, 0));
    values.clear();
    for shape in [[5, 1], [17, 1], [50, 1]] {
        let build = Build(Kind::Uniform);
        let answer = NestedMap::<(Vast, u32), u32, _>::with_shape_and_hasher(&shape, build);
        assert!(matches!(
            answer,
            Err(NestedError::ShapeOverflow { level: 0 })
        ));
    }
}

/// Parts and values without a size: the number of entries is all that there is.
#[test]
fn zero_sized_parts_and_values() {
    /// Equal to nothing, so that many fit in.
    #[derive(Clone)]
    struct Nothing;
    impl PartialEq for Nothing {
        fn eq(&self, _: &Self) -> bool {
            false
        }
    }
    impl Eq for Nothing {}
    impl std::hash::Hash for Nothing {
        fn hash<H: std::hash::Hasher>(&self, _: &mut H) {}
    }
    let mut one: NestedMap<((), ()), ()> = NestedMap::new();
    assert_eq!(
        (one.insert(((), ()), ()), one.insert(((), ()), ())),
        (None, Some(()))
    );
    assert_eq!((one.len(), one.remove((&(), &()))), (1, Some(())));
    let mut map: NestedMap<((), Nothing), (), Build> = NestedMap::default();
    for n in 0..400 {
        assert_eq!(map.insert(((), Nothing), ()), None);
        assert_eq!(map.len(), n + 1);
    }
    assert_eq!(
        (map.clone().into_iter().count(), map.prefix((&(),)).len()),
        (400, 400)
    );
    let mut seen = 0;
    map.retain(|_, ()| {
        seen += 1;
        seen % 4 == 0
    });
    assert_eq!(map.len(), 100);
    map.compact();
    assert_eq!((map.iter().count(), map.remove_prefix((&(),))), (100, 100));
    map.compact();
    assert_eq!(map.memory().live, 0);
}

macro_rules! aligned {
    ($($name:ident $align:literal $words:literal)*) => {$({
        #[repr(align($align))]
        #[derive(Clone, PartialEq, Eq, Hash)]
        struct $name([u64; $words]);

        let new = |id: u32| $name([u64::from(id); $words]);
        let is = |it: &$name, id: u32| {
            let place: *const $name = it;
            place.is_aligned() && it.0.iter().all(|&word| word == u64::from(id))
        };
        let mut map: NestedMap<($name, u32), $name, Build> = NestedMap::default();
        for id in 0..80_u32 {
            assert!(map.insert((new(id % 3), id), new(id)).is_none());
        }
        assert!(map.iter().all(|((a, id), v)| is(v, *id) && is(a, *id % 3)));
        for id in (0..80).step_by(2) {
            assert!(map.remove((&new(id % 3), id)).is_some_and(|v| is(&v, id)));
        }
        map.compact();
        assert!(map.clone().iter().all(|((a, id), v)| is(v, *id) && is(a, *id % 3)));
        assert_eq!(map.len(), 40);
        for id in (1..80).step_by(2) {
            assert!(map.remove((&new(id % 3), id)).is_some_and(|v| is(&v, id)));
        }
        map.compact();
        assert_eq!(map.memory().live, 0);
    })*};
}

#[test]
fn over_aligned_and_large_parts_and_values() {
    aligned! { A16 16 2  A64 64 8  A1024 1024 128  A4096 4096 512  Large 8 512 }
}
