//! A command line as a shell hands it over while it is typed: quotes and all.

use std::{
    ffi::{OsStr, OsString},
    io::{self, Write},
    path::Path,
};

use clap::Command;
use clap_complete::{engine::complete, env::EnvCompleter};

use super::offers::speak;

/// The variable in which bash says which of the words is being typed.
const INDEX: &str = "_CLAP_COMPLETE_INDEX";

/// What bash reads at its start. It hands over the words as they stand on the line, and takes what is offered as it is.
const SCRIPT: &str = r#"_guestlist() {
    local offer
    COMPREPLY=()
    while IFS= read -r offer; do
        COMPREPLY+=("$offer")
    done < <(_CLAP_COMPLETE_INDEX="$COMP_CWORD" VARIABLE=bash COMPLETER -- "${COMP_WORDS[@]}" 2>/dev/null)
    # Folders and keys are gone on with.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
complete -o nosort -F _guestlist NAME 2>/dev/null || complete -F _guestlist NAME
"#;

/// Bash: what is typed can stand in quotes, which are open still.
pub(super) struct Bash;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        _bin: &str,
        completer: &str,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        let script = SCRIPT.replace("VARIABLE", var).replace("COMPLETER", completer).replace("NAME", name);
        to.write_all(script.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut Command,
        args: Vec<OsString>,
        folder: Option<&Path>,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        let index = std::env::var(INDEX).ok().and_then(|index| index.parse().ok()).unwrap_or_default();
        let line = Line::of_bash(&args, index);
        let spoken: Vec<OsString> = line.words.iter().map(OsString::from).collect();
        speak(line.words);
        for offer in complete(command, spoken, line.at, folder)? {
            let offer = offer.get_value().to_string_lossy().into_owned();
            // What stands before a sign that bash breaks words at is on the line already.
            let offer = offer.strip_prefix(&line.before).unwrap_or(&offer);
            writeln!(to, "{}", line.quote.within(offer))?;
        }
        Ok(())
    }
}

/// A shell that quotes what is offered by itself, but hands over what is typed as it stands on the line.
pub(super) struct Quoting {
    /// The shell.
    pub(super) shell: &'static dyn EnvCompleter,
    /// Whether all words have their quotes, and not only the one that is typed.
    pub(super) all: bool,
}

impl EnvCompleter for Quoting {
    fn name(&self) -> &'static str {
        self.shell.name()
    }

    fn is(&self, name: &str) -> bool {
        self.shell.is(name)
    }

    fn write_registration(
        &self,
        var: &str,
        name: &str,
        bin: &str,
        completer: &str,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        self.shell.write_registration(var, name, bin, completer, to)
    }

    fn write_complete(
        &self,
        command: &mut Command,
        args: Vec<OsString>,
        folder: Option<&Path>,
        to: &mut dyn Write,
    ) -> io::Result<()> {
        let last = args.len().saturating_sub(1);
        let word = |(number, word): (usize, &OsString)| {
            if self.all || number == last { plain(word) } else { word.to_string_lossy().into_owned() }
        };
        let words: Vec<String> = args.iter().enumerate().map(word).collect();
        speak(words.clone());
        self.shell.write_complete(command, words.into_iter().map(OsString::from).collect(), folder, to)
    }
}

/// The quotes that what is typed stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quote {
    None,
    Single,
    Double,
}

impl Quote {
    fn of(word: &str) -> Self {
        match word.chars().next() {
            Some('"') => Self::Double,
            Some('\'') => Self::Single,
            _ => Self::None,
        }
    }

    /// A text as it has to stand there to be what it is.
    fn within(self, text: &str) -> String {
        let escaped = |stays: fn(char) -> bool| -> String {
            text.chars().flat_map(|c| (!stays(c)).then_some('\\').into_iter().chain([c])).collect()
        };
        match self {
            Self::None => {
                escaped(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '+' | ',' | '=' | '%'))
            }
            Self::Single => text.replace('\'', r"'\''"),
            Self::Double => escaped(|c| !matches!(c, '"' | '$' | '`' | '\\')),
        }
    }
}

