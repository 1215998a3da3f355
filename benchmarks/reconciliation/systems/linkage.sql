-- Lines and items in comparable columns: number keys, names without legal form, known accounts.
create macro compact(t) as regexp_replace(upper(t), '[^A-Z0-9]', '', 'g');
create macro bare(t) as trim(regexp_replace(regexp_replace(regexp_replace(strip_accents(upper(t)),
  '\.', '', 'g'), '[^A-Z0-9]+', ' ', 'g'),
  '\b(SAS|SASU|SARL|SA|EURL|SCI|SNC|GMBH|LTD|BV|SPA|SL|AG|SRL|OY)\b', '', 'g'));
create macro words_of(n) as list_filter(string_split(n, ' '), lambda w: length(w) > 3);
create macro unpadded(d) as regexp_replace(d, '^0+', '');

create table left_lines as
with read as (
  select
    transaction_id, tenant_id, amount_minor, currency, booking_date, counterparty_iban,
    strip_accents(upper(concat_ws(' ', remittance, end_to_end_id))) as text,
    coalesce(
      nullif(counterparty_name, ''),
      nullif(regexp_extract(upper(remittance),
        '(?:/DE |/FRM | DE: |^1/| 1/)(.*?)(?: /| MOTIF:| DATE:| REF:| 2/|$)', 1), ''),
      nullif(regexp_extract(upper(remittance),
        '^(?:VIREMENT EN VOTRE FAVEUR|VIREMENT DE|VIR SEPA DE|VIR SEPA|VIR INST|VIR|EVI) ((?:[A-Z&]+ ){1,4})', 1), ''),
      '') as payer
  from transactions
  where amount_minor > 0 and status is null
),
cut as (
  select *,
    list_filter(regexp_extract_all(text, '[A-Z0-9]+(?:[-/._][A-Z0-9]+)*'), lambda t: regexp_matches(t, '[0-9]')) as tokens,
    list_filter(regexp_extract_all(text, '[A-Z]+ [0-9]+|[0-9]{4} [0-9]+(?: [0-9]+)?|[A-Z]+ [0-9]{4} [0-9]+'),
      lambda t: length(t) > 4) as joined
  from read
)
select
  transaction_id as id, tenant_id, currency, amount_minor as amount, amount_minor as rare_amount,
  bare(payer) as name, words_of(bare(payer)) as words, words_of(bare(payer))[1] as word,
  datediff('day', date '2020-01-01', booking_date) as day,
  case when counterparty_iban is null then []::varchar[] else [counterparty_iban] end as accounts,
  list_transform(list_concat(tokens, joined), lambda t: compact(t)) as whole,
  list_distinct(list_filter(list_transform(list_concat(tokens, joined),
    lambda t: unpadded(regexp_replace(t, '[^0-9]', '', 'g'))), lambda d: length(d) >= 4)) as digits,
  list_distinct(list_filter(list_transform(tokens, lambda t: unpadded(regexp_extract(t, '([0-9]+)[^0-9]*$', 1))),
    lambda d: length(d) between 1 and 6)) as counters,
  list_distinct(list_concat(
    list_transform(list_concat(tokens, joined), lambda t: compact(t)),
    list_filter(list_transform(list_concat(tokens, joined),
      lambda t: 'D' || unpadded(regexp_replace(t, '[^0-9]', '', 'g'))), lambda d: length(d) >= 5))) as keys
from cut;

create table right_items as
with known as (
  select tenant_id, debtor_id, list(distinct iban) as ibans from accounts group by all
),
rare as (
  select tenant_id, open_minor from items group by all having count(*) <= 3
)
select
  item_id as id, i.tenant_id, currency, i.open_minor as amount,
  case when r.open_minor is not null then i.open_minor end as rare_amount,
  bare(split_part(debtor_name, '|', 1)) as name,
  words_of(concat_ws(' ', bare(split_part(debtor_name, '|', 1)), bare(split_part(debtor_name, '|', 2)))) as words,
  words_of(bare(split_part(debtor_name, '|', 1)))[1] as word,
  datediff('day', date '2020-01-01', due_date) as day,
  list_concat(coalesce(string_split(debtor_ibans, '|'), []), coalesce(k.ibans, [])) as accounts,
  [compact(number)] as whole,
  list_filter([unpadded(regexp_replace(number, '[^0-9]', '', 'g'))], lambda d: length(d) >= 4) as digits,
  [unpadded(regexp_extract(number, '([0-9]+)[^0-9]*$', 1))] as counters,
  list_distinct([compact(number), 'D' || unpadded(regexp_replace(number, '[^0-9]', '', 'g'))]) as keys
from items i
left join known k on k.tenant_id = i.tenant_id and k.debtor_id = i.debtor_id
left join rare r on r.tenant_id = i.tenant_id and r.open_minor = i.open_minor
where i.open_minor > 0;
