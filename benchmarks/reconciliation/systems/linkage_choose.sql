-- One to one: a line and an item that match each other best, above the threshold; the rest is proposed.
create or replace table named as
select
  case when source_dataset_l = 'lines' then id_l else id_r end as transaction_id,
  case when source_dataset_l = 'lines' then id_r else id_l end as item_id,
  match_weight, match_probability
from pairs;

create or replace table ranked as
select *,
  row_number() over (partition by transaction_id order by match_weight desc, item_id) as of_line,
  row_number() over (partition by item_id order by match_weight desc, transaction_id) as of_item,
  count(*) over (partition by transaction_id, match_weight) as equals
from named;

create or replace table chosen as
select transaction_id, item_id, match_probability from ranked
where of_line = 1 and of_item = 1 and equals = 1 and match_weight >= THRESHOLD;

create or replace table out_decisions as
select t.transaction_id, t.tenant_id,
  case when c.item_id is not null then 'auto' when r.transaction_id is not null then 'review' else 'none' end as outcome,
  case when c.item_id is not null then 'T2' when r.transaction_id is not null then 'T9' else 'T10' end as tier,
  'match_probability' as reason
from transactions t
left join chosen c using (transaction_id)
left join (select distinct transaction_id from ranked) r using (transaction_id)
order by t.transaction_id;

create or replace table out_allocations as
select transaction_id, item_id, least(t.amount_minor, i.open_minor) as amount_minor
from chosen join transactions t using (transaction_id) join items i using (item_id)
order by transaction_id, item_id;

create or replace table out_candidates as
select transaction_id, of_line as rank, item_id as item_ids, match_probability as score
from ranked anti join chosen using (transaction_id)
where of_line <= 3
order by transaction_id, rank;
