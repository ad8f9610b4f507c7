//! A pass over the blocks of the files that the command line names: folders, globs and standard input, too.

use std::ops::ControlFlow;
use std::path::PathBuf;

use gpt_cost::bulk::{Block, Blocks};
use gpt_cost::source::{Document, InputFormat};

use super::paths::paths;
use crate::cli::args::ReadArgs;
use crate::cli::exit::{Failure, Stop};
use crate::cli::{files, interrupt};

/// The files, and how to read them.
pub(in crate::cli) struct FilePass<'a> {
    pub(in crate::cli) paths: &'a [PathBuf],
    pub(in crate::cli) args: &'a ReadArgs,
    pub(in crate::cli) format: InputFormat,
    /// Whether progress is shown, if the pass takes long.
    pub(in crate::cli) shows_progress: bool,
    /// The hint for a folder without files that are read.
    pub(in crate::cli) folder_hint: &'static str,
}

/// A block of a file, or why it cannot be read.
pub(in crate::cli) struct Input<'f> {
    /// The name of the file.
    pub(in crate::cli) name: &'f str,
    /// The pointer that the argument has behind the name.
    pub(in crate::cli) pointer: Option<&'f str>,
    pub(in crate::cli) content: Result<Block, Failure>,
}

/// A step of the pass.
pub(in crate::cli) enum Step<'f, T> {
    /// A file of this name follows.
    Start(&'f str),
    /// The result of its next block.
    Block(T),
    /// It is read.
    End,
}

/// Whether a pass goes on: `Break` ends it.
pub(in crate::cli) type Next = Result<ControlFlow<()>, Stop>;

impl FilePass<'_> {
    /// Calls `work` with each block, and `deliver` with each step, in their order: see [`Blocks::map_in_parallel`]. A file
    /// that cannot be read is a block with a failure, for which `work` is called on this thread once all before it is
    /// delivered.
    ///
    /// # Errors
    ///
    /// Those of `deliver`.
    pub(in crate::cli) fn run<T: Send>(
        &self,
        work: impl Fn(Input<'_>) -> T + Sync,
        mut deliver: impl FnMut(Step<'_, T>) -> Next,
    ) -> Result<(), Stop> {
        let mut is_stdin_read = false;
        for (path, pointer) in paths(self.paths) {
            let (name, pointer) = (files::name(&path), pointer.as_deref());
            let failed = |failure| work(Input { name: &name, pointer, content: Err(failure) });
            if deliver(Step::Start(&name))?.is_break() {
                return Ok(());
            }
            let is_twice = files::is_standard(&path) && std::mem::replace(&mut is_stdin_read, true);
            let opened = match is_twice {
                true => Err(Failure::at(&name, "standard input can only be read once, but is named twice")),
                false => files::open(&path, self.shows_progress),
            };
            let is_over = match opened {
                Ok((file, mut progress)) => {
                    let blocks = Blocks::new(name.as_str(), file).format(self.format).max_request(self.args.max_line);
                    let (mut blocks_read, mut bytes) = (0, 0);
                    let ended = blocks.map_in_parallel(
                        |block| (block.size(), work(Input { name: &name, pointer, content: Ok(block) })),
                        |result| {
                            let failed = |error| (0, failed(Failure::at(&name, files::message(&error))));
                            let (size, result) = result.unwrap_or_else(failed);
                            bytes += size;
                            blocks_read += 1;
                            if blocks_read == 2 {
                                interrupt::wait_for_lines();
                            }
                            progress.show(bytes);
                            match deliver(Step::Block(result)) {
                                Ok(ControlFlow::Continue(())) => Ok(()),
                                Ok(ControlFlow::Break(())) => Err(None),
                                Err(stop) => Err(Some(stop)),
                            }
                        },
                    );
                    match ended {
                        Ok(()) => false,
                        Err(None) => true,
                        Err(Some(stop)) => return Err(stop),
                    }
                }
                Err(failure) => {
                    let failure = if path.is_dir() { failure.hint(self.folder_hint) } else { failure };
                    deliver(Step::Block(failed(failure)))?.is_break()
                }
            };
            if is_over || deliver(Step::End)?.is_break() {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl ReadArgs {
    /// Returns the documents of a block: those that the field has which the arguments name.
    pub(in crate::cli) fn documents<'b>(&self, block: &'b Block) -> Vec<Document<'b>> {
        match &self.field {
            Some(field) => block.documents().into_iter().map(|document| document.at_field(field)).collect(),
            None => block.documents(),
        }
    }
}
