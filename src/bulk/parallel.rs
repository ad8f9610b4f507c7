//! The blocks of a source on several threads. Results are delivered in the order of the blocks, and only a few blocks are
//! in memory at a time.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::num::NonZero;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::{Block, Blocks, State};

/// The most threads: more would wait for the one that reads.
const MAX_THREADS: usize = 16;

/// The blocks for each thread that are read before the first of them is delivered.
const AHEAD: usize = 2;

impl<R: Read + Send> Blocks<R> {
    /// Calls `work` with each block, on as many threads as there are processors, and `deliver` with the results on this
    /// thread, in the order of the blocks. The first error of `deliver` ends the pass and is returned; an error of
    /// reading is the last result.
    ///
    /// A source of one block starts no thread.
    ///
    /// # Errors
    ///
    /// Those of `deliver`.
    ///
    /// # Panics
    ///
    /// If `work` does.
    pub fn map_in_parallel<T: Send, E>(
        mut self,
        work: impl Fn(Block) -> T + Sync,
        mut deliver: impl FnMut(io::Result<T>) -> Result<(), E>,
    ) -> Result<(), E> {
        let threads = thread::available_parallelism().map_or(1, NonZero::get).min(MAX_THREADS);
        // Whether the source has more than one block is known when the first one is read.
        let first = self.next();
        if threads == 1 || self.state == State::End {
            return first.into_iter().chain(self).try_for_each(|block| deliver(block.map(&work)));
        }
        let shared = Shared::new(first.into_iter().chain(self), threads * AHEAD);
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| shared.work(&work));
            }
            let _stop = StopOnDrop(&shared);
            while let Some(result) = shared.next_result() {
                deliver(result)?;
            }
            Ok(())
        })
    }
}

/// What the threads share.
struct Shared<I, T> {
    /// The blocks, and the index of the next one. Who takes the last block also takes the end.
    blocks: Mutex<(I, usize)>,
    results: Mutex<Results<T>>,
    /// A result was added or taken, or the pass is over.
    changed: Condvar,
    /// The number of results that wait at most for one before them, the blocks in work among them.
    window: usize,
}

struct Results<T> {
    /// By the index of the block.
    ready: BTreeMap<usize, io::Result<T>>,
    /// The index of the next one that is delivered.
    next: usize,
    /// The number of blocks, once the source is read to its end.
    end: Option<usize>,
    is_stopped: bool,
}

impl<I: Iterator<Item = io::Result<Block>>, T> Shared<I, T> {
    fn new(blocks: I, window: usize) -> Shared<I, T> {
        let results = Results { ready: BTreeMap::new(), next: 0, end: None, is_stopped: false };
        Shared { blocks: Mutex::new((blocks, 0)), results: Mutex::new(results), changed: Condvar::new(), window }
    }

    /// Takes blocks and adds their results, to the end of the source.
    fn work(&self, work: &impl Fn(Block) -> T) {
        let panicking = StopOnDrop(self);
        while let Some((index, block)) = self.next_block() {
            let result = block.map(work);
            self.results().ready.insert(index, result);
            self.changed.notify_all();
        }
        std::mem::forget(panicking);
    }

    /// Reads the next block, as soon as its result can be kept.
    fn next_block(&self) -> Option<(usize, io::Result<Block>)> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        let (source, index) = &mut *blocks;
        let is_full = |results: &mut Results<T>| !results.is_stopped && *index >= results.next + self.window;
        if self.wait_while(is_full).is_stopped {
            return None;
        }
        let Some(block) = source.next() else {
            self.results().end = Some(*index);
            self.changed.notify_all();
            return None;
        };
        *index += 1;
        Some((*index - 1, block))
    }

    /// Waits for the next result; `None` behind the last one.
    fn next_result(&self) -> Option<io::Result<T>> {
        let is_missing = |results: &mut Results<T>| {
            !results.is_stopped && results.end != Some(results.next) && !results.ready.contains_key(&results.next)
        };
        let mut results = self.wait_while(is_missing);
        let next = results.next;
        let result = results.ready.remove(&next)?;
        results.next += 1;
        self.changed.notify_all();
        Some(result)
    }

    fn wait_while(&self, condition: impl FnMut(&mut Results<T>) -> bool) -> MutexGuard<'_, Results<T>> {
        self.changed.wait_while(self.results(), condition).unwrap_or_else(PoisonError::into_inner)
    }

    fn results(&self) -> MutexGuard<'_, Results<T>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends the pass when it is dropped: at the end, or if a thread panics, for which the others would wait.
struct StopOnDrop<'s, I: Iterator<Item = io::Result<Block>>, T>(&'s Shared<I, T>);

impl<I: Iterator<Item = io::Result<Block>>, T> Drop for StopOnDrop<'_, I, T> {
    fn drop(&mut self) {
        self.0.results().is_stopped = true;
        self.0.changed.notify_all();
    }
}
