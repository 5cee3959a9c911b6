"""The desk for programs of its clients: tickets, agreements and what support is left; the library for everybody
(S1, S2, S4, S7, S11)."""

import uuid
from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from base.api import Moment, Pages, asked
from profiles.api import IDEMPOTENCY, KeyView, Line, OpenView, Paragraphs, once
from profiles.models.keys import Scope
from support.allowances import days_at
from support.desk_calendar import desk_day
from support.errors import SupportError
from support.library import note_search
from support.messages import ask_again
from support.models import (
    Agreement,
    AgreementLine,
    AgreementVersion,
    Allowance,
    ArticleText,
    Client,
    Message,
    Ticket,
    Wait,
)
from support.models.library import Language
from support.models.tickets import TicketQuerySet
from support.search import SEARCH_AT_MOST, search
from support.shown import AllowanceShown, allowances_shown, why_then
from support.ticket_forms import TEXT_AT_MOST
from support.ticket_shown import in_list
from support.tickets import followed, open_ticket
from support.turns import refuse_too_many_messages, refuse_too_many_tickets
from support.waits import deadline_of

FOUND_AT_MOST = 20
_WHICH = _("You speak for several clients. Say for which one you ask.")
_NONE = _("You speak for no client of the desk. A question without a promise is asked on the pages.")


class ClientSerializer(serializers.ModelSerializer[Client]):
    id = serializers.UUIDField(source="public_id")
    name = serializers.CharField(source="customer.name")

    class Meta:
        model = Client
        fields = ("id", "name")


class PromiseSerializer(serializers.Serializer[Wait]):
    """By when somebody answers, as it was promised when it was asked (S2)."""

    asked_at = Moment()
    due_at = Moment()
    why = serializers.SerializerMethodField(help_text="Why then: what is left out in between.")

    def get_why(self, wait: Wait) -> list[str]:
        return list(why_then(deadline_of(wait)))


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    id = serializers.UUIDField(source="public_id")
    client = serializers.UUIDField(source="client.public_id", allow_null=True, default=None)
    kind = serializers.ChoiceField(Ticket.Kind.choices)
    channel = serializers.ChoiceField(Ticket.Channel.choices)
    state = serializers.ChoiceField(Ticket.State.choices)
    asked_at = Moment()
    promise = serializers.SerializerMethodField(help_text="Null while nobody waits for an answer.")

    class Meta:
        model = Ticket
        fields = ("id", "client", "kind", "channel", "state", "subject", "about", "asked_at", "promise")

    @extend_schema_field(PromiseSerializer(allow_null=True))
    def get_promise(self, ticket: Ticket) -> Any:
        waiting = cast(list[Wait], ticket.waiting)  # type: ignore[attr-defined]
        return PromiseSerializer(waiting[0]).data if waiting else None


class NewTicketSerializer(serializers.Serializer[Any]):
    client = serializers.UUIDField(required=False, help_text="For whom; needed where you speak for several.")
    subject = Line(max_length=200)
    text = Paragraphs(max_length=TEXT_AT_MOST)


class MessageSerializer(serializers.ModelSerializer[Message]):
    id = serializers.UUIDField(source="public_id")
    ticket = serializers.UUIDField(
        source="ticket.public_id",
        help_text="Where it stands: one that follows, where that was closed long ago.",
    )
    by_desk = serializers.SerializerMethodField()
    at = Moment()

    class Meta:
        model = Message
        fields = ("id", "ticket", "by_desk", "name", "text", "at")

    def get_by_desk(self, message: Message) -> bool:
        return message.kind == Message.Kind.ANSWER


class SayMoreSerializer(serializers.Serializer[Any]):
    text = Paragraphs(max_length=TEXT_AT_MOST)


class LineSerializer(serializers.ModelSerializer[AgreementLine]):
    kind = serializers.ChoiceField(AgreementLine.Kind.choices)
    allowance = serializers.UUIDField(source="allowance.public_id", allow_null=True, default=None)

    class Meta:
        model = AgreementLine
        fields = ("kind", "what", "unit", "amount", "expires_on", "allowance")


class AgreementSerializer(serializers.ModelSerializer[Agreement]):
    id = serializers.UUIDField(source="public_id")
    client = serializers.UUIDField(source="client.public_id")
    number = serializers.CharField()
    text = serializers.SerializerMethodField(
        help_text="As it stands today; earlier versions are on the pages."
    )
    lines = serializers.SerializerMethodField()

    class Meta:
        model = Agreement
        fields = ("id", "client", "number", "title", "signed_on", "text", "lines")

    def get_text(self, agreement: Agreement) -> str:
        return _current(agreement).text

    @extend_schema_field(LineSerializer(many=True))
    def get_lines(self, agreement: Agreement) -> Any:
        return LineSerializer(_current(agreement).lines.all(), many=True).data


