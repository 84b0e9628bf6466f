//! Reads what a Rust file imports: `use` trees and paths in the code, `super` and `self` resolved. Comments, texts and
//! characters are no code.

/// One thing that a file names of another place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Import {
    /// The line, from 1.
    pub line: usize,
    /// The path, its first segment `crate` or the name of another crate.
    pub path: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Path,
    Sign(char),
}

/// Everything that the file with this text imports. `module` is the file's own place: `server`, `store` for
/// `src/server/store.rs`; empty for the root.
pub fn imports(text: &str, module: &[&str]) -> Vec<Import> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    // The inline modules that are open, each with the depth of its braces.
    let mut inside: Vec<(String, usize)> = Vec::new();
    let (mut depth, mut at) = (0, 0);
    while at < tokens.len() {
        let word = |at: usize| match tokens.get(at) {
            Some((_, Token::Word(word))) => Some(word.as_str()),
            _ => None,
        };
        let sign = |at: usize| tokens.get(at).map(|(_, token)| token);
        let here = || {
            let outer = module.iter().map(|&part| part.to_owned());
            outer.chain(inside.iter().map(|(name, _)| name.clone())).collect::<Vec<_>>()
        };
        match &tokens[at].1 {
            Token::Word(w) if w == "mod" && sign(at + 2) == Some(&Token::Sign('{')) => {
                depth += 1;
                inside.push((word(at + 1).unwrap().to_owned(), depth));
                at += 3;
            }
            Token::Word(w) if w == "use" && sign(at + 1) != Some(&Token::Sign('<')) => {
                let mut leaves = Vec::new();
                at = tree(&tokens, at + 1, &[], &mut leaves);
                found.extend(leaves.into_iter().map(|(line, path)| Import { line, path: resolve(path, &here()) }));
            }
            // In a path only its beginning counts; after `::` a word belongs to what was before.
            Token::Word(w) if sign(at + 1) == Some(&Token::Path) && (at == 0 || tokens[at - 1].1 != Token::Path) => {
                let (line, mut path) = (tokens[at].0, vec![w.clone()]);
                while sign(at + 1) == Some(&Token::Path) {
                    let Some(next) = word(at + 2) else { break };
                    path.push(next.to_owned());
                    at += 2;
                }
                found.push(Import { line, path: resolve(path, &here()) });
                at += 1;
            }
            Token::Sign('{') => {
                depth += 1;
                at += 1;
            }
            Token::Sign('}') => {
                if inside.last().is_some_and(|(_, opened)| *opened == depth) {
                    inside.pop();
                }
                depth -= 1;
                at += 1;
            }
            _ => at += 1,
        }
    }
    found
}

/// Reads a `use` tree from `at`; gives its leaves, and where it ends.
fn tree(tokens: &[(usize, Token)], mut at: usize, before: &[String], leaves: &mut Vec<(usize, Vec<String>)>) -> usize {
    let mut path = before.to_vec();
    let mut line = tokens.get(at).map_or(0, |token| token.0);
    let mut grouped = false;
    while let Some((here, token)) = tokens.get(at) {
        match token {
            Token::Word(word) if word == "as" => at += 1,
            Token::Word(word) => {
                line = *here;
                path.push(word.clone());
            }
            Token::Sign('{') => {
                grouped = true;
                at += 1;
                while tokens.get(at).is_some_and(|(_, token)| *token != Token::Sign('}')) {
                    at = tree(tokens, at, &path, leaves);
                    if tokens.get(at).is_some_and(|(_, token)| *token == Token::Sign(',')) {
                        at += 1;
                    }
                }
            }
            Token::Sign(',' | ';' | '}') => break,
            Token::Path | Token::Sign(_) => {}
        }
        at += 1;
    }
    if !grouped {
        leaves.push((line, path));
    }
    at
}

/// Turns `self` and `super` into the path from the root.
fn resolve(path: Vec<String>, here: &[String]) -> Vec<String> {
    let mut base = here.to_vec();
    let mut rest = path.as_slice();
    let relative = matches!(rest.first().map(String::as_str), Some("self" | "super"));
    while let Some(first) = rest.first() {
        match first.as_str() {
            "self" => {}
            "super" => drop(base.pop()),
            _ => break,
        }
        rest = &rest[1..];
    }
    if relative { [vec!["crate".to_owned()], base, rest.to_vec()].concat() } else { path }
}

/// The words and signs of a text, with their lines.
fn tokens(text: &str) -> Vec<(usize, Token)> {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut line, mut found) = (0, 1, Vec::new());
    let skip_to = |from: usize, end: &str| {
        let end: Vec<char> = end.chars().collect();
        (from..chars.len()).find(|&i| chars[i..].starts_with(&end)).map_or(chars.len(), |i| i + end.len())
    };
    while at < chars.len() {
        let (c, next) = (chars[at], chars.get(at + 1).copied());
        let end = match (c, next) {
            ('/', Some('/')) => skip_to(at, "\n") - 1,
            ('/', Some('*')) => block_comment(&chars, at),
            ('"', _) => text_end(&chars, at),
            ('r', Some('"' | '#')) if raw_hashes(&chars, at).is_some() => {
                let hashes = raw_hashes(&chars, at).unwrap();
                skip_to(at + 2 + hashes, &format!("\"{}", "#".repeat(hashes)))
            }
            ('\'', Some('\\')) => skip_to(at + 3, "'"),
            ('\'', Some(_)) if chars.get(at + 2) == Some(&'\'') => at + 3,
            (':', Some(':')) => {
                found.push((line, Token::Path));
                at + 2
            }
            _ if c.is_alphabetic() || c == '_' => {
                let end = (at..chars.len()).find(|&i| !chars[i].is_alphanumeric() && chars[i] != '_');
                let end = end.unwrap_or(chars.len());
                found.push((line, Token::Word(chars[at..end].iter().collect())));
                end
            }
            _ => {
                if !c.is_whitespace() {
                    found.push((line, Token::Sign(c)));
                }
                at + 1
            }
        };
        line += chars[at..end.max(at + 1).min(chars.len())].iter().filter(|&&c| c == '\n').count();
        at = end.max(at + 1);
    }
    found
}

/// How many `#` a raw text that begins here has; `None` where none begins.
fn raw_hashes(chars: &[char], at: usize) -> Option<usize> {
    // An identifier that ends in r is no raw text.
    if at > 0 && (chars[at - 1].is_alphanumeric() && chars[at - 1] != 'b' || chars[at - 1] == '_') {
        return None;
    }
    let hashes = chars[at + 1..].iter().take_while(|&&c| c == '#').count();
    (chars.get(at + 1 + hashes) == Some(&'"')).then_some(hashes)
}

fn text_end(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn block_comment(chars: &[char], start: usize) -> usize {
    let (mut depth, mut at) = (0, start);
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => depth += 1,
            ('*', Some('/')) => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            break;
        }
    }
    at
}
