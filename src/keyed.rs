//! What a table asks of entries that are a key and a value.

use core::hash::{BuildHasher, Hash};

use equivalent::Equivalent;

/// Asked of an entry that it meets: is its key the one looked for?
#[inline]
pub(crate) fn is_key<Q, K, V>(key: &Q) -> impl Fn(&(K, V)) -> bool
where
    Q: Equivalent<K> + ?Sized,
{
    move |(k, _)| key.equivalent(k)
}

/// Asked when it moves an entry: the hash of its key.
#[inline]
pub(crate) fn rehash<K: Hash, V, S: BuildHasher>(hasher: &S) -> impl Fn(&(K, V)) -> u64 {
    move |(k, _)| hasher.hash_one(k)
}
