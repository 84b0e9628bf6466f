//! From which network a request comes: the peer, or what a trusted proxy says of whom it asks for.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header::FORWARDED};
use ipnet::IpNet;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// One address of IPv4; of IPv6 the /64, which one subscriber holds.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
        address @ IpAddr::V4(_) => address,
    }
}

/// Who asks: the peer, unless it is a trusted proxy; then the last address that its `X-Forwarded-For` or `Forwarded`
/// (RFC 7239) names and that is no trusted proxy. Everything before that is the caller's own invention. Where both
/// headers are there and disagree, one of them is the caller's invention too, and the proxy itself is taken.
pub(crate) fn client(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    let trusts = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    if !trusts(peer) {
        return peer;
    }
    let last = |hops: Vec<Option<IpAddr>>| {
        let mut nearest = peer;
        for hop in hops.into_iter().rev() {
            // A hop that cannot be read hides all that lies behind it.
            let Some(address) = hop else { break };
            nearest = address;
            if !trusts(address) {
                break;
            }
        }
        nearest
    };
    let plain = values(headers, &X_FORWARDED_FOR).map(|hops| last(hops.iter().map(|hop| address(hop)).collect()));
    let standard = values(headers, &FORWARDED).map(|hops| last(hops.iter().map(|hop| forwarded_for(hop)).collect()));
    match (plain, standard) {
        (Some(one), Some(other)) if one != other => peer,
        (Some(address), _) | (None, Some(address)) => address,
        (None, None) => peer,
    }
}

/// The elements of a list header, `None` without the header. What is no text is an element that cannot be read.
fn values(headers: &HeaderMap, name: &HeaderName) -> Option<Vec<String>> {
    let mut lines = headers.get_all(name).iter().peekable();
    let _ = lines.peek()?;
    let text = |line: &axum::http::HeaderValue| line.to_str().unwrap_or("?").to_owned();
    Some(
        lines.map(text).flat_map(|line| line.split(',').map(|hop| hop.trim().to_owned()).collect::<Vec<_>>()).collect(),
    )
}

/// The `for` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let value = element.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    })?;
    address(value.trim_matches('"'))
}

/// `192.0.2.7`, `192.0.2.7:80`, `2001:db8::7`, `[2001:db8::7]` or `[2001:db8::7]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))?;
    Some(IpAddr::to_canonical(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, headers: &[(&str, &str)]) -> String {
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
        }
        client(peer.parse().unwrap(), &map, &trusted).to_string()
    }

    #[test]
    fn a_subscriber_is_one_network() {
        let network = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
    }

    #[test]
    fn a_header_is_believed_from_trusted_proxies_alone() {
        assert_eq!(from("192.0.2.1", &[("x-forwarded-for", "198.51.100.7")]), "192.0.2.1");
        assert_eq!(from("10.0.0.1", &[("x-forwarded-for", "198.51.100.7")]), "198.51.100.7");
        assert_eq!(from("::ffff:10.0.0.1", &[("x-forwarded-for", "198.51.100.7")]), "198.51.100.7");
        assert_eq!(from("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn what_the_caller_put_before_the_proxies_words_is_not_looked_at() {
        let hops = "203.0.113.9, 198.51.100.7, 10.0.0.2";
        assert_eq!(from("10.0.0.1", &[("x-forwarded-for", hops)]), "198.51.100.7");
        let lines = [("x-forwarded-for", "203.0.113.9"), ("x-forwarded-for", "198.51.100.7")];
        assert_eq!(from("10.0.0.1", &lines), "198.51.100.7");
        assert_eq!(from("10.0.0.1", &[("x-forwarded-for", "198.51.100.7, nonsense, 10.0.0.2")]), "10.0.0.2");
    }

    #[test]
    fn the_standard_header_is_read_in_all_its_forms() {
        for (element, client) in [
            ("for=198.51.100.7", "198.51.100.7"),
            ("proto=https;For=\"198.51.100.7:4711\";by=10.0.0.9", "198.51.100.7"),
            ("for=\"[2001:db8::7]:4711\"", "2001:db8::7"),
            ("for=\"[2001:db8::7]\"", "2001:db8::7"),
            ("for=203.0.113.9, for=198.51.100.7", "198.51.100.7"),
            ("for=198.51.100.7, for=unknown", "10.0.0.1"),
            ("for=_hidden", "10.0.0.1"),
            ("by=10.0.0.9", "10.0.0.1"),
        ] {
            assert_eq!(from("10.0.0.1", &[("forwarded", element)]), client, "{element}");
        }
    }

    #[test]
    fn of_two_headers_that_disagree_neither_is_believed() {
        let both = |one, other| from("10.0.0.1", &[("x-forwarded-for", one), ("forwarded", other)]);
        assert_eq!(both("198.51.100.7", "for=203.0.113.9"), "10.0.0.1");
        assert_eq!(both("198.51.100.7", "for=198.51.100.7"), "198.51.100.7");
    }
}
