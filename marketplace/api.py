"""The marketplace for programs: what can be bought, buying it, and what became of it (M3 to M7)."""

import uuid
from typing import Any, ClassVar

from django.db.models import Exists, OuterRef, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from base.api import Moment, Pages, asked
from marketplace import returns
from marketplace.contacts import buy_contact, set_outcome
from marketplace.diary import withheld_texts, write_diary
from marketplace.models import Contact, DiaryEntry, Lead, ReturnRequest, Size
from marketplace.seen import note_seen
from profiles.api import IDEMPOTENCY, BusinessView, once
from profiles.models import Suspension
from profiles.models.keys import Scope


class PlaceSerializer(serializers.Serializer[Any]):
    slug = serializers.SlugField(help_text="Stable, for programs.")
    name = serializers.CharField(help_text="For people.")


class LeadSerializer(serializers.ModelSerializer[Lead]):
    """A request as anybody with a business sees it before buying: never who asked, nor how to reach them (M5)."""

    id = serializers.UUIDField(source="public_id")
    title = serializers.CharField(source="masked_title")
    description = serializers.CharField(source="masked_description")
    category = PlaceSerializer()
    province = PlaceSerializer()
    town = serializers.CharField(source="masked_town")
    size = serializers.ChoiceField(Size.choices)
    timing = serializers.ChoiceField(Lead.Timing.choices)
    budget_cents = serializers.IntegerField(allow_null=True)
    price_cents = serializers.IntegerField(help_text="What the contact costs, tax included.")
    state = serializers.ChoiceField(Lead.State.choices, help_text="Only what is published can be bought.")
    places_left = serializers.IntegerField(help_text="How many businesses can still buy it.")
    phone_verified = serializers.SerializerMethodField()
    published_at = Moment()
    expires_at = Moment()

    class Meta:
        model = Lead
        fields = (
            "id", "title", "description", "category", "province", "town", "size", "timing", "budget_cents",
            "price_cents", "state", "places_left", "phone_verified", "published_at", "expires_at",
        )  # fmt: skip

    def get_phone_verified(self, lead: Lead) -> bool:
        return lead.phone_verified_at is not None


class HomeownerSerializer(serializers.Serializer[Lead]):
    name = serializers.CharField(source="homeowner_name")
    email = serializers.EmailField(source="homeowner_email")
    phone = serializers.CharField(source="homeowner_phone")
    language = serializers.CharField()


class ContactSerializer(serializers.ModelSerializer[Contact]):
    """A request that was bought, with who asked, as long as they are in reach (M1, M5)."""

    id = serializers.UUIDField(source="public_id")
    lead = serializers.UUIDField(source="lead.public_id")
    title = serializers.CharField(source="lead.title_for_buyers")
    town = serializers.CharField(source="lead.town_for_buyers")
    category = PlaceSerializer(source="lead.category")
    province = PlaceSerializer(source="lead.province")
    description = serializers.SerializerMethodField()
    homeowner = serializers.SerializerMethodField(
        help_text="Null once the homeowner has withdrawn the request or it was anonymised."
    )
    price_cents = serializers.IntegerField()
    bought_at = Moment()
    outcome = serializers.ChoiceField(Contact.Outcome.choices)
    lost_reason = serializers.ChoiceField([("", ""), *Contact.LostReason.choices])
    first_contact_at = Moment(allow_null=True)
    first_contact_due_at = Moment(help_text="By then the homeowner should have been contacted.")
    returned_at = Moment(allow_null=True)

    class Meta:
        model = Contact
        fields = (
            "id", "lead", "title", "town", "category", "province", "description", "homeowner", "price_cents",
            "bought_at", "outcome", "lost_reason", "first_contact_at", "first_contact_due_at", "returned_at",
        )  # fmt: skip

    def get_description(self, contact: Contact) -> str:
        return contact.lead.description if contact.lead.details_shown else ""

    @extend_schema_field(HomeownerSerializer(allow_null=True))
    def get_homeowner(self, contact: Contact) -> dict[str, Any] | None:
        return HomeownerSerializer(contact.lead).data if contact.lead.details_shown else None


class PurchaseSerializer(serializers.Serializer[Any]):
    price_cents = serializers.IntegerField(
        min_value=1,
        max_value=2**53,
        help_text="The price that you were shown: at another one nothing is bought.",
    )


class OutcomeSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(Contact.Outcome.choices)
    lost_reason = serializers.ChoiceField(
        [("", ""), *Contact.LostReason.choices],
        default="",
        help_text="Where it was lost, and only there: why.",
    )


