"""The addresses of the API, under /api/v1/: one version, whose document is /api/v1/schema/."""

from django.urls import path, re_path

import billing.urls  # noqa: F401 - registers the converter of months
from billing import api as balance
from config import api
from guarantees import api as guarantees
from marketplace import api as marketplace
from support import api as support

app_name = "api"
urlpatterns = [
    path("schema/", api.schema, name="schema"),
    path("docs/", api.docs, name="docs"),
    path("leads/", marketplace.LeadList.as_view(), name="leads"),
    path("leads/<uuid:public_id>/", marketplace.LeadDetail.as_view(), name="lead"),
    path("leads/<uuid:public_id>/purchase/", marketplace.Purchase.as_view(), name="purchase"),
    path("contacts/", marketplace.ContactList.as_view(), name="contacts"),
    path("contacts/<uuid:public_id>/", marketplace.ContactDetail.as_view(), name="contact"),
    path("contacts/<uuid:public_id>/outcome/", marketplace.Outcome.as_view(), name="outcome"),
    path("contacts/<uuid:public_id>/diary/", marketplace.Diary.as_view(), name="diary"),
    path("contacts/<uuid:public_id>/returns/", marketplace.Returns.as_view(), name="returns"),
    path("guarantee/", guarantees.Eligibility.as_view(), name="guarantee"),
    path("claims/", guarantees.Claims.as_view(), name="claims"),
    path("claims/<uuid:public_id>/", guarantees.ClaimDetail.as_view(), name="claim"),
    path("claims/<uuid:public_id>/submit/", guarantees.Submission.as_view(), name="submit_claim"),
    path("claims/<uuid:public_id>/withdraw/", guarantees.Withdrawal.as_view(), name="withdraw_claim"),
    path("claims/<uuid:public_id>/stories/", guarantees.Stories.as_view(), name="stories"),
    path(
        "claims/<uuid:public_id>/stories/<uuid:contact_id>/",
        guarantees.StoryOfContact.as_view(),
        name="story",
    ),
    path("statements/", balance.Statements.as_view(), name="statements"),
    path("statements/<month:month>/", balance.StatementOfMonth.as_view(), name="statement"),
    path("clients/", support.Clients.as_view(), name="clients"),
    path("tickets/", support.Tickets.as_view(), name="tickets"),
    path("tickets/<uuid:public_id>/", support.TicketDetail.as_view(), name="ticket"),
    path("tickets/<uuid:public_id>/messages/", support.Messages.as_view(), name="messages"),
    path("agreements/", support.Agreements.as_view(), name="agreements"),
    path("allowances/", support.Allowances.as_view(), name="allowances"),
    path("articles/", support.Articles.as_view(), name="articles"),
    path("articles/search/", support.ArticleSearch.as_view(), name="search_articles"),
    path("articles/<slug:slug>/", support.ArticleDetail.as_view(), name="article"),
    re_path("", api.nothing_here, name="nothing"),
]
