-- Grow with each change of the settings alone, for `ETag`: what a check reads is no change of theirs.

alter table connections add column settings_version bigint not null default 1;
-- Settings were saved where no connection was.
alter table workspaces add column settings_version bigint not null default 1;
