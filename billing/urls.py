from django.urls import path

from billing.views import balance, invoices, plans

app_name = "billing"
urlpatterns = [
    path("", balance.overview, name="overview"),
    path("plans/", plans.plans, name="plans"),
    path("plans/<slug:code>/", plans.contract, name="contract"),
    path("cancel/", plans.cancel, name="cancel"),
    path("keep/", plans.keep, name="keep"),
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/<uuid:public_id>/", invoices.invoice, name="invoice"),
    path("credit-notes/<uuid:public_id>/", invoices.credit_note, name="credit_note"),
    path("invoice-details/", invoices.details, name="details"),
]
