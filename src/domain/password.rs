//! What a password must be.

use super::Invalid;

/// The fewest characters of a password.
pub const MIN_PASSWORD_CHARS: usize = 8;
/// The most characters of a password: a bound on work, not on wit.
pub const MAX_PASSWORD_CHARS: usize = 128;

/// The passwords that are tried first by anyone who guesses, one a line, lower case.
const COMMON: &str = include_str!("../../assets/common-passwords.txt");

/// Whether `password` may be used: 8 to 128 characters, and none of the most common ones (NIST SP 800-63B asks for
/// both, and for no rules about kinds of characters).
pub fn check_password(password: &str) -> Result<(), Invalid> {
    let count = password.chars().take(MAX_PASSWORD_CHARS + 1).count();
    if !(MIN_PASSWORD_CHARS..=MAX_PASSWORD_CHARS).contains(&count) {
        return Err(Invalid::new(format!("must be {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters long")));
    }
    let folded = password.to_lowercase();
    if COMMON.lines().any(|common| common == folded) {
        return Err(Invalid::new("is one of the most common passwords: choose another"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_long_and_common_passwords_are_refused() {
        for bad in ["", "seven77", "password", "Password1", "12345678", "qwertyuiop", &"x".repeat(129)] {
            assert!(check_password(bad).is_err(), "{bad}");
        }
        for good in ["correct horse battery", "äöüß€ñçé", &"x".repeat(128)] {
            assert!(check_password(good).is_ok(), "{good}");
        }
    }
}
