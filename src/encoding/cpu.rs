//! Code that is compiled twice, also for processors with AVX2; the version is chosen at run time.

use super::window::{Masks, WINDOW, scalar};

/// A computation; `run` must be inlined.
pub(super) trait Kernel {
    type Output;

    fn run<V: Vectors>(self, vectors: V) -> Self::Output;
}

/// What a processor does with many bytes at a time.
pub(super) trait Vectors: Copy {
    /// Runs the kernel, compiled for these vectors, in a function of its own.
    fn run<K: Kernel>(self, kernel: K) -> K::Output;

    /// Brings the beginning of a value nearer, if the processor can.
    fn prefetch<T>(self, _: &T) {}

    /// Returns the classes of the bytes.
    fn masks(self, window: &[u8; WINDOW]) -> Masks;

    /// Eight numbers.
    type Eight: Copy;

    fn eight(self, numbers: [u32; 8]) -> Self::Eight;

    /// Returns the least number.
    fn least(self, eights: &[Self::Eight]) -> u32;

    /// Sets the number at the index `at`, if there is one.
    fn set(self, eights: &mut [Self::Eight], at: u32, number: u32);
}

/// Any processor.
#[derive(Clone, Copy)]
pub(super) struct Scalar;

impl Vectors for Scalar {
    #[inline(never)]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        kernel.run(self)
    }

    #[inline(always)]
    fn masks(self, window: &[u8; WINDOW]) -> Masks {
        scalar::masks(window)
    }

    type Eight = [u32; 8];

    #[inline(always)]
    fn eight(self, numbers: [u32; 8]) -> [u32; 8] {
        numbers
    }

    #[inline(always)]
    fn least(self, eights: &[[u32; 8]]) -> u32 {
        eights.as_flattened().iter().copied().min().unwrap_or(u32::MAX)
    }

    #[inline(always)]
    fn set(self, eights: &mut [[u32; 8]], at: u32, number: u32) {
        if let Some(place) = eights.as_flattened_mut().get_mut(at as usize) {
            *place = number;
        }
    }
}

/// Runs the kernel with the widest vectors that the processor has.
#[inline]
pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = Avx2::detect() {
        return avx2.run(kernel);
    }
    Scalar.run(kernel)
}

/// The proof that this processor has vectors of 32 bytes, and the bit instructions that came with them.
///
/// Only [`Avx2::detect`] makes one, so a function with [`with_avx2`] that takes one is called only where its
/// instructions exist.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Avx2(());

/// Defines the detection of the listed features, and the macro that compiles a function with them.
#[cfg(target_arch = "x86_64")]
macro_rules! features {
    ($($feature:tt)*) => {
        impl Avx2 {
            /// Returns the proof if this processor has all of the features.
            #[inline]
            pub(super) fn detect() -> Option<Avx2> {
                let has_all = true $(&& is_x86_feature_detected!($feature))*;
                has_all.then_some(Avx2(()))
            }
        }

        /// Compiles a function with the features that [`Avx2`] proves.
        macro_rules! with_avx2 {
            ($function:item) => {
                $(#[target_feature(enable = $feature)])*
                $function
            };
        }
    };
}

#[cfg(target_arch = "x86_64")]
features!("avx2" "bmi1" "bmi2" "lzcnt" "popcnt");

#[cfg(target_arch = "x86_64")]
pub(super) use with_avx2;

#[cfg(target_arch = "x86_64")]
impl Vectors for Avx2 {
    #[inline]
    fn run<K: Kernel>(self, kernel: K) -> K::Output {
        #[expect(unsafe_code, reason = "the function uses features of the processor")]
        // SAFETY: `self` is the proof that the processor has the features with which the function is compiled.
        unsafe {
            avx2::run(self, kernel)
        }
    }

    #[inline(always)]
    fn masks(self, window: &[u8; WINDOW]) -> Masks {
        #[expect(unsafe_code, reason = "the function uses features of the processor")]
        // SAFETY: `self` is the proof that the processor has the features with which the function is compiled.
        unsafe {
            super::window::avx2::masks(self, window)
        }
    }

    #[inline(always)]
    fn prefetch<T>(self, value: &T) {
        #[expect(unsafe_code, reason = "the instruction takes an address")]
        // SAFETY: the address is that of a reference, and the instruction changes nothing that a program can see.
        unsafe {
            std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(std::ptr::from_ref(value).cast());
        }
    }

    type Eight = std::arch::x86_64::__m256i;

    #[inline(always)]
    fn eight(self, numbers: [u32; 8]) -> Self::Eight {
        #[expect(unsafe_code, reason = "the function uses features of the processor")]
        // SAFETY: `self` is the proof that the processor has the features with which the function is compiled.
        unsafe {
            avx2::eight(self, numbers)
        }
    }

    #[inline(always)]
    fn least(self, eights: &[Self::Eight]) -> u32 {
        #[expect(unsafe_code, reason = "the function uses features of the processor")]
        // SAFETY: `self` is the proof that the processor has the features with which the function is compiled.
        unsafe {
            avx2::least(self, eights)
        }
    }

    #[inline(always)]
    fn set(self, eights: &mut [Self::Eight], at: u32, number: u32) {
        #[expect(unsafe_code, reason = "the function uses features of the processor")]
        // SAFETY: `self` is the proof that the processor has the features with which the function is compiled.
        unsafe {
            avx2::set(self, eights, at, number);
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use std::arch::x86_64::*;

    use super::{Avx2, Kernel};

    with_avx2! {
        #[inline(never)]
        pub(super) fn run<K: Kernel>(avx2: Avx2, kernel: K) -> K::Output {
            kernel.run(avx2)
        }
    }

    with_avx2! {
        #[inline]
        pub(super) fn eight(_: Avx2, numbers: [u32; 8]) -> __m256i {
            let [a, b, c, d, e, f, g, h] = numbers.map(|number| number as i32);
            _mm256_setr_epi32(a, b, c, d, e, f, g, h)
        }
    }

    with_avx2! {
        #[inline]
        pub(super) fn least(_: Avx2, eights: &[__m256i]) -> u32 {
            let mut least = _mm256_set1_epi32(-1);
            for eight in eights {
                least = _mm256_min_epu32(least, *eight);
            }
            let four = _mm_min_epu32(_mm256_castsi256_si128(least), _mm256_extracti128_si256(least, 1));
            let two = _mm_min_epu32(four, _mm_shuffle_epi32(four, 0b01_00_11_10));
            _mm_cvtsi128_si32(_mm_min_epu32(two, _mm_shuffle_epi32(two, 0b10_11_00_01))) as u32
        }
    }

    with_avx2! {
        #[inline]
        pub(super) fn set(_: Avx2, eights: &mut [__m256i], at: u32, number: u32) {
            let (at, number) = (_mm256_set1_epi32(at as i32), _mm256_set1_epi32(number as i32));
            let mut indexes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            for eight in eights {
                *eight = _mm256_blendv_epi8(*eight, number, _mm256_cmpeq_epi32(indexes, at));
                indexes = _mm256_add_epi32(indexes, _mm256_set1_epi32(8));
            }
        }
    }
}
