-- name: open_door
-- From now on strangers find this.
insert into capture_door (name, tenant, kind, id) values ($1, $2, $3, $4) on conflict (name) do nothing;

-- name: close_doors
-- Strangers find these no longer.
delete from capture_door where tenant = $1 and kind = $2 and id = any ($3::text[]);

-- name: door
-- Where a name leads: the tenant, and the form or key as it stands now.
select door.tenant, resource.id, resource.version, resource.document
from capture_door as door
join resource on resource.tenant = door.tenant and resource.kind = door.kind and resource.id = door.id
where door.name = $1 and door.kind = {kind} and resource.kind = {kind};

-- name: capture_salt
-- What addresses are hashed with.
select salt from capture_salt limit 1;

-- name: accept_submission
-- Keep what was posted; nothing when the same was posted before, also by somebody who was forgotten since.
insert into submission (tenant, id, origin, door, door_version, state, reason, content, language, address, once, digest,
                        received_at, expires_at, due_at)
select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15
where $16::text is null
   or not exists (select from submission where tenant = $1 and origin = $3 and door = $4 and once = $16)
on conflict do nothing
returning id;

-- name: submitted_before
-- The submission that was posted with this key before.
select id, digest from submission where tenant = $1 and origin = $2 and door = $3 and once in ($4, $5);

-- name: announce_unconfirmed
-- Tell mailers of a submission that waits for its sender, without what was posted.
with told as (
    select id, document - 'content' as document, gen_random_uuid()::text as event_id
    from "spanco.submission" where tenant = $1 and id = $2
), logged as (
    insert into event (tenant, kind, resource_id, version, ordinal, event_id, type, occurred_at, actor, cause, changed, after)
    select $1, 'spanco.submission', id, 1, 0, event_id, 'SubmissionConfirmationRequiredEvent', $3, $4, $5, '{{}}', document
    from told
)
insert into outbox (tenant, kind, resource_id, version, ordinal, event_id, type, occurred_at)
select $1, 'spanco.submission', id, 1, 0, event_id, 'SubmissionConfirmationRequiredEvent', $3 from told;

-- name: receipt
-- What became of a post, for whoever has its receipt.
select state, language from submission where id = $1;

-- name: renew_token
-- A new link for a submission that waits for its sender.
update submission set token = $3, version = version + 1
where tenant = $1 and id = $2 and state = 'unconfirmed' and expires_at > $4
returning door, content, language, expires_at;

-- name: is_confirmable
-- Whether this link confirms something, and the language in which it was posted.
select language from submission where token = $1 and state = 'unconfirmed' and expires_at > $2;

-- name: confirm_submission
-- Its sender has confirmed it.
update submission set state = 'waiting', token = null, confirmed_at = $2, due_at = $2, version = version + 1
where token = $1 and state = 'unconfirmed' and expires_at > $2
returning language;

-- name: claim_submissions
-- The next few that are due, for this transaction.
select tenant, id, origin, door, door_version, attempts, content, language, address, received_at, confirmed_at
from submission where due_at <= $1
order by due_at, id limit $2
for update skip locked;

-- name: settle_submission
-- What became of it.
update submission set state = $3, reason = $4, lead_id = coalesce($5, lead_id), due_at = $6, processed_at = $7,
    attempts = attempts + 1, version = version + 1
where tenant = $1 and id = $2;

-- name: replay_submissions
-- These are processed once more; how many.
with again as (
    update submission set state = 'waiting', due_at = $7, attempts = 0, reason = null, version = version + 1
    where tenant = $1 and content is not null and due_at is null and lead_id is null
        and state = any ($2::text[])
        and ($3::text[] is null or id = any ($3)) and ($4::text is null or (origin = 'form' and door = $4))
        and ($5::timestamptz is null or received_at >= $5) and ($6::timestamptz is null or received_at < $6)
    returning 1
)
select count(*) from again;

-- name: expire_submissions
-- Nobody confirmed them: what was posted is forgotten at once. A few at a time.
with over as (
    update submission set state = 'expired', content = null, address = null, token = null, version = version + 1
    where (tenant, id) in (
        select tenant, id from submission where state = 'unconfirmed' and expires_at <= $1
        order by expires_at limit $2 for update skip locked
    )
    returning 1
)
select count(*) from over;

-- name: forget_submissions
-- What was posted so long ago is forgotten; that it was, and what became of it, stays. A few at a time.
with forgotten as (
    update submission set content = null, address = null, language = null, version = version + 1
    where (tenant, id) in (
        select tenant, id from submission where content is not null and received_at < $1 and due_at is null
        order by received_at limit $2 for update skip locked
    )
    returning 1
)
select count(*) from forgotten;

-- name: thread_of
-- The lead of the first of these mails that is known.
select thread.lead_id from unnest($2::text[]) with ordinality as asked (message_id, place)
join mail_thread as thread on thread.tenant = $1 and thread.message_id = asked.message_id
order by asked.place limit 1;

-- name: is_in_line
-- Whether one of these mails is still to be processed.
select exists (
    select from submission
    where tenant = $1 and origin = 'mail' and door = '' and once = any ($2::text[]) and due_at is not null
);

-- name: mail_outcomes
-- What became of these mails, and when the next of them is due.
select state, count(*), min(due_at) from submission
where tenant = $1 and origin = 'mail' and door = '' and once = any ($2::text[])
group by state;

-- name: note_thread
-- A mail belongs to a lead from now on.
insert into mail_thread (tenant, message_id, lead_id) values ($1, $2, $3) on conflict do nothing;
