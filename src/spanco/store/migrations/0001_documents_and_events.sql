-- The first schema: documents by kind, the event log, idempotency records, origins of imported rows.
-- Every key begins with the tenant and no foreign key crosses tenants (design D1, D7).

-- One row per resource. `kind` is API key and resource name, e.g. `sales.salesLead`; each kind is a partition
-- of its own, so that its indexes and statistics are its own. `id` and `href` are not in the document (D2).
create table resource (
    tenant   text collate "C" not null,
    kind     text collate "C" not null,
    id       text collate "C" not null,
    parent   text collate "C",
    version  bigint not null,
    document jsonb not null,
    primary key (tenant, kind, id)
) partition by list (kind);

-- One row per event, written in the transaction of its change (D5, D6). `version` is the resource's own, so events
-- of one resource have an order that does not depend on sequences or transaction ids; `ordinal` orders the
-- events of one change.
create table event (
    tenant      text collate "C" not null,
    kind        text collate "C" not null,
    resource_id text collate "C" not null,
    parent      text collate "C",
    version     bigint not null,
    ordinal     smallint not null,
    event_id    text collate "C" not null,
    type        text collate "C" not null,
    occurred_at timestamptz not null,
    actor       text not null,
    cause       jsonb not null,
    correlation text,
    changed     text[] not null,
    before      jsonb,
    after       jsonb,
    primary key (tenant, kind, resource_id, version, ordinal, occurred_at)
) partition by range (occurred_at);
create table event_other partition of event default;

-- The answer that was given to an Idempotency-Key, kept in the transaction that earned it.
create table idempotency (
    tenant      text collate "C" not null,
    key         text collate "C" not null,
    fingerprint bytea not null,
    expires_at  timestamptz not null,
    status      smallint not null,
    headers     jsonb not null,
    body        bytea not null,
    primary key (tenant, key)
);
create index idempotency_expires on idempotency (expires_at);

-- Which resource an imported row became: an import that runs twice adds nothing.
create table origin (
    tenant text collate "C" not null,
    kind   text collate "C" not null,
    source text collate "C" not null,
    row_id text collate "C" not null,
    id     text collate "C" not null,
    primary key (tenant, kind, source, row_id)
);
