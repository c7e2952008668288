-- Capture points: where strangers knock, what they posted, and the threads of mails.

-- Strangers carry no token: a form is found by its public id, a capture key by the digest of its secret, and with it the
-- tenant. So this is the one table whose key does not begin with the tenant; sharded, every node has all of it.
create table capture_door (
    name   text collate "C" primary key,
    tenant text collate "C" not null,
    kind   text collate "C" not null,
    id     text collate "C" not null
);
create index capture_door_of on capture_door (tenant, kind, id);

-- One row per post that was accepted: it is committed before it is answered with 202, and processed afterwards.
-- state: waiting → created, linked, refused, or held → …; unconfirmed → waiting or expired; spam.
-- `due_at` is set while a worker has something to do with it.
create table submission (
    tenant       text collate "C" not null,
    id           text collate "C" not null,
    origin       text collate "C" not null,     -- form, key, mail
    door         text collate "C" not null,     -- id of the form or of the key; empty for a mail
    door_version bigint not null,
    state        text collate "C" not null,
    version      bigint not null default 1,
    reason       text,
    lead_id      text collate "C",
    attempts     smallint not null default 0,
    content      jsonb,                         -- what was posted, until it is forgotten
    language     text,
    address      text,                          -- hashed
    once         text collate "C",              -- what makes a second post the same one: a key, a stamp, a message id
    digest       bytea not null,                -- of what was posted
    token        bytea,                         -- digest of the link that confirms it
    received_at  timestamptz not null,
    processed_at timestamptz,
    confirmed_at timestamptz,
    expires_at   timestamptz,
    due_at       timestamptz,
    primary key (tenant, id)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
create unique index submission_receipt on submission (id);
create unique index submission_token on submission (token) where token is not null;
create unique index submission_once on submission (tenant, origin, door, once) where once is not null;
create index submission_due on submission (due_at, id) where due_at is not null;
create index submission_expiring on submission (expires_at) where state = 'unconfirmed';
create index submission_kept on submission (received_at) where content is not null;

-- Which lead a mail belongs to: replies find it by the ids of the mails that they answer.
create table mail_thread (
    tenant     text collate "C" not null,
    message_id text collate "C" not null,
    lead_id    text collate "C" not null,
    primary key (tenant, message_id)
);
create index mail_thread_of on mail_thread (tenant, lead_id);

-- The salt with which addresses of strangers are hashed, where no setting gives one.
create table capture_salt (
    salt text not null
);
insert into capture_salt (salt) values (gen_random_uuid()::text || gen_random_uuid()::text);

-- Submissions as resources that operators read; the columns are those of `resource`.
create view "spanco.submission" as
select tenant, 'spanco.submission' as kind, id, null::text as parent, version,
       jsonb_strip_nulls(jsonb_build_object(
           'origin', origin,
           'form', case when origin = 'form' then jsonb_build_object('id', door, 'version', door_version) end,
           'captureKey', case when origin = 'key' then jsonb_build_object('id', door) end,
           'status', state,
           'reason', reason,
           'lead', case when lead_id is not null then jsonb_build_object('id', lead_id) end,
           'attempts', attempts,
           'language', language,
           'receivedAt', to_char(received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'processedAt', to_char(processed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'nextAttemptAt', to_char(due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'expiresAt', to_char(expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
       )) || case when content is null then '{}'::jsonb else jsonb_build_object('content', content) end as document
from submission;
