-- name: feed_ends
-- The last position that is no longer kept, the latest one that is, and the latest that was ever given.
select coalesce((select min(position) from feed) - 1, given) as gone,
       coalesce((select max(position) from feed), given) as latest,
       given
from (select case when is_called then last_value else 0 end as given from feed_position) as counted;

-- name: feed_news
-- How far the feed of each tenant has grown beyond a position.
select tenant, max(position) as position from feed where position > $1 group by tenant;

-- name: feed_after
-- What follows a position in the feed of a tenant, up to another one.
select tenant, position, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at
from feed where tenant = $1 and position > $2 and position <= $3 order by position limit $4;
