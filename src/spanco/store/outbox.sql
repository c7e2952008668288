-- name: be_the_matcher
-- True for the one transaction that may take from the outbox now; it keeps this until it ends.
select pg_try_advisory_xact_lock(91602164368213);

-- name: pass_on
-- Take the earliest rows out of the outbox and give them their positions in the feed.
with earliest as (
    delete from outbox where ctid = any (array(select ctid from outbox order by number limit $1))
    returning *
)
insert into feed (tenant, position, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at)
select tenant, nextval('feed_position'), kind, resource_id, parent, version, ordinal, event_id, type, occurred_at
from (select * from earliest order by number) as ordered
returning tenant, position, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at;

-- name: happenings
-- What the log holds of these events, in the order in which they were asked for.
select log.event_id, log.type, log.kind, log.resource_id, log.parent, log.occurred_at, log.correlation, log.changed,
       coalesce(log.after, log.before) as document
from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::smallint[], $6::timestamptz[])
    with ordinality as asked (tenant, kind, resource_id, version, ordinal, occurred_at, place)
join event as log on log.tenant = asked.tenant and log.kind = asked.kind and log.resource_id = asked.resource_id
    and log.version = asked.version and log.ordinal = asked.ordinal and log.occurred_at = asked.occurred_at
order by asked.place;
