"""What other pages say about the guarantee: profile, purchase, return, home, plans (G1, G6, G7)."""

from datetime import timedelta

import pytest
import time_machine
from django.template import Context, Template

from tests import making
from tests.guarantees.test_overview import running
from tests.making import NOW, at


def rendered(tag, when="2026-01-25", **context):
    with time_machine.travel(at(f"{when} 12:00"), tick=False):
        return Template("{% load guarantee %}" + tag).render(Context(context))


def pieces(pro, when="2026-01-12"):
    context = Context({"business": pro})
    with time_machine.travel(at(f"{when} 12:00"), tick=False):
        Template("{% load guarantee %}{% profile_requirement business as pieces %}").render(context)
    return {piece.code: (piece.have, piece.need, piece.met) for piece in context["pieces"]}


def test_the_pieces_of_an_empty_profile(pro):
    """G7: the terms' numbers against what there is; no question is asked, so all are answered."""
    assert pieces(pro) == {
        "logo": (0, 1, False),
        "description": (0, 201, False),
        "questions": (0, 0, True),
        "project": (0, 2, False),
        "work_photos": (0, 4, False),
    }


def test_the_pieces_of_a_complete_profile(pro):
    making.complete_profile(pro)
    found = pieces(pro)
    assert list(found) == ["logo", "description", "questions", "project", "work_photos"]
    assert all(met for _, _, met in found.values())
    assert found["description"][0] == pro.description_length


class TestPurchase:
    TAG = "{% purchase_meaning business %}"

    def test_before_contracting(self, pro):
        assert "This would be the first of the 15 contacts that it counts." in rendered(
            self.TAG, business=pro
        )

    def test_the_first_tells_the_dates(self, pro):
        running(pro)
        html = rendered(self.TAG, business=pro)
        assert "This would be number 1 of the 15 contacts that your guarantee counts." in html
        assert "A claim could be made from a month after the last of them: not before Feb. 25, 2026." in html
        assert (
            "Have the last one by March 18, 2026 to be safe. March 25, 2026 is the very last day, and leaves 1 day to "
            "claim." in html
        )
        assert "notice-info" in html

    def test_the_last_tells_from_when_to_when(self, pro):
        running(pro, 14)
        html = rendered(self.TAG, business=pro)
        assert "number 15 of the 15" in html
        assert (
            "It would be the last: you could claim from Feb. 25, 2026 to April 25, 2026, 60 days in all."
            in html
        )

    @pytest.mark.parametrize(
        ("when", "trapped"), [("2026-03-24", False), ("2026-03-25", False), ("2026-03-26", True)]
    )
    def test_the_trap_begins_the_day_after_buy_by(self, pro, when, trapped):
        """G6: the day before, the day, the day after."""
        running(pro, 14)
        html = rendered(self.TAG, when, business=pro)
        assert ("notice-warn" in html) is trapped
        assert (
            "Bought today, your contacts can never be claimed: the waiting month would end on April 26, 2026 at the "
            "earliest, and the last day to claim is April 25, 2026. The last day to buy was March 25, 2026. Buy it "
            "for the job, not for the guarantee." in html
        ) is trapped

    def test_on_the_very_last_day_it_leaves_one_day(self, pro):
        running(pro, 14)
        html = rendered(self.TAG, "2026-03-25", business=pro)
        assert "you could claim from April 25, 2026 to April 25, 2026, 1 day in all." in html

    def test_between_the_safe_and_the_last_day_the_last_is_told(self, pro):
        running(pro, 7)
        html = rendered(self.TAG, "2026-03-20", business=pro)
        assert (
            "Have the last one by March 25, 2026: it is the very last day, and leaves 1 day to claim." in html
        )

    def test_after_the_three_months(self, pro):
        running(pro, 7)
        html = rendered(self.TAG, "2026-04-11", business=pro)
        assert "Contacts bought after April 10, 2026 cannot be part of a claim." in html

    def test_the_sixteenth_is_not_counted(self, pro):
        running(pro, 15)
        html = rendered(self.TAG, business=pro)
        assert (
            "Your 15 counted contacts are bought already, so the guarantee does not count this one." in html
        )

    def test_with_a_job_won_there_is_no_guarantee_left(self, pro):
        from marketplace.contacts import set_outcome

        (contact,) = running(pro, 1)
        set_outcome(contact=contact, outcome="won", lost_reason="", by=pro.owner, now=at("2026-01-20 12:00"))
        html = rendered(self.TAG, business=pro)
        assert "Your guarantee can no longer be claimed, so this contact would be bought without it." in html


