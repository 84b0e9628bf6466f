//! What a key of the configuration is: its name, its default, what is allowed, and where else it can come from.

/// One key, as the reader, the example file and the README know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// The table it stands in.
    pub table: &'static str,
    /// Its name there.
    pub name: &'static str,
    /// What it decides, in lines.
    pub about: &'static str,
    /// What is allowed; ends the sentence "must be …".
    pub allowed: &'static str,
    /// Its default, or how a value looks.
    pub written: Written,
    /// The environment variable that goes before the file.
    pub variable: &'static str,
}

/// A value as TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// What holds where nothing is said.
    Default(&'static str),
    /// Nothing holds where nothing is said; this is how a value looks.
    Example(&'static str),
}

impl Written {
    /// The TOML.
    #[must_use]
    pub const fn toml(self) -> &'static str {
        match self {
            Self::Default(toml) | Self::Example(toml) => toml,
        }
    }
}

impl Key {
    /// Its full name, `table.name`.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}.{}", self.table, self.name)
    }

    /// What is allowed in a variable or a flag: the entries of a list stand between commas there, without brackets.
    #[must_use]
    pub fn allowed_as_word(&self) -> String {
        let list = self.allowed.split_once("[\"").and_then(|(before, rest)| Some((before, rest.split_once(']')?)));
        list.map_or_else(
            || self.allowed.to_owned(),
            |(before, (entries, after))| format!("{before}\"{}\"{after}", entries.replace('"', "")),
        )
    }
}

/// Declares a table of the configuration once: the struct, its defaults, its [`Key`]s, and how each is read. A key is
///
/// ```text
/// /// What it decides.
/// name: Type = default, how it is written, "what is allowed", "VARIABLE", |found| the value if it is allowed;
/// ```
macro_rules! table {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident in $table:literal {
            $(
                $(#[doc = $about:literal])+
                $field:ident: $type:ty = $default:expr, $written:expr, $allowed:literal, $variable:literal, $parse:expr;
            )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        $vis struct $name {
            $($(#[doc = $about])+ pub $field: $type,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $name {
            /// The keys of this table, in the order in which they are shown.
            pub(crate) const KEYS: &'static [$crate::config::Key] = &[$($crate::config::Key {
                table: $table,
                name: stringify!($field),
                about: concat!($($about, "\n"),+),
                allowed: $allowed,
                written: $written,
                variable: $variable,
            }),+];

            // Tables that people name themselves are read key by key.
            #[allow(dead_code)]
            /// The defaults, and over them whatever the sources say.
            pub(super) fn read(reader: &mut $crate::config::reader::Reader<'_>) -> Self {
                let mut this = Self::default();
                let mut keys = Self::KEYS.iter();
                $(if let Some(key) = keys.next() {
                    reader.set(key, &mut this.$field, $parse);
                })+
                this
            }
        }
    };
}
