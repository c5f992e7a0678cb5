//! What surrounds a page's content.

pub mod door;
pub mod frame;
pub mod loaded;