class TestReturn:
    TAG = "{% return_meaning contact %}"

    def test_with_fewer_than_fifteen_one_more_is_missing(self, pro):
        contact = running(pro, 7)[0]
        html = rendered(self.TAG, contact=contact)
        assert "You would have 6 of the 15 contacts that the guarantee counts." in html

    def test_the_sixteenth_moves_up_and_moves_the_dates(self, pro):
        """G1, G4: the last counted purchase is then that of 26 January."""
        contacts = running(pro, 16)
        html = rendered(self.TAG, "2026-01-28", contact=contacts[0])
        assert (
            f"Your next purchase, “{contacts[15].lead.title}” of Jan. 26, 2026, would be counted in its place."
            in html
        )
        assert "You could then claim from Feb. 26, 2026 to April 25, 2026." in html
        assert "notice-info" in html

    def test_of_exactly_fifteen_the_missing_one_has_its_date(self, pro):
        contact = running(pro, 15)[0]
        html = rendered(self.TAG, "2026-01-28", contact=contact)
        assert "You would have 14 of the 15 contacts" in html
        assert "The one that is missing then would have to be bought by March 25, 2026." in html

    def test_it_is_warned_where_the_window_would_close(self, pro):
        """G6: the sixteenth was bought after buy-by; it would become the last counted one."""
        contacts = running(pro, 15)
        making.buy(pro, now=at("2026-03-30 12:00"))
        html = rendered(self.TAG, "2026-03-31", contact=contacts[0])
        assert "notice-warn" in html
        assert (
            "Giving it back would end your guarantee. The last counted contact was bought after March 25"
            in html
        )

    def test_with_too_few_after_buy_by_it_would_end_the_guarantee(self, pro):
        contacts = running(pro, 15)
        html = rendered(self.TAG, "2026-03-26", contact=contacts[0])
        assert (
            "Giving it back would end your guarantee. The last contact had to be bought by March 25" in html
        )

    def test_the_only_praise_would_go_with_it(self, pro):
        """G8."""
        contacts = running(pro, 3)
        making.make_review(contacts[0], now=at("2026-01-20 12:00"))
        assert "0 of 1 is published." in rendered(self.TAG, contact=contacts[0])
        assert "0 of 1 is published." not in rendered(self.TAG, contact=contacts[1])

    def test_after_the_fifteenth_it_changes_nothing(self, pro):
        contacts = running(pro, 16)
        html = rendered(self.TAG, "2026-01-28", contact=contacts[15])
        assert "The guarantee does not count this contact, so giving it back changes nothing for it." in html

    def test_of_a_returned_contact_nothing_is_said(self, pro, moderator):
        from marketplace.returns import return_by_staff

        (contact,) = running(pro, 1)
        return_by_staff(contact=contact, by=moderator, note="Duplicado.", now=at("2026-01-20 12:00"))
        contact.refresh_from_db()
        assert rendered(self.TAG, contact=contact).strip() == ""


class TestSummary:
    TAG = "{% guarantee_summary business %}"

    def test_before_contracting(self, pro):
        html = rendered(self.TAG, business=pro)
        assert "Your guarantee begins on the day you contract your first plan." in html
        assert "Contract a plan" in html
        assert "<progress" not in html

    def test_seven_in(self, pro):
        running(pro, 7)
        html = rendered(self.TAG, business=pro)
        assert "Buy 8 more contacts" in html and "by March 18, 2026" in html
        assert '<progress value="7" max="15">' in html

    def test_the_cost_is_that_of_one_judgement_and_the_claims(self, pro, django_assert_num_queries):
        running(pro, 7)
        with django_assert_num_queries(7):
            rendered(self.TAG, business=pro)


def test_the_dates_if_one_contracted_today(db, django_assert_num_queries):
    """G6: told before anything is paid."""
    with django_assert_num_queries(1):
        html = rendered("{% guarantee_dates_if_contracted %}", "2026-10-15")
    assert "You would contract your first plan today." in html
    for day in ("Dec. 23, 2026", "Dec. 30, 2026", "Jan. 15, 2027", "Jan. 30, 2027"):
        assert day in html


def test_the_purchase_page_pays_for_one_judgement(pro, django_assert_num_queries):
    running(pro, 3)
    with django_assert_num_queries(6):
        rendered("{% purchase_meaning business %}", business=pro)


def test_a_return_pays_for_one_judgement_and_the_contact_that_moves_up(pro, django_assert_num_queries):
    contact = running(pro, 16, step=timedelta(hours=1), now=NOW)[0]
    with django_assert_num_queries(7):
        rendered("{% return_meaning contact %}", contact=contact)


def test_the_day_of_a_tag_is_that_of_the_marketplace(pro):
    """X1: 19:30 on 25 March in Mexico City is 26 March in UTC, and not yet too late."""
    running(pro, 14)
    with time_machine.travel(at("2026-03-25 19:30"), tick=False):
        html = Template("{% load guarantee %}{% purchase_meaning business %}").render(
            Context({"business": pro})
        )
    assert "notice-warn" not in html
