//! Graph's versions and the days they end (reference §8).

use super::GraphError;

/// Version and the second since 1970 at which its last day has passed; 0: none announced.
const VERSIONS: &[(u32, i64)] = &[
    (26, 0),
    (25, 1_848_441_600), // 2028-07-29
    (24, 1_834_444_800), // 2028-02-18
    (23, 1_822_953_600), // 2027-10-08
    (22, 1_810_771_200), // 2027-05-20
    (21, 1_800_489_600), // 2027-01-21
];

pub(crate) fn oldest(now: i64) -> u32 {
    VERSIONS.iter().rev().find(|(_, end)| *end == 0 || *end > now).map_or(26, |(version, _)| *version)
}

/// Which version serves a call: an expired one is served, silently, by the oldest that is left.
pub(crate) fn serving(requested: Option<&str>, now: i64) -> Result<u32, GraphError> {
    let oldest = oldest(now);
    let Some(text) = requested else { return Ok(oldest) };
    let (major, minor) = text.trim_start_matches('v').split_once('.').unwrap_or(("", ""));
    match (major.parse::<u32>(), minor) {
        (Ok(version), "0") if (3..=26).contains(&version) => Ok(version.max(oldest)),
        (Ok(2), _) => Ok(oldest),
        _ => Err(GraphError::unknown_path(&format!("/{text}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::serving;

    /// 20 November 2026.
    const NOW: i64 = 1_795_132_800;

    #[test]
    fn serves_current_versions_as_asked_and_expired_ones_by_the_oldest_left() {
        assert_eq!(serving(Some("v25.0"), NOW).ok(), Some(25));
        assert_eq!(serving(Some("v17.0"), NOW).ok(), Some(21));
        assert_eq!(serving(None, NOW).ok(), Some(21));
        assert_eq!(serving(Some("v21.0"), NOW + 90 * 86_400).ok(), Some(22), "v21 has ended by then");
        assert_eq!(serving(Some("v99.0"), NOW).err().map(|error| error.code()), Some(2500));
    }
}
