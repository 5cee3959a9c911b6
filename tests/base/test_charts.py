"""What is drawn stays inside its picture, whatever the numbers."""

from itertools import pairwise

import pytest

from base.charts import HEIGHT, MARGIN, columns, curve


@pytest.mark.parametrize("width", [300.0, 720.0])
@pytest.mark.parametrize("count", [0, 1, 5, 60])
def test_columns_stand_inside_the_picture_and_labels_have_room(width, count):
    chart = columns([(f"month {n}", n * 1000) for n in range(count)], width=width)
    assert len(chart.columns) == count
    for each in chart.columns:
        assert 0 <= each.x <= each.x + each.width <= width
        assert each.y + each.height == pytest.approx(chart.base, abs=0.2)
        assert each.y >= MARGIN
    labelled = [each.middle for each in chart.columns if each.label]
    assert all(after - before >= 55 for before, after in pairwise(labelled))


def test_the_highest_column_is_as_high_as_there_is_room_and_nothing_is_nothing():
    assert [each.height for each in columns([("a", 1), ("b", 4), ("c", 0)], width=300.0).columns] == [
        HEIGHT / 4,
        HEIGHT,
        0.0,
    ]
    assert [each.height for each in columns([("a", 0)], width=300.0).columns] == [0.0]


def test_a_curve_goes_through_its_points_by_their_time():
    chart = curve([(10, 0), (11, 50), (20, 100)], width=220.0)
    assert chart.points == "10.0,150.0 30.0,80.0 210.0,10.0"
    assert curve([(10, 0)], width=220.0).points == "10.0,150.0"
    assert curve([], width=220.0).dots == ()
