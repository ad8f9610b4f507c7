//! Code that is compiled twice, also for processors with AVX2; the version is chosen at run time.

/// A computation; `run` must be inlined.
pub(super) trait Kernel {
    fn run(self);
}

/// Runs the kernel with the widest vectors that the processor has.
#[inline]
pub(super) fn run<K: Kernel>(kernel: K) {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = Avx2::detect() {
        #[expect(unsafe_code, reason = "the function uses features of the processor")]
        // SAFETY: `avx2` is the proof that the processor has the features with which the function is compiled.
        return unsafe { run_with_avx2(avx2, kernel) };
    }
    kernel.run();
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
features!("avx2" "bmi1" "bmi2" "lzcnt");

#[cfg(target_arch = "x86_64")]
pub(super) use with_avx2;

#[cfg(target_arch = "x86_64")]
with_avx2! {
    fn run_with_avx2<K: Kernel>(_: Avx2, kernel: K) {
        kernel.run();
    }
}