class DiaryEntrySerializer(serializers.ModelSerializer[DiaryEntry]):
    kind = serializers.ChoiceField(DiaryEntry.Kind.choices)
    happened_at = Moment(help_text="Not before the purchase, and not in the future.")
    text = serializers.CharField(max_length=2000, default="", allow_blank=True)
    written_at = Moment(read_only=True, help_text="When it was written down, which is kept beside it.")

    class Meta:
        model = DiaryEntry
        fields = ("kind", "happened_at", "text", "written_at")

    def to_representation(self, entry: DiaryEntry) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(entry)
        if entry.pk in self.context.get("withheld", ()):
            told["text"] = ""
        return told


class ReturnSerializer(serializers.ModelSerializer[ReturnRequest]):
    reason = serializers.ChoiceField(ReturnRequest.Reason.choices)
    explanation = serializers.CharField(
        max_length=2000,
        help_text="When you called, who answered, what they said: what the decision is made by.",
    )
    state = serializers.ChoiceField(ReturnRequest.State.choices, read_only=True)
    asked_at = Moment(read_only=True)
    decide_by = serializers.SerializerMethodField(help_text="The last day by which it is decided.")
    decided_at = Moment(read_only=True, allow_null=True)

    class Meta:
        model = ReturnRequest
        fields = ("reason", "explanation", "state", "asked_at", "decide_by", "decided_at")

    @extend_schema_field(serializers.DateField())
    def get_decide_by(self, asked: ReturnRequest) -> str:
        return returns.decide_by(asked).isoformat()


class NewestLeads(Pages):
    ordering = ("-published_at", "-id")


class NewestContacts(Pages):
    ordering = ("-bought_at", "-id")


class InOrderOfTime(Pages):
    ordering = ("happened_at", "id")


class InOrderOfAsking(Pages):
    ordering = ("asked_at", "id")


class LeadFilter(serializers.Serializer[Any]):
    category = serializers.SlugField(required=False, help_text="Only of the category with this slug.")
    province = serializers.SlugField(required=False, help_text="Only of the province with this slug.")


