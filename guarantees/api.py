"""The guarantee for programs: how it stands, and a claim from its draft to its decision (G10 to G17, G23)."""

import uuid
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from base.api import Moment, Pages, asked
from base.days import marketplace_day
from guarantees import claims, rules, wording
from guarantees.models import Claim, ClaimQuestion, Ending, Story
from guarantees.standing import Standing, standing_of
from marketplace.models import Contact
from profiles.api import BusinessView
from profiles.models.keys import Scope

Requirement = rules.Requirement


class RequirementSerializer(serializers.Serializer[Requirement]):
    code = serializers.CharField()
    status = serializers.ChoiceField(["met", "unmet", "waiting", "lost"])
    met_on = serializers.DateField(allow_null=True, help_text="Where time alone will meet it: on this day.")
    title = serializers.SerializerMethodField()
    sentence = serializers.SerializerMethodField(help_text="How it stands, and what to do.")

    def get_title(self, requirement: Requirement) -> str:
        return wording.title(requirement)

    def get_sentence(self, requirement: Requirement) -> str:
        return wording.sentence(requirement, paid=self.context["paid"])


class NextStepSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    sentence = serializers.CharField()
    by = serializers.DateField(allow_null=True)


class EligibilitySerializer(serializers.Serializer[Standing]):
    """The same answer as the page of the guarantee."""

    on = serializers.DateField(help_text="The local day that was judged.")
    status = serializers.ChoiceField(
        source="eligibility.status", choices=["eligible", "not_yet", "no_longer"]
    )
    sentence = serializers.SerializerMethodField()
    amount_cents = serializers.IntegerField(
        source="eligibility.amount_cents", help_text="What the counted contacts cost together."
    )
    counted = serializers.SerializerMethodField(help_text="The counted contacts, in the order of purchase.")
    contracted_on = serializers.DateField(source="facts.contracted_on", allow_null=True)
    purchase_deadline = serializers.DateField(source="eligibility.purchase_deadline", allow_null=True)
    buy_by = serializers.DateField(
        source="eligibility.buy_by",
        allow_null=True,
        help_text="A fifteenth contact bought after this day can never be claimed.",
    )
    claim_from = serializers.DateField(source="eligibility.claim_from", allow_null=True)
    claim_until = serializers.DateField(source="eligibility.claim_until", allow_null=True)
    requirements = serializers.SerializerMethodField()
    next = NextStepSerializer(source="step", help_text="The one thing to do next.")

    def get_sentence(self, standing: Standing) -> str:
        return wording.verdict(standing.eligibility).sentence

    @extend_schema_field(serializers.ListField(child=serializers.UUIDField()))
    def get_counted(self, standing: Standing) -> list[uuid.UUID]:
        ids = standing.eligibility.counted
        known = dict(Contact.objects.filter(pk__in=ids).values_list("pk", "public_id"))
        return [known[pk] for pk in ids]

    @extend_schema_field(RequirementSerializer(many=True))
    def get_requirements(self, standing: Standing) -> Any:
        context = {"paid": standing.facts.refunded}
        return [
            RequirementSerializer(each, context=context).data for each in standing.eligibility.requirements
        ]


class EligibilityFilter(serializers.Serializer[Any]):
    on = serializers.DateField(
        required=False, help_text="Judge this local day by today's facts, instead of today."
    )


class QuestionSerializer(serializers.ModelSerializer[ClaimQuestion]):
    contact = serializers.UUIDField(source="item.contact.public_id")
    text = serializers.CharField()
    asked_at = Moment()
    answer_by = serializers.DateField()
    answer = serializers.CharField()
    answered_at = Moment(allow_null=True)

    class Meta:
        model = ClaimQuestion
        fields = ("contact", "text", "asked_at", "answer_by", "answer", "answered_at")


class ClaimSerializer(serializers.ModelSerializer[Claim]):
    """A claim as its professional sees it: never verdicts, nor what a homeowner said (G2)."""

    id = serializers.UUIDField(source="public_id")
    state = serializers.ChoiceField(Claim.State.choices)
    begun_at = Moment()
    submitted_at = Moment(allow_null=True)
    made_on = serializers.DateField(allow_null=True, help_text="The local day on which it is judged as made.")
    amount_cents = serializers.IntegerField(allow_null=True)
    decided_at = Moment(allow_null=True)
    reason = serializers.SerializerMethodField(help_text="Of a rejection: why.")
    questions = serializers.SerializerMethodField()

    class Meta:
        model = Claim
        fields = (
            "id", "state", "begun_at", "submitted_at", "made_on", "amount_cents", "decided_at", "reason", "questions",
        )  # fmt: skip

    def get_reason(self, claim: Claim) -> str:
        return claim.decision_reason if claim.state == Claim.State.REJECTED else ""

    @extend_schema_field(QuestionSerializer(many=True))
    def get_questions(self, claim: Claim) -> Any:
        told = [question for item in claim.items.all() for question in item.questions.all()]
        return QuestionSerializer(sorted(told, key=lambda each: (each.asked_at, each.pk)), many=True).data


