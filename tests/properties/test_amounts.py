"""Amounts of conversions: read and worked out in decimals, so that sums are exact."""

import contextlib
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from footfall.core.errors import InvalidRequest
from footfall.dialects.everflow.amounts import (
    SALE_MAX,
    decimal_text,
    earned,
    read_amount,
    units_of,
)

sales = some.decimals(0, SALE_MAX, places=6)


@given(sales)
def test_what_is_written_is_what_is_read_and_shown(amount: Decimal) -> None:
    micros = read_amount(f"{amount:f}")
    assert micros == amount * 1_000_000
    if micros < 10**15:
        assert Decimal(decimal_text(units_of(micros))) == amount


@given(some.lists(some.decimals(0, 10_000, places=2), max_size=30))
def test_a_sum_of_amounts_is_exact(amounts: list[Decimal]) -> None:
    assert sum(read_amount(str(one)) for one in amounts) == sum(amounts) * 1_000_000


@given(some.text(max_size=12))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    with contextlib.suppress(InvalidRequest):
        assert 0 <= read_amount(text) <= SALE_MAX * 1_000_000


@given(some.decimals(0, 1_000, places=3), sales)
def test_a_share_of_a_sale_is_rounded_half_to_even(share: Decimal, sale: Decimal) -> None:
    exact = share * sale / 100 * 1_000_000
    found = earned("CPS", float(share), int(sale * 1_000_000))
    assert found == int(exact.to_integral_value(ROUND_HALF_EVEN))


@pytest.mark.parametrize("type", ["cpc", "cpm", "cpa_cps", "prv", ""])
def test_other_terms_pay_nothing_for_a_conversion(type: str) -> None:
    assert earned(type, 5.0, 1_000_000) == 0


@given(some.floats(0, 1e12))
def test_an_amount_of_an_offer_is_worth_itself(amount: float) -> None:
    assert abs(Decimal(earned("rpa", amount, 0)) / 1_000_000 - Decimal(amount)) <= max(
        Decimal("0.0000005"), Decimal(amount) * Decimal("1e-14")
    )
