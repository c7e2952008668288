-- name: months
-- The partitions of the log.
select child.relname from pg_inherits join pg_class as child on child.oid = inhrelid
where inhparent = 'event'::regclass order by child.relname;

-- name: earliest_untold
-- The earliest moment of an event that somebody has not yet been told, if there is one.
select min(occurred_at) from (
    select min(occurred_at) as occurred_at from outbox
    union all
    select min(occurred_at) from delivery where progress = 'waiting'
    union all
    select min(occurred_at) from delivery where progress = 'aside'
    union all
    select min(occurred_at) from feed where position > (select min(position) from reader)
) as untold;

-- name: note_pruned
-- The log holds everything only from here on.
with former as (delete from pruned) insert into pruned (before) values ($1);

-- name: forget_feed
-- A small batch of the feed whose events are gone.
delete from feed where ctid = any (array(select ctid from feed where occurred_at < $1 order by position limit $2));

-- name: has_stragglers
-- Whether there are old events outside of the months.
select exists (select from event_other where occurred_at < $1);

-- name: forget_stragglers
-- A small batch of old events outside of the months.
delete from event_other where ctid = any (array(select ctid from event_other where occurred_at < $1 limit $2));

-- name: forget_deliveries
-- A small batch of deliveries that are made or given up, and old.
delete from delivery where ctid = any (array(
    select ctid from delivery where progress in ('delivered', 'dead') and created_at < $1 order by created_at limit $2
));

-- name: forget_orphans
-- A small batch of the deliveries of a hub that is gone.
delete from delivery where ctid = any (array(
    select ctid from delivery where tenant = $1 and id >= $2 || '.' and id < $2 || '/' limit $3
));

-- name: orphans
-- Hubs that are gone.
select tenant, hub_id from orphan order by created_at limit 100;

-- name: forget_orphan
-- A hub that is gone, has nothing left and was removed before a moment.
delete from orphan where tenant = $1 and hub_id = $2 and created_at < $3;

-- name: backlog
-- How much is to be matched and to be delivered; from 100,000 on it is not counted further.
select (select count(*) from (select from outbox limit 100000) as events),
       (select count(*) from (select from delivery where progress = 'waiting' limit 100000) as line)
       + (select count(*) from (select from delivery where progress = 'aside' limit 100000) as sidelines);
