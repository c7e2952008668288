-- name: begin_reader
-- A new reader of the feed begins at its present end; one that is there stays where it is.
insert into reader (name, position) select $1, coalesce(max(position), 0) from feed
on conflict (name) do nothing;

-- name: lease_reader
-- The place of a reader, if there is something after it, for the one worker that may go on from there.
update reader set leased_by = $2, leased_until = $4
where name = $1 and (leased_by is null or leased_by = $2 or leased_until < $3)
    and exists (select from feed where feed.position > reader.position)
returning position;

-- name: read_on
-- What comes next in the feed, whoever's it is.
select tenant, position, kind, resource_id, parent, version, ordinal, event_id, type, occurred_at
from feed where position > $1 order by position limit $2;

-- name: move_reader
-- The reader has come this far, and is free for every worker; nothing when it is no longer ours.
update reader set position = $3, leased_by = null, leased_until = null
where name = $1 and leased_by = $2 and position <= $3
returning true;