class ContactFilter(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(
        Contact.Outcome.choices, required=False, help_text="Only those with this outcome."
    )


class LeadList(BusinessView, ListAPIView[Lead]):
    """What can be bought."""

    scopes: ClassVar = {"GET": Scope.LEADS_READ}
    serializer_class = LeadSerializer
    pagination_class = NewestLeads

    def get_queryset(self) -> QuerySet[Lead]:
        """As the feed of the pages: nothing for whoever is suspended (G19)."""
        leads = Lead.objects.buyable(self.now).filter(
            ~Exists(Contact.objects.filter(lead=OuterRef("pk"), professional=self.business))
        )
        if Suspension.objects.standing().filter(professional=self.business).exists():
            return leads.none()
        slugs = asked(LeadFilter, self.request)
        leads = leads.filter(**{f"{name}__slug": slug for name, slug in slugs.items()})
        return leads.select_related("category", "province").defer(*Lead.HOMEOWNER)

    @extend_schema(
        operation_id="leads_list",
        summary="Requests that can be bought, newest first",
        parameters=[LeadFilter],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class LeadDetail(BusinessView):
    scopes: ClassVar = {"GET": Scope.LEADS_READ}

    @extend_schema(operation_id="leads_retrieve", summary="One request", responses=LeadSerializer)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        return Response(LeadSerializer(_lead(request, public_id)).data)


class Purchase(BusinessView):
    scopes: ClassVar = {"POST": Scope.CONTACTS_BUY}

    @extend_schema(
        operation_id="leads_buy",
        summary="Buy a contact",
        description="Pays its price from the balance and tells who asked. The 24 hours for the first call begin.",
        parameters=[IDEMPOTENCY],
        request=PurchaseSerializer,
        responses={200: ContactSerializer, 201: ContactSerializer},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        """201 where it was bought now; 200 where it had been bought before, which buys nothing more (M4)."""
        said = PurchaseSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        bought, is_new = once(
            self,
            lambda: buy_contact(
                professional=self.business,
                # Looked for in here: what was bought is told again also where the request is over by now.
                lead=_lead(request, public_id),
                price_seen_cents=said.validated_data["price_cents"],
                now=self.now,
            ),
            among=Contact.objects.visible_to(self.user),
        )
        contact = _contact(request, bought.public_id)
        _note_seen(self, [contact])
        is_now = is_new and contact.bought_at == self.now
        return Response(ContactSerializer(contact).data, status=201 if is_now else 200)


class ContactList(BusinessView, ListAPIView[Contact]):
    """What was bought."""

    scopes: ClassVar = {"GET": Scope.CONTACTS_READ}
    serializer_class = ContactSerializer
    pagination_class = NewestContacts

    def get_queryset(self) -> QuerySet[Contact]:
        contacts = Contact.objects.filter(professional=self.business, **asked(ContactFilter, self.request))
        return contacts.select_related("lead__category", "lead__province")

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        _note_seen(self, page or [])
        return page

    @extend_schema(
        operation_id="contacts_list", summary="Bought contacts, newest first", parameters=[ContactFilter]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class ContactDetail(BusinessView):
    scopes: ClassVar = {"GET": Scope.CONTACTS_READ}

    @extend_schema(operation_id="contacts_retrieve", summary="One contact", responses=ContactSerializer)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        contact = _contact(request, public_id)
        _note_seen(self, [contact])
        return Response(ContactSerializer(contact).data)


class Outcome(BusinessView):
    scopes: ClassVar = {"PUT": Scope.CONTACTS_WRITE}

    @extend_schema(
        operation_id="contacts_say_outcome",
        summary="Say how a contact ended, or correct it",
        request=OutcomeSerializer,
        responses=OutcomeSerializer,
    )
    def put(self, request: Request, public_id: uuid.UUID) -> Response:
        contact = _contact(request, public_id)
        said = OutcomeSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        said_of = set_outcome(contact=contact, **said.validated_data, by=self.user, now=self.now)
        return Response(OutcomeSerializer(said_of).data)


class Diary(BusinessView, ListAPIView[DiaryEntry]):
    """What happened with one contact."""

    scopes: ClassVar = {"GET": Scope.CONTACTS_READ, "POST": Scope.CONTACTS_WRITE}
    serializer_class = DiaryEntrySerializer
    pagination_class = InOrderOfTime

    def get_queryset(self) -> QuerySet[DiaryEntry]:
        return _contact(self.request, self.kwargs["public_id"]).diary.all()

    def get_serializer_context(self) -> dict[str, Any]:
        entries = DiaryEntry.objects.filter(contact__public_id=self.kwargs["public_id"])
        return {**super().get_serializer_context(), "withheld": withheld_texts(entries)}

    @extend_schema(operation_id="diary_list", summary="The diary of a contact, by when things happened")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="diary_write",
        summary="Write in the diary of a contact",
        description="The same entry sent twice is one. Entries are added, never changed.",
        request=DiaryEntrySerializer,
        responses={201: DiaryEntrySerializer},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        contact = _contact(request, public_id)
        said = DiaryEntrySerializer(data=request.data)
        said.is_valid(raise_exception=True)
        entry = write_diary(contact=contact, **said.validated_data, by=self.user, now=self.now)
        return Response(DiaryEntrySerializer(entry).data, status=201)


class Returns(BusinessView, ListAPIView[ReturnRequest]):
    """Giving one contact back (M7)."""

    scopes: ClassVar = {
        "GET": Scope.CONTACTS_READ,
        "POST": Scope.CONTACTS_WRITE,
        "DELETE": Scope.CONTACTS_WRITE,
    }
    serializer_class = ReturnSerializer
    pagination_class = InOrderOfAsking

    def get_queryset(self) -> QuerySet[ReturnRequest]:
        return _contact(self.request, self.kwargs["public_id"]).returns.all()

    @extend_schema(operation_id="returns_list", summary="The returns asked for of a contact, oldest first")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="returns_ask",
        summary="Ask for a contact to be taken back",
        description="The same request sent twice is one. Pictures are added on the pages.",
        request=ReturnSerializer,
        responses={201: ReturnSerializer},
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        contact = _contact(request, public_id)
        said = ReturnSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        wanted = returns.ask_return(contact=contact, **said.validated_data, by=self.user, now=self.now)
        return Response(ReturnSerializer(wanted).data, status=201)

    @extend_schema(
        operation_id="returns_withdraw",
        summary="Withdraw the return that waits for its decision",
        responses=ReturnSerializer,
    )
    def delete(self, request: Request, public_id: uuid.UUID) -> Response:
        contact = _contact(request, public_id)
        waiting = get_object_or_404(contact.returns.filter(state=ReturnRequest.State.ASKED))
        withdrawn = returns.withdraw_return(return_request=waiting, by=self.user, now=self.now)
        return Response(ReturnSerializer(withdrawn).data)


def _lead(request: Request, public_id: uuid.UUID) -> Lead:
    """A request that businesses are shown. Raises Http404."""
    leads = (
        Lead.objects.visible_to(request.user).select_related("category", "province").defer(*Lead.HOMEOWNER)
    )
    return get_object_or_404(leads, public_id=public_id)


def _contact(request: Request, public_id: uuid.UUID) -> Contact:
    """A contact of theirs. Raises Http404."""
    contacts = Contact.objects.visible_to(request.user).select_related("lead__category", "lead__province")
    return get_object_or_404(contacts, public_id=public_id)


def _note_seen(view: BusinessView, contacts: list[Contact]) -> None:
    shown = [contact.lead for contact in contacts if contact.lead.details_shown]
    if shown:
        note_seen(leads=shown, user=view.user, professional=view.business, now=view.now)
