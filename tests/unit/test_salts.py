"""The salt of visitor numbers: one a day, and no day's again."""

from pathlib import Path

from footfall.capture.visitor_salt import DailySalt
from footfall.core.calendar import DAY_MS

NOON = 20_000 * DAY_MS + DAY_MS // 2


def test_a_day_has_one_salt_also_after_a_restart(tmp_path: Path) -> None:
    salt = DailySalt(tmp_path / "salt.json")
    today = salt(NOON)
    assert salt(NOON + 1000) == today
    assert DailySalt(tmp_path / "salt.json")(NOON) == today
    assert salt(NOON + DAY_MS) != today


def test_what_happened_on_another_day_leaves_todays_salt_alone(tmp_path: Path) -> None:
    salt = DailySalt(tmp_path / "salt.json")
    today = salt(NOON)
    past = {salt(NOON - 3 * DAY_MS) for _ in range(3)}
    assert len(past | {today}) == 4
    assert salt(NOON) == today
    assert DailySalt(tmp_path / "salt.json")(NOON) == today
