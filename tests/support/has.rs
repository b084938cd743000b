//! Which traits a type has.

/// Whether a type has a trait, found by which of two constants of the same name applies.
macro_rules! has {
    ($t:ty: $trait:path) => {{
        #[allow(dead_code)]
        trait Fallback {
            const HAS: bool = false;
        }
        impl<T: ?Sized> Fallback for T {}
        struct Probe<T: ?Sized>(std::marker::PhantomData<T>);
        #[allow(dead_code)]
        impl<T: ?Sized + $trait> Probe<T> {
            const HAS: bool = true;
        }
        Probe::<$t>::HAS
    }};
}

pub(crate) use has;
