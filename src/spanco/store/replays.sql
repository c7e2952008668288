-- name: hub_is_told
-- Whether there is such a hub and it has not ended.
select ended_at is null from lane where tenant = $1 and hub_id = $2;

-- name: open_replay
-- A replay begins, of what the feed holds by now.
insert into replay (tenant, id, hub_id, only_dead, events, dead_letters, since, until, next_position, last_position)
select $1, $2, $3, $4, $5, $6, $7, $8, coalesce(min(position), 0), coalesce(max(position), -1)
from feed where tenant = $1 and ($5::text[] is null or event_id = any ($5));

-- name: next_replay
-- A replay that has something left, for this transaction.
select tenant, id, hub_id, only_dead, events, dead_letters, since, until, next_position, last_position, replayed
from replay
order by tenant, id limit 1
for update skip locked;

-- name: advance_replay
-- How far it has come.
update replay set next_position = $3, replayed = replayed + $4 where tenant = $1 and id = $2;

-- name: close_replay
-- It is done.
delete from replay where tenant = $1 and id = $2;

-- name: part_of_feed
-- What is wanted of the next part of the feed.
select tenant, position, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at from feed
where tenant = $1 and position between $2 and $3 and ($4::text[] is null or event_id = any ($4))
    and ($5::timestamptz is null or occurred_at >= $5) and ($6::timestamptz is null or occurred_at < $6)
order by position limit $7;

-- name: revive_dead
-- Dead letters of hubs that are told wait anew: the next few in the order of the feed, and all those of the last event.
with chosen as (
    select delivery.tenant, delivery.id from delivery
    join lane on lane.tenant = delivery.tenant and lane.hub_id = delivery.hub_id and lane.ended_at is null
    where delivery.tenant = $1 and progress = 'dead' and position between $2 and $3
        and ($4::text is null or delivery.hub_id = $4)
        and ($5::text[] is null or event_id = any ($5)) and ($6::text[] is null or delivery.id = any ($6))
        and ($7::timestamptz is null or occurred_at >= $7) and ($8::timestamptz is null or occurred_at < $8)
    order by position fetch first $9 rows with ties
    for update of delivery
)
update delivery set progress = 'waiting', attempts = 0, status = null, reason = null, created_at = $10
from chosen where delivery.tenant = chosen.tenant and delivery.id = chosen.id
returning delivery.hub_id, position;
