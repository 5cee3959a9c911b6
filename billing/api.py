"""The balance for programs: what it holds, and its statement by month (M8)."""

from datetime import date
from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from base.api import Moment
from base.days import marketplace_day
from billing.models import Wallet, WalletEntry
from billing.statements import Line, Statement, every_line, months_of, statement_of
from profiles.api import BusinessView
from profiles.models.keys import Scope

_MONTH = OpenApiParameter(
    "month",
    str,
    OpenApiParameter.PATH,
    pattern="^20[0-9]{2}-(0[1-9]|1[0-2])$",
    description="Such as 2026-03.",
)


class BalanceSerializer(serializers.Serializer[Any]):
    balance_cents = serializers.IntegerField(help_text="Spent on contacts only; it never expires.")
    months = serializers.ListField(
        child=serializers.CharField(), help_text="Those with a statement, newest first."
    )


class EntrySerializer(serializers.Serializer[Line]):
    at = Moment()
    kind = serializers.ChoiceField(WalletEntry.Kind.choices, source="code")
    title = serializers.CharField(
        source="kind", help_text="For people, in the language of `Accept-Language`."
    )
    origin = serializers.CharField(source="origin.words", help_text="Where it came from, for people.")
    amount_cents = serializers.IntegerField(help_text="Negative where it went out.")
    balance_cents = serializers.IntegerField(help_text="What it left.")


class StatementSerializer(serializers.Serializer[Statement]):
    first_day = serializers.DateField()
    last_day = serializers.DateField()
    opening_cents = serializers.IntegerField()
    in_cents = serializers.IntegerField()
    out_cents = serializers.IntegerField(help_text="Without its sign.")
    closing_cents = serializers.IntegerField()
    entries = serializers.SerializerMethodField()

    @extend_schema_field(EntrySerializer(many=True))
    def get_entries(self, statement: Statement) -> list[dict[str, Any]]:
        return [EntrySerializer(line).data for line in every_line(statement)]


class Statements(BusinessView):
    scopes: ClassVar = {"GET": Scope.STATEMENTS_READ}

    @extend_schema(
        operation_id="statements_list",
        summary="The balance, and the months that have a statement",
        responses=BalanceSerializer,
    )
    def get(self, request: Request) -> Response:
        wallet = Wallet.objects.filter(professional=self.business).first()
        months = [f"{month:%Y-%m}" for month in months_of(wallet, marketplace_day(self.now))]
        balance = {"balance_cents": wallet.balance_cents if wallet else 0, "months": months}
        return Response(BalanceSerializer(balance).data)


class StatementOfMonth(BusinessView):
    scopes: ClassVar = {"GET": Scope.STATEMENTS_READ}

    @extend_schema(
        operation_id="statements_retrieve",
        summary="The statement of one local month, with every entry",
        parameters=[_MONTH],
        responses=StatementSerializer,
    )
    def get(self, request: Request, month: date) -> Response:
        if month > marketplace_day(self.now):
            raise Http404  # It has not begun.
        wallet = Wallet.objects.filter(professional=self.business).first()
        return Response(StatementSerializer(statement_of(wallet, month)).data)
