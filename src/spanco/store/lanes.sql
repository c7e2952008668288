-- name: hold_subscription
-- Keep others from making the same subscription until the transaction ends.
select pg_advisory_xact_lock(hashtextextended($1 || chr(10) || $2 || chr(10) || $3 || encode($4, 'hex'), 1));

-- name: same_subscription
-- The hub that asks for the same.
select hub_id, ended_at from lane where tenant = $1 and kind = $2 and coalesce(topic, '') = $3 and digest = $4;

-- name: open_lane
-- A new hub begins to be told.
insert into lane (tenant, hub_id, kind, api, topic, scope, callback, query, digest, subject, roles, secret)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12);

-- name: revive_lane
-- A hub that had ended begins anew.
update lane set ended_at = null, ended_because = null, failures = 0, failing_since = null, rests_until = null,
                subject = $3, roles = $4, due_at = $5, stirred = stirred + 1
where tenant = $1 and hub_id = $2;

-- name: close_lane
-- A hub is gone; its deliveries are cleared away in small batches (`forget_orphans`).
with closed as (delete from lane where tenant = $1 and hub_id = $2 returning tenant, hub_id)
insert into orphan (tenant, hub_id, created_at) select tenant, hub_id, $3 from closed on conflict do nothing;

-- name: lanes_of
-- Who is to be told in these tenants.
select tenant, hub_id, kind, api, topic, scope, query, subject, roles from lane
where tenant = any ($1) and ended_at is null
order by tenant, hub_id;

-- name: ended_lanes
-- Hubs that ended and still have something waiting: whoever ended them was stopped in the middle.
select tenant, hub_id, kind, topic, callback, query, secret, former_secret, former_until, failures, failing_since,
       rests_until, stirred, ended_at
from lane where ended_at is not null and (
    exists (
        select from delivery
        where delivery.tenant = lane.tenant and delivery.hub_id = lane.hub_id and progress = 'waiting'
    ) or exists (
        select from delivery
        where delivery.tenant = lane.tenant and delivery.hub_id = lane.hub_id and progress = 'aside'
    )
) limit 100;

-- name: stir
-- There is something new for these hubs; one that rests is not woken before its time.
update lane set stirred = stirred + 1, due_at = least(due_at, greatest(rests_until, $3))
from (select * from unnest($1::text[], $2::text[]) as called (tenant, hub_id) order by 1, 2) as called
where lane.tenant = called.tenant and lane.hub_id = called.hub_id and ended_at is null;

-- name: lease
-- Take lanes with work that nobody works on.
update lane set leased_by = $1, leased_until = $3
where (tenant, hub_id) in (
    select tenant, hub_id from lane
    where due_at <= $2 and (
        leased_until is null or leased_until < $2 or (leased_by = $1 and not hub_id = any ($4))
    )
    order by due_at limit $5
    for update skip locked
)
returning tenant, hub_id, kind, topic, callback, query, secret, former_secret, former_until, failures, failing_since,
          rests_until, stirred, leased_until;

-- name: look_again
-- The lane as it is now, for the worker that holds it.
select secret, former_secret, former_until, stirred from lane where tenant = $1 and hub_id = $2 and leased_by = $3;

-- name: note_health
-- How the hub fares after a round, and the lease for the next one; nothing when the lane is no longer ours.
update lane set failures = $4, failing_since = $5, rests_until = $6, leased_until = $7
where tenant = $1 and hub_id = $2 and leased_by = $3 and ended_at is null
returning true;

-- name: release
-- Give the lane back until there is something to do; not when more came meanwhile.
update lane set leased_by = null, leased_until = null, due_at = $4
where tenant = $1 and hub_id = $2 and leased_by = $3 and stirred = $5
returning true;

-- name: rest
-- Give the lane back until the hub has rested, whatever comes meanwhile.
update lane set leased_by = null, leased_until = null, due_at = $4
where tenant = $1 and hub_id = $2 and leased_by = $3;

-- name: let_go
-- Give back what a worker holds when it ends, so that others need not wait for the lease to run out.
update lane set leased_by = null, leased_until = null where leased_by = $1;

-- name: end_lane
-- The hub is told nothing any more.
update lane set ended_at = $3, ended_because = $4, due_at = null, leased_by = null, leased_until = null
where tenant = $1 and hub_id = $2;

-- name: hold_ended
-- True while the hub has ended, and it is not revived before the transaction ends.
select ended_at is not null from lane where tenant = $1 and hub_id = $2 for update;

-- name: renew_secret
-- A new secret; the former one signs beside it for a while.
update lane set former_secret = secret, former_until = $4, secret = $3 where tenant = $1 and hub_id = $2
returning true;

-- name: wake_forgotten
-- Lanes that have something waiting and no time set: belt and braces.
update lane set due_at = $1
where due_at is null and ended_at is null and exists (
    select from delivery where delivery.tenant = lane.tenant and delivery.hub_id = lane.hub_id and progress = 'waiting'
);