/// The words of a line, without their quotes.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    words: Vec<String>,
    /// Which is being typed.
    at: usize,
    /// What of that word is no part of what is replaced.
    before: String,
    quote: Quote,
}

impl Line {
    /// Of the words as bash has them, which breaks `--band=x` into three.
    fn of_bash(args: &[OsString], index: usize) -> Self {
        let mut line = Self { words: Vec::new(), at: index, before: String::new(), quote: Quote::None };
        let mut goes_on = false;
        for (number, raw) in args.iter().enumerate() {
            let raw = raw.to_string_lossy();
            let last = line.words.last_mut().filter(|last| last.starts_with("--"));
            match last {
                Some(last) if raw == "=" => {
                    last.push('=');
                    goes_on = true;
                    if number == index {
                        line.before.clone_from(last);
                    }
                }
                Some(last) if goes_on => {
                    if number == index {
                        (line.before, line.quote) = (last.clone(), Quote::of(&raw));
                    }
                    last.push_str(&plain(OsStr::new(raw.as_ref())));
                    goes_on = false;
                }
                _ => {
                    if number == index {
                        line.quote = Quote::of(&raw);
                    }
                    goes_on = false;
                    line.words.push(plain(OsStr::new(raw.as_ref())));
                }
            }
            if number == index {
                line.at = line.words.len() - 1;
            }
        }
        if index >= args.len() {
            line.at = line.words.len();
            line.words.push(String::new());
        }
        line
    }
}

/// A word of a shell's line without its quotes, those that are open still as well.
fn plain(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let (mut text, mut quote) = (String::with_capacity(word.len()), Quote::None);
    let mut signs = word.chars().peekable();
    while let Some(sign) = signs.next() {
        match (quote, sign) {
            (Quote::None, '"') => quote = Quote::Double,
            (Quote::None, '\'') => quote = Quote::Single,
            (Quote::Double, '"') | (Quote::Single, '\'') => quote = Quote::None,
            (Quote::None, '\\') => text.extend(signs.next()),
            (Quote::Double, '\\') => match signs.next_if(|next| matches!(next, '"' | '$' | '`' | '\\')) {
                Some(next) => text.push(next),
                None => text.push(sign),
            },
            _ => text.push(sign),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: &[&str], index: usize) -> Line {
        Line::of_bash(&words.iter().map(OsString::from).collect::<Vec<_>>(), index)
    }

    #[test]
    fn words_lose_their_quotes_and_what_is_offered_gets_them() {
        let band = "Tom's \"Night\" Owls $1";
        for quote in [Quote::None, Quote::Single, Quote::Double] {
            let begun = match quote {
                Quote::None => "",
                Quote::Single => "'",
                Quote::Double => "\"",
            };
            let typed = format!("{begun}{}", quote.within(band));
            assert_eq!(plain(OsStr::new(&typed)), band, "{typed}");
            assert_eq!(Quote::of(&typed), quote);
        }
        for (typed, is) in [(r"The\ N", "The N"), ("\"The N", "The N"), ("'The'\\ N", "The N"), (r#""a\b\$""#, r"a\b$")]
        {
            assert_eq!(plain(OsStr::new(typed)), is, "{typed}");
        }
    }

    #[test]
    fn an_option_that_bash_breaks_at_its_sign_is_one_word_again() {
        let broken = line(&["guestlist", "invites", "revoke", "--band", "=", "\"The N"], 5);
        assert_eq!((broken.words[3].as_str(), broken.at, broken.before.as_str()), ("--band=The N", 3, "--band="));
        assert_eq!(broken.quote, Quote::Double);
        let begun = line(&["guestlist", "--band", "="], 2);
        assert_eq!((begun.words[1].as_str(), begun.at, begun.before.as_str()), ("--band=", 1, "--band="));
        let later = line(&["guestlist", "--band", "=", "Owls", "x"], 4);
        assert_eq!((later.words.len(), later.at, later.before.as_str()), (3, 2, ""));
        assert_eq!(line(&["guestlist"], 1).words, ["guestlist", ""]);
    }
}
