from django.urls import path

from support.views import agreements, desk, figures, tickets

app_name = "support"
urlpatterns = [
    path("agreements/", agreements.agreements, name="agreements"),
    path("agreements/<uuid:public_id>/", agreements.agreement, name="agreement"),
    path(
        "agreements/<uuid:public_id>/<int:number>/document/",
        agreements.agreement_document,
        name="agreement_document",
    ),
    path("tickets/<uuid:public_id>/", tickets.ticket, name="ticket"),
    path("desk/<uuid:public_id>/", desk.ticket, name="desk_ticket"),
    path("figures/", figures.figures, name="figures"),
    path("figures/<slug:code>.csv", figures.figures_csv, name="figures_csv"),
    path("quotes/<uuid:public_id>/", agreements.quote, name="quote"),
    path("quotes/<uuid:public_id>/document/", agreements.quote_document, name="quote_document"),
    path("quotes/<uuid:public_id>/accept/", agreements.accept, name="accept_quote"),
    path("quotes/<uuid:public_id>/decline/", agreements.decline, name="decline_quote"),
]