class StorySerializer(serializers.ModelSerializer[Story]):
    contact = serializers.UUIDField(source="contact.public_id", read_only=True)
    text = serializers.CharField(
        max_length=claims.STORY_AT_MOST,
        allow_blank=True,
        help_text=f"What happened; at least {claims.STORY_AT_LEAST} characters when the claim is submitted.",
    )
    ending = serializers.ChoiceField([("", ""), *Ending.choices], default="", help_text="How it ended.")
    written_at = Moment(read_only=True)

    class Meta:
        model = Story
        fields = ("contact", "text", "ending", "written_at")


class NewestClaims(Pages):
    ordering = ("-begun_at", "-id")


class InOrderOfPurchase(Pages):
    ordering = ("contact_id",)


class Eligibility(BusinessView):
    scopes: ClassVar = {"GET": Scope.GUARANTEE_READ}

    @extend_schema(
        operation_id="guarantee_retrieve",
        summary="How the guarantee stands: what is missing, and by when",
        parameters=[EligibilityFilter],
        responses=EligibilitySerializer,
    )
    def get(self, request: Request) -> Response:
        on = asked(EligibilityFilter, request).get("on")
        return Response(
            EligibilitySerializer(standing_of(self.business, marketplace_day(self.now), on=on)).data
        )


class Claims(BusinessView, ListAPIView[Claim]):
    """The claims of the business; at most one is undecided."""

    scopes: ClassVar = {"GET": Scope.GUARANTEE_READ, "POST": Scope.GUARANTEE_WRITE}
    serializer_class = ClaimSerializer
    pagination_class = NewestClaims

    def get_queryset(self) -> QuerySet[Claim]:
        return _with_questions(Claim.objects.filter(professional=self.business))

    @extend_schema(operation_id="claims_list", summary="Claims, newest first")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    @extend_schema(
        operation_id="claims_begin",
        summary="Begin a claim",
        description="The undecided claim that there is, else a new draft. Only the owner of the business claims.",
        request=None,
        responses={200: ClaimSerializer, 201: ClaimSerializer},
    )
    def post(self, request: Request) -> Response:
        claim = claims.begin_claim(professional=self.business, by=self.user, now=self.now)
        status = 201 if claim.begun_at == self.now else 200
        return Response(ClaimSerializer(_claim(self, claim.public_id)).data, status=status)


class ClaimDetail(BusinessView):
    scopes: ClassVar = {"GET": Scope.GUARANTEE_READ}

    @extend_schema(operation_id="claims_retrieve", summary="One claim", responses=ClaimSerializer)
    def get(self, request: Request, public_id: uuid.UUID) -> Response:
        return Response(ClaimSerializer(_claim(self, public_id)).data)


class Submission(BusinessView):
    scopes: ClassVar = {"POST": Scope.GUARANTEE_WRITE}

    @extend_schema(
        operation_id="claims_submit",
        summary="Submit a draft",
        description="Submitted already, it stays as it is. Refused, `fields` lists everything that is in the way.",
        request=None,
        responses=ClaimSerializer,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        claims.submit_claim(claim=_claim(self, public_id), by=self.user, now=self.now)
        return Response(ClaimSerializer(_claim(self, public_id)).data)


class Withdrawal(BusinessView):
    scopes: ClassVar = {"POST": Scope.GUARANTEE_WRITE}

    @extend_schema(
        operation_id="claims_withdraw",
        summary="Withdraw a claim that is not decided",
        request=None,
        responses=ClaimSerializer,
    )
    def post(self, request: Request, public_id: uuid.UUID) -> Response:
        claims.withdraw_claim(claim=_claim(self, public_id), by=self.user, now=self.now)
        return Response(ClaimSerializer(_claim(self, public_id)).data)


class Stories(BusinessView, ListAPIView[Story]):
    """What happened with each contact. Stories stay with the contacts, whichever a claim counts."""

    scopes: ClassVar = {"GET": Scope.GUARANTEE_READ}
    serializer_class = StorySerializer
    pagination_class = InOrderOfPurchase

    def get_queryset(self) -> QuerySet[Story]:
        _claim(self, self.kwargs["public_id"])
        return Story.objects.filter(contact__professional=self.business).select_related("contact")

    @extend_schema(operation_id="stories_list", summary="The stories, in the order of purchase")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)


class StoryOfContact(BusinessView):
    scopes: ClassVar = {"PUT": Scope.GUARANTEE_WRITE}

    @extend_schema(
        operation_id="stories_write",
        summary="Tell what happened with one contact",
        description="Kept however short it is, until the draft is submitted.",
        request=StorySerializer,
        responses=StorySerializer,
    )
    def put(self, request: Request, public_id: uuid.UUID, contact_id: uuid.UUID) -> Response:
        claim = _claim(self, public_id)
        contact = get_object_or_404(Contact, professional=self.business, public_id=contact_id)
        said = StorySerializer(data=request.data)
        said.is_valid(raise_exception=True)
        story = claims.save_story(
            claim=claim, contact=contact, **said.validated_data, by=self.user, now=self.now
        )
        return Response(StorySerializer(story).data)


def _with_questions(found: QuerySet[Claim]) -> QuerySet[Claim]:
    return found.select_related("professional").prefetch_related("items__questions__item__contact")


def _claim(view: BusinessView, public_id: uuid.UUID) -> Claim:
    """A claim of the business. Raises Http404."""
    return get_object_or_404(
        _with_questions(Claim.objects.filter(professional=view.business)), public_id=public_id
    )
