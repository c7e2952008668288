-- Forgetting people and telling them what is known of them: what workers have to do, and what outlives a person.

-- The key with which what identifies a person is hashed, one per tenant: who knows an address can ask whether it is
-- meant, and nobody can read it back. Without the key the hashes mean nothing.
create table privacy_key (
    tenant text collate "C" primary key,
    key    bytea not null
);

-- One row per order that is under way, gone when it is done. `person` is what the person is found by, `found` what was
-- found to be about the person; both are personal, so they stand here and never in the order, its events or its history.
-- The row is held by whoever works on it, for one step; `step` is the next place to look at.
create table privacy_task (
    tenant     text collate "C" not null,
    id         text collate "C" not null,    -- of the order
    kind       text collate "C" not null,
    step       integer not null default 0,
    person     jsonb not null,
    found      jsonb not null default '{}',
    tally      jsonb not null default '[]',
    created_at timestamptz not null,
    primary key (tenant, id)
);
create index privacy_task_order on privacy_task (created_at);

-- What an access export holds, line by line, until it is taken away.
create table privacy_line (
    tenant     text collate "C" not null,
    task       text collate "C" not null,
    number     bigint not null,
    line       bytea not null,
    expires_at timestamptz not null,
    primary key (tenant, task, number)
);
create index privacy_line_expires on privacy_line (expires_at);
