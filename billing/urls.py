from django.urls import path

from billing import views

app_name = "billing"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("plans/", views.plans, name="plans"),
    path("plans/<slug:code>/", views.contract, name="contract"),
    path("cancel/", views.cancel, name="cancel"),
    path("keep/", views.keep, name="keep"),
    path("invoices/", views.invoices, name="invoices"),
    path("invoices/<uuid:public_id>/", views.invoice, name="invoice"),
    path("invoice-details/", views.details, name="details"),
]
