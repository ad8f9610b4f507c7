//! Tables for people, fitted to the width of the terminal.
//!
//! If a table is too wide, the least important columns are omitted. If that is not enough, text is folded: a name onto
//! a line of its own, the text of the last column onto several lines.

use std::io::{self, Write};

use anstyle::Style;
use terminal_size::{Width, terminal_size_of};
use unicode_width::UnicodeWidthStr;

/// The width if the output is not a terminal and `COLUMNS` is not set.
const DEFAULT_WIDTH: usize = 80;

/// Minimum width of folded text.
const MIN_FOLDED: usize = 24;

/// The number of spaces between two cells.
const GAP: usize = 2;

/// One cell of a grid.
#[derive(Clone)]
pub(in crate::cli) struct Cell {
    text: String,
    style: Style,
    is_right: bool,
    /// Columns with a larger rank are omitted first; those with rank 0 never are.
    rank: u8,
}

impl Cell {
    pub(in crate::cli) fn plain(text: impl Into<String>) -> Cell {
        Cell::styled(text, Style::new())
    }

    pub(in crate::cli) fn styled(text: impl Into<String>, style: Style) -> Cell {
        Cell { text: text.into(), style, is_right: false, rank: 0 }
    }

    pub(in crate::cli) fn right(text: impl Into<String>) -> Cell {
        Cell { is_right: true, ..Cell::plain(text) }
    }

    /// Returns the title of a column of numbers.
    pub(in crate::cli) fn title(text: &str) -> Cell {
        Cell { style: Style::new().dimmed(), ..Cell::right(text) }
    }

    /// Returns the title of a column of text.
    pub(in crate::cli) fn heading(text: &str) -> Cell {
        Cell { is_right: false, ..Cell::title(text) }
    }

    /// Sets the rank of the cell's column, so that it can be omitted if the table is too wide.
    pub(in crate::cli) fn rank(self, rank: u8) -> Cell {
        Cell { rank, ..self }
    }

    fn width(&self) -> usize {
        self.text.width()
    }
}

/// Writes rows with aligned columns, fitted to the width of the terminal and without trailing spaces.
pub(in crate::cli) fn write_grid(rows: &[Vec<Cell>], out: &mut impl Write) -> io::Result<()> {
    write_within(terminal_width(), rows, out)
}

/// Writes texts on one line, or on several if one would be wider than the terminal.
pub(in crate::cli) fn write_line(texts: &[Cell], out: &mut impl Write) -> io::Result<()> {
    let (width, mut position) = (terminal_width(), 0);
    for text in texts.iter().filter(|text| !text.text.is_empty()) {
        let is_new_line = position > 0 && position + GAP + text.width() > width;
        let before = if is_new_line { "\n  " } else { &"  "[..position.min(GAP)] };
        position = if is_new_line { GAP } else { position + before.len() } + text.width();
        write!(out, "{before}{style}{}{style:#}", text.text, style = text.style)?;
    }
    writeln!(out)
}

/// Returns the width of the terminal, else that of `COLUMNS`, else 80.
fn terminal_width() -> usize {
    let terminal = terminal_size_of(io::stdout()).map(|(Width(columns), _)| usize::from(columns));
    let variable = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal.or_else(variable).filter(|columns| *columns > 0).unwrap_or(DEFAULT_WIDTH)
}

fn write_within(width: usize, rows: &[Vec<Cell>], out: &mut impl Write) -> io::Result<()> {
    let layout = Layout::new(rows, width);
    for row in rows {
        layout.write_row(row, out)?;
    }
    let title = |column: &usize| Some(rows.first()?.get(*column)?.text.as_str()).filter(|title| !title.is_empty());
    let left_out: Vec<&str> = layout.left_out.iter().filter_map(title).collect();
    if left_out.is_empty() {
        return Ok(());
    }
    let dim = Style::new().dimmed();
    writeln!(out, "  {dim}not shown in {width} columns: {}{dim:#}", left_out.join(", "))
}

/// The columns that are shown, with their widths.
struct Layout {
    columns: Vec<Column>,
    left_out: Vec<usize>,
}

struct Column {
    index: usize,
    width: usize,
    /// The minimum width as the first column, whose text moves to a line of its own, and as the last, whose text wraps
    /// between words.
    folded: [usize; 2],
    /// Whether it contains only text, so that it can wrap at the end of a row.
    is_text: bool,
    rank: u8,
}

impl Layout {
    fn new(rows: &[Vec<Cell>], width: usize) -> Layout {
        let count = rows.iter().map(Vec::len).max().unwrap_or(0);
        let mut columns: Vec<Column> = (0..count).map(|index| Column::new(rows, index)).collect();
        let mut left_out = Vec::new();
        while min_width(&columns) > width {
            let droppable = columns.iter().enumerate().filter(|(_, column)| column.rank > 0);
            let Some((place, _)) = droppable.max_by_key(|(_, column)| column.rank) else { break };
            left_out.push(columns.remove(place).index);
        }
        left_out.sort_unstable();
        // The text at the end is folded first, because it stays readable on several lines.
        for place in [columns.len().saturating_sub(1), 0] {
            let excess = columns.iter().map(|column| GAP + column.width).sum::<usize>().saturating_sub(width);
            if let Some(column) = columns.get_mut(place).filter(|column| place == 0 || column.is_text) {
                let folded = column.folded[usize::from(place > 0)];
                column.width = column.width.saturating_sub(excess).max(folded);
            }
        }
        Layout { columns, left_out }
    }

