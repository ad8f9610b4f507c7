//! Enums with named values, as configurations, price tables, JSON and the command line write them.

use std::fmt;

/// The error of a name that is not a value of an enum.
///
/// ```
/// use gpt_cost::catalog::Kind;
///
/// assert_eq!("chat".parse(), Ok(Kind::Chat));
/// let error = "chats".parse::<Kind>().unwrap_err();
/// assert!(error.to_string().starts_with("unknown name `chats`, expected one of chat, completion, embedding"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    name: String,
    expected: Vec<&'static str>,
}

impl UnknownName {
    /// Returns the error of a name that is not one of the expected ones.
    pub(crate) fn new(name: &str, expected: Vec<&'static str>) -> UnknownName {
        UnknownName { name: name.to_owned(), expected }
    }

    /// Returns the valid names.
    pub fn expected(&self) -> &[&'static str] {
        &self.expected
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown name `{}`, expected one of {}", self.name, self.expected.join(", "))
    }
}

impl std::error::Error for UnknownName {}

/// Defines an enum with a name for each value: `ALL`, `as_str`, `Display` and `FromStr`, which also reads the other
/// names of a value (`Priority = "priority" | "fast"`).
macro_rules! names {
    ($(#[$meta:meta])* pub enum $enum:ident { $($(#[$doc:meta])* $variant:ident = $name:literal $(| $other:literal)*,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $enum { $($(#[$doc])* $variant,)* }

        impl $enum {
            /// All values.
            pub const ALL: &[$enum] = &[$($enum::$variant,)*];

            /// Returns the name of the value.
            pub const fn as_str(self) -> &'static str {
                match self { $($enum::$variant => $name,)* }
            }
        }

        impl std::fmt::Display for $enum {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $enum {
            type Err = crate::names::UnknownName;

            fn from_str(name: &str) -> std::result::Result<$enum, crate::names::UnknownName> {
                match name {
                    $($name $(| $other)* => Ok($enum::$variant),)*
                    _ => {
                        let expected = $enum::ALL.iter().map(|value| value.as_str()).collect();
                        Err(crate::names::UnknownName::new(name, expected))
                    }
                }
            }
        }
    };
}

pub(crate) use names;
