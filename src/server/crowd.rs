//! How many connections one network has open, so that no network alone takes all places there are.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use ipnet::IpNet;

use super::{Settings, http::network::network};

/// How many connections of each network are open.
type Open = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// Open connections by network. A clone counts the same.
#[derive(Debug, Clone)]
pub(super) struct Crowd {
    most: usize,
    /// These carry the connections of many.
    trusted: Arc<[IpNet]>,
    open: Open,
}

/// The place of a connection among those of its network, until it is dropped.
#[derive(Debug)]
pub(super) struct Place(Option<(IpAddr, Open)>);

impl Crowd {
    /// As an operator decided; `None` where networks are not limited.
    pub(super) fn new(settings: &Settings) -> Option<Self> {
        let most = settings.limits.enabled.then_some(settings.limits.connections_per_network)?;
        Some(Self { most, trusted: settings.trusted_proxies.clone().into(), open: Arc::default() })
    }

    /// A place for a connection from this address; `None` where its network has as many as it may. A trusted proxy, of
    /// which it is not known for whom it connects, may have any number.
    pub(super) fn enter(&self, peer: IpAddr) -> Option<Place> {
        let peer = peer.to_canonical();
        if self.trusted.iter().any(|trusted| trusted.contains(&peer)) {
            return Some(Place(None));
        }
        let network = network(peer);
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(network).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Place(Some((network, Arc::clone(&self.open)))))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((network, open)) = self.0.take() else { return };
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                let _ = open.remove(&network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Limits;

    fn crowd(most: usize) -> Crowd {
        let limits = Limits { connections_per_network: most, ..Limits::default() };
        let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        Crowd::new(&Settings { limits, trusted_proxies, ..Settings::default() }).unwrap()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_has_so_many_and_another_has_its_own() {
        let crowd = crowd(2);
        let first = crowd.enter(ip("192.0.2.7")).unwrap();
        let second = crowd.enter(ip("::ffff:192.0.2.7")).unwrap();
        assert!(crowd.enter(ip("192.0.2.7")).is_none());
        let other = crowd.enter(ip("192.0.2.8")).unwrap();
        drop(first);
        let third = crowd.enter(ip("192.0.2.7")).unwrap();
        assert!(crowd.enter(ip("192.0.2.7")).is_none());
        drop((second, third, other));
        assert!(crowd.open.lock().unwrap().is_empty(), "who has gone is forgotten");
    }

    #[test]
    fn a_subscriber_of_ipv6_is_one_network_and_a_trusted_proxy_is_many() {
        let crowd = crowd(1);
        let _one = crowd.enter(ip("2001:db8::1")).unwrap();
        assert!(crowd.enter(ip("2001:db8::2")).is_none());
        let _other = crowd.enter(ip("2001:db8:0:1::1")).unwrap();
        let proxied: Vec<_> = (0..9).map_while(|_| crowd.enter(ip("10.1.2.3"))).collect();
        assert_eq!(proxied.len(), 9);
    }

    #[test]
    fn where_limits_are_off_nobody_is_counted() {
        let limits = Limits { enabled: false, ..Limits::default() };
        assert!(Crowd::new(&Settings { limits, ..Settings::default() }).is_none());
    }
}