class AllowanceSerializer(serializers.Serializer[Any]):
    """What is left of support, as client and consultant see it (S7)."""

    id = serializers.UUIDField(source="allowance.public_id")
    client = serializers.UUIDField(source="allowance.client.public_id")
    what = serializers.CharField(source="allowance.what")
    unit = serializers.CharField(source="allowance.unit", help_text="Minutes or interventions, whole ones.")
    given = serializers.IntegerField(source="allowance.given")
    left = serializers.IntegerField(source="allowance.left")
    starts_on = serializers.DateField(source="allowance.starts_on")
    ends_on = serializers.DateField(allow_null=True, help_text="The last day, included.")
    state = serializers.CharField(source="state.value")


class ArticleSerializer(serializers.ModelSerializer[ArticleText]):
    category = serializers.SlugField(source="article.category.slug")
    published_at = Moment()

    class Meta:
        model = ArticleText
        fields: tuple[str, ...] = ("slug", "language", "category", "title", "summary", "published_at")


class WholeArticleSerializer(ArticleSerializer):
    class Meta(ArticleSerializer.Meta):
        fields = (*ArticleSerializer.Meta.fields, "body")


class ArticleFilter(serializers.Serializer[Any]):
    language = serializers.ChoiceField(
        Language.choices, required=False, help_text="Only those in this language."
    )


class SearchFilter(serializers.Serializer[Any]):
    q = serializers.CharField(
        max_length=SEARCH_AT_MOST, help_text="What is looked for; the last word may be a beginning."
    )
    language = serializers.ChoiceField(
        Language.choices,
        default=Language.ENGLISH,
        help_text="Of other languages only where there is none in this.",
    )


class NewestTickets(Pages):
    ordering = ("-asked_at", "-id")


class InOrderOfTime(Pages):
    ordering = ("at", "id")


class ByNumber(Pages):
    ordering = ("-signed_on", "-id")


class ByFirstDay(Pages):
    ordering = ("-starts_on", "-id")


class NewestArticles(Pages):
    ordering = ("-published_at", "-id")


class ById(Pages):
    ordering = ("id",)


class Clients(KeyView, ListAPIView[Client]):
    """For whom the key's owner speaks."""

    scopes: ClassVar = {"GET": Scope.SUPPORT_READ}
    serializer_class = ClientSerializer
    pagination_class = ById

    def get_queryset(self) -> QuerySet[Client]:
        return Client.objects.visible_to(self.user).signed().select_related("customer")

    @extend_schema(operation_id="clients_list", summary="The clients of the desk for whom you speak")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class Tickets(KeyView, ListAPIView[Ticket]):
    """What was asked, by its owner or for whom they speak."""

    scopes: ClassVar = {"GET": Scope.SUPPORT_READ, "POST": Scope.SUPPORT_WRITE}
    serializer_class = TicketSerializer
    pagination_class = NewestTickets

    def get_queryset(self) -> QuerySet[Ticket]:
        return _tickets(self)

    @extend_schema(operation_id="tickets_list", summary="Tickets, newest first")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="tickets_open",
        summary="Ask the desk",
        description="Opens a ticket. The answer says by when somebody answers. Files are added on the pages.",
        parameters=[IDEMPOTENCY],
        request=NewTicketSerializer,
        responses={200: TicketSerializer, 201: TicketSerializer},
    )
    def post(self, request: Request) -> Response:
        said = NewTicketSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        made, is_new = once(
            self, lambda: self._open(**said.validated_data), among=Ticket.objects.visible_to(self.user)
        )
        return Response(TicketSerializer(_ticket(self, made.public_id)).data, status=201 if is_new else 200)

    def _open(self, subject: str, text: str, client: uuid.UUID | None = None) -> Ticket:
        refuse_too_many_tickets(self.user, self.now)
        return open_ticket(
            public_id=uuid.uuid4(),
            client=self._client(client),
            subject=subject,
            text=text,
            channel=Ticket.Channel.WEB,
            asked_at=self.now,
            now=self.now,
            asker=self.user,
            name=self.user.get_full_name(),
            email=self.user.email,
            language=self.user.language or self.request.LANGUAGE_CODE,
        )

    def _client(self, public_id: uuid.UUID | None) -> Client:
        """For whom is asked. Raises SupportError where that is nobody, or not said."""
        mine = list(Client.objects.visible_to(self.user).signed().select_related("customer__professional"))
        found = [each for each in mine if public_id in (None, each.public_id)]
        if len(found) == 1:
            return found[0]
        if found:
            raise SupportError("which_client", _WHICH, field="client")
        raise SupportError("no_client", _NONE, field="client" if mine else None)


class TicketDetail(KeyView):
    scopes: ClassVar = {"GET": Scope.SUPPORT_READ}

    @extend_schema(
        operation_id="tickets_retrieve",
        summary="One ticket",
        description="One that was merged into another is told as that other.",
        responses=TicketSerializer,
    )
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        return Response(TicketSerializer(_ticket(self, public_id)).data)


