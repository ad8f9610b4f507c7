//! Work on the texts of a column by several threads.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// The number of texts that a thread takes at a time.
const BLOCK: usize = 512;

/// The bytes of texts for which a further thread is worth its start and the tokens that are not in its cache yet: one
/// thread counts them in about 1 ms.
const BYTES_PER_THREAD: usize = 256 * 1024;

/// Returns the results of `work` for each text, in their order, and none for a null. Works on up to this number of
/// threads, by default on as many as there are processors, and on one where there are few texts.
pub(crate) fn map<T: Send>(
    texts: &[Option<&[u8]>],
    threads: Option<usize>,
    work: impl Fn(&[u8]) -> T + Sync,
) -> Vec<Option<T>> {
    let bytes: usize = texts.iter().flatten().map(|text| text.len()).sum();
    let processors = || thread::available_parallelism().map_or(1, NonZero::get);
    let threads = threads.unwrap_or_else(processors).min(bytes / BYTES_PER_THREAD).min(texts.len().div_ceil(BLOCK));
    let all = |texts: &[Option<&[u8]>]| texts.iter().map(|text| text.map(&work)).collect::<Vec<_>>();
    if threads <= 1 {
        return all(texts);
    }
    let blocks: Vec<_> = texts.chunks(BLOCK).collect();
    let next = AtomicUsize::new(0);
    // Blocks can differ in their sizes, so each thread takes the next one when it is ready.
    let some = || {
        let taken = std::iter::repeat_with(|| next.fetch_add(1, Ordering::Relaxed));
        taken.map_while(|index| Some((index, all(blocks.get(index)?)))).collect::<Vec<_>>()
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(some)).collect();
        // The calling thread works, too: its caches have the tokens of earlier columns.
        let mut done = some();
        for other in others {
            match other.join() {
                Ok(blocks) => done.extend(blocks),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().flat_map(|(_, results)| results).collect()
}
