-- How events are told: the outbox, the feed, the lanes of the hubs, their deliveries (decision 16).
-- `event` stays append-only: what is still to be done with an event stands in narrow rows beside it.

-- The log is read back in time (`?asOf=`): pages of it are in the order of time, so a few bytes per page are index enough.
create index event_time on event using brin (occurred_at) with (pages_per_range = 16, autosummarize = on);

-- What is written and not yet passed on; a row is written in the statement of its change, and the matcher takes it away.
-- `number` orders the changes of one resource (the second writer waits for the first one's lock before it takes a
-- number). It says nothing about the order of commits of different resources: rows are taken by being there,
-- never by "greater than the last seen".
create table outbox (
    number      bigint generated always as identity,
    tenant      text collate "C" not null,
    kind        text collate "C" not null,
    resource_id text collate "C" not null,
    parent      text collate "C",
    version     bigint not null,
    ordinal     smallint not null,
    event_id    text collate "C" not null,
    type        text collate "C" not null,
    occurred_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_cost_delay = 0);
create index outbox_order on outbox (number);

-- Every event in the order of commits: one matcher at a time gives the positions, so a reader by "greater than the
-- last seen" misses nothing. Streams, the broker and TMF688 read it.
create sequence feed_position;
create table feed (
    tenant      text collate "C" not null,
    position    bigint not null,
    kind        text collate "C" not null,
    resource_id text collate "C" not null,
    parent      text collate "C",
    version     bigint not null,
    ordinal     smallint not null,
    event_id    text collate "C" not null,
    type        text collate "C" not null,
    occurred_at timestamptz not null,
    primary key (tenant, position)
);
create unique index feed_event on feed (tenant, event_id);
create index feed_order on feed (position);

-- How far a reader of the whole feed has come, such as the broker; what it has not read is not pruned.
create table reader (
    name         text collate "C" primary key,
    position     bigint not null,
    leased_by    text,
    leased_until timestamptz
);

-- One row per hub: what it wants, how its deliveries are signed, how it fares, who works on it.
create table lane (
    tenant        text collate "C" not null,
    hub_id        text collate "C" not null,
    kind          text collate "C" not null,   -- of the hub's own resource
    api           text collate "C",            -- the API whose events it is told; null: those that `scope` chooses of all
    topic         text collate "C",            -- the TMF688 topic whose events it is told
    scope         text not null default '',    -- what the topic chooses
    callback      text not null,
    query         text not null default '',
    digest        bytea not null,              -- of callback and query: the same subscription is made once
    subject       text not null,               -- on whose behalf: what he may not read is not told
    roles         text[] not null,
    secret        text not null,
    former_secret text,
    former_until  timestamptz,
    failures      integer not null default 0,  -- without a success in between
    failing_since timestamptz,
    rests_until   timestamptz,
    ended_at      timestamptz,
    ended_because text,
    stirred       bigint not null default 0,   -- counts what the matcher brought: who finishes sees whether more came
    due_at        timestamptz,
    leased_by     text,
    leased_until  timestamptz,
    primary key (tenant, hub_id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
create unique index lane_subscription on lane (tenant, kind, coalesce(topic, ''), digest);
create index lane_due on lane (due_at) where due_at is not null;

-- One event for one hub. progress: waiting → delivered, or aside (tried, to be tried again) → delivered or dead.
create table delivery (
    tenant      text collate "C" not null,
    hub_id      text collate "C" not null,
    position    bigint not null,
    id          text collate "C" generated always as (hub_id || '.' || lpad(position::text, 15, '0')) stored,
    kind        text collate "C" not null,
    resource_id text collate "C" not null,
    version     bigint not null,
    ordinal     smallint not null,
    event_id    text collate "C" not null,
    type        text collate "C" not null,
    occurred_at timestamptz not null,
    progress    text collate "C" not null default 'waiting',
    attempts    smallint not null default 0,
    created_at  timestamptz not null,
    tried_at    timestamptz,
    status      smallint,
    reason      text,
    primary key (tenant, id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000);
create index delivery_waiting on delivery (tenant, hub_id, position) where progress = 'waiting';
create index delivery_aside on delivery (tenant, hub_id, kind, resource_id, position) where progress = 'aside';
create index delivery_dead on delivery (tenant, id) where progress = 'dead';
create index delivery_finished on delivery (created_at) where progress in ('delivered', 'dead');

-- A resource whose earliest delivery to a hub failed: its deliveries wait here, in their order, until `due_at`.
create table aside (
    tenant      text collate "C" not null,
    hub_id      text collate "C" not null,
    kind        text collate "C" not null,
    resource_id text collate "C" not null,
    due_at      timestamptz not null,
    primary key (tenant, hub_id, kind, resource_id)
);
create index aside_due on aside (tenant, hub_id, due_at);

-- Hubs that were removed, until the last of their deliveries is cleared away.
create table orphan (
    tenant     text collate "C" not null,
    hub_id     text collate "C" not null,
    created_at timestamptz not null,
    primary key (tenant, hub_id)
);

-- Replays under way: how far each has come through its part of the feed.
create table replay (
    tenant        text collate "C" not null,
    id            text collate "C" not null,    -- of the task resource
    hub_id        text collate "C",             -- null: every hub that wants the event
    only_dead     boolean not null,
    events        text[],                       -- only these
    dead_letters  text[],                       -- only these
    since         timestamptz,
    until         timestamptz,
    next_position bigint not null,
    last_position bigint not null,
    replayed      bigint not null default 0,
    primary key (tenant, id)
);

-- Everything in the log before this moment may be gone (one row at most).
create table pruned (
    before timestamptz not null
);

-- Deliveries as resources that operators read; the columns are those of `resource`.
create view "spanco.delivery" as
select delivery.tenant, 'spanco.delivery' as kind, delivery.id, null::text as parent,
       (extract(epoch from coalesce(tried_at, created_at)) * 1000)::bigint * 16 + least(attempts, 15) as version,
       jsonb_strip_nulls(jsonb_build_object(
           'hub', jsonb_build_object('id', delivery.hub_id),
           'eventId', event_id,
           'eventType', type,
           'resource', jsonb_build_object('id', delivery.resource_id, 'kind', delivery.kind),
           'status', progress,
           'attempts', attempts,
           'responseCode', status,
           'reason', reason,
           'createdAt', to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'lastAttemptAt', to_char(tried_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
           'nextAttemptAt', to_char(due_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
       )) as document,
       progress
from delivery
left join aside on progress = 'aside' and aside.tenant = delivery.tenant and aside.hub_id = delivery.hub_id
    and aside.kind = delivery.kind and aside.resource_id = delivery.resource_id;

create view "spanco.deadLetter" as
select tenant, 'spanco.deadLetter' as kind, id, parent, version, document from "spanco.delivery" where progress = 'dead';

-- What was posted to topics, by the ids that the posters gave, so that they can post again without doubling; the events
-- themselves stand in the log.
create table posted (
    tenant      text collate "C" not null,
    topic       text collate "C" not null,
    event_id    text collate "C" not null,
    id          text collate "C" not null,
    occurred_at timestamptz not null,
    primary key (tenant, topic, event_id)
);
create index posted_order on posted (occurred_at);
