-- Import and export jobs: files in parts, what workers have to do, and how far each job has come.
-- The jobs themselves are resources; here stands what is no business of their readers.

-- A file that was sent or made. Until it is `whole` nobody reads it, and what broke off is cleared away.
create table file (
    tenant     text collate "C" not null,
    id         text collate "C" not null,
    size       bigint not null default 0,
    whole      boolean not null default false,
    expires_at timestamptz not null,
    primary key (tenant, id)
);
create index file_expires on file (expires_at);

create table file_part (
    tenant  text collate "C" not null,
    file    text collate "C" not null,
    number  integer not null,
    content bytea not null,
    primary key (tenant, file, number)
);
alter table file_part alter column content set storage external;  -- written once, read once: no time for compression

-- One row per job. `task` is what a worker is to do now, by the state of the job; null: nothing. `round` counts the
-- passes over the file, so that what a pass noted is never taken for what another one did.
create table job (
    tenant     text collate "C" not null,
    id         text collate "C" not null,
    kind       text collate "C" not null,
    task       text collate "C",
    round      integer not null default 0,
    file       text collate "C",
    subject    text not null,     -- on whose behalf
    roles      text[] not null,
    created_at timestamptz not null,
    primary key (tenant, id)
);
create index job_due on job (created_at) where task is not null;

-- The first line on which each key of a file stands; noted in the order of the lines, before their rows are written.
create table job_key (
    tenant text collate "C" not null,
    job    text collate "C" not null,
    round  integer not null,
    digest bytea not null,
    line   integer not null,
    primary key (tenant, job, round, digest)
);

-- A chunk of a file that is done, written in the transaction of its rows: a chunk is never done twice.
-- `tally` is {outcome: {state: rows}}; the arrays tell what was created, so that it can be taken back.
create table job_chunk (
    tenant  text collate "C" not null,
    job     text collate "C" not null,
    round   integer not null,
    number  integer not null,
    tally   jsonb not null,
    ids     text[] not null,
    row_ids text[] not null,
    lines   integer[] not null,
    primary key (tenant, job, round, number)
);

-- Rows of the source that became nothing of their own but belong to records that were there.
create table job_joined (
    tenant text collate "C" not null,
    job    text collate "C" not null,
    row_id text collate "C" not null,
    id     text collate "C" not null,
    primary key (tenant, job, row_id)
);

-- What a dry run would have created so far, so that later rows of the file can be compared with it; gone when it ends.
create table job_rehearsed (
    tenant   text collate "C" not null,
    job      text collate "C" not null,
    round    integer not null,
    line     integer not null,
    document jsonb not null,
    primary key (tenant, job, round, line)
);
create table job_rehearsed_key (
    tenant text collate "C" not null,
    job    text collate "C" not null,
    round  integer not null,
    key    text collate "C" not null,
    line   integer not null,
    primary key (tenant, job, round, key, line)
);

-- A row that stayed outside, and why.
create table job_fault (
    tenant text collate "C" not null,
    job    text collate "C" not null,
    round  integer not null,
    line   integer not null,
    reason text not null,
    cells  text[] not null,
    primary key (tenant, job, round, line)
);
