"""The addresses of the API, under /api/v1/: one version, whose document is /api/v1/schema/."""

from django.urls import path, re_path

from config import api
from marketplace import api as marketplace

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
    re_path("", api.nothing_here, name="nothing"),
]
