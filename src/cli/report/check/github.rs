//! GitHub Actions annotations: workflow commands, escaped as in GitHub's toolkit.

use std::io::{self, Write};

use super::CheckReport;

pub(super) fn write(report: &CheckReport<'_>, out: &mut impl Write) -> io::Result<()> {
    for issue in report.issues() {
        let command = issue.severity(report.warn_only);
        let (file, title) = (property(&issue.path), property(&format!("gpt-cost: {}", issue.rule)));
        writeln!(out, "::{command} file={file},line={},title={title}::{}", issue.line, data(&issue.text))?;
    }
    Ok(())
}

/// Escapes the text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_end_a_command() {
        assert_eq!(property("a,b:c%d\n::error::x"), "a%2Cb%3Ac%25d%0A%3A%3Aerror%3A%3Ax");
        assert_eq!(data("50% of\r\nit: all, really"), "50%25 of%0D%0Ait: all, really");
    }
}