class Messages(KeyView, ListAPIView[Message]):
    """What both sides said on one ticket."""

    scopes: ClassVar = {"GET": Scope.SUPPORT_READ, "POST": Scope.SUPPORT_WRITE}
    serializer_class = MessageSerializer
    pagination_class = InOrderOfTime

    def get_queryset(self) -> QuerySet[Message]:
        public = Message.objects.public().select_related("ticket")
        return public.filter(ticket=_ticket(self, self.kwargs["public_id"]))

    @extend_schema(operation_id="messages_list", summary="What was said on a ticket, in its order")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="messages_add",
        summary="Say more on a ticket",
        description="A closed ticket is opened again by it, or another follows it.",
        parameters=[IDEMPOTENCY],
        request=SayMoreSerializer,
        responses={200: MessageSerializer, 201: MessageSerializer},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        ticket = _ticket(self, public_id)
        said = SayMoreSerializer(data=request.data)
        said.is_valid(raise_exception=True)

        def say() -> Message:
            refuse_too_many_messages(self.user, self.now)
            return ask_again(
                ticket=ticket,
                text=said.validated_data["text"],
                channel=Ticket.Channel.WEB,
                at=self.now,
                now=self.now,
                by=self.user,
                name=self.user.get_full_name(),
                email=self.user.email,
                public_id=uuid.uuid4(),
            )

        message, is_new = once(self, say, among=Message.objects.visible_to(self.user))
        return Response(MessageSerializer(message).data, status=201 if is_new else 200)


class Agreements(KeyView, ListAPIView[Agreement]):
    """What was agreed (S4)."""

    scopes: ClassVar = {"GET": Scope.SUPPORT_READ}
    serializer_class = AgreementSerializer
    pagination_class = ByNumber

    def get_queryset(self) -> QuerySet[Agreement]:
        mine = Agreement.objects.visible_to(self.user).select_related("client")
        return mine.prefetch_related("versions__lines__allowance")

    @extend_schema(operation_id="agreements_list", summary="Agreements, the last signed first")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class Allowances(KeyView, ListAPIView[Allowance]):
    """What support is included, and what is left of it."""

    scopes: ClassVar = {"GET": Scope.SUPPORT_READ}
    serializer_class = AllowanceSerializer
    pagination_class = ByFirstDay

    def get_queryset(self) -> QuerySet[Allowance]:
        return Allowance.objects.visible_to(self.user).select_related("client")

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset) or []
        shown: Sequence[AllowanceShown] = allowances_shown(
            Allowance.objects.filter(pk__in=[each.pk for each in page]), days_at(self.now)
        )
        by_id = {each.allowance.pk: each for each in shown}
        return [by_id[each.pk] for each in page]

    @extend_schema(operation_id="allowances_list", summary="What support is left, the latest first")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class Articles(OpenView, ListAPIView[ArticleText]):
    """The free library."""

    serializer_class = ArticleSerializer
    pagination_class = NewestArticles

    def get_queryset(self) -> QuerySet[ArticleText]:
        texts = ArticleText.objects.published().filter(**asked(ArticleFilter, self.request))
        return texts.select_related("article__category")

    @extend_schema(
        operation_id="articles_list", summary="Articles of the library", parameters=[ArticleFilter]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class ArticleSearch(OpenView):
    @extend_schema(
        operation_id="articles_search",
        summary="Look for articles, the best first",
        parameters=[SearchFilter],
        responses=ArticleSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        wanted = asked(SearchFilter, request)
        found = search(wanted["q"], wanted["language"], limit=FOUND_AT_MOST)
        here = sum(text.language == wanted["language"] for text in found)
        if request.method == "GET":
            note_search(text=wanted["q"], language=wanted["language"], found=here, today=desk_day(self.now))
        return Response(ArticleSerializer(found, many=True).data)


class ArticleDetail(OpenView):
    @extend_schema(operation_id="articles_retrieve", summary="One article", responses=WholeArticleSerializer)
    def get(self, request: Request, slug: str) -> Response:
        texts = ArticleText.objects.published().select_related("article__category")
        return Response(WholeArticleSerializer(get_object_or_404(texts, slug=slug)).data)


def _current(agreement: Agreement) -> AgreementVersion:
    """What it says today, of the versions that were read with it."""
    return max(agreement.versions.all(), key=lambda version: version.number)


def _tickets(view: KeyView) -> TicketQuerySet:
    return in_list(Ticket.objects.visible_to(view.user)).select_related("client")


def _ticket(view: KeyView, public_id: uuid.UUID) -> Ticket:
    """The ticket, or what it was merged into. Raises Http404."""
    found = get_object_or_404(Ticket.objects.visible_to(view.user), public_id=public_id)
    return get_object_or_404(_tickets(view), pk=followed(found).pk)
