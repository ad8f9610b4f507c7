//! Unicode's general categories, as the oracle's regex engine has them → a table of classes in two levels.

use std::path::Path;
use std::{fs, io};

use regex_syntax::hir::{Class, HirKind};

/// In the order of `Class` in `src/encoding/char_class.rs`, from 1 on; 0 is all that none of them matches.
const CLASSES: [&str; 6] = [r"[\p{Lu}\p{Lt}]", r"\p{Ll}", r"[\p{Lm}\p{Lo}]", r"\p{M}", r"\p{N}", r"\s"];

/// Code points of one block of the second level.
const BLOCK: usize = 256;

/// Writes `class_blocks`, the block of each 256 code points, and `classes`, the blocks one after the other.
pub fn write(out: &Path) -> io::Result<()> {
    let mut classes = vec![0u8; 0x11_0000];
    for (class, pattern) in (1..).zip(CLASSES) {
        for (first, last) in ranges(pattern) {
            classes[first as usize..=last as usize].fill(class);
        }
    }
    let mut blocks: Vec<&[u8]> = Vec::new();
    let index: Vec<u8> = classes
        .chunks(BLOCK)
        .map(|block| match blocks.iter().position(|known| *known == block) {
            Some(known) => known as u8,
            None => {
                blocks.push(block);
                u8::try_from(blocks.len() - 1).expect("there are fewer than 256 different blocks")
            }
        })
        .collect();
    fs::write(out.join("class_blocks"), index)?;
    fs::write(out.join("classes"), blocks.concat())
}

fn ranges(pattern: &str) -> Vec<(char, char)> {
    let parsed = regex_syntax::parse(pattern).expect("the pattern is a class");
    match parsed.into_kind() {
        HirKind::Class(Class::Unicode(class)) => {
            class.ranges().iter().map(|range| (range.start(), range.end())).collect()
        }
        other => panic!("{pattern} is no class of characters: {other:?}"),
    }
}
