//! Lists with cursors (reference §4.1).

use serde_json::{Value, json};

use super::GraphError;
use crate::urls;

const DEFAULT_LIMIT: usize = 25;
const MAX_LIMIT: usize = 100;

/// The part of a list that was asked for.
#[derive(Debug)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    limit: usize,
    cursors: Option<(String, String)>,
    has_next: bool,
    has_previous: bool,
}

/// Where a page begins, or ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place<'a> {
    Start,
    After(&'a str),
    Before(&'a str),
}

/// Cuts the page out. A cursor names the item it follows, so it stays right when the list grows.
pub(crate) fn cut<T>(
    items: Vec<T>,
    key: impl Fn(&T) -> String,
    limit: Option<usize>,
    from: Place<'_>,
) -> Result<Page<T>, GraphError> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT);
    let place = |cursor: &str| {
        let place = urls::unhex(cursor).and_then(|name| items.iter().position(|item| key(item) == name));
        place.ok_or_else(|| GraphError::parameter("Invalid cursors values"))
    };
    let (start, limit) = match from {
        Place::Start => (0, limit),
        Place::After(cursor) => (place(cursor)? + 1, limit),
        Place::Before(cursor) => {
            let end = place(cursor)?;
            (end.saturating_sub(limit), limit.min(end))
        }
    };
    let total = items.len();
    let items: Vec<T> = items.into_iter().skip(start).take(limit).collect();
    let cursors = items.first().zip(items.last()).map(|(first, last)| (cursor(&key(first)), cursor(&key(last))));
    Ok(Page { has_next: start + items.len() < total, has_previous: start > 0, items, limit, cursors })
}

fn cursor(key: &str) -> String {
    urls::hex(key.as_bytes())
}

impl<T> Page<T> {
    /// Empty lists have no paging at all; the last page has no `next`.
    pub(crate) fn paging(&self, address: &str, kept: &[(&str, &str)]) -> Option<Value> {
        let (before, after) = self.cursors.as_ref()?;
        let mut paging = json!({"cursors": {"before": before, "after": after}});
        let limit = self.limit.to_string();
        let link = |name: &str, cursor: &str| {
            let url = urls::with_query(address, kept);
            urls::with_query(&url, &[("limit", &limit), (name, cursor)])
        };
        if self.has_next {
            paging["next"] = json!(link("after", after));
        }
        if self.has_previous {
            paging["previous"] = json!(link("before", before));
        }
        Some(paging)
    }
}
