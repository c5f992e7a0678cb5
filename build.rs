//! Tells cargo what else is a reason to build again: a new migration, and a site to be put inside the release binary.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-env-changed=GREENTICK_SITE");
}
