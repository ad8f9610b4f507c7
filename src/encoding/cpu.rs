//! Code that the compiler may write for a newer processor, where there is one.

/// Something to compute; `run` must be inlined.
pub(super) trait Kernel {
    fn run(self);
}

/// Runs the kernel with the widest vectors that the processor has.
#[inline]
pub(super) fn run<K: Kernel>(kernel: K) {
    #[cfg(target_arch = "x86_64")]
    if has_avx2() {
        #[expect(unsafe_code, reason = "a feature of the processor")]
        // SAFETY: the processor has it.
        return unsafe { run_with_avx2(kernel) };
    }
    kernel.run();
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt")]
fn run_with_avx2<K: Kernel>(kernel: K) {
    kernel.run();
}

/// Returns whether the processor has vectors of 32 bytes, and the instructions on bits that came with them.
#[cfg(target_arch = "x86_64")]
#[inline]
pub(super) fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
}