    /// Writes a row, on as many lines as its texts need.
    fn write_row(&self, row: &[Cell], out: &mut impl Write) -> io::Result<()> {
        let cells = self.columns.iter().map(|column| (row.get(column.index), column.width));
        let mut cells: Vec<(&Cell, usize)> = cells.map_while(|(cell, width)| Some((cell?, width))).collect();
        while cells.pop_if(|(cell, _)| cell.text.is_empty()).is_some() {}
        let Some((last, _)) = cells.last().copied() else { return writeln!(out) };
        let mut indent = 0;
        for (place, (cell, width)) in cells.iter().enumerate() {
            let is_last = place + 1 == cells.len();
            if place == 0 && !is_last && cell.width() > *width {
                // The name has a line of its own, and the rest of the row follows below.
                write_cell(cell, 0, out)?;
                write!(out, "\n{}", " ".repeat(GAP + width))?;
            } else if !is_last || cell.is_right {
                write_cell(cell, *width, out)?;
            }
            indent += if is_last { 0 } else { GAP + width };
        }
        if last.is_right {
            return writeln!(out);
        }
        for (line, text) in wrapped(&last.text, cells[cells.len() - 1].1).into_iter().enumerate() {
            let before = if line == 0 { 0 } else { indent };
            write!(out, "{}", " ".repeat(before))?;
            write_cell(&Cell { text, ..last.clone() }, 0, out)?;
            writeln!(out)?;
        }
        Ok(())
    }
}

impl Column {
    fn new(rows: &[Vec<Cell>], index: usize) -> Column {
        let cells = || rows.iter().filter_map(|row| row.get(index));
        let width = cells().map(Cell::width).max().unwrap_or(0);
        let word = cells().flat_map(|cell| cell.text.split(' ')).map(UnicodeWidthStr::width).max().unwrap_or(0);
        Column {
            index,
            width,
            folded: [width.min(MIN_FOLDED), width.min(word.max(MIN_FOLDED))],
            is_text: cells().skip(1).all(|cell| !cell.is_right),
            rank: cells().map(|cell| cell.rank).max().unwrap_or(0),
        }
    }
}

/// Returns the total width if the first column and text at the end are folded.
fn min_width(columns: &[Column]) -> usize {
    let last = columns.len().saturating_sub(1);
    let min = |(place, column): (usize, &Column)| match place {
        0 => column.folded[0],
        _ if place == last && column.is_text => column.folded[1],
        _ => column.width,
    };
    columns.iter().enumerate().map(|column| GAP + min(column)).sum()
}

/// Writes a cell, padded to at least `width`.
fn write_cell(cell: &Cell, width: usize, out: &mut impl Write) -> io::Result<()> {
    let padding = " ".repeat(width.saturating_sub(cell.width()));
    let (before, after) = if cell.is_right { (padding.as_str(), "") } else { ("", padding.as_str()) };
    let style = if cell.text.is_empty() { Style::new() } else { cell.style };
    write!(out, "  {before}{style}{}{style:#}{after}", cell.text)
}

/// Wraps a text between words into lines of a width; a longer word has a line of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(width: usize, rows: &[Vec<Cell>]) -> Vec<String> {
        let mut out = Vec::new();
        write_within(width, rows, &mut anstream::StripStream::new(&mut out)).unwrap();
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    fn table(name: &str) -> Vec<Vec<Cell>> {
        let titles =
            vec![Cell::heading("request"), Cell::title("input"), Cell::title("cached").rank(1), Cell::heading("why")];
        let row =
            |name: &str, why: &str| vec![Cell::plain(name), Cell::right("1,234"), Cell::right("12"), Cell::plain(why)];
        vec![titles, row(name, "it is too long by far, and goes on"), row("b.json", "")]
    }

    #[test]
    fn wide_characters_are_two_columns() {
        let lines = lines(80, &table("日本 🎉.json"));
        assert_eq!(lines[1], "  日本 🎉.json  1,234      12  it is too long by far, and goes on");
        assert_eq!(lines[2], "  b.json        1,234      12");
    }

    #[test]
    fn columns_are_omitted_and_rows_fold() {
        let name = "a-folder-of-prompts/another-folder/a-prompt.json";
        let shown = [
            "  request                    input  why",
            "  a-folder-of-prompts/another-folder/a-prompt.json",
            "                             1,234  it is too long by far,",
            "                                    and goes on",
            "  b.json                     1,234",
            "  not shown in 60 columns: cached",
        ];
        assert_eq!(lines(60, &table(name)), shown);
    }

    proptest! {
        /// No line is wider than the terminal.
        #[test]
        fn no_line_is_too_wide(
            width in 60_usize..160,
            rows in prop::collection::vec(("[a-z/]{1,50}", 0_u64..1_000_000, "([a-z]{1,12} ){0,20}"), 1..6),
        ) {
            let mut grid = vec![vec![Cell::heading("name"), Cell::title("number"), Cell::heading("text")]];
            grid.extend(rows.iter().map(|(name, number, text)| {
                vec![Cell::plain(name.as_str()), Cell::right(number.to_string()), Cell::plain(text.trim())]
            }));
            for line in lines(width, &grid) {
                prop_assert!(line.width() <= width, "{} > {width}: {line}", line.width());
            }
        }
    }
}
