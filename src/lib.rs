//! Greentick.
