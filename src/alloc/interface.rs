//! The methods of [`Allocator`](super::Allocator) by three functions.

/// Makes a type an `Allocator`: `$by`, into which `$this` may go, has the functions `allocate_any`, `free` and `resize`.
///
/// # Safety
/// What these hand out are blocks as `Allocator` wants them, each as long as its layout says, for as long as the value
/// or a copy of it lives.
macro_rules! allocator {
    ($type:ty, $this:ident => $by:expr) => {
        // SAFETY: argued where the macro is used.
        unsafe impl $crate::alloc::Allocator for $type {
            #[inline]
            fn allocate(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
                let $this = self;
                let block = $by.allocate_any(layout, false)?;
                Ok(NonNull::slice_from_raw_parts(block, layout.size()))
            }

            #[inline]
            fn allocate_zeroed(&self, layout: Layout) -> Result<NonNull<[u8]>, AllocError> {
                let $this = self;
                let block = $by.allocate_any(layout, true)?;
                Ok(NonNull::slice_from_raw_parts(block, layout.size()))
            }

            #[inline]
            unsafe fn deallocate(&self, block: NonNull<u8>, layout: Layout) {
                let $this = self;
                // SAFETY: the caller's promise is the same.
                unsafe { $by.free(block, layout) }
            }

            #[inline]
            unsafe fn grow(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, AllocError> {
                let $this = self;
                // SAFETY: the caller's promise is the same.
                let block = unsafe { $by.resize(block, old, new, false)? };
                Ok(NonNull::slice_from_raw_parts(block, new.size()))
            }

            #[inline]
            unsafe fn grow_zeroed(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, AllocError> {
                let $this = self;
                // SAFETY: the caller's promise is the same.
                let block = unsafe { $by.resize(block, old, new, true)? };
                Ok(NonNull::slice_from_raw_parts(block, new.size()))
            }

            #[inline]
            unsafe fn shrink(
                &self,
                block: NonNull<u8>,
                old: Layout,
                new: Layout,
            ) -> Result<NonNull<[u8]>, AllocError> {
                let $this = self;
                // SAFETY: the caller's promise is the same.
                let block = unsafe { $by.resize(block, old, new, false)? };
                Ok(NonNull::slice_from_raw_parts(block, new.size()))
            }
        }
    };
}

pub(crate) use allocator;
