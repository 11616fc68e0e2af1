//! Tokens of Discord's bots: the bot's id in base64, which holds when it was made, then a time and a signature.

use super::armour::base64;
use super::check::Check;
use crate::model::clock::WallTime;

/// The beginning of 2015, in milliseconds: ids count from there.
const EPOCH: i64 = 1_420_070_400_000;

/// A bot's token.
pub(super) fn bot_token(secret: &[u8], now: WallTime) -> Check {
    let first = secret.split(|&byte| byte == b'.').next().unwrap_or_default();
    let id = String::from_utf8(base64(first)).ok().and_then(|id| id.parse::<u64>().ok());
    let Some(id) = id else { return Check::invalid("it begins with no id") };
    let made = WallTime((id >> 22) as i64 + EPOCH);
    if made > now {
        return Check::invalid("its id is from the future");
    }
    Check::well_formed().times(1.1).and(&format!("bot {id}, made {}", made.date()))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::scan::finding::Validation;

    #[test]
    fn the_id_tells_when() {
        let now = WallTime(1_800_000_000_000);
        // The id that Discord's documentation takes apart.
        let id = base64::engine::general_purpose::STANDARD_NO_PAD.encode("175928847299117063");
        let told = bot_token(format!("{id}.Gabcde.{}", "x".repeat(38)).as_bytes(), now);
        assert_eq!(told.facts, ["bot 175928847299117063, made 2016-04-30"]);
        let id = base64::engine::general_purpose::STANDARD_NO_PAD.encode(u64::MAX.to_string());
        assert_eq!(bot_token(format!("{id}.x.y").as_bytes(), now).validation, Validation::Invalid);
        assert_eq!(bot_token(b"MTAxyz_-.x.y", now).validation, Validation::Invalid);
    }
}
