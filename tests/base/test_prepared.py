"""A question compiled once answers as the queryset that it was built from."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.test.utils import CaptureQueriesContext

from base.prepared import Prepared
from billing.models import Period
from profiles.models import Professional
from tests.making import NOW, contract, make_plan, make_pro

pytestmark = pytest.mark.django_db


def plan_and_name(*, business: int, name: str, today: date):
    in_force = Period.objects.in_force(today).filter(professional=OuterRef("pk"))
    found = Professional.objects.filter(Q(pk=business) | Q(name=name)).order_by("pk")
    return found.values_list("public_id", "created_at", Exists(in_force))


def test_it_answers_as_the_queryset_on_every_day_with_one_statement():
    pro, other = make_pro("Reformas Hidalgo"), make_pro("Pinturas O'Higgins")
    contract(pro, plan=make_plan("month", months=1), paid=False)
    asked = Prepared(plan_and_name)
    for business, name in ((pro, ""), (other, ""), (pro, other.name), (other, "100% _new_")):
        for day in range(-3, 80, 7):
            values = {"business": business.pk, "name": name, "today": NOW.date() + timedelta(days=day)}
            expected = plan_and_name(**values).first()
            with CaptureQueriesContext(connection) as captured:
                assert asked.first(**values) == expected
            assert len(captured) == 1


def test_where_there_is_no_row_there_is_none():
    assert Prepared(plan_and_name).first(business=0, name="nobody", today=NOW.date()) is None


def test_a_question_whose_shape_follows_its_values_is_refused():
    def build(*, number: int):
        found = Professional.objects.values_list("pk")
        return found if number < 8_000_000 else found.filter(name="x")

    with pytest.raises(ValueError, match="shape"):
        Prepared(build).first(number=1)


def test_a_parameter_that_follows_in_another_way_is_refused():
    def build(*, number: int):
        return Professional.objects.filter(pk=number * number).values_list("pk")

    with pytest.raises(ValueError, match="follows from no value"):
        Prepared(build).first(number=1)
