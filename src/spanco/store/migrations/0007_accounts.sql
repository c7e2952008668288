-- Prospects, contacts and accounts: what they gather is found through the documents themselves, by their GIN indexes.

-- The states that nothing leads out of, as the served documents declare them: what is in none of them is open.
create table final_state (
    kind  text collate "C" not null,
    state text collate "C" not null,
    primary key (kind, state)
);

-- What is gathered by whom: the member names its gatherer as a related party of that class.
create view gathered as
select gatherer.tenant, gatherer.kind as gatherer_kind, gatherer.id as gatherer_id, member.kind, member.id, member.version, member.document
from (values ('spanco.salesAccount', 'SalesAccount'), ('spanco.prospect', 'Prospect'), ('spanco.salesContact', 'SalesContact'))
         as class (kind, name)
join resource as gatherer on gatherer.kind = class.kind
join resource as member on member.tenant = gatherer.tenant
    and member.document @> jsonb_build_object('relatedParty',
        jsonb_build_array(jsonb_build_object('id', gatherer.id, '@referredType', class.name)))
where member.kind in ('sales.salesLead', 'sales.salesOpportunity');

-- As resources below what gathers them; the columns are those of `resource`.
create view "spanco.salesAccount.salesLead" as
select tenant, 'spanco.salesAccount.salesLead' as kind, id, gatherer_id as parent, version, document
from gathered where gatherer_kind = 'spanco.salesAccount' and kind = 'sales.salesLead';

create view "spanco.salesAccount.salesOpportunity" as
select tenant, 'spanco.salesAccount.salesOpportunity' as kind, id, gatherer_id as parent, version, document
from gathered where gatherer_kind = 'spanco.salesAccount' and kind = 'sales.salesOpportunity';

create view "spanco.prospect.salesLead" as
select tenant, 'spanco.prospect.salesLead' as kind, id, gatherer_id as parent, version, document
from gathered where gatherer_kind = 'spanco.prospect' and kind = 'sales.salesLead';

create view "spanco.prospect.salesOpportunity" as
select tenant, 'spanco.prospect.salesOpportunity' as kind, id, gatherer_id as parent, version, document
from gathered where gatherer_kind = 'spanco.prospect' and kind = 'sales.salesOpportunity';

create view "spanco.salesContact.salesLead" as
select tenant, 'spanco.salesContact.salesLead' as kind, id, gatherer_id as parent, version, document
from gathered where gatherer_kind = 'spanco.salesContact' and kind = 'sales.salesLead';

create view "spanco.salesContact.salesOpportunity" as
select tenant, 'spanco.salesContact.salesOpportunity' as kind, id, gatherer_id as parent, version, document
from gathered where gatherer_kind = 'spanco.salesContact' and kind = 'sales.salesOpportunity';

-- The totals of an account, by itself and with all that is below it. Sums are exact and never converted.
create view "spanco.accountTotal" as
select account.tenant, 'spanco.accountTotal' as kind, account.id, null::text as parent,
       ('x' || left(md5(told.document::text), 13))::bit(52)::bigint as version, told.document
from resource as account, lateral (
    with recursive family (id) as (
        select account.id
        union
        select below.id from family
        join resource as below on below.tenant = account.tenant and below.kind = 'spanco.salesAccount'
            and below.document @> jsonb_build_object('subsidiaryOf', jsonb_build_object('id', family.id))
    ), member as (
        select member.kind = 'sales.salesLead' as is_lead, family.id = account.id as is_own, final_state.state is null as is_open,
               member.document #>> '{estimatedRevenue,unit}' as unit,
               case when jsonb_typeof(member.document #> '{estimatedRevenue,value}') = 'number'
                    then (member.document #>> '{estimatedRevenue,value}')::numeric end as value
        from family
        join resource as member on member.tenant = account.tenant
            and member.document @> jsonb_build_object('relatedParty',
                jsonb_build_array(jsonb_build_object('id', family.id, '@referredType', 'SalesAccount')))
        left join final_state on final_state.kind = member.kind and final_state.state = member.document ->> 'status'
        where member.kind in ('sales.salesLead', 'sales.salesOpportunity')
    ), figures as (
        select with_all, jsonb_build_object(
            'salesLead', count(member) filter (where is_lead),
            'openSalesLead', count(member) filter (where is_lead and is_open),
            'salesOpportunity', count(member) filter (where not is_lead),
            'openSalesOpportunity', count(member) filter (where not is_lead and is_open)
        ) as counts
        from (values (false), (true)) as side (with_all)
        left join member on with_all or is_own
        group by with_all
    ), sums as (
        select with_all, is_lead, jsonb_strip_nulls(jsonb_build_object('unit', unit, 'value', sum(value))) as amount, unit
        from (values (false), (true)) as side (with_all)
        join member on (with_all or is_own) and is_open and value is not null
        group by with_all, is_lead, unit
    ), amounts as (
        select side.with_all, jsonb_build_object(
            'openAmount', coalesce(jsonb_agg(amount order by unit) filter (where not is_lead), '[]'),
            'openLeadAmount', coalesce(jsonb_agg(amount order by unit) filter (where is_lead), '[]')
        ) as amounts
        from (values (false), (true)) as side (with_all) left join sums using (with_all)
        group by side.with_all
    )
    select jsonb_build_object(
        'salesAccount', jsonb_build_object('id', account.id, 'name', account.document -> 'name'),
        'subsidiaries', (select count(*) - 1 from family),
        'own', (select counts || amounts from figures join amounts using (with_all) where not with_all),
        'withSubsidiaries', (select counts || amounts from figures join amounts using (with_all) where with_all),
        '@type', 'AccountTotal'
    ) as document
) as told
where account.kind = 'spanco.salesAccount';
