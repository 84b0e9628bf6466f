//! Where a server is, and whether it may be asked in clear.

use reqwest::Url;

use super::Error;
use crate::api::BASE;

/// Whether servers beyond this machine may be asked without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// `http` goes to loopback only.
    #[default]
    LoopbackOnly,
    /// `http` goes anywhere: the person has said so.
    Anywhere,
}

/// A server's origin: scheme, host and port, and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    url: Url,
    text: String,
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&self.text)
    }
}

impl Origin {
    /// Reads `https://host[:port]`. Without a scheme it is `https`, on loopback `http`.
    ///
    /// # Errors
    /// [`Error::BadOrigin`] for anything that is no origin, [`Error::Insecure`] for `http` where it is not allowed.
    pub fn parse(text: &str, plain: PlainHttp) -> Result<Self, Error> {
        let bad = || Error::BadOrigin { text: crate::domain::clean_line(text) };
        let text = text.trim();
        let url = if text.contains("://") {
            Url::parse(text).map_err(|_| bad())?
        } else {
            let secure = Url::parse(&format!("https://{text}")).map_err(|_| bad())?;
            if is_loopback(&secure) { Url::parse(&format!("http://{text}")).map_err(|_| bad())? } else { secure }
        };
        let bare = url.username().is_empty()
            && url.password().is_none()
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none();
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !bare {
            return Err(bad());
        }
        let origin = Self { text: url.origin().ascii_serialization(), url };
        if !origin.is_https() && !origin.is_loopback() && plain == PlainHttp::LoopbackOnly {
            return Err(Error::Insecure { origin: origin.text });
        }
        Ok(origin)
    }

    /// The origin as text, `https://host[:port]`, in one form: what sessions are kept under.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the server is on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Whether it is asked over TLS.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The address of a resource under the API's base path. Each segment is escaped on its own.
    pub(super) fn url(&self, segments: &[String], query: &[(&'static str, String)]) -> Url {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.clear().extend(BASE.split('/').filter(|s| !s.is_empty())).extend(segments);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Pasted;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_read_is_an_origin_in_one_form_and_shows_nothing_hidden(
            text in prop_oneof![
                any::<String>(), "(https?://)?[a-zA-Z0-9.@\\[\\]:é%_\u{202e}-]{1,20}(:[0-9]{1,6})?[/?#]?",
            ],
        ) {
            match Origin::parse(&text, PlainHttp::Anywhere) {
                Ok(origin) => {
                    let again = Origin::parse(origin.as_str(), PlainHttp::Anywhere).unwrap();
                    prop_assert_eq!(again.as_str(), origin.as_str());
                    prop_assert!(origin.as_str().is_ascii() && !origin.as_str()[8..].contains(['/', '@', '?', '#']));
                    let url = origin.url(&["invites".into(), format!("x{text}"), "info".into()], &[("q", text.clone())]);
                    prop_assert_eq!(url.origin().ascii_serialization(), origin.as_str());
                    prop_assert_eq!(url.path_segments().unwrap().count(), 5, "{}", url);
                    prop_assert!(url.path().starts_with("/api/v1/invites/") && url.path().ends_with("/info"), "{}", url);
                    if Origin::parse(&text, PlainHttp::LoopbackOnly).is_err() {
                        prop_assert!(!origin.is_https() && !origin.is_loopback());
                    }
                }
                Err(error) => prop_assert_eq!(crate::domain::clean_line(&error.to_string()), error.to_string()),
            }
        }

        #[test]
        fn a_pasted_links_origin_is_where_a_browser_would_go(
            text in "https?://[a-zA-Z0-9.:\\[\\]%é_-]{1,12}/(x/)?invite/inv_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        ) {
            let Ok(pasted) = Pasted::parse(&text) else { return Ok(()) };
            let read = Origin::parse(pasted.origin.as_deref().unwrap(), PlainHttp::Anywhere);
            match (read, Url::parse(&text)) {
                (Ok(origin), Ok(url)) => prop_assert_eq!(url.origin().ascii_serialization(), origin.as_str()),
                (read, url) => prop_assert_eq!(read.is_ok(), url.is_ok()),
            }
        }
    }

    fn parse(text: &str) -> Result<Origin, Error> {
        Origin::parse(text, PlainHttp::LoopbackOnly)
    }

    #[test]
    fn one_server_has_one_form() {
        for text in ["invites.example.org", "https://Invites.Example.org/", " https://invites.example.org:443 "] {
            assert_eq!(parse(text).unwrap().as_str(), "https://invites.example.org", "{text}");
        }
        assert_eq!(parse("localhost:8080").unwrap().as_str(), "http://localhost:8080");
        assert_eq!(parse("http://[::1]:8080").unwrap().as_str(), "http://[::1]:8080");
    }

    #[test]
    fn plain_http_beyond_loopback_needs_a_word() {
        assert!(matches!(parse("http://invites.example.org"), Err(Error::Insecure { .. })));
        assert!(matches!(parse("http://127.0.0.1.example.org"), Err(Error::Insecure { .. })));
        assert!(Origin::parse("http://invites.example.org", PlainHttp::Anywhere).is_ok());
        assert!(parse("http://127.0.0.1:1").unwrap().is_loopback());
    }

    #[test]
    fn what_is_more_or_less_than_an_origin_is_refused() {
        for text in ["", "ftp://x", "https://a@b", "https://a/b", "https://a?b", "https://a#b", "file:///etc", "a b"] {
            assert!(matches!(parse(text), Err(Error::BadOrigin { .. })), "{text}");
        }
    }

    #[test]
    fn a_segment_cannot_climb_out_of_the_base_path() {
        let url = parse("https://a").unwrap().url(&["invites".into(), "../x?y/z".into(), "info".into()], &[]);
        assert_eq!(url.path(), "/api/v1/invites/..%2Fx%3Fy%2Fz/info");
    }
}
