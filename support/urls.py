from django.urls import path

from support.views import agreements, desk, offers, tickets

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
    path("offers/<uuid:public_id>/", offers.offer, name="offer"),
    path("offers/<uuid:public_id>/accept/", offers.accept, name="accept_offer"),
    path("offers/<uuid:public_id>/pay/", offers.pay, name="pay_offer"),
    path("offers/<uuid:public_id>/decline/", offers.decline, name="decline_offer"),
    path("offers/<uuid:public_id>/invoice/", offers.invoice, name="offer_invoice"),
    path("quotes/<uuid:public_id>/", agreements.quote, name="quote"),
    path("quotes/<uuid:public_id>/document/", agreements.quote_document, name="quote_document"),
    path("quotes/<uuid:public_id>/accept/", agreements.accept, name="accept_quote"),
    path("quotes/<uuid:public_id>/decline/", agreements.decline, name="decline_quote"),
]
