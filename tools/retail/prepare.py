#!/usr/bin/env python3
"""Makes retail.csv.gz from the UCI "Online Retail" transactions: daily demand per product.

    prepare.py online_retail.csv[.gz] retail.csv.gz

The input has the columns Description, Quantity, InvoiceDate, UnitPrice, CustomerID (and any others);
the output is a long table for `mqcast import csv --schema schema.yaml`. What is kept, dropped and
computed is told in PROVENANCE.md; the counts printed here are the ones given there.
"""
import collections
import csv
import datetime
import gzip
import hashlib
import io
import sys

MIN_DAYS = 10  # a product stays when it sold on at least so many days
AHEAD_DAYS = 28  # days after the last one for which `open` is given

# Lines with a price that sell no goods; everything else of the kind has no price.
NO_GOODS = {
    "POSTAGE", "DOTCOM POSTAGE", "CARRIAGE", "NEXT DAY CARRIAGE", "MANUAL", "DISCOUNT", "SAMPLES",
    "AMAZON FEE", "CRUK COMMISSION", "BANK CHARGES", "ADJUST BAD DEBT", "HIGH RESOLUTION IMAGE",
}
NO_GOODS_PREFIX = "DOTCOMGIFTSHOP GIFT VOUCHER"  # money, not goods

# Words that tell what kind of thing a product is, in the singular; a product's family is the last of
# them in its description, so that a "heart t-light holder" is a holder.
FAMILIES = set("""
    BAG BOTTLE BOWL BOX BRACELET CANDLE CARD CASE CHARM CLOCK COVER CUP CUSHION DECORATION DOILY
    DOORMAT DRAWER EARRING EGG FRAME GARLAND HOLDER HOOK JAR KIT LETTER LIGHT MAGNET MIRROR MUG
    NAPKIN NECKLACE NOTEBOOK PENCIL PLATE PURSE RIBBON RING SIGN STICKER TILE TIN TISSUE TOWEL TRAY
    WRAP
""".split())


class Line:
    """An order line: what, when, how many, at which price, for whom."""

    __slots__ = ("product", "date", "quantity", "price", "customer")

    def __init__(self, row):
        self.product = " ".join(row["Description"].split()).upper()
        self.date = row["InvoiceDate"][:10]
        self.quantity = int(float(row["Quantity"]))
        self.price = float(row["UnitPrice"])
        self.customer = row["CustomerID"]


def read_lines(path):
    opened = gzip.open(path, "rt", newline="") if path.endswith(".gz") else open(path, newline="")
    with opened as file:
        return [Line(row) for row in csv.DictReader(file)]


def is_goods(line):
    return (
        line.product != ""
        and line.price > 0
        and line.product not in NO_GOODS
        and not line.product.startswith(NO_GOODS_PREFIX)
    )


def without_cancelled(lines):
    """Removes each cancellation with the latest order before it that it takes back in full: same
    customer, product and quantity. Lines are in order of time. Returns the orders left, the number
    of pairs, and the cancellations that match no order."""
    orders = collections.defaultdict(list)
    is_cancelled = [False] * len(lines)
    pairs = 0
    unmatched = 0
    for i, line in enumerate(lines):
        key = (line.customer, line.product, abs(line.quantity))
        if line.quantity > 0:
            orders[key].append(i)
        elif line.customer != "" and orders[key]:
            is_cancelled[orders[key].pop()] = True
            pairs += 1
        else:
            unmatched += 1
    left = [x for i, x in enumerate(lines) if x.quantity > 0 and not is_cancelled[i]]
    return left, pairs, unmatched


def mean_month_prices(lines):
    """(product, month) to the plain mean of the unit prices of its order lines."""
    prices = collections.defaultdict(list)
    for line in lines:
        prices[line.product, line.date[:7]].append(line.price)
    return {key: f"{sum(x) / len(x):.2f}" for key, x in prices.items()}


def singular(word):
    irregular = {"BOXES": "BOX", "DOILIES": "DOILY", "DOILEY": "DOILY"}
    return irregular.get(word, word.removesuffix("S"))


def family_of(product):
    words = [singular(word) for word in product.replace(",", " ").split()]
    return next((word for word in reversed(words) if word in FAMILIES), "OTHER")


def future_days(last):
    """(date, open) of the days after the last one: closed on Saturdays and, as the year before, from
    24 December to 3 January."""
    day = datetime.date.fromisoformat(last)
    for _ in range(AHEAD_DAYS):
        day += datetime.timedelta(days=1)
        is_christmas = (day.month, day.day) >= (12, 24) or (day.month, day.day) <= (1, 3)
        yield day.isoformat(), 0 if day.weekday() == 5 or is_christmas else 1


def product_rows(demand, prices, product, open_days):
    """(date, quantity, price, open) of the days with sales, and of the first of each month on which
    the price changes: a change on the day of a sale would tell of the sale."""
    rows = {day: (quantity, prices[product, day[:7]]) for day, quantity in demand.items()}
    price = None
    for month in sorted({day[:7] for day in demand}):
        if price is not None and prices[product, month] != price:
            rows.setdefault(month + "-01", (0, prices[product, month]))
        price = prices[product, month]
    for day in sorted(rows):
        quantity, price = rows[day]
        yield day, quantity, price, 1 if day in open_days else 0


def write_table(path, table):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["item_id", "timestamp", "quantity", "price", "family", "open"])
    writer.writerows(table)
    data = text.getvalue().encode()
    with open(path, "wb") as file:
        # No name and no time in the header: the same bytes whenever and wherever it is made.
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=file, mtime=0) as packed:
            packed.write(data)
    return data


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: prepare.py online_retail.csv[.gz] retail.csv.gz")
    lines = read_lines(sys.argv[1])
    goods = sorted(filter(is_goods, lines), key=lambda line: line.date)  # stable: time within a day
    orders, pairs, unmatched = without_cancelled(goods)
    open_days = {line.date for line in orders}

    demand = collections.defaultdict(collections.Counter)
    for line in orders:
        demand[line.product][line.date] += line.quantity
    kept = {p: days for p, days in sorted(demand.items()) if len(days) >= MIN_DAYS}
    prices = mean_month_prices(orders)
    family = {product: family_of(product) for product in kept}

    table = []
    for product, days in kept.items():
        for day, quantity, price, is_open in product_rows(days, prices, product, open_days):
            table.append([product, day, quantity, price, family[product], is_open])
    first = next(iter(kept))
    for day, is_open in future_days(max(open_days)):
        table.append([first, day, "", "", family[first], is_open])
    data = write_table(sys.argv[2], table)

    total = sum(sum(days.values()) for days in demand.values())
    kept_total = sum(sum(days.values()) for days in kept.values())
    print(f"lines read                   {len(lines)}")
    print(f"lines that sell goods        {len(goods)}")
    print(f"orders cancelled in full     {pairs}")
    print(f"other cancellations dropped  {unmatched}")
    print(f"order lines left             {len(orders)}, quantity {total}")
    print(f"products                     {len(demand)}")
    print(f"products kept                {len(kept)}, quantity {kept_total} ({kept_total / total:.2%})")
    print(f"product days with sales      {sum(map(len, kept.values()))}")
    print(f"rows                         {len(table)}")
    print(f"selling days                 {len(open_days)}, {min(open_days)} to {max(open_days)}")
    print(f"families                     {len(set(family.values()))}, "
          f"OTHER has {sum(f == 'OTHER' for f in family.values())} products")
    print(f"sha256 unpacked              {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
