"""The tables of the daybook and what is asked of them."""

from typing import Final

SCHEMA: Final = """
create table item (
    number integer primary key, object text, key text, id text,
    direction text, kind text, third text, third_name text, piece text, label text, day text,
    amount integer, line integer,
    opening integer, gross integer, net integer, tax integer, retained integer, reverse_charge integer,
    foreign_amount text, foreign_currency text,
    flow text, moved integer, account text, journal text, letter text, lettered_on text,
    reverses integer, taken_back integer
);
create table reject (number integer primary key);
create table lettered (
    number integer primary key, account text, auxiliary text, letter text, lettered_on text,
    minor integer, line integer, item integer, factor text
);
create table letter (first integer primary key, account text, auxiliary text, letter text);
create table repeat (number integer primary key, occurrence integer);
create table folder (direction text, piece text, primary key (direction, piece)) without rowid;
create table assigned (item integer primary key, factor text);
create table tie (
    number integer primary key, id text, settled_by integer, invoice integer, amount integer, letter text,
    kind text, lettered_on text, complete integer, derived integer, unique (settled_by, invoice)
);
"""
"""`item` holds documents and payments (those have a flow) in the order of the file."""

ADD_DOCUMENT: Final = """
insert into item (
    object, key, id, direction, kind, third, third_name, piece, label, day, amount, line,
    opening, gross, net, tax, retained, reverse_charge, foreign_amount, foreign_currency
) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ADD_PAYMENT: Final = """
insert into item (
    object, key, id, direction, kind, third, third_name, piece, label, day, amount, line,
    flow, moved, account, journal, letter, lettered_on
) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ADD_REJECT: Final = "insert into reject values (?)"
ADD_LETTERED: Final = """
insert into lettered (account, auxiliary, letter, lettered_on, minor, line, item, factor)
values (?, ?, ?, ?, ?, ?, ?, ?)
"""
ADD_TIE: Final = """
insert into tie (id, settled_by, invoice, amount, letter, kind, lettered_on, complete, derived)
values (?, ?, ?, ?, ?, ?, ?, ?, ?)
on conflict (settled_by, invoice) do update set
    amount = amount + excluded.amount,
    lettered_on = nullif(max(coalesce(lettered_on, ''), coalesce(excluded.lettered_on, '')), ''),
    complete = min(complete, excluded.complete),
    derived = max(derived, excluded.derived)
"""
ASSIGN: Final = "insert or replace into assigned values (?, ?)"

CLOSE: Final = (
    """
    insert into repeat
    select number, occurrence from (
        select number, row_number() over (partition by object, key order by number) as occurrence from item
    ) where occurrence > 1
    """,
    """
    insert into folder
    select direction, piece from (
        select direction, piece, third, count(*) as times from item
        where piece <> '' and opening = 0
        group by direction, piece, third, kind, substr(day, 1, 4)
    )
    group by direction, piece
    having max(times) > 1 or count(distinct third) >= case direction when 'receivable' then 2 else 3 end
    """,
    "create index letter_of on lettered (account, auxiliary, letter)",
    """
    insert into letter
    select min(number), account, auxiliary, letter from lettered
    group by account, auxiliary, letter order by 1
    """,
)
"""What the whole file tells: repeats; pieces that number a folder or a month and not one document (a
company numbers its own invoices without repeating, two suppliers may use the same number by chance);
letters by their first line."""
REPEATS: Final = "select number, object, key, occurrence from repeat join item using (number) order by number"
RENAME: Final = "update item set key = ?, id = ? where number = ?"

INDEX_CASH: Final = """
create index cash on item (direction, third, amount, flow, taken_back, day) where kind = 'cash'
"""
REJECTS: Final = "select number from reject order by number"
EARLIER: Final = """
select earlier.number
from item as later join item as earlier using (direction, third, amount)
where later.number = ? and earlier.kind = 'cash' and earlier.taken_back is null
and earlier.flow = case later.flow when 'in' then 'out' else 'in' end and earlier.day <= later.day
limit 2
"""
TAKE_BACK: Final = "update item set taken_back = 1 where number = ?"
REVERSE: Final = "update item set reverses = ? where number = ?"

LETTERS: Final = """
select letter.first, letter.account, letter.letter, minor, lettered.lettered_on, lettered.line, factor,
    item.number, item.id, kind, flow is not null, piece, label, day, item.line, reverses
from letter
join lettered using (account, auxiliary, letter)
left join item on item.number = lettered.item
order by letter.first, lettered.number
"""

THIRDS: Final = """
select direction, third, third_name, max(line) from item where third_name is not null
group by direction, third, third_name order by direction, third, max(line)
"""
DOCUMENTS: Final = """
select object, key, id, item.direction, kind, third, third_name, item.piece, label, day, amount, line,
    opening, gross, net, tax, retained, reverse_charge, foreign_amount, foreign_currency,
    assigned.factor, folder.piece is not null
from item left join assigned on assigned.item = number left join folder using (direction, piece)
where flow is null order by number
"""
PAYMENTS: Final = """
select item.object, item.key, item.id, item.direction, item.kind, item.third, item.third_name, item.piece,
    item.label, item.day, item.amount, item.line, item.flow, item.moved, item.account, item.journal,
    item.letter, item.lettered_on, earlier.id
from item left join item as earlier on earlier.number = item.reverses
where item.flow is not null order by item.number
"""
TIES: Final = """
select tie.id, source.id, invoice.id, tie.amount, tie.kind, tie.letter, tie.lettered_on, complete, derived
from tie join item as source on source.number = settled_by join item as invoice on invoice.number = invoice
order by tie.number
"""
INDEX_IDS: Final = (
    "create index if not exists item_id on item (id)",
    "create index if not exists tie_id on tie (id)",
)
STATED: Final = "select 1 from item where id = ? union all select 1 from tie where id = ?"
