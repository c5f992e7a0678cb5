//! How often a key may call: 50 times a second, with 1 000 in hand for bursts. Per process, in memory.

use crate::domain::ids::ApiKeyId;
use governor::clock::DefaultClock;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use std::num::NonZeroU32;
use std::sync::Arc;

const A_SECOND: NonZeroU32 = NonZeroU32::new(50).unwrap();
const IN_HAND: NonZeroU32 = NonZeroU32::new(1_000).unwrap();

/// Only keys that exist are counted; beyond so many, those that rest are forgotten.
const FORGET_BEYOND: usize = 1_000;

type Limiter = RateLimiter<ApiKeyId, HashMapStateStore<ApiKeyId>, DefaultClock>;

/// Cheap to clone; clones share the counts.
#[derive(Clone)]
pub struct KeyLimits {
    limiter: Arc<Limiter>,
}

impl Default for KeyLimits {
    fn default() -> Self {
        let quota = Quota::per_second(A_SECOND).allow_burst(IN_HAND);
        Self { limiter: Arc::new(RateLimiter::hashmap(quota)) }
    }
}

impl KeyLimits {
    /// Whether this call is one too many. A place is free again within a second.
    pub fn is_too_fast(&self, key: &ApiKeyId) -> bool {
        if self.limiter.len() > FORGET_BEYOND {
            self.limiter.retain_recent();
        }
        self.limiter.check_key(key).is_err()
    }
}
