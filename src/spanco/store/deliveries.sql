-- name: enqueue
-- Deliveries of events to hubs. One that is there already, which a replay asks for, waits anew.
insert into delivery (tenant, hub_id, position, kind, resource_id, version, ordinal, event_id, type, occurred_at, created_at)
select *, $11::timestamptz from unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bigint[],
    $7::smallint[], $8::text[], $9::text[], $10::timestamptz[])
on conflict (tenant, id) do update
set progress = 'waiting', attempts = 0, status = null, reason = null, created_at = excluded.created_at
where delivery.progress in ('delivered', 'dead');

-- name: line
-- The deliveries of a hub that have not been tried, in order; `held` when an earlier one of their resource is aside.
select id, position, kind, resource_id, version, ordinal, event_id, type, occurred_at, attempts, exists (
    select from aside where aside.tenant = $1 and aside.hub_id = $2
        and aside.kind = delivery.kind and aside.resource_id = delivery.resource_id
) as held
from delivery where tenant = $1 and hub_id = $2 and progress = 'waiting'
order by position limit $3;

-- name: sidelines
-- The deliveries of a hub whose time to be tried again has come: of each resource the earliest few, in order.
select first.id, first.position, first.kind, first.resource_id, first.version, first.ordinal, first.event_id,
       first.type, first.occurred_at, first.attempts, false as held
from (
    select * from aside where tenant = $1 and hub_id = $2 and due_at <= $3 order by due_at limit $4
) as due
cross join lateral (
    select * from delivery
    where delivery.tenant = $1 and delivery.hub_id = $2 and delivery.kind = due.kind
        and delivery.resource_id = due.resource_id and progress = 'aside'
    order by position limit $4
) as first
order by due.due_at, due.kind, due.resource_id, first.position;

-- name: forget_empty_sidelines
-- Resources that are due and have nothing aside any more.
delete from aside where tenant = $1 and hub_id = $2 and due_at <= $3 and not exists (
    select from delivery where delivery.tenant = aside.tenant and delivery.hub_id = aside.hub_id
        and delivery.kind = aside.kind and delivery.resource_id = aside.resource_id and progress = 'aside'
);

-- name: step_aside
-- These wait behind an earlier one of their resource. The lane is held: whoever lost it must not move what it was.
with ours as (select from lane where tenant = $1 and hub_id = $2 and leased_by = $3 for update)
update delivery set progress = 'aside' from ours where tenant = $1 and id = any ($4) and progress = 'waiting'
returning true;

-- name: note_results
-- What became of each delivery of a round.
update delivery
set progress = result.progress, attempts = delivery.attempts + result.tries, tried_at = coalesce(result.tried_at, delivery.tried_at),
    status = result.status, reason = result.reason
from unnest($2::text[], $3::text[], $4::smallint[], $5::timestamptz[], $6::smallint[], $7::text[])
    as result (id, progress, tries, tried_at, status, reason)
where delivery.tenant = $1 and delivery.id = result.id;

-- name: put_aside
-- When these resources are due again.
insert into aside (tenant, hub_id, kind, resource_id, due_at)
select $1, $2, * from unnest($3::text[], $4::text[], $5::timestamptz[])
on conflict (tenant, hub_id, kind, resource_id) do update set due_at = excluded.due_at;

-- name: next_due
-- When a hub has something to do next: at once, at the time of the first that is aside, or never.
select case
    when exists (select from delivery where tenant = $1 and hub_id = $2 and progress = 'waiting') then $3::timestamptz
    else (select min(due_at) from aside where tenant = $1 and hub_id = $2)
end;

-- name: give_up
-- What an ended hub was not told: dead letters, a small batch at a time.
with waiting as (
    select tenant, id from delivery where tenant = $1 and hub_id = $2 and progress = 'waiting' limit $4 for update
), aside as (
    select tenant, id from delivery where tenant = $1 and hub_id = $2 and progress = 'aside' limit $4 for update
)
update delivery set progress = 'dead', reason = $3 from (table waiting union all table aside) as late
where delivery.tenant = late.tenant and delivery.id = late.id
returning delivery.id;

-- name: forget_sidelines
-- An ended or removed hub has nothing aside.
delete from aside where tenant = $1 and hub_id = $2;

-- name: announce_dead
-- Tell operators of new dead letters, as events of the log.
with told as (
    select id, document, gen_random_uuid()::text as event_id from "spanco.deadLetter" where tenant = $1 and id = any ($2)
), logged as (
    insert into event (tenant, kind, resource_id, version, ordinal, event_id, type, occurred_at, actor, cause, changed, after)
    select $1, 'spanco.deadLetter', id, 1, 0, event_id, 'DeadLetterCreateEvent', $3, $4, $5, '{{}}', document from told
)
insert into outbox (tenant, kind, resource_id, version, ordinal, event_id, type, occurred_at)
select $1, 'spanco.deadLetter', id, 1, 0, event_id, 'DeadLetterCreateEvent', $3 from told;
