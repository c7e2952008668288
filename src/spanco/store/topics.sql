-- name: make_topics
-- Topics that are there from the start, with ids that were chosen for them; nothing is told of them.
insert into resource (tenant, kind, id, version, document)
select $1, {kind}, id, 1, document from unnest($2::text[], $3::jsonb[]) as topic (id, document)
on conflict do nothing;

-- name: hold_topic
-- A topic that nobody removes until the transaction ends.
select document from resource where tenant = $1 and kind = {kind} and id = $2 for key share;

-- name: hubs_of_topic
-- Who subscribed to a topic.
select hub_id, kind from lane where tenant = $1 and topic = $2 order by hub_id;

-- name: post_event
-- An event that somebody posts to a topic. It stands in the log, and nowhere else: there it is read, and goes with the log.
-- Nothing when the topic has one with this eventId already.
with fresh as (
    insert into posted (tenant, topic, event_id, id, occurred_at) values ($1, $2, $3, $4, $5)
    on conflict do nothing
    returning id
), logged as (
    insert into event (tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at,
                       actor, cause, correlation, changed, after)
    select $1, {kind}, id, $2, 1, 0, id, $6, $5, $7, $8, $9, '{{}}', $10 from fresh
    returning resource_id as id, after as document
), queued as (
    insert into outbox (tenant, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at)
    select $1, {kind}, id, $2, 1, 0, id, $6, $5 from fresh
)
select id, document from logged;

-- name: posted_before
-- The event with this eventId that a topic has already.
select posted.id, log.after as document from posted
join event as log on log.tenant = posted.tenant and log.kind = {kind} and log.resource_id = posted.id
    and log.version = 1 and log.ordinal = 0 and log.occurred_at = posted.occurred_at
where posted.tenant = $1 and posted.topic = $2 and posted.event_id = $3;

-- name: forget_posted
-- A small batch of what is remembered of posted events that are gone from the log.
delete from posted where ctid = any (array(
    select ctid from posted where occurred_at < $1 order by occurred_at limit $2
));

-- name: happened
-- The resource that an `entry` of the feed or the outbox is about, after the change or before it was deleted.
select log.resource_id as id, coalesce(log.after, log.before) as document
from event as log
where log.tenant = entry.tenant and log.kind = entry.kind and log.resource_id = entry.resource_id
  and log.version = entry.version and log.ordinal = entry.ordinal and log.occurred_at = entry.occurred_at;

-- name: told
-- The event of an `entry` as it is told in a topic: what `Teller` in kernel/envelope.py writes, for conditions on it.
-- $2 is what `Teller.spelling` says of each kind.
select entry.event_id as id,
       case when (known.kind ->> 'posted')::boolean then part.resource
       else part.head || jsonb_build_object('event', jsonb_build_object(coalesce(known.kind ->> 'name', ''), part.resource))
       end as document
from event as log
cross join lateral (
    select $2::jsonb -> log.kind as kind,
           to_char(log.occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as moment
) as known
cross join lateral (
    select jsonb_build_object('id', log.resource_id, 'href', concat(
               known.kind ->> 'above', case when (known.kind ->> 'nested')::boolean then '/' || log.parent || '/' end,
               known.kind ->> 'name', '/', log.resource_id
           )) || coalesce(log.after, log.before) as resource,
           jsonb_strip_nulls(jsonb_build_object(
               'eventId', log.event_id,
               'eventTime', known.moment,
               'eventType', log.type,
               '@type', case when (known.kind ->> 'modern')::boolean then log.type end,
               'correlationId', nullif(log.correlation, ''),
               'domain', nullif(known.kind ->> 'domain', ''),
               'title', log.type,
               case when (known.kind ->> 'modern')::boolean then 'timeOccurred' else 'timeOcurred' end, known.moment,
               'fieldPath', case
                   when log.type like '%AttributeValueChangeEvent' and cardinality(log.changed) > 0
                        and not (known.kind ->> 'modern')::boolean
                   then (
                       select coalesce(string_agg(path, ',' order by place), '')
                       from unnest(log.changed) with ordinality as changed (path, place)
                       where coalesce(known.kind ->> 'state' <> all (log.changed), true)
                          or not known.kind -> 'companions' ? split_part(path, '.', 1)
                   )
               end
           )) as head
) as part
where log.tenant = entry.tenant and log.kind = entry.kind and log.resource_id = entry.resource_id
  and log.version = entry.version and log.ordinal = entry.ordinal and log.occurred_at = entry.occurred_at;
