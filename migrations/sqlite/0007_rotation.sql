-- When a token without an end should be changed, and since when the present one is in use here.

alter table credentials add column rotation_days bigint not null default 60;
alter table credentials add column token_kept_at bigint not null default 0;
update credentials set token_kept_at = updated_at;
