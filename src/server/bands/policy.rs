//! The policy in force in a band: its own where that is tighter than the site's.

use crate::{
    api::Code,
    domain::{BandId, BandPolicy, Policy},
    server::{Fields, Refused, store::Tx},
};

crate::row! { struct Own { policy: Option<String> } }

/// What a band decides, as its row keeps it.
pub(super) fn read(kept: Option<&str>) -> Result<BandPolicy, Refused> {
    let Some(text) = kept else { return Ok(BandPolicy::default()) };
    serde_json::from_str(text).map_err(|_| Refused::new(Code::Internal, "The band's policy cannot be read."))
}

/// What the row of a band keeps; `None` where the band decides nothing. Every key that would loosen the site's policy
/// is a refused field.
pub(super) fn write(fields: &mut Fields, policy: &BandPolicy, site: &Policy) -> Result<Option<String>, Refused> {
    for (key, invalid) in policy.tighten(site).err().unwrap_or_default() {
        fields.refuse(&format!("policy.{key}"), invalid.to_string());
    }
    if policy.is_empty() {
        return Ok(None);
    }
    let written = serde_json::to_string(policy);
    written.map(Some).map_err(|_| Refused::new(Code::Internal, "The band's policy could not be written."))
}

/// The policy in force in the band under the site's.
pub(crate) fn in_force(tx: &mut Tx<'_>, band: BandId, site: &Policy) -> Result<Policy, Refused> {
    let own: Option<Own> = tx.query_one("SELECT policy FROM band WHERE id = $1", &[&band])?;
    Ok(read(own.and_then(|own| own.policy).as_deref())?.effective(site))
}
