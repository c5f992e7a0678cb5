-- Drafts live on from press to press, and tokens that another one has replaced are kept for a day: until then an admin may
-- have Meta revoke them.

alter table drafts rename column created_at to updated_at;

create table replaced_tokens (
    id text primary key not null,
    credential_id text not null references credentials (id),
    app_id text,
    token_sealed bytea not null,
    token_fingerprint text not null,
    last_four text not null,
    replaced_at bigint not null
);
create index replaced_tokens_by_credential on replaced_tokens (credential_id);
