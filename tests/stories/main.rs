//! The product's promises, as stories that run on SQLite and on Postgres.
