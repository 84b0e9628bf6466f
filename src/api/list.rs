//! Lists that outlive what this version does not know yet.

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error as _};

/// How serde says that a word is none of those it knows.
const UNKNOWN_WORD: &str = "unknown variant";

/// Reads a list in an answer and leaves out the entries with a word of a newer server, a status or a kind that this
/// version cannot show: the rest is as useful as before. Everything else that is wrong is an error.
pub(super) fn known<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let entries = Vec::<serde_json::Value>::deserialize(deserializer)?;
    let mut known = Vec::with_capacity(entries.len());
    for entry in entries {
        match serde_json::from_value(entry) {
            Ok(entry) => known.push(entry),
            Err(error) if error.to_string().starts_with(UNKNOWN_WORD) => {}
            Err(error) => return Err(D::Error::custom(error)),
        }
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{api::Members, domain::Role};

    fn members(roles: &[serde_json::Value]) -> Result<Members, serde_json::Error> {
        let person = json!({ "id": "01890a5d-ac96-774b-bcce-b302099a8057", "username": "ada", "display_name": "Ada" });
        let member = |role| {
            json!({ "account": person, "role": role, "can_invite": true, "joined_at": "2026-01-01T00:00:00Z",
                "invited_by": null })
        };
        let members: Vec<_> = roles.iter().map(member).collect();
        serde_json::from_value(json!({ "members": members, "total": 9, "next_cursor": null }))
    }

    #[test]
    fn an_entry_with_an_unknown_word_is_left_out_and_the_list_stands() {
        let read = members(&[json!("owner"), json!("deputy"), json!("member")]).unwrap();
        assert_eq!(read.members.iter().map(|member| member.role).collect::<Vec<_>>(), [Role::Owner, Role::Member]);
        assert!(members(&[json!("deputy")]).unwrap().members.is_empty());
    }

    #[test]
    fn a_wrong_type_is_still_an_error() {
        assert!(members(&[json!(7)]).is_err());
    }
}
