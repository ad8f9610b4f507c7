//! What the name of a text file says about it: the language of its template, and the role of its message.

use crate::names::names;
use crate::request::Role;

names! {
    /// The language of the template that a prompt file is.
    pub enum Template {
        /// `{{ name }}` is replaced by the value as it is.
        Braces = "braces",
        /// Jinja, as Jinja2 renders it.
        Jinja = "jinja",
        /// Mustache, with its escaping.
        Mustache = "mustache",
        /// `{name}`, as Python's `str.format` fills it.
        Fstring = "fstring",
        /// No template: all text is literal.
        None = "none",
    }
}

impl Template {
    /// Returns the language that the ending of a file's name says: Jinja for `.j2`, `.jinja` and `.jinja2`, Mustache for
    /// `.mustache`, else braces.
    ///
    /// ```
    /// use gpt_cost::source::Template;
    ///
    /// assert_eq!(Template::of_file("prompts/support.md.j2"), Template::Jinja);
    /// assert_eq!(Template::of_file("prompts/support.md"), Template::Braces);
    /// ```
    pub fn of_file(name: &str) -> Template {
        if super::has_ending(name, &["j2", "jinja", "jinja2"]) {
            return Template::Jinja;
        }
        if super::has_ending(name, &["mustache"]) { Template::Mustache } else { Template::Braces }
    }
}

/// Returns the role of a text file's message: system if a word of the file's name or its folder's name is `system`, else
/// user.
pub(super) fn role(name: &str) -> Role {
    let is_system =
        |part: &str| part.split(|char: char| !char.is_alphanumeric()).any(|word| word.eq_ignore_ascii_case("system"));
    if name.rsplit(['/', '\\']).take(2).any(is_system) { Role::System } else { Role::User }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_says_the_role() {
        for name in ["system_prompt.txt", "prompts/support.SYSTEM.md", "system/a.txt", "a\\system\\b.txt"] {
            assert_eq!(role(name), Role::System, "{name}");
        }
        for name in ["prompt.txt", "systems.md", "system/a/b.txt", ""] {
            assert_eq!(role(name), Role::User, "{name}");
        }
    }
}
